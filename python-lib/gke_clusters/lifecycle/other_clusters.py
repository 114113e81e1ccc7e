"""Clusters that a start finds beside the one it is about: of others, or of the same DSS cluster in another place."""

from __future__ import annotations

import logging
from collections.abc import Collection

from gke_clusters.errors import GkeClustersError, GoogleUnavailable, NameTaken, PermissionDenied, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.adoption import STOPPING
from gke_clusters.lifecycle.deletion import delete_command, delete_until_gone
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.specs.ownership import Ownership, owner_of

logger = logging.getLogger(__name__)


def foreign(cluster: Cluster) -> NameTaken:
    """Return the refusal of a cluster that bears the name and is not of this DSS cluster."""
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


def find_own(names: Collection[ClusterName], ownership: Ownership, google: GoogleAccess) -> ClusterName | None:
    """Find the cluster that this DSS cluster has in one of several places; None if it has none in any of them.

    Each place is asked for itself: a list would leave out zones that do not answer, and absence from it says nothing.

    Raises:
        GkeClustersError: One of the places does not answer, so that there may be a cluster in it.
    """
    found = [
        cluster
        for cluster in map(google.clusters.find_cluster, names)
        if cluster is not None and owner_of(cluster.labels) == ownership
    ]
    # One that goes away by itself matters only where there is no other.
    found.sort(key=lambda cluster: cluster.status == STOPPING)
    for extra in found[1:]:
        logger.warning(
            "This DSS cluster has more than one cluster: %s is used, and %s is not. %s",
            found[0].name,
            extra.name,
            delete_command(extra.name),
        )
    return found[0].name if found else None


def require_no_other(name: ClusterName, ownership: Ownership, google: GoogleAccess) -> None:
    """Refuse to create a second cluster beside one that this DSS cluster has elsewhere in the project.

    The journal knows of such a cluster, unless it was lost. Whether that cluster is still wanted nobody here can tell,
    so it is neither deleted nor forgotten.

    Raises:
        StateError: There is one.
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
    if listed.missing_zones:
        # To refuse would let an outage anywhere in the world stop every start.
        logger.warning(
            "Whether this DSS cluster has a cluster in %s is not known: Google did not answer for it",
            ", ".join(listed.missing_zones),
        )


def clear_leftover(
    names: Collection[ClusterName],
    ownership: Ownership,
    google: GoogleAccess,
    journal: Journal,
    progress: Progress,
    deadline: Deadline,
) -> None:
    """Delete what an interrupted start of this DSS cluster left under another name or in another place.

    DSS never got to know of it, so nobody else will.

    Args:
        names: What this start is about; anything else is left over.
        ownership: This DSS cluster.
        google: Clients.
        journal: What it says is all that is known.
        progress: Where to report.
        deadline: When to give up.

    Raises:
        StateError: It could not be deleted. A second one beside it would be billed as well, and nothing on this side
            would know of the first any more.
    """
    entry = journal.read()
    if entry is None or entry.cluster in names:
        return
    if entry.phase is Phase.RUNNING:
        logger.warning("This DSS cluster used %s before. %s", entry.cluster, delete_command(entry.cluster))
        return
    logger.warning("An earlier start failed or was interrupted and left %s, which is deleted first", entry.cluster)
    try:
        delete_until_gone(
            google,
            entry.cluster,
            progress,
            deadline,
            is_target=lambda cluster: owner_of(cluster.labels) == ownership,
        )
    except GkeClustersError as error:
        left = StateError(
            f"An earlier start of this DSS cluster left a cluster in {entry.cluster.location} that could not be"
            f" deleted, so no second one is created. {error.cause}",
            resource=entry.cluster.path,
            verbatim=error.verbatim,
            remedy=f"Start again once that is mended. {delete_command(entry.cluster)}",
        )
        left.advise(f"If it is gone and Google does not say so here, remove {journal.path} and start again.")
        raise left from error
    journal.clear()
