"""Addresses: what a request's path means, and how GKE writes names and links of clusters, pools and operations."""

import re
from dataclasses import dataclass

from sandbox.gcp.locations import is_zone, region_of
from sandbox.gcp.projects import Project

HOST = "https://container.googleapis.com/v1"
COMPUTE = "https://www.googleapis.com/compute/v1"

# Verbs that the old `projects/*/zones/*` form writes as a path segment, in today's spelling.
_OLD_VERBS = {
    "addons": "setAddons",
    "autoscaling": "setAutoscaling",
    "legacyAbac": "setLegacyAbac",
    "locations": "setLocations",
    "logging": "setLogging",
    "master": "updateMaster",
    "monitoring": "setMonitoring",
    "resourceLabels": "setResourceLabels",
    "setManagement": "setManagement",
    "setSize": "setSize",
    "update": "update",
}

_PATH = re.compile(
    r"""/v1(?:alpha1|beta1)?/projects/(?P<project>[^/]+)/(?:
        aggregated/(?P<aggregated>usableSubnetworks)
        |(?:locations|zones)/(?P<location>[^/:]+)/(?:
            (?P<server>serverConfig|serverconfig)
            |operations(?:/(?P<operation>[^/:]+))?
            |(?P<clusters>clusters)(?:/(?P<cluster>[^/:]+)(?:/(?P<pools>nodePools)(?:/(?P<pool>[^/:]+))?)?)?
        )
    )(?:[:/](?P<verb>[A-Za-z]+))?$""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Target:
    """What a path addresses.

    Attributes:
        kind: `clusters`, `cluster`, `nodePools`, `nodePool`, `operations`, `operation`, `serverConfig` or
            `usableSubnetworks`.
        project: project id or number, as given.
        location: zone, region or `-`; empty for `usableSubnetworks`.
        cluster: cluster name or empty.
        pool: node pool name or empty.
        operation: operation name or empty.
        verb: the custom method, such as `setSize`, or empty.
    """

    kind: str
    project: str
    location: str = ""
    cluster: str = ""
    pool: str = ""
    operation: str = ""
    verb: str = ""


def parse(path: str) -> Target | None:
    """Return what a request's path addresses, or None when it is no path of this API."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    found = {name: value or "" for name, value in match.groupdict().items()}
    verb = _OLD_VERBS.get(found["verb"], found["verb"])
    if found["aggregated"]:
        kind = "usableSubnetworks"
    elif found["server"]:
        kind = "serverConfig"
    elif found["clusters"]:
        kind = (
            "nodePool" if found["pool"] else "nodePools" if found["pools"] else "cluster" if found["cluster"] else ""
        ) or "clusters"
    else:
        kind = "operation" if found["operation"] else "operations"
    return Target(kind, found["project"], found["location"], found["cluster"], found["pool"], found["operation"], verb)


def location_path(project: str, location: str) -> str:
    """Return `projects/P/zones/Z` or `projects/P/locations/R`, as GKE names a location in links and errors."""
    return f"projects/{project}/{'zones' if is_zone(location) else 'locations'}/{location}"


def cluster_path(project: str, location: str, name: str) -> str:
    """Return a cluster's name in errors and, after the host, in links."""
    return f"{location_path(project, location)}/clusters/{name}"


def cluster_link(project: str, location: str, name: str) -> str:
    """Return a cluster's link; the project is its id in a cluster and its number in an operation."""
    return f"{HOST}/{cluster_path(project, location, name)}"


def pool_link(project: str, location: str, cluster: str, name: str) -> str:
    """Return a node pool's link."""
    return f"{cluster_link(project, location, cluster)}/nodePools/{name}"


def operation_link(project: Project, location: str, name: str) -> str:
    """Return an operation's link, which says the project's number."""
    return f"{HOST}/{location_path(project.number, location)}/operations/{name}"


def group_manager_link(project: str, zone: str, name: str) -> str:
    """Return the link of an instance group manager."""
    return f"{COMPUTE}/projects/{project}/zones/{zone}/instanceGroupManagers/{name}"


def last_part(resource: str) -> str:
    """Return the last part of a resource name: `projects/P/global/networks/N` is `N`."""
    return resource.rstrip("/").rpartition("/")[2]


def network_path(project: str, network: str) -> str:
    """Return a network's relative name from whatever way it was given."""
    return _relative(network) if "/" in network else f"projects/{project}/global/networks/{network}"


def subnetwork_path(project: str, location: str, subnetwork: str) -> str:
    """Return a subnetwork's relative name from whatever way it was given."""
    if "/" in subnetwork:
        return _relative(subnetwork)
    return f"projects/{project}/regions/{region_of(location)}/subnetworks/{subnetwork}"


def _relative(link: str) -> str:
    return link[link.index("projects/") :] if "projects/" in link else link
