"""Deleting one cluster until it is gone, whatever holds it meanwhile. Used by stop and by the clean-up of a start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from gke_clusters.errors import (
    ClusterBusy,
    ClusterNotFound,
    GkeClustersError,
    GoogleError,
    GoogleUnavailable,
    OperationTimeout,
    RequestRefused,
)
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import DELETE_CLUSTER, Operation
from gke_clusters.google.waiting import pause_seconds, wait_for_end
from gke_clusters.lifecycle.adoption import STOPPING
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.progress import Progress

logger = logging.getLogger(__name__)

DELETE_DEADLINE_SECONDS: Final = 40 * 60.0
"""A deletion takes about four minutes; one that waits for an upgrade of nodes first takes far longer."""

# Google retries a failed deletion by itself; so often is it asked again before its failure is believed.
_FAILED_DELETIONS: Final = 3
_FIRST, _LAST = 5, 95
_STILL_BILLED: Final = "The cluster is still there and is billed."


def delete_command(name: ClusterName) -> str:
    """Return the sentence that says how an administrator deletes a cluster that the plugin cannot or may not delete."""
    return (
        f"It may still be billed; delete it with: gcloud container clusters delete {name.name}"
        f" --location {name.location} --project {name.project}"
    )


def delete_until_gone(
    google: GoogleAccess,
    name: ClusterName,
    progress: Progress,
    deadline: Deadline,
    *,
    is_target: Callable[[Cluster], bool],
) -> bool:
    """Delete a cluster and wait until Google knows it no more.

    What holds the cluster is waited for; a deletion that is under way already is joined.

    Args:
        google: Clients.
        name: The cluster.
        progress: Where to report.
        deadline: When to give up.
        is_target: Whether a cluster of that name is the one to delete. One that is not means that the target is gone.

    Returns:
        Whether it was there.

    Raises:
        OperationTimeout: The cluster is still there at the deadline.
        GkeClustersError: Google refuses, or the deletion failed repeatedly.
    """
    failed = 0
    was_there = False
    # Counted from here, since a story may have used a part of its time before.
    waiting = Deadline(deadline.remaining_seconds)
    while True:
        try:
            cluster = google.clusters.find_cluster(name)
            if cluster is None or not is_target(cluster):
                logger.info("%s is gone", name)
                return was_there
            was_there = True
            if waiting.expired:
                raise _timeout(name, cluster, deadline)
            operation = _current_deletion(google, cluster) or _request_deletion(google, cluster)
        except GoogleUnavailable as lost:
            # It is asked with patience already, so this is no blink; the deadline decides for how long it may last.
            if waiting.expired:
                raise
            logger.warning("%s It is looked at again", lost.cause)
            operation = None
        if operation is None:
            google.sleep(min(pause_seconds(waiting.elapsed_seconds, None), waiting.remaining_seconds))
            continue
        ended = _wait(google, operation, progress, deadline)
        if ended.kind == DELETE_CLUSTER and ended.failures:
            failed += 1
            failure = operation_failure(ended)
            if failed >= _FAILED_DELETIONS:
                failure.advise(_STILL_BILLED)
                raise failure
            logger.warning("The deletion failed and is asked for again: %s", failure.verbatim)


def _wait(google: GoogleAccess, operation: Operation, progress: Progress, deadline: Deadline) -> Operation:
    try:
        return wait_for_end(
            google.clusters, operation, deadline, progress.of_operation(_FIRST, _LAST), sleep=google.sleep
        )
    except OperationTimeout as timeout:
        timeout.advise(_STILL_BILLED)
        raise


def _current_deletion(google: GoogleAccess, cluster: Cluster) -> Operation | None:
    if cluster.status != STOPPING:
        return None
    running = (item for item in google.clusters.operations_of(cluster.name) if not item.done)
    return next((item for item in running if item.kind == DELETE_CLUSTER), None)


def _request_deletion(google: GoogleAccess, cluster: Cluster) -> Operation | None:
    """Ask for the deletion; the operation to wait for, or None where only looking again tells what became of it."""
    name = cluster.name
    try:
        return google.clusters.delete_cluster(name)
    except ClusterNotFound:
        return None
    except GoogleUnavailable as lost:
        logger.warning("%s Whether the deletion began is looked up", lost.cause)
        return None
    except ClusterBusy as busy:
        logger.info("%s %s", busy.cause, busy.verbatim)
        return _holder(google, name, busy.operation)
    except (RequestRefused, GoogleError) as refused:
        # What Google answers to a second deletion is not documented.
        if cluster.status != STOPPING:
            refused.advise(_STILL_BILLED)
            raise
        logger.info("It is being deleted already: %s", refused.verbatim)
        return None
    except GkeClustersError as refused:
        refused.advise(_STILL_BILLED)
        raise


def _holder(google: GoogleAccess, name: ClusterName, operation_name: str | None) -> Operation | None:
    """Find the operation that holds the cluster; None if it is over by now."""
    if operation_name:
        named = google.clusters.find_operation(name.project, name.location, operation_name)
        return named if named and not named.done else None
    return next((item for item in google.clusters.operations_of(name) if not item.done), None)


def _timeout(name: ClusterName, cluster: Cluster, deadline: Deadline) -> OperationTimeout:
    return OperationTimeout(
        f"The cluster is still there after {deadline.seconds / 60:.0f} minutes of deleting; its status is"
        f" {cluster.status}.",
        resource=name.path,
        verbatim=cluster.status_message,
        remedy=(
            "It is still billed. Stop it again in a while, or look at what holds it:"
            f" gcloud container operations list --project {name.project} --location {name.location}"
        ),
    )
