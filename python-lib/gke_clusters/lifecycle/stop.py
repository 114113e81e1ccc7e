"""The story of a stop: delete what the data says, and only that, until it is gone. Safe to tell again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gke_clusters.errors import StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.lifecycle.deletion import DELETE_DEADLINE_SECONDS, delete_command, delete_until_gone
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import forget_access
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster

logger = logging.getLogger(__name__)


def stop_cluster(
    data: Mapping[str, Any] | None,
    connect: Callable[[], GoogleAccess],
    directory: Path,
    progress: Progress,
    *,
    deadline_seconds: float = DELETE_DEADLINE_SECONDS,
) -> None:
    """Delete the cluster that the data of a DSS cluster means.

    Args:
        data: What the start returned; empty or None if there was no start, and then nothing is deleted.
        connect: Makes the clients; called only where there is something to stop.
        directory: Working directory of the DSS cluster.
        progress: Where to report.
        deadline_seconds: How long it may take.

    Raises:
        StateError: The data is unusable, or another cluster bears the name now. Nothing was deleted.
        OperationTimeout: It is not gone at the deadline.
        GkeClustersError: Google refuses.
    """
    saved = read_saved_cluster(data)
    if saved is None:
        _forget_unknown_start(directory)
        return
    google = connect()
    progress.step(1, f"Looking at {saved.name} as {google.clusters.identity}")
    cluster = google.clusters.find_cluster(saved.name)
    if cluster is None:
        logger.info("%s is gone already", saved.name)
    else:
        _require_same(saved, cluster)
        Journal(directory).write(saved.name, Phase.DELETING)
        delete_until_gone(google, saved.name, progress, Deadline(deadline_seconds), is_target=saved.is_same)
        logger.info(
            "What workloads made outside the cluster may stay and be billed: disks of persistent volumes and load"
            " balancers of services. See: gcloud compute disks list --project %s ; gcloud compute forwarding-rules list"
            " --project %s",
            saved.name.project,
            saved.name.project,
        )
    forget_access(directory)
    Journal(directory).clear()
    progress.step(100, f"{saved.name} is stopped")


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


def _forget_unknown_start(directory: Path) -> None:
    """Say what a start may have left that DSS has no data of. It is not deleted: the data decides, and only that."""
    logger.info("DSS has no data of a start, so nothing is deleted")
    entry = Journal(directory).read()
    if entry:
        logger.warning(
            "A start of this DSS cluster was at work on %s and may have left it. %s",
            entry.cluster,
            delete_command(entry.cluster),
        )
    forget_access(directory)


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
