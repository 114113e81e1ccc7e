"""The few facts that are read from Compute Engine: zones, networks, and what keeps machines from coming up.

Plain GETs over an authorized session: importing Google's typed Compute client costs 2 s and 150 MB.
https://cloud.google.com/compute/docs/reference/rest/v1
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from google.api_core import exceptions as api_exceptions

from gke_clusters.errors import ClusterNotFound
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.endpoints import endpoint
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.names import last_segment, relative_name
from gke_clusters.google.node_pools import InstanceGroup
from gke_clusters.google.operations import Condition
from gke_clusters.google.retries import READ_PATIENCE_SECONDS, read_retry

_TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True)
class NetworkInterface:
    """A machine's first interface.

    https://cloud.google.com/compute/docs/reference/rest/v1/instances

    Attributes:
        network: ``projects/P/...``.
        subnetwork: ``projects/P/...``; None in a legacy network.
        address: The internal IPv4 address; empty if there is none.
    """

    network: str
    subnetwork: str | None
    address: str = ""


@dataclass(frozen=True)
class Subnetwork:
    """A subnetwork: its name, its network's name and its region."""

    name: str
    network: str
    region: str


@dataclass(frozen=True)
class Quota:
    """How much of something a project may use in a region, and how much of it is in use.

    Attributes:
        metric: Such as ``SSD_TOTAL_GB``.
        limit: What may be used.
        usage: What is in use.
    """

    metric: str
    limit: float
    usage: float

    @property
    def used(self) -> float:
        """The part in use, from 0 to 1; 1 where nothing may be used at all."""
        return self.usage / self.limit if self.limit > 0 else 1.0


class ComputeApi:
    """The calls to Compute Engine. Each raises one of :mod:`gke_clusters.errors`."""

    def __init__(self, authorization: Authorization, patience_seconds: float = READ_PATIENCE_SECONDS) -> None:
        """Keep the session; nothing is asked yet.

        Args:
            authorization: Whom Google sees.
            patience_seconds: How long to repeat a read where Google does not answer.
        """
        self._authorization = authorization
        self._patience_seconds = patience_seconds

    def zones(self, project: str) -> tuple[str, ...]:
        """Return the names of the zones that a project may use."""
        return tuple(item["name"] for item in self._list(project, "zones", "list the zones of the project"))

    def instance_interface(self, project: str, zone: str, name: str) -> NetworkInterface | None:
        """Return the first network interface of a machine; None if it has none or is not known there."""
        path = f"zones/{zone}/instances/{name}"
        try:
            instance = self._get(project, path, "read the network of the DSS host")
        except ClusterNotFound:
            return None
        for interface in instance.get("networkInterfaces", ()):
            subnetwork = interface.get("subnetwork")
            return NetworkInterface(
                network=relative_name(interface.get("network", "")),
                subnetwork=relative_name(subnetwork) if subnetwork else None,
                address=interface.get("networkIP", ""),
            )
        return None

    def subnetworks(self, project: str, region: str, network: str) -> tuple[Subnetwork, ...]:
        """Return the subnetworks of a network in a region.

        Args:
            project: Project id.
            region: Region, such as ``europe-west1``.
            network: The network's name.
        """
        items = self._list(project, f"regions/{region}/subnetworks", "list the subnetworks of the region")
        found = (Subnetwork(item["name"], last_segment(item.get("network", "")), region) for item in items)
        return tuple(item for item in found if item.network == network)

    def instance_group_errors(
        self, group: InstanceGroup, *, patience_seconds: float = READ_PATIENCE_SECONDS
    ) -> tuple[Condition, ...]:
        """Return why Compute Engine could not make or change machines of a group, each reason once.

        https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/listErrors

        Args:
            group: The group; one that is gone has no errors.
            patience_seconds: How long to ask again where Google does not answer.

        Returns:
            Compute Engine's code, such as ``ZONE_RESOURCE_POOL_EXHAUSTED``, and its words.
        """
        path = f"zones/{group.zone}/instanceGroupManagers/{group.name}/listErrors"
        doing = "list the errors of the instance group"
        try:
            answer = self._get(group.project, path, doing, patience_seconds=patience_seconds)
        except ClusterNotFound:
            return ()
        errors = (item.get("error", {}) for item in answer.get("items", ()))
        found = (Condition(str(error.get("code", "")), str(error.get("message", ""))) for error in errors)
        return tuple(dict.fromkeys(error for error in found if error.code or error.message))

    def instance_group_size(self, group: InstanceGroup) -> int | None:
        """Return how many machines a group is to have; None if it is gone.

        https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/get
        """
        path = f"zones/{group.zone}/instanceGroupManagers/{group.name}"
        try:
            answer = self._get(group.project, path, "read the size of the instance group")
        except ClusterNotFound:
            return None
        return int(answer.get("targetSize") or 0)

    def region_quotas(self, project: str, region: str) -> tuple[Quota, ...]:
        """Return the quotas of a project in a region.

        https://cloud.google.com/compute/docs/reference/rest/v1/regions/get

        Args:
            project: Project id.
            region: Region, such as ``europe-west1``.
        """
        answer = self._get(project, f"regions/{region}", "read the quotas of the region")
        return tuple(
            Quota(str(item.get("metric", "")), float(item.get("limit") or 0), float(item.get("usage") or 0))
            for item in answer.get("quotas", ())
        )

    def everywhere(self, project: str, collection: str) -> tuple[dict[str, Any], ...]:
        """Return the resources of a kind in all zones and regions of a project, and the global ones, as Google's JSON.

        Args:
            project: Project id.
            collection: As Google names it, such as ``forwardingRules``.
        """
        # https://cloud.google.com/compute/docs/reference/rest/v1/disks/aggregatedList
        scopes = self._pages(project, f"aggregated/{collection}", f"list all {collection} of the project")
        return tuple(item for page in scopes for scope in page.values() for item in scope.get(collection, ()))

    def _list(self, project: str, path: str, doing: str) -> Iterator[dict[str, Any]]:
        for items in self._pages(project, path, doing):
            yield from items

    def _pages(self, project: str, path: str, doing: str) -> Iterator[Any]:
        parameters: dict[str, str] = {}
        while True:
            page = self._get(project, path, doing, parameters)
            yield page.get("items", {})
            token = page.get("nextPageToken")
            if not token:
                return
            parameters = {"pageToken": token}

    def _get(
        self,
        project: str,
        path: str,
        doing: str,
        parameters: dict[str, str] | None = None,
        *,
        patience_seconds: float | None = None,
    ) -> dict[str, Any]:
        address = f"{endpoint('compute')}/compute/v1/projects/{project}/{path}"

        def once() -> dict[str, Any]:
            answer = self._authorization.session.get(address, params=parameters, timeout=_TIMEOUT_SECONDS)
            if not answer.ok:
                raise api_exceptions.from_http_response(answer)
            body: dict[str, Any] = answer.json()
            return body

        with translated(Asked(doing, f"projects/{project}/{path}", project, self._authorization)):
            return read_retry(self._patience_seconds if patience_seconds is None else patience_seconds)(once)()
