"""Why a creation failed: from the operation, the cluster, its node pools and the machines that did not come up.

An operation that is DONE has not succeeded yet: a cluster may run while one of its pools has no nodes, or too few. That
fails a start, unless the pool was asked for on a best-effort basis; a cluster that is in use already is not failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from gke_clusters.errors import ClusterUnhealthy, GkeClustersError, OperationFailed
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import CANCELLED, CREATE_CLUSTER, Condition, Operation
from gke_clusters.lifecycle.adoption import BROKEN, USABLE


def creation_failure(
    operation: Operation,
    cluster: Cluster | None,
    node_errors: tuple[Condition, ...] = (),
    best_effort: Collection[str] = (),
) -> GkeClustersError | None:
    """Judge a creation that is over.

    Args:
        operation: The creation, as last seen.
        cluster: The cluster afterwards; None if there is none.
        node_errors: What Compute Engine said of machines that it could not make.
        best_effort: Names of node pools that may lack nodes, beside those of which GKE says it.

    Returns:
        What to raise; None if nothing is wrong but what is excused.
    """
    if any(condition.code == CANCELLED for condition in operation.failures):
        # Whoever cancelled it ended it, whatever the machines had said before.
        node_errors = ()
    if cluster is None:
        told = (*operation.failures, *node_errors)
        return operation_failure(replace(operation, failures=told)) if operation.failures else _vanished(operation)
    failed = [pool for pool in cluster.pools if pool.failed]
    short = [pool for pool in failed if not (pool.best_effort or pool.name in best_effort)]
    usable = cluster.status in USABLE
    if (usable and failed and not short) or not (operation.failures or short or cluster.status in BROKEN):
        return None
    # The operation often says only that it failed, and the cluster, a pool or a machine of what.
    of_pools = (condition for pool in failed for condition in pool_conditions(pool))
    told = (*operation.failures, *cluster_conditions(cluster), *of_pools, *node_errors)
    if not operation.failures and not short and not any(condition.code for condition in told):
        return unhealthy(cluster)
    failure = operation_failure(replace(operation, failures=told))
    return _of_pools(failure, cluster, short) if usable and short else failure


def _vanished(operation: Operation) -> OperationFailed:
    return OperationFailed(
        "The creation ended without an error, and the cluster does not exist.",
        resource=operation.path,
        remedy="Look in the audit log of the project for who deleted it, then start again.",
    )


def forgotten_creation(name: ClusterName) -> Operation:
    """Return what stands for a creation that Google remembers no more: only the cluster tells how it ended."""
    return Operation("unknown", CREATE_CLUSTER, "DONE", name.project, name.location, cluster=name.name)


def lacking_pools(cluster: Cluster) -> tuple[str, ...]:
    """Say in sentences which node pools of a cluster that runs have no nodes, or too few, and why."""
    return tuple(
        f"The node pool {pool.name} is {pool.status}: {_words(pool_conditions(pool)) or 'Google does not say why'}"
        for pool in cluster.pools
        if pool.failed
    )


def unhealthy(cluster: Cluster, remedy: str | None = None) -> ClusterUnhealthy:
    """Return the failure that says what Google says of a cluster that cannot be used.

    Args:
        cluster: The cluster.
        remedy: What to do; the usual advice if None.
    """
    return ClusterUnhealthy(
        f"The cluster is {cluster.status} and cannot be used.",
        resource=cluster.name.path,
        verbatim="\n".join(item.message for item in cluster_conditions(cluster) if item.message) or None,
        remedy=remedy,
    )


def cluster_conditions(cluster: Cluster) -> tuple[Condition, ...]:
    """Return what Google says is wrong with a cluster, its older status message last and only if it says more."""
    return tuple(_with_message(cluster.conditions, cluster.status_message))


def pool_conditions(pool: NodePool) -> tuple[Condition, ...]:
    """Return what Google says is wrong with a node pool, likewise."""
    return tuple(_with_message(pool.conditions, pool.status_message))


def _with_message(conditions: tuple[Condition, ...], status_message: str) -> Iterator[Condition]:
    yield from conditions
    if status_message and status_message not in {condition.message for condition in conditions}:
        yield Condition("", status_message)


def _of_pools(failure: GkeClustersError, cluster: Cluster, pools: list[NodePool]) -> GkeClustersError:
    """Name the node pools that a failure is about, where the cluster itself runs."""
    names = " and ".join(pool.name for pool in pools)
    failure.cause = f"The cluster came up without all nodes of {names}. {failure.cause}"
    failure.resource = f"{cluster.name.path}/nodePools/{pools[0].name}"
    return failure


def _words(conditions: tuple[Condition, ...]) -> str:
    return " ".join(dict.fromkeys(condition.message for condition in conditions if condition.message))
