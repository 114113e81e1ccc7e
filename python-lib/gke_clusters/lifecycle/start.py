"""The story of a start: look, decide, create or adopt, wait, judge, hand over; and clean up after a failure."""

from __future__ import annotations

import logging
from typing import Any, Final

from gke_clusters.dss.overrides import without_secrets
from gke_clusters.errors import (
    ApiNotEnabled,
    ControlPlaneUnreachable,
    GkeClustersError,
    GoogleUnavailable,
    NameTaken,
    OperationTimeout,
    PermissionDenied,
    StateError,
)
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.adoption import STOPPING
from gke_clusters.lifecycle.creation import CREATE_DEADLINE_SECONDS, Creation
from gke_clusters.lifecycle.deletion import DELETE_DEADLINE_SECONDS, delete_command, delete_until_gone
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import Handover, forget_access
from gke_clusters.lifecycle.host_facts import placement_facts, request_facts, subnetwork_in_region
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.surfacing import wrapped
from gke_clusters.settings.create import COMPONENT, CreateSettings
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.settings.location import require_known_zones
from gke_clusters.specs.cluster import ClusterRequest, create_request
from gke_clusters.specs.ownership import Ownership, owner_of
from gke_clusters.specs.placement import Placement, place_new_cluster

logger = logging.getLogger(__name__)

# What is under way then goes on by itself, and the next start resumes it: deleting would throw the work away.
_RESUMABLE: Final = (OperationTimeout, GoogleUnavailable)


def start_cluster(
    settings: CreateSettings,
    ownership: Ownership,
    google: GoogleAccess,
    handover: Handover,
    progress: Progress,
    *,
    deadline_seconds: float = CREATE_DEADLINE_SECONDS,
) -> list[dict[str, Any]]:
    """Start a cluster: create it, or adopt the one that an earlier start created.

    Args:
        settings: The dialog.
        ownership: This DSS cluster, as the labels of its GKE cluster name it.
        google: Clients.
        handover: How to hand the cluster over to DSS; its directory holds the journal.
        progress: Where to report.
        deadline_seconds: How long until the cluster runs.

    Returns:
        The overrides and the data, as ``start`` returns them to DSS.

    Raises:
        SettingsError: What the settings name does not exist; nothing was created.
        NameTaken: A cluster of that name is not ours; nothing was touched.
        GkeClustersError: It failed. What this start created is deleted again, unless it is still being created.
    """
    progress.step(1, f"Starting {settings.name} as {google.clusters.identity}")
    placement = place_new_cluster(settings, placement_facts(settings, google))
    name = ClusterName(placement.project, placement.location, settings.name)
    journal = Journal(handover.directory)
    _clear_leftover(name, ownership, google, journal, progress)

    creation = Creation(
        name,
        google,
        journal,
        progress,
        is_ours=lambda cluster: owner_of(cluster.labels) == ownership,
        foreign=_foreign,
        make_request=lambda: _request(settings, ownership, google, placement, name),
    )
    cluster: Cluster | None = None
    try:
        with wrapped("start the cluster"):
            handover.prepare(google)
            cluster = creation.ensure(Deadline(deadline_seconds))
            result = handover.complete(cluster, google, progress)
    except GkeClustersError as failure:
        if creation.created:
            _clean_up(creation, failure)
        if creation.created or cluster is None:
            # No key and no token stays behind for a cluster that is not used.
            forget_access(handover.directory)
        raise
    journal.write(name, Phase.RUNNING)
    return result


def _request(
    settings: CreateSettings, ownership: Ownership, google: GoogleAccess, placement: Placement, name: ClusterName
) -> ClusterRequest:
    _require_no_other(name, ownership, google)
    _require_known_places(settings, google, placement)
    facts = request_facts(settings, google)
    subnetwork = subnetwork_in_region(settings, google, facts, placement)
    request = create_request(settings, placement, facts, ownership, subnetwork)
    for warning in request.warnings:
        logger.warning("%s", warning)
    logger.debug("The cluster that is asked for: %s", without_secrets(request.as_json()["cluster"]))
    return request


def _require_no_other(name: ClusterName, ownership: Ownership, google: GoogleAccess) -> None:
    """Refuse to create a second cluster beside one that this DSS cluster has elsewhere in the project.

    The journal knows of such a cluster, unless it was lost. Whether that cluster is still wanted nobody here can tell,
    so it is neither deleted nor forgotten.
    """
    try:
        listed = google.clusters.list_clusters(name.project)
    except (PermissionDenied, GoogleUnavailable) as error:
        logger.warning("Whether this DSS cluster has a cluster elsewhere is not checked: %s", error.cause)
        return
    for other in listed.clusters:
        if other.name != name and other.status != STOPPING and owner_of(other.labels) == ownership:
            raise StateError(
                f"This DSS cluster has a cluster already, in {other.name.location}; no second one is created.",
                resource=other.name.path,
                remedy=(
                    f"To use it again, set the zone or region of the connection back to {other.name.location} and"
                    f" start. To give it up, delete it before you start again. {delete_command(other.name)}"
                ),
            )


def _require_known_places(settings: CreateSettings, google: GoogleAccess, placement: Placement) -> None:
    try:
        known = google.compute.zones(placement.project)
    except (PermissionDenied, ApiNotEnabled) as error:
        # A convenience, not a need: Google refuses an unknown zone as well, in other words.
        logger.warning("Whether the zones exist is not checked: %s", error.cause)
        return
    require_known_zones((placement.location, *settings.locations), known)


def _foreign(cluster: Cluster) -> NameTaken:
    owner = owner_of(cluster.labels)
    whose = (
        f"it belongs to the DSS cluster {owner.cluster} of the DSS installation {owner.install}"
        if owner
        else "it was not created by this plugin, or by its version 1.5.1"
    )
    return NameTaken(
        f"A cluster named {cluster.name.name} exists already and is not of this DSS cluster: {whose}."
        " Nothing was touched.",
        resource=cluster.name.path,
        remedy=(
            "Choose another name; or, to use that cluster, create a DSS cluster of the type Attach GKE cluster with"
            f" the name {cluster.name.name} and the location {cluster.name.location}."
        ),
    )


def _clear_leftover(
    name: ClusterName, ownership: Ownership, google: GoogleAccess, journal: Journal, progress: Progress
) -> None:
    """Delete what an interrupted start of this DSS cluster left under another name or in another place.

    DSS never got to know of it, so nobody else will.
    """
    entry = journal.read()
    if entry is None or entry.cluster == name:
        return
    if entry.phase is Phase.RUNNING:
        logger.warning("This DSS cluster used %s before. %s", entry.cluster, delete_command(entry.cluster))
        return
    logger.warning("An earlier start was interrupted and left %s, which is deleted first", entry.cluster)
    try:
        delete_until_gone(
            google,
            entry.cluster,
            progress,
            Deadline(DELETE_DEADLINE_SECONDS),
            is_target=lambda cluster: owner_of(cluster.labels) == ownership,
        )
    except GkeClustersError as error:
        logger.error(  # noqa: TRY400 - one line for the administrator, not a traceback
            "It could not be deleted (%s). %s", error.cause, delete_command(entry.cluster)
        )
    else:
        journal.clear()


def _clean_up(creation: Creation, failure: GkeClustersError) -> None:
    """Delete what a failed start created, unless it is resumed; the failure that is reported stays the first one."""
    if isinstance(failure, _RESUMABLE):
        failure.advise(f"The cluster may exist by now. {delete_command(creation.name)}")
        return
    logger.error("The start failed and what it created is deleted: %s", failure)
    try:
        creation.undo()
    except GkeClustersError as second:
        logger.error(  # noqa: TRY400 - one line for the administrator, not a traceback
            "The clean-up failed as well: %s", second
        )
        failure.advise(f"The cluster could not be deleted again: {second.cause} {delete_command(creation.name)}")
    except Exception:
        logger.exception("The clean-up failed as well")
        failure.advise(f"The cluster could not be deleted again. {delete_command(creation.name)}")
    else:
        failure.advise("What this start had created was deleted again.")
        if isinstance(failure, ControlPlaneUnreachable):
            label = cluster_descriptor(COMPONENT).label_of("controlPlaneEndpoint")
            failure.advise(f'So change the settings and not the cluster: "{label}", or the network, then start again.')
