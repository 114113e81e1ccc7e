"""The cluster and the node pool that a macro changes, and what the pool is like at the moment."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, GkeClustersError, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.node_pools import NodePool
from gke_clusters.lifecycle.adoption import ERROR, STOPPING
from gke_clusters.lifecycle.diagnosis import unhealthy
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.pool_changes import pool_of
from gke_clusters.lifecycle.saved_cluster import SavedCluster
from gke_clusters.lifecycle.started_cluster import find_started, require_started
from gke_clusters.reports.node_pool_change import PoolState
from gke_clusters.settings.node_pool_macros import wrong_pool

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """A cluster whose node pools are changed.

    Attributes:
        dss_id: Id of the DSS cluster.
        saved: Which cluster it is.
        google: Clients.
        cluster: The cluster when it was first looked at.
    """

    dss_id: str
    saved: SavedCluster
    google: GoogleAccess
    cluster: Cluster

    def pool_named(self, component: str, name: str | None) -> NodePool:
        """Return the node pool that a dialog names, or the only one where it names none.

        Raises:
            SettingsError: There is none of that name, or no only one; lists those that there are.
        """
        pools = self.cluster.pools
        found = pool_of(self.cluster, name) if name else (pools[0] if len(pools) == 1 else None)
        if found is not None:
            return found
        there = ", ".join(pool.name for pool in pools)
        if name:
            raise wrong_pool(component, f"{name} is not in the cluster; there are: {there or 'none'}")
        if not there:
            raise wrong_pool(component, "cannot be left empty, since the cluster has no node pool")
        raise wrong_pool(component, f"is required: the cluster has several node pools: {there}")

    def gone(self, pool: str) -> ClusterNotFound:
        """The failure that a node pool vanished while it was worked on."""
        return ClusterNotFound(
            f"The node pool {pool} is gone: somebody else deleted it meanwhile.",
            resource=f"{self.saved.name.path}/nodePools/{pool}",
            remedy="Add it again if it is needed.",
        )

    def changed(self, pool: str, what: str) -> StateError:
        """The failure that somebody else changed a node pool while it was worked on."""
        return StateError(
            f"The node pool {pool} {what}: somebody else changed it meanwhile.",
            resource=f"{self.saved.name.path}/nodePools/{pool}",
            remedy="Look at it with the macro Inspect node pools, then run this macro again.",
        )


def find_target(cluster: DssCluster, connect: Callable[[], GoogleAccess]) -> Target:
    """Find the cluster that a macro acts on.

    Args:
        cluster: The cluster, as DSS knows it.
        connect: Makes the clients of Google.

    Raises:
        ClusterNotFound: It is not started, or gone.
        StateError: Another one bears its name, it is an Autopilot cluster, or it is being deleted.
        ClusterUnhealthy: Its creation failed.
        GkeClustersError: Google refuses to tell.
    """
    saved = require_started(cluster)
    google = connect()
    found = find_started(saved, google.clusters)
    if is_autopilot(found):
        raise StateError(
            f"{cluster.id} is an Autopilot cluster: Google makes its nodes as pods need them, and takes them away.",
            resource=found.name.path,
            remedy="There are no node pools to change. To choose machines, create a Standard cluster.",
        )
    if found.status == STOPPING:
        raise StateError(
            f"{cluster.id} is being deleted.",
            resource=found.name.path,
            remedy="Wait until it is gone, mark the DSS cluster as stopped (force stop), then start it again.",
        )
    if found.status == ERROR:
        raise unhealthy(found)
    return Target(cluster.id, saved, google, found)


def is_autopilot(cluster: Cluster) -> bool:
    """Whether Google makes the node pools of a cluster by itself."""
    autopilot = cluster.resource.get("autopilot")
    return isinstance(autopilot, Mapping) and autopilot.get("enabled") is True


def zones_of(cluster: Cluster) -> tuple[str, ...]:
    """Return the zones in which new nodes of a cluster are made."""
    return tuple(cluster.resource.get("locations") or (cluster.name.location,))


def pool_resource(cluster: Cluster, name: str) -> Mapping[str, Any]:
    """Return GKE's JSON of a node pool; empty if there is none."""
    pools: list[Mapping[str, Any]] = cluster.resource.get("nodePools") or []
    return next((pool for pool in pools if pool.get("name") == name), {})


def per_zone(number: int, zones: int) -> str:
    """Say how many nodes a number in each zone makes."""
    nodes, places = ("node" if number == 1 else "nodes"), ("zone" if zones == 1 else "zones")
    return f"{number} {nodes} in each of {zones} {places}, {number * zones} in total"


def state_of(pool: NodePool, google: GoogleAccess) -> PoolState:
    """Return what a node pool is like, the number of its nodes as Compute Engine tells it.

    Where it does not tell, the number is not known, which keeps nobody from changing it.
    """
    return PoolState(
        status=pool.status,
        machine_type=pool.machine_type,
        nodes=_sizes(pool, google),
        zones=pool.zones,
        fewest=pool.autoscaling.fewest if pool.autoscaling else None,
        most=pool.autoscaling.most if pool.autoscaling else None,
        in_total=bool(pool.autoscaling and pool.autoscaling.in_total),
    )


def _sizes(pool: NodePool, google: GoogleAccess) -> tuple[tuple[str, int], ...] | None:
    try:
        sizes = [(group.zone, google.compute.instance_group_size(group)) for group in pool.instance_groups]
    except GkeClustersError as error:
        logger.warning("How many nodes %s has is not known: %s", pool.name, error.cause)
        return None
    return tuple((zone, size) for zone, size in sizes if size is not None) or None
