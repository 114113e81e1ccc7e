"""Resource names of GKE: how to write them, and how to read them back out of links.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# A zonal link says `zones`, a regional one `locations`; a link of an operation has the project's number.
_CLUSTER_LINK: Final = re.compile(
    r"projects/(?P<project>[^/]+)/(?:locations|zones|regions)/(?P<location>[^/]+)/clusters/(?P<name>[^/?]+)$"
)

ANY_LOCATION: Final = "-"
"""The location that means all locations of a project in a list request."""


@dataclass(frozen=True)
class ClusterName:
    """The full name of a cluster: project id, location (zone or region) and name."""

    project: str
    location: str
    name: str

    @property
    def parent(self) -> str:
        """``projects/P/locations/L``."""
        return location_path(self.project, self.location)

    @property
    def path(self) -> str:
        """``projects/P/locations/L/clusters/N``, the form used for zones and regions alike."""
        return f"{self.parent}/clusters/{self.name}"

    def __str__(self) -> str:
        return self.path


def location_path(project: str, location: str) -> str:
    """Return ``projects/P/locations/L``."""
    return f"projects/{project}/locations/{location}"


def parse_cluster_link(link: str) -> ClusterName | None:
    """Read a cluster's full name out of a ``selfLink`` or ``targetLink``; None if it is not one of a cluster."""
    found = _CLUSTER_LINK.search(link)
    return ClusterName(found["project"], found["location"], found["name"]) if found else None


def last_segment(link: str) -> str:
    """Return what follows the last ``/``: ``default`` of ``projects/1/networks/default``."""
    return link.rstrip("/").rsplit("/", 1)[-1]


def region_of(location: str) -> str:
    """Return the region of a zone (``europe-west1`` of ``europe-west1-b``); a region is its own."""
    return location.rsplit("-", 1)[0] if is_zone(location) else location


def is_zone(location: str) -> bool:
    """Tell a zone (three parts) from a region (two): https://cloud.google.com/compute/docs/regions-zones."""
    return location.count("-") == 2  # noqa: PLR2004 - the two hyphens between the three parts
