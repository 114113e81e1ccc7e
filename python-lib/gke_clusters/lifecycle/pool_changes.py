"""One change of a cluster's node pools: asked for once, followed to its end, and judged.

Google takes one change of a cluster at a time: what holds the cluster is waited for. A request whose answer was lost is
settled by looking, at the pools and at the operations that were not there before; it is never sent again blindly.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gke_clusters.errors import (
    ClusterBusy,
    ClusterNotFound,
    GkeClustersError,
    GoogleError,
    GoogleUnavailable,
    NameTaken,
    OperationFailed,
    OperationTimeout,
)
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.google.waiting import MOST_LOST_ANSWERS, lost_pause_seconds, pause_seconds, wait_for_end
from gke_clusters.lifecycle.diagnosis import pool_conditions
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.node_watch import NodeWatch
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.saved_cluster import SavedCluster
from gke_clusters.lifecycle.started_cluster import find_started

logger = logging.getLogger(__name__)

CHANGE_DEADLINE_SECONDS: Final = 60 * 60.0
"""A change takes minutes; Google itself gives up after 35 where it has no machines, and an upgrade may come first."""


@dataclass(frozen=True)
class Change:
    """A change to ask for.

    Attributes:
        kind: The type of its operation, such as ``SET_NODE_POOL_SIZE``.
        ask: Asks for it, once.
        note: Called once Google may have taken it, also where no answer of hers says so.
    """

    kind: str
    ask: Callable[[], Operation]
    note: Callable[[], object] = lambda: None

    def send(self) -> Operation:
        """Ask for it, and note it; a refusal is not noted."""
        try:
            operation = self.ask()
        except (GoogleUnavailable, GoogleError):
            # The answer was lost, or was none of Google's.
            self.note()
            raise
        self.note()
        return operation


@dataclass(frozen=True)
class Ended:
    """How a change ended.

    Attributes:
        cluster: The cluster afterwards.
        operation: What carried it out; None where there was nothing to do, or Google forgot it.
        node_errors: What Compute Engine said meanwhile of machines that it could not make.
    """

    cluster: Cluster
    operation: Operation | None = None
    node_errors: tuple[Condition, ...] = ()

    def pool(self, name: str) -> NodePool | None:
        """The node pool of that name; None if there is none."""
        return pool_of(self.cluster, name)


def pool_of(cluster: Cluster, name: str) -> NodePool | None:
    """Return a node pool of a cluster; None if there is none of that name."""
    return next((pool for pool in cluster.pools if pool.name == name), None)


def carry_out(
    saved: SavedCluster,
    pool: str,
    google: GoogleAccess,
    progress: Progress,
    plan: Callable[[Cluster], Change | None],
    deadline: Deadline | None = None,
) -> Ended:
    """Change a node pool.

    Args:
        saved: The cluster.
        pool: Name of the node pool.
        google: Clients.
        progress: Where to report.
        plan: Says from the cluster, as it is when nothing holds it, what to ask for; None where it is so already.
        deadline: When to give up; what Google does by then goes on. :data:`CHANGE_DEADLINE_SECONDS` from now if None.

    Returns:
        How it ended, which may not be well: see :func:`pool_failure`.

    Raises:
        ClusterNotFound: The cluster is gone.
        OperationTimeout: The deadline passed.
        GkeClustersError: Google refuses.
    """
    return _Work(saved, pool, google, progress, deadline or Deadline(CHANGE_DEADLINE_SECONDS)).until(plan)


def pool_failure(ended: Ended, name: str) -> GkeClustersError | None:
    """Judge a change: DONE is not success, since a pool may lack nodes all the same.

    Returns:
        What failed; None if nothing did.
    """
    pool = ended.pool(name)
    lacks = pool is not None and pool.failed and not pool.best_effort
    operation = ended.operation or Operation("unknown", "The change", "DONE", ended.cluster.name.project, "")
    if not operation.failures and not lacks:
        return None
    told = (*operation.failures, *(pool_conditions(pool) if pool else ()), *ended.node_errors)
    resource = f"{ended.cluster.name.path}/nodePools/{name}"
    if not told:
        return OperationFailed(
            f"The node pool {name} is {pool.status if pool else 'gone'}, and Google does not say why.",
            resource=resource,
            remedy="Look at the node pool in the Google Cloud console.",
        )
    failure = operation_failure(replace(operation, failures=told))
    if lacks:
        failure.cause = f"The node pool {name} does not have all its nodes. {failure.cause}"
    failure.resource = resource
    return failure


def change_failure(ended: Ended, name: str) -> GkeClustersError | None:
    """Judge the change alone: a pool that lacks nodes as before is no failure of it."""
    return pool_failure(ended, name) if ended.operation and ended.operation.failures else None


class _Work:
    """The way of one change."""

    def __init__(
        self, saved: SavedCluster, pool: str, google: GoogleAccess, progress: Progress, deadline: Deadline
    ) -> None:
        self._saved = saved
        self._pool = pool
        self._google = google
        self._progress = progress
        self._deadline = deadline
        self._waiting = Deadline(deadline.remaining_seconds)
        self._watch = NodeWatch(saved.name, google, only=pool)
        # The type of what was asked for without an answer, and the operations that there were before.
        self._unanswered: str | None = None
        self._known: frozenset[str] = frozenset()
        self._lost = 0

    def until(self, plan: Callable[[Cluster], Change | None]) -> Ended:
        while True:
            cluster = find_started(self._saved, self._google.clusters)
            operations = self._google.clusters.operations_of(cluster.name)
            operation = self._unanswered_one(operations)
            if operation is None and self._is_free(operations):
                change = plan(cluster)
                if change is None:
                    return Ended(cluster, node_errors=self._watch.errors)
                operation = self._ask(change, cluster, operations)
            if operation is not None:
                ended = self._follow(operation)
                if ended.done:
                    return self._judged(ended)
            # Whatever is next ends at the deadline: a wait for an operation, and a request.
            self._pause()

    def _is_free(self, operations: tuple[Operation, ...]) -> bool:
        """Wait for what holds the cluster; whether nothing did."""
        holder = next((item for item in operations if not item.done), None)
        if holder is not None:
            self._await(holder)
        return holder is None

    def _ask(self, change: Change, cluster: Cluster, operations: tuple[Operation, ...]) -> Operation | None:
        """Ask for a change; the operation, or None where the cluster is to be looked at again."""
        if self._waiting.expired:
            # What is only begun now would not be followed.
            raise self._timeout(cluster)
        self._known = frozenset(item.name for item in operations)
        try:
            return change.send()
        except ClusterBusy as busy:
            logger.info("%s %s", busy.cause, busy.verbatim)
            self._await_named(cluster, busy.operation)
        except (NameTaken, ClusterNotFound) as other:
            # Somebody else was quicker, or an answer was lost: looking again tells.
            self._count_lost(other)
        except GoogleUnavailable as lost:
            self._unanswered = change.kind
            self._count_lost(lost)
        return None

    def _count_lost(self, failure: GkeClustersError) -> None:
        if self._lost == MOST_LOST_ANSWERS:
            raise failure
        self._lost += 1
        logger.warning("%s What became of it is looked up", failure.cause)
        self._google.sleep(min(lost_pause_seconds(self._lost), self._waiting.remaining_seconds))

    def _unanswered_one(self, operations: tuple[Operation, ...]) -> Operation | None:
        """Find the operation of a request whose answer was lost, running or over; None if it never began."""
        new = (item for item in operations if item.name not in self._known)
        return next((item for item in new if (item.kind, item.pool) == (self._unanswered, self._pool)), None)

    def _await_named(self, cluster: Cluster, name: str | None) -> None:
        """Wait for the very operation that a refusal names."""
        if name is None:
            return
        holder = self._google.clusters.find_operation(cluster.name.project, cluster.name.location, name)
        if holder is not None and not holder.done:
            self._await(holder)

    def _await(self, holder: Operation) -> None:
        logger.info("%s of %s holds the cluster and is waited for", holder.kind, holder.pool or holder.cluster)
        follow = self._progress.of_operation(0, 20)
        self._wait(holder, follow)

    def _follow(self, operation: Operation) -> Operation:
        report = self._progress.of_operation(20, 100)

        def follow(seen: Operation) -> None:
            report(seen)
            self._watch.follow(seen)

        return self._wait(operation, follow)

    def _wait(self, operation: Operation, follow: Callable[[Operation], None]) -> Operation:
        try:
            return wait_for_end(self._google.clusters, operation, self._deadline, follow, sleep=self._google.sleep)
        except OperationTimeout as timeout:
            timeout.advise("Running the macro again waits for it as well.")
            raise

    def _judged(self, ended: Operation) -> Ended:
        cluster = find_started(self._saved, self._google.clusters)
        pool = pool_of(cluster, self._pool)
        if ended.failures or (pool is not None and pool.failed):
            self._watch.look()
        return Ended(cluster, ended, self._watch.errors)

    def _pause(self) -> None:
        pause = pause_seconds(self._waiting.elapsed_seconds, None)
        self._google.sleep(min(pause, self._waiting.remaining_seconds))

    def _timeout(self, cluster: Cluster) -> OperationTimeout:
        return OperationTimeout(
            f"The cluster was not free for the change within {self._deadline.seconds / 60:.0f} minutes.",
            resource=cluster.name.path,
            remedy=(
                "Look at what holds it, then run the macro again: gcloud container operations list"
                f" --project {cluster.name.project} --location {cluster.name.location}"
            ),
        )
