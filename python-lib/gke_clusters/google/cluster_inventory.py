"""All clusters of a project in one short answer: who they are and whose, and nothing else of them.

The typed client makes a message of everything that GKE says of each cluster, some 10 kB, which takes seconds for
thousands. A plain GET may name the fields that it wants: https://cloud.google.com/apis/docs/system-parameters
"""

from __future__ import annotations

from typing import Any, Final

from google.api_core import exceptions as api_exceptions

from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.endpoints import endpoint
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.names import ANY_LOCATION, ClusterName, location_path
from gke_clusters.google.retries import read_retry

_TIMEOUT_SECONDS: Final = 30.0
_FIELDS: Final = (
    "clusters(name,location,zone,status,id,createTime,selfLink,resourceLabels,currentNodeCount,endpoint,"
    "privateClusterConfig(publicEndpoint,privateEndpoint),controlPlaneEndpointsConfig(dnsEndpointConfig(endpoint),"
    "ipEndpointsConfig(publicEndpoint,privateEndpoint))),missingZones"
)


class ClusterInventory:
    """Lists of clusters, in every location of a project at once."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    def list_clusters(self, project: str) -> ClusterList:
        """List the clusters of a project, by a single call.

        Args:
            project: Project id.

        Returns:
            The clusters without conditions and node pools; what ``resource`` has beyond the other fields is
            ``currentNodeCount`` and the addresses of the control plane.

        Raises:
            GkeClustersError: Google does not answer, or refuses.
        """
        parent = location_path(project, ANY_LOCATION)

        def once() -> dict[str, Any]:
            answer = self._authorization.session.get(
                f"{endpoint('container')}/v1/{parent}/clusters", params={"fields": _FIELDS}, timeout=_TIMEOUT_SECONDS
            )
            if not answer.ok:
                raise api_exceptions.from_http_response(answer)
            body: dict[str, Any] = answer.json()
            return body

        with translated(Asked("list the clusters of the project", parent, project, self._authorization)):
            found = read_retry()(once)()
        return ClusterList(
            clusters=tuple(_cluster(item, project) for item in found.get("clusters", ())),
            missing_zones=tuple(found.get("missingZones", ())),
        )


def _cluster(item: dict[str, Any], project: str) -> Cluster:
    return Cluster(
        name=ClusterName(project, str(item.get("location") or item.get("zone") or ""), str(item.get("name", ""))),
        status=str(item.get("status", "STATUS_UNSPECIFIED")),
        id=str(item.get("id", "")),
        create_time=str(item.get("createTime", "")),
        self_link=str(item.get("selfLink", "")),
        labels=dict(item.get("resourceLabels", {})),
        resource=item,
    )
