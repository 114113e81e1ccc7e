"""GKE's clusters and operations: the few calls the plugin makes, over HTTPS, with its failures translated.

The typed client retries reads on 503 only and lets cut connections through as errors of ``requests``; both are
handled here, once. A write is sent once and never repeated: whoever sends it settles what became of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from google.api_core import exceptions as api_exceptions
from google.cloud import container_v1
from google.cloud.container_v1.services.cluster_manager.transports import ClusterManagerRestTransport

from gke_clusters.errors import ClusterNotFound
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.endpoints import endpoint
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.names import ANY_LOCATION, ClusterName, location_path
from gke_clusters.google.node_pool_calls import NodePoolCalls
from gke_clusters.google.node_pools import NodePool, read_node_pools
from gke_clusters.google.operations import Condition, Operation, read_conditions, read_operation, target_cluster
from gke_clusters.google.retries import READ_PATIENCE_SECONDS, read_retry

logger = logging.getLogger(__name__)

# A creation answers after its checks of quota and network, seldom within the typed client's 45 s default.
_WRITE_TIMEOUT_SECONDS: Final = 90.0
_READ_TIMEOUT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Cluster:
    """A GKE cluster at the moment it was read.

    Attributes:
        name: Project, location and name.
        status: ``PROVISIONING``, ``RUNNING``, ``RECONCILING``, ``STOPPING``, ``ERROR`` or ``DEGRADED``.
        id: Google's unique id; a cluster made again under the same name has another.
        create_time: RFC 3339.
        self_link: Google's link to it.
        labels: Its resource labels.
        conditions: What Google says is wrong with it.
        status_message: Google's older words on its status.
        pools: Its node pools.
        resource: The whole answer as GKE's REST JSON.
    """

    name: ClusterName
    status: str
    id: str = ""
    create_time: str = ""
    self_link: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    status_message: str = ""
    pools: tuple[NodePool, ...] = ()
    resource: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ClusterList:
    """Clusters of a project, and the zones that did not answer: there, absence means *unknown*, not *gone*."""

    clusters: tuple[Cluster, ...]
    missing_zones: tuple[str, ...] = ()


def read_cluster(message: container_v1.Cluster, project: str) -> Cluster:
    """Read a cluster out of GKE's answer."""
    resource: dict[str, Any] = container_v1.Cluster.to_dict(
        message,
        use_integers_for_enums=False,
        preserving_proto_field_name=False,
        always_print_fields_with_no_presence=False,
    )
    return Cluster(
        name=ClusterName(project, message.location or message.zone, message.name),
        # As text: a status newer than the client has no name.
        status=str(resource.get("status", "STATUS_UNSPECIFIED")),
        id=message.id,
        create_time=message.create_time,
        self_link=message.self_link,
        labels=dict(message.resource_labels),
        conditions=read_conditions(message.conditions),
        status_message=message.status_message,
        pools=read_node_pools(message),
        resource=resource,
    )


class ContainerApi:
    """The calls to GKE. Every method raises one of :mod:`gke_clusters.errors` where Google does not do as asked.

    Attributes:
        node_pools: The calls that change node pools.
    """

    def __init__(self, authorization: Authorization, patience_seconds: float = READ_PATIENCE_SECONDS) -> None:
        """Make the client; nothing is asked yet.

        Args:
            authorization: Whom Google sees.
            patience_seconds: How long to repeat a read where Google does not answer.
        """
        self._authorization = authorization
        self._patience_seconds = patience_seconds
        # Made here rather than by the client, which would sign tokens for a service-account key by itself: one way to
        # a token for every call means one set of failures, and the one that kubectl's credential helper goes as well.
        transport = ClusterManagerRestTransport(
            host=endpoint("container"), credentials=authorization.credentials, always_use_jwt_access=False
        )
        self._client = container_v1.ClusterManagerClient(transport=transport)
        self.node_pools = NodePoolCalls(self._client, authorization)

    @property
    def identity(self) -> str:
        """Whom Google sees."""
        return self._authorization.identity

    def get_cluster(self, name: ClusterName) -> Cluster:
        """Read one cluster.

        Raises:
            ClusterNotFound: There is none of that name at that location.
        """
        with self._translated("read the cluster", name.path, name.project):
            answer = self._client.get_cluster(
                request={"name": name.path}, retry=read_retry(self._patience_seconds), timeout=_READ_TIMEOUT_SECONDS
            )
        # By the name that was asked for: a deletion must never go by one that an answer left out.
        return replace(read_cluster(answer, name.project), name=name)

    def find_cluster(self, name: ClusterName) -> Cluster | None:
        """Read one cluster; None where Google says that there is none."""
        try:
            return self.get_cluster(name)
        except ClusterNotFound:
            return None

    def list_clusters(self, project: str, location: str = ANY_LOCATION) -> ClusterList:
        """List the clusters of a project, in every location unless one is given."""
        parent = location_path(project, location)
        with self._translated("list the clusters of the project", parent, project):
            answer = self._client.list_clusters(
                request={"parent": parent}, retry=read_retry(self._patience_seconds), timeout=_READ_TIMEOUT_SECONDS
            )
        return ClusterList(
            clusters=tuple(read_cluster(item, project) for item in answer.clusters),
            missing_zones=tuple(answer.missing_zones),
        )

    def create_cluster(
        self, name: ClusterName, typed: container_v1.Cluster, raw: Mapping[str, Any] | None = None
    ) -> Operation:
        """Ask for a cluster, once.

        Args:
            name: Where to create it and under which name.
            typed: The cluster.
            raw: The body ``{"cluster": {...}}`` to send instead, where it has a field that the typed message does not
                know.

        Returns:
            The operation that creates it.

        Raises:
            NameTaken: A cluster of that name is there.
            GoogleUnavailable: The answer was lost; the cluster may have been created or not.
        """
        with self._translated("create the cluster", name.path, name.project):
            if raw is None:
                answer = self._client.create_cluster(
                    request={"parent": name.parent, "cluster": typed}, retry=None, timeout=_WRITE_TIMEOUT_SECONDS
                )
            else:
                answer = self._post_cluster(name.parent, raw)
        return read_operation(answer, name.project, name.location)

    def delete_cluster(self, name: ClusterName) -> Operation:
        """Ask for a cluster's deletion, once.

        Raises:
            ClusterNotFound: It is gone already.
            ClusterBusy: Another operation holds it.
            GoogleUnavailable: The answer was lost; the deletion may have begun or not.
        """
        with self._translated("delete the cluster", name.path, name.project):
            answer = self._client.delete_cluster(
                request={"name": name.path}, retry=None, timeout=_WRITE_TIMEOUT_SECONDS
            )
        return read_operation(answer, name.project, name.location)

    def find_operation(
        self, project: str, location: str, name: str, *, patience_seconds: float = READ_PATIENCE_SECONDS
    ) -> Operation | None:
        """Read an operation; None where Google does not know it (any more).

        Args:
            project: Project id.
            location: Zone or region.
            name: ``operation-...``.
            patience_seconds: How long to ask again where Google does not answer.
        """
        path = f"{location_path(project, location)}/operations/{name}"
        try:
            with self._translated("read the operation", path, project):
                answer = self._client.get_operation(
                    request={"name": path}, retry=read_retry(patience_seconds), timeout=_READ_TIMEOUT_SECONDS
                )
        except ClusterNotFound:
            return None
        return read_operation(answer, project, location)

    def operations_of(self, name: ClusterName) -> tuple[Operation, ...]:
        """List the operations on a cluster that Google remembers, the newest first.

        Where zones did not answer, some may be missing. That is said in the log and no more: whoever misses one asks
        for a change again, which Google refuses where it is under way or done.
        """
        with self._translated("list the operations on the cluster", name.parent, name.project):
            answer = self._client.list_operations(
                request={"parent": name.parent}, retry=read_retry(self._patience_seconds), timeout=_READ_TIMEOUT_SECONDS
            )
        if answer.missing_zones:
            logger.warning(
                "Operations may be missing in Google's list: %s did not answer", ", ".join(answer.missing_zones)
            )
        # Those of other clusters are none of our business, whatever is in them.
        mine = (item for item in answer.operations if target_cluster(item) == name.name)
        found = (read_operation(item, name.project, name.location) for item in mine)
        return tuple(sorted(found, key=lambda item: item.started, reverse=True))

    def _post_cluster(self, parent: str, raw: Mapping[str, Any]) -> container_v1.Operation:
        answer = self._authorization.session.post(
            f"{endpoint('container')}/v1/{parent}/clusters",
            json={**raw, "parent": parent},
            timeout=_WRITE_TIMEOUT_SECONDS,
        )
        if not answer.ok:
            raise api_exceptions.from_http_response(answer)
        operation: container_v1.Operation = container_v1.Operation.from_json(answer.text, ignore_unknown_fields=True)
        return operation

    def _translated(self, doing: str, resource: str, project: str) -> AbstractContextManager[None]:
        return translated(Asked(doing, resource, project, self._authorization))
