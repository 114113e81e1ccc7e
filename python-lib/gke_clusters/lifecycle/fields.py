"""Which fields of the dialogs a failure is about, by the labels that they have there."""

from __future__ import annotations

from typing import Final

from gke_clusters.errors import (
    AddressesExhausted,
    GkeClustersError,
    MachineNotOffered,
    NetworkNotFound,
    NodeServiceAccountUnusable,
    VersionNotAvailable,
)
from gke_clusters.settings.create import COMPONENT
from gke_clusters.settings.descriptors import Descriptor, cluster_descriptor, parameter_set_descriptor

_NODE_POOLS: Final = "node-pool-request"
_OF_THE_CLUSTER: Final[dict[type[GkeClustersError], tuple[str, ...]]] = {
    AddressesExhausted: ("podIpRange", "svcIpRange", "subNetwork"),
    NetworkNotFound: ("network", "subNetwork", "podIpRange", "svcIpRange"),
    VersionNotAvailable: ("clusterVersion", "standardReleaseChannel"),
}
_OF_A_NODE_POOL: Final[dict[type[GkeClustersError], tuple[str, ...]]] = {
    MachineNotOffered: ("machineType", "gpuType"),
    NodeServiceAccountUnusable: ("serviceAccountType", "serviceAccount"),
}


def name_fields(failure: GkeClustersError) -> None:
    """Add to a failure of a creation the labels of the fields that it is about, if there are any."""
    kind = type(failure)
    if kind in _OF_THE_CLUSTER:
        labels = _labels(cluster_descriptor(COMPONENT), _OF_THE_CLUSTER[kind])
        failure.advise(f"In the settings of the cluster: {labels}.")
    else:
        name_pool_fields(failure)


def name_pool_fields(failure: GkeClustersError) -> None:
    """Add to a failure the labels of the fields of the node pool that it is about, if there are any."""
    kind = type(failure)
    if kind in _OF_A_NODE_POOL:
        labels = _labels(parameter_set_descriptor(_NODE_POOLS), _OF_A_NODE_POOL[kind])
        failure.advise(f"In the node pool: {labels}.")


def _labels(descriptor: Descriptor, names: tuple[str, ...]) -> str:
    return ", ".join(f'"{descriptor.label_of(name)}"' for name in names)
