"""What the node pools of the dialog take, for whoever has to explain a quota that is too small."""

from __future__ import annotations

from typing import Any, Final

from gke_clusters.errors import QuotaExceeded
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.quotas import PoolFootprint, account_for
from gke_clusters.settings.create import CreateSettings, node_pool_names
from gke_clusters.settings.node_pool import NodePoolSettings

# What GKE makes of a field that is left empty, as recorded in tests/python/data/gke-traffic.
DEFAULT_MACHINE_TYPE: Final = "e2-medium"
_DEFAULT_DISK_GB: Final = 100
_ZONES_OF_A_REGIONAL_CLUSTER: Final = 3
"""Google chooses three zones of the region, where the dialog names none:
https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters"""


def explain_shortage(failure: QuotaExceeded, settings: CreateSettings) -> None:
    """Add to a quota that is too small what the node pools multiply to, unless expert settings change them."""
    if not {"nodePools", "locations"} & settings.expert.keys():
        account_for(failure, footprints(settings))


def footprints(settings: CreateSettings) -> tuple[PoolFootprint, ...]:
    """Return what each node pool of the dialog takes when the cluster is created."""
    zones = len(settings.locations) or _ZONES_OF_A_REGIONAL_CLUSTER if settings.regional else 1
    external = not _are_nodes_private(settings.expert)
    return tuple(
        pool_footprint(pool, name, zones, external_addresses=external)
        for pool, name in zip(settings.node_pools, node_pool_names(settings.node_pools), strict=True)
    )


def explain_pool_shortage(failure: QuotaExceeded, pool: NodePoolSettings, name: str, cluster: Cluster) -> None:
    """Add to a quota that is too small what a node pool multiplies to that was to be added to a cluster."""
    zones = len(cluster.resource.get("locations") or (cluster.name.location,))
    external = not _are_nodes_private(cluster.resource)
    account_for(failure, (pool_footprint(pool, name, zones, external_addresses=external),))


def pool_footprint(pool: NodePoolSettings, name: str, zones: int, *, external_addresses: bool) -> PoolFootprint:
    """Return what a node pool takes when it is created.

    Args:
        pool: The pool.
        name: Its name.
        zones: In how many zones it has nodes.
        external_addresses: Whether each node has an external address.
    """
    return PoolFootprint(
        name=name,
        zones=zones,
        nodes_per_zone=pool.num_nodes,
        machine_type=pool.machine_type or DEFAULT_MACHINE_TYPE,
        disk_gb=pool.disk_size_gb or _DEFAULT_DISK_GB,
        disk_type=pool.disk_type or "",
        gpus_per_node=pool.gpu_count if pool.with_gpu else 0,
        gpu_model=pool.gpu_type or "",
        spot=pool.use_spot_vms,
        external_addresses=external_addresses,
    )


def _are_nodes_private(expert: Any) -> bool:
    network, private = expert.get("networkConfig"), expert.get("privateClusterConfig")
    return (isinstance(network, dict) and network.get("defaultEnablePrivateNodes") is True) or (
        isinstance(private, dict) and private.get("enablePrivateNodes") is True
    )
