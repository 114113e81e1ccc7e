"""The story of a stop: delete what the data says, and only that, until it is gone. Safe to tell again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gke_clusters.errors import GkeClustersError, StateError, shown
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.adoption import DEGRADED, USABLE
from gke_clusters.lifecycle.clearing import CLEAR_DEADLINE_SECONDS, BilledContents, Remembered, clear, remember
from gke_clusters.lifecycle.contents import reach_contents
from gke_clusters.lifecycle.deletion import delete_command, delete_until_gone
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import forget_access
from gke_clusters.lifecycle.journal import Entry, Journal, Phase
from gke_clusters.lifecycle.leftovers import report_leftovers
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster
from gke_clusters.settings.stop import StopSettings
from gke_clusters.specs.ownership import Ownership, owner_of

logger = logging.getLogger(__name__)

_ANSWERING = USABLE | {DEGRADED}
_LOOK_PERCENT, _CLEAR_PERCENT, _REPORT_PERCENT, _END_PERCENT = 1, 2, 97, 100

ReachContents = Callable[[Cluster, GoogleAccess, Path, StopSettings], BilledContents]


def stop_cluster(
    data: Mapping[str, Any] | None,
    owner: Ownership,
    settings: StopSettings,
    connect: Callable[[], GoogleAccess],
    directory: Path,
    progress: Progress,
    *,
    reach: ReachContents = reach_contents,
) -> None:
    """Delete the cluster that the data of a DSS cluster means.

    Args:
        data: What the start returned; empty or None if there was no start, and then nothing is deleted.
        owner: The DSS cluster that is stopped.
        settings: How long it may take, and what is cleared away before.
        connect: Makes the clients; called only where there is something to stop.
        directory: Working directory of the DSS cluster.
        progress: Where to report.
        reach: Makes the client of the cluster's Kubernetes API.

    Raises:
        StateError: The data is unusable, or what bears the name now is another cluster or another DSS cluster's.
            Nothing was deleted.
        OperationTimeout: It is not gone at the deadline.
        GkeClustersError: Google refuses.
    """
    saved = read_saved_cluster(data)
    if saved is None:
        _forget_unknown_start(directory)
        return
    google = connect()
    deadline = Deadline(settings.deadline_seconds)
    progress.step(_LOOK_PERCENT, f"Looking at {saved.name} as {google.clusters.identity}")
    cluster = google.clusters.find_cluster(saved.name) or _find_elsewhere(google, saved)
    journal = _journal_of(cluster.name if cluster else saved.name, directory)
    remembered = Remembered()
    if cluster is None:
        logger.info("%s is gone already", saved.name)
    else:
        _require_same(saved, cluster)
        _require_own(owner, cluster)
        try:
            remembered = _clear_away(cluster, google, settings, directory, journal, progress, deadline, reach)
        except Exception as error:
            # Whatever is wrong in the cluster, it is no reason to let it run on.
            logger.warning(
                "What is in the cluster can neither be looked at nor cleared away. The stop goes on. %s",
                shown(str(error)),
            )
        if journal:
            journal.write(cluster.name, Phase.DELETING)
        delete_until_gone(google, cluster.name, progress, deadline, is_target=saved.is_same)
    forget_access(directory)
    if journal:
        journal.clear()
    progress.step(_REPORT_PERCENT, "Looking for what the cluster left behind in Compute Engine")
    try:
        report_leftovers(google.compute, cluster.name if cluster else saved.name, remembered)
    except Exception as error:
        # The cluster is stopped; what this says about the rest is a service.
        logger.warning("What the cluster left behind could not be looked up: %s", shown(str(error)))
    progress.step(_END_PERCENT, f"{saved.name} is stopped")


def detach_cluster(data: Mapping[str, Any] | None, directory: Path) -> None:
    """Forget an attached cluster. Google is not even asked.

    Args:
        data: What the attachment returned, for the log.
        directory: Working directory of the DSS cluster; the kubeconfig and what belongs to it are removed from it.
    """
    forget_access(directory)
    cluster = data.get("cluster") if isinstance(data, Mapping) else None
    name = cluster.get("name") if isinstance(cluster, Mapping) else None
    logger.info("Detached %s; the GKE cluster itself stays as it is", name or "the cluster")


def _clear_away(
    cluster: Cluster,
    google: GoogleAccess,
    settings: StopSettings,
    directory: Path,
    journal: Journal | None,
    progress: Progress,
    deadline: Deadline,
    reach: ReachContents,
) -> Remembered:
    """Remember what Google bills outside of the cluster, and remove what is to be removed with it."""
    if cluster.status not in _ANSWERING:
        logger.info("The cluster is %s, so what is in it can neither be looked at nor cleared away", cluster.status)
        return Remembered()
    progress.step(_CLEAR_PERCENT, "Looking at the load balancers and volumes in the cluster")
    contents = reach(cluster, google, directory, settings)
    remembered = remember(contents)
    if not settings.clears_away:
        return remembered
    if journal:
        journal.write(cluster.name, Phase.DELETING)
    cleared = clear(
        contents,
        Deadline(min(CLEAR_DEADLINE_SECONDS, deadline.remaining_seconds / 2)),
        google.sleep,
        load_balancers=settings.delete_load_balancers,
        volumes=settings.delete_volumes,
    )
    return remembered.without_cleared_volumes() if cleared and settings.delete_volumes else remembered


def _find_elsewhere(google: GoogleAccess, saved: SavedCluster) -> Cluster | None:
    """Find the very cluster, by its unique id, where the data names a wrong place."""
    if not saved.id:
        return None
    try:
        listed = google.clusters.list_clusters(saved.name.project)
    except GkeClustersError as error:
        logger.warning("Whether it is at another location could not be looked up: %s", error.cause)
        return None
    if listed.missing_zones:
        logger.warning("Whether it is in one of these zones is not known: %s", ", ".join(listed.missing_zones))
    found = next((cluster for cluster in listed.clusters if cluster.id == saved.id), None)
    if found:
        logger.warning("The cluster that was started is not %s but %s", saved.name, found.name)
    return found


def _forget_unknown_start(directory: Path) -> None:
    """Say what a start may have left that DSS has no data of. It is not deleted: the data decides, and only that."""
    logger.info("DSS has no data of a start, so nothing is deleted")
    entry = Journal(directory).read()
    if entry:
        _warn_of_start(entry)
    forget_access(directory)


def _journal_of(name: ClusterName, directory: Path) -> Journal | None:
    """Return the journal to note a deletion in; None, with a warning, where it is all that tells of another cluster.

    DSS keeps the data of the last start that it saw succeed: a later one may have made a cluster at another place.
    """
    journal = Journal(directory)
    entry = journal.read()
    if entry is None or entry.cluster == name:
        return journal
    _warn_of_start(entry)
    return None


def _warn_of_start(entry: Entry) -> None:
    logger.warning(
        "A start of this DSS cluster was at work on %s and may have left it. %s",
        entry.cluster,
        delete_command(entry.cluster),
    )


def _require_same(saved: SavedCluster, cluster: Cluster) -> None:
    if saved.is_same(cluster):
        return
    raise StateError(
        "The cluster that was started is gone, and another one bears its name now; nothing was deleted.",
        resource=saved.name.path,
        verbatim=(
            f"started: id {saved.id or 'unknown'}, created {saved.create_time or 'unknown'};"
            f" there now: id {cluster.id}, created {cluster.create_time}"
        ),
        remedy=(
            "Mark the DSS cluster as stopped (force stop). If the cluster that is there now is to go as well, delete it"
            f" by hand: gcloud container clusters delete {saved.name.name} --location {saved.name.location}"
            f" --project {saved.name.project}"
        ),
    )


def _require_own(owner: Ownership, cluster: Cluster) -> None:
    """Refuse a cluster whose labels name another DSS cluster: this data was copied from there.

    Without labels it passes: they may be edited, and data of the plugin 1.5.1 is of clusters that never had any.
    """
    labelled = owner_of(cluster.labels)
    if labelled is None or labelled == owner:
        return
    raise StateError(
        "The cluster belongs to another DSS cluster by its labels; nothing was deleted.",
        resource=cluster.name.path,
        verbatim=(
            f"labels: installation {labelled.install}, DSS cluster {labelled.cluster};"
            f" this is: installation {owner.install}, DSS cluster {owner.cluster}"
        ),
        remedy=(
            "Stop it where it was started. If that DSS is gone, or this one is the same under a new installation id,"
            f" delete it by hand: gcloud container clusters delete {cluster.name.name} --location"
            f" {cluster.name.location} --project {cluster.name.project} ; then mark the DSS cluster as stopped"
            " (force stop)."
        ),
    )
