"""The clients that the stories use, in one hand. Tests hand over others of the same shape."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from google.cloud import container_v1

from gke_clusters.google.clusters import Cluster, ClusterList, ContainerApi
from gke_clusters.google.compute import ComputeApi, NetworkInterface, Quota, Subnetwork
from gke_clusters.google.credentials import CredentialsChoice, authorize
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import Autoscaling, InstanceGroup
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.google.retries import READ_PATIENCE_SECONDS
from gke_clusters.settings.connection import CredentialsSettings


class NodePools(Protocol):
    """Changes of node pools, as :class:`gke_clusters.google.node_pool_calls.NodePoolCalls` offers them."""

    def create(self, cluster: ClusterName, pool: container_v1.NodePool) -> Operation:
        """Ask for a node pool, once."""

    def delete(self, cluster: ClusterName, pool: str) -> Operation:
        """Ask for the deletion of a node pool, once."""

    def set_size(self, cluster: ClusterName, pool: str, nodes_per_zone: int) -> Operation:
        """Ask for a number of nodes in each zone, once."""

    def set_autoscaling(self, cluster: ClusterName, pool: str, limits: Autoscaling | None) -> Operation:
        """Ask for other limits of an autoscaled node pool, or with None for no autoscaler, once."""


class Clusters(Protocol):
    """GKE, as :class:`gke_clusters.google.clusters.ContainerApi` offers it."""

    @property
    def node_pools(self) -> NodePools:
        """The calls that change node pools."""

    @property
    def identity(self) -> str:
        """Whom Google sees."""

    def find_cluster(self, name: ClusterName) -> Cluster | None:
        """Read a cluster; None if there is none."""

    def list_clusters(self, project: str) -> ClusterList:
        """List the clusters of a project in every location."""

    def create_cluster(
        self, name: ClusterName, typed: container_v1.Cluster, raw: Mapping[str, Any] | None = None
    ) -> Operation:
        """Ask for a cluster, once."""

    def delete_cluster(self, name: ClusterName) -> Operation:
        """Ask for a deletion, once."""

    def find_operation(
        self, project: str, location: str, name: str, *, patience_seconds: float = ...
    ) -> Operation | None:
        """Read an operation; None if it is not known."""

    def operations_of(self, name: ClusterName) -> tuple[Operation, ...]:
        """List the operations on a cluster, the newest first."""


class Compute(Protocol):
    """Compute Engine, as :class:`gke_clusters.google.compute.ComputeApi` offers it."""

    def zones(self, project: str) -> tuple[str, ...]:
        """Return the zones of a project."""

    def instance_interface(self, project: str, zone: str, name: str) -> NetworkInterface | None:
        """Return the first network interface of a machine."""

    def subnetworks(self, project: str, region: str, network: str) -> tuple[Subnetwork, ...]:
        """Return the subnetworks of a network in a region."""

    def region_quotas(self, project: str, region: str) -> tuple[Quota, ...]:
        """Return the quotas of a project in a region."""

    def everywhere(self, project: str, collection: str) -> tuple[dict[str, Any], ...]:
        """Return the resources of a kind in all zones and regions of a project, and the global ones."""

    def instance_group_size(self, group: InstanceGroup) -> int | None:
        """Return how many machines an instance group is to have; None if it is gone."""

    def instance_group_errors(self, group: InstanceGroup, *, patience_seconds: float = ...) -> tuple[Condition, ...]:
        """Return why machines of an instance group did not come up."""


class Host(Protocol):
    """The DSS host, as :class:`gke_clusters.google.metadata.HostMetadata` offers it."""

    def project_id(self) -> str:
        """Return the project of the host."""

    def zone(self) -> str:
        """Return the zone of the host."""

    def instance_name(self) -> str:
        """Return the name of the host's machine."""

    def network(self) -> str:
        """Return the name of the host's network."""

    def service_account_email(self) -> str:
        """Return the service account of the host."""


@dataclass(frozen=True)
class GoogleAccess:
    """Everything that a story asks of Google, as one identity.

    Attributes:
        clusters: GKE.
        compute: Compute Engine.
        host: Facts about the DSS host.
        credentials: How the identity was chosen; the kubeconfig's credential helper does the same.
        sleep: Waits for a number of seconds.
    """

    clusters: Clusters
    compute: Compute
    host: Host
    credentials: CredentialsChoice
    sleep: Callable[[float], None] = time.sleep


def connect(settings: CredentialsSettings, *, patience_seconds: float = READ_PATIENCE_SECONDS) -> GoogleAccess:
    """Load the credentials of a connection and make the clients.

    Args:
        settings: The credentials.
        patience_seconds: How long a read is repeated where Google does not answer.

    Raises:
        CredentialsError: The credentials cannot be used.
    """
    choice = credentials_choice(settings)
    authorization = authorize(choice)
    return GoogleAccess(
        clusters=ContainerApi(authorization, patience_seconds),
        compute=ComputeApi(authorization, patience_seconds),
        host=HostMetadata(),
        credentials=choice,
    )


def credentials_choice(settings: CredentialsSettings) -> CredentialsChoice:
    """Return how to authenticate, in the words of those who do it."""
    return CredentialsChoice(
        mode=settings.mode,
        key=settings.key.get_secret_value() if settings.key else None,
        impersonate=settings.impersonate,
    )
