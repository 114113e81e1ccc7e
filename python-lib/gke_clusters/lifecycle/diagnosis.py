"""Why a creation failed: the first error, from the operation, else from the cluster that it left behind."""

from __future__ import annotations

from dataclasses import replace

from gke_clusters.errors import ClusterUnhealthy, GkeClustersError, OperationFailed
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.adoption import BROKEN


def creation_failure(operation: Operation, cluster: Cluster | None) -> GkeClustersError | None:
    """Judge a creation that is over.

    Args:
        operation: The creation, as last seen.
        cluster: The cluster afterwards; None if there is none.

    Returns:
        What to raise; None if nothing is wrong.
    """
    conditions = cluster_conditions(cluster) if cluster else ()
    if operation.failures:
        # The operation often says only that it failed, where the cluster says of what.
        return operation_failure(replace(operation, failures=(*operation.failures, *conditions)))
    if cluster is None:
        return OperationFailed(
            "The creation ended without an error, and the cluster does not exist.",
            resource=operation.path,
            remedy="Look in the audit log of the project for who deleted it, then start again.",
        )
    if cluster.status not in BROKEN:
        return None
    if any(condition.code for condition in conditions):
        return operation_failure(replace(operation, failures=conditions))
    return unhealthy(cluster)


def unhealthy(cluster: Cluster, remedy: str | None = None) -> ClusterUnhealthy:
    """Return the failure that says what Google says of a cluster that cannot be used.

    Args:
        cluster: The cluster.
        remedy: What to do; the usual advice if None.
    """
    words = "\n".join(condition.message for condition in cluster_conditions(cluster) if condition.message)
    return ClusterUnhealthy(
        f"The cluster is {cluster.status} and cannot be used.",
        resource=cluster.name.path,
        verbatim=words or None,
        remedy=remedy,
    )


def cluster_conditions(cluster: Cluster) -> tuple[Condition, ...]:
    """Return what Google says is wrong with a cluster, its older status message last and only if it says more."""
    said = {condition.message for condition in cluster.conditions}
    if not cluster.status_message or cluster.status_message in said:
        return cluster.conditions
    return (*cluster.conditions, Condition("", cluster.status_message))
