"""The story of an attachment: find a healthy cluster anywhere in the project and hand it over. Changes nothing."""

from __future__ import annotations

import logging
from typing import Any, Final

from gke_clusters.errors import (
    ClusterNotFound,
    GoogleUnavailable,
    MetadataServerError,
    PermissionDenied,
    WrongLocation,
)
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.adoption import PROVISIONING, STOPPING, USABLE
from gke_clusters.lifecycle.diagnosis import unhealthy
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import Handover
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.settings.attach import AttachSettings
from gke_clusters.settings.location import region_of

logger = logging.getLogger(__name__)

_MOST_NAMES_SHOWN: Final = 20

_UNHEALTHY_REMEDIES: Final = {
    PROVISIONING: "It is still being created: attach it once it is RUNNING.",
    STOPPING: "It is being deleted: attach another cluster.",
}


def attach_cluster(
    settings: AttachSettings, google: GoogleAccess, handover: Handover, progress: Progress
) -> list[dict[str, Any]]:
    """Attach a cluster that exists.

    Args:
        settings: The dialog.
        google: Clients.
        handover: How to hand it over to DSS.
        progress: Where to report.

    Returns:
        The overrides and the data, as ``start`` returns them to DSS.

    Raises:
        ClusterNotFound: There is no such cluster in the project.
        WrongLocation: There are several of that name, none of them at the location given.
        ClusterUnhealthy: It cannot be used as it is.
        GkeClustersError: Google or the cluster refuses.
    """
    project = settings.connection.project_id or google.host.project_id()
    progress.step(5, f"Looking for {settings.cluster_name} in project {project} as {google.clusters.identity}")
    cluster = _find(settings, google, project)
    if cluster.status not in USABLE:
        raise unhealthy(cluster, _UNHEALTHY_REMEDIES.get(cluster.status))
    progress.step(30, f"{cluster.name} is {cluster.status}")
    return handover.complete(cluster, google, progress)


def _find(settings: AttachSettings, google: GoogleAccess, project: str) -> Cluster:
    location = settings.expected_location or _host_location(settings, google)
    if not location:
        return _find_elsewhere(settings.cluster_name, google, project, None)
    try:
        cluster = google.clusters.find_cluster(ClusterName(project, location, settings.cluster_name))
    except PermissionDenied as refused:
        return _find_despite(refused, settings.cluster_name, google, project, location)
    return cluster or _find_elsewhere(settings.cluster_name, google, project, location)


def _find_despite(refused: PermissionDenied, name: str, google: GoogleAccess, project: str, location: str) -> Cluster:
    """Look elsewhere after a refusal: Google may refuse so at a location that does not exist."""
    try:
        return _find_elsewhere(name, google, project, location)
    except WrongLocation:
        raise
    except (PermissionDenied, ClusterNotFound):
        raise refused from None


def _host_location(settings: AttachSettings, google: GoogleAccess) -> str | None:
    try:
        zone = google.host.zone()
    except MetadataServerError:
        # Not a fact that is needed: the whole project is looked through instead.
        return None
    return region_of(zone) if settings.is_regional else zone


def _find_elsewhere(name: str, google: GoogleAccess, project: str, location: str | None) -> Cluster:
    listed = google.clusters.list_clusters(project)
    found = [cluster for cluster in listed.clusters if cluster.name.name == name]
    if len(found) == 1:
        if location:
            logger.warning(
                "%s is not in %s but in %s, which is used; correct the location in the settings of the cluster",
                name,
                location,
                found[0].name.location,
            )
        if listed.missing_zones:
            logger.warning(
                "%s is used; if another cluster of that name is meant, give its location: %s did not answer",
                found[0].name,
                ", ".join(listed.missing_zones),
            )
        return found[0]
    resource = f"cluster {name} in project {project}"
    if found:
        places = ", ".join(sorted(cluster.name.location for cluster in found))
        raise WrongLocation(
            f"There are {len(found)} clusters of that name"
            f"{f', none of them in {location}' if location else ''}: in {places}.",
            resource=resource,
        )
    if listed.missing_zones:
        raise GoogleUnavailable(
            "Whether the cluster exists is not known: some zones did not answer.",
            resource=resource,
            verbatim=f"missingZones: {', '.join(listed.missing_zones)}",
            remedy="Try again in a few minutes, and look at https://status.cloud.google.com.",
        )
    others = sorted(f"{cluster.name.name} ({cluster.name.location})" for cluster in listed.clusters)
    shown = ", ".join(others[:_MOST_NAMES_SHOWN]) or "none"
    more = f" and {len(others) - _MOST_NAMES_SHOWN} more" if len(others) > _MOST_NAMES_SHOWN else ""
    raise ClusterNotFound(
        f"There is no cluster of that name in project {project}, in any location.",
        resource=resource,
        remedy=f"Check the project and the name. Clusters that {google.clusters.identity} sees there: {shown}{more}.",
    )
