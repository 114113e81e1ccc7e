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
_LOCATION: Final = re.compile(r"/(?:locations|zones|regions)/(?P<location>[^/]+)")
_FROM_PROJECT: Final = re.compile(r"projects/[^/]+/.+$")

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


def relative_name(link: str) -> str:
    """Return a link from its project on: ``projects/P/global/networks/N``; text without a project is left as it is."""
    found = _FROM_PROJECT.search(link)
    return found[0] if found else link


def project_of(link: str) -> str | None:
    """Return the project in a link, an id or a number as the link has it; None if there is none."""
    found = _FROM_PROJECT.search(link)
    return found[0].split("/")[1] if found else None


def location_of(link: str) -> str:
    """Return the zone or region in a link; empty if there is none, or if it means all of them."""
    found = _LOCATION.search(link)
    return found["location"] if found and found["location"] != ANY_LOCATION else ""
