"""From a name to a cluster of ours that runs: look, decide, create or resume or adopt, wait, judge.

Names are unique in a project and location, which makes a creation repeatable: a POST whose answer was lost is settled
by looking, and one that is sent again can only be refused, never create a second cluster.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Final

from gke_clusters.errors import GkeClustersError, GoogleError, GoogleUnavailable, NameTaken, OperationTimeout
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import CREATE_CLUSTER, DELETE_CLUSTER, Operation
from gke_clusters.google.waiting import MOST_LOST_ANSWERS, lost_pause_seconds, pause_seconds, wait_for_end
from gke_clusters.lifecycle.adoption import RECONCILING, Decision, decide
from gke_clusters.lifecycle.deletion import delete_command, delete_until_gone
from gke_clusters.lifecycle.diagnosis import creation_failure, forgotten_creation, lacking_pools, unhealthy
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.node_watch import NodeWatch
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.specs.cluster import ClusterRequest

logger = logging.getLogger(__name__)

SETTLING_SECONDS: Final = 5 * 60.0
"""How long a cluster may be RECONCILING without any operation until it is taken as it is: it answers meanwhile."""

_LOOK_PERCENT, _FIRST_PERCENT, _LAST_PERCENT = 3, 8, 90


class Creation:
    """One start's way to a cluster that runs.

    Attributes:
        name: The cluster.
        created: Whether a cluster was asked for that was never handed over to DSS, so that it may be there and is to be
            deleted again if the start fails.
        in_use: Whether it was found to run and to have been handed over to DSS before.
    """

    def __init__(
        self,
        name: ClusterName,
        google: GoogleAccess,
        journal: Journal,
        progress: Progress,
        *,
        is_ours: Callable[[Cluster], bool],
        foreign: Callable[[Cluster], GkeClustersError],
        make_request: Callable[[], ClusterRequest],
        may_create: bool = True,
        best_effort: Collection[str] = (),
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            name: The cluster.
            google: Clients.
            journal: Where each step is written before and after it is taken.
            progress: Where to report.
            is_ours: Whether a cluster that is found is owned by this DSS cluster.
            foreign: The refusal of one that is not.
            make_request: Makes what to create; called only where something is created.
            may_create: Whether to create what is not there; else what is there is only brought to a rest.
            best_effort: Names of the node pools that may lack nodes.
        """
        self.name = name
        self.created = False
        self.in_use = False
        self._google = google
        self._journal = journal
        self._progress = progress
        self._is_ours = is_ours
        self._foreign = foreign
        self._make_request = make_request
        self._may_create = may_create
        self._best_effort = best_effort
        self._watch = NodeWatch(name, google)
        self._unclear: list[GkeClustersError] = []
        self._settling: Deadline | None = None

    def ensure(self, deadline: Deadline) -> Cluster | None:
        """Return the cluster once it runs; None if there is none and none is to be created.

        Args:
            deadline: When to give up; what Google does by then goes on, and the next start resumes it.

        Raises:
            NameTaken: A cluster of that name is not ours.
            ClusterUnhealthy: It is ours, was in use, and is broken.
            OperationTimeout: The deadline passed.
            GkeClustersError: Google refuses, or the creation failed.
        """
        waiting = Deadline(deadline.remaining_seconds)
        said: Decision | None = None
        while True:
            cluster = self._google.clusters.find_cluster(self.name)
            operations = self._google.clusters.operations_of(self.name) if cluster or self.created else ()
            running = next((item for item in operations if not item.done), None)
            decision = self._decide(cluster, operations, running, waiting)
            if decision is not said:
                self._progress.step(_LOOK_PERCENT, f"{self.name}: {decision.value}")
                said = decision
            if decision is Decision.CREATE and not self._may_create:
                return None
            if decision is Decision.CREATE and waiting.expired:
                # What is only begun now would be left behind at once.
                raise self._timeout(cluster, deadline)
            ready = self._act(decision, cluster, operations, waiting)
            if ready:
                return ready
            if waiting.expired:
                raise self._timeout(cluster, deadline)
            # After an operation the next look is due at once; it is not made in a tight loop all the same.
            pause = pause_seconds(0 if running else waiting.elapsed_seconds, None)
            self._google.sleep(min(pause, waiting.remaining_seconds))

    def is_held(self) -> bool:
        """Whether an operation is running on the cluster, as far as Google says."""
        try:
            return any(not item.done for item in self._google.clusters.operations_of(self.name))
        except GkeClustersError as error:
            logger.warning("Whether Google is at work on the cluster is not known: %s", error.cause)
            return False

    def keep(self) -> bool:
        """Leave what this start created for the next one to replace; whether it is there, as far as Google says."""
        self._journal.write(self.name, Phase.FAILED)
        try:
            cluster = self._google.clusters.find_cluster(self.name)
        except GkeClustersError as error:
            logger.warning("Whether the cluster is still there is not known: %s", error.cause)
            return True
        if cluster and self._is_ours(cluster):
            return True
        self._journal.clear()
        return False

    def undo(self, deadline_seconds: float) -> bool:
        """Delete what this start created.

        Args:
            deadline_seconds: How long it may take.

        Returns:
            Whether there was anything: what became of a lost request is not known before.

        Raises:
            GkeClustersError: It could not be deleted, and is still there.
        """
        self._journal.write(self.name, Phase.FAILED)
        deadline = Deadline(deadline_seconds)
        was_there = delete_until_gone(self._google, self.name, self._progress, deadline, is_target=self._is_ours)
        self._journal.clear()
        return was_there

    def _decide(
        self, cluster: Cluster | None, operations: tuple[Operation, ...], running: Operation | None, waiting: Deadline
    ) -> Decision:
        if cluster is None:
            creating = running is not None and running.kind == CREATE_CLUSTER
            return Decision.RESUME if creating else Decision.CREATE
        return decide(
            cluster.status,
            ours=self._is_ours(cluster),
            busy=running is not None,
            creation_failed=self._creation_failed(operations),
            settled=self._has_settled(cluster, running, waiting),
            # What was created since then is another cluster.
            start_failed=not self.created and self._last_phase() is Phase.FAILED,
        )

    def _creation_failed(self, operations: tuple[Operation, ...]) -> bool:
        phase = self._last_phase()
        if self.created or phase in (Phase.CREATING, Phase.DELETING):
            return True
        newest = next((item for item in operations if item.kind == CREATE_CLUSTER), None)
        return phase is None and newest is not None and bool(newest.failures)

    def _has_settled(self, cluster: Cluster, running: Operation | None, waiting: Deadline) -> bool:
        if cluster.status != RECONCILING or running is not None:
            self._settling = None
            return False
        self._settling = self._settling or Deadline(min(SETTLING_SECONDS, waiting.remaining_seconds))
        return self._settling.expired

    def _act(
        self, decision: Decision, cluster: Cluster | None, operations: tuple[Operation, ...], deadline: Deadline
    ) -> Cluster | None:
        """Do what was decided; the cluster if it is ready, None if it is to be looked at again."""
        running = next((item for item in operations if not item.done), None)
        if decision is Decision.CREATE:
            operation = self._ask(deadline)
            return self._await_creation(operation, deadline) if operation else None
        if cluster is not None and decision in _REFUSALS:
            raise self._refusal(decision, cluster)
        if cluster is not None and decision is Decision.ADOPT:
            return self._adopt(cluster, operations)
        if cluster is not None and decision is Decision.REPLACE:
            self._replace(cluster, deadline)
        elif running is not None and running.kind == CREATE_CLUSTER:
            return self._await_creation(running, deadline)
        elif running is not None:
            last = _FIRST_PERCENT if running.kind == DELETE_CLUSTER else _LAST_PERCENT
            follow = self._progress.of_operation(_LOOK_PERCENT, last)
            wait_for_end(self._google.clusters, running, deadline, follow, sleep=self._google.sleep)
        return None

    def _adopt(self, cluster: Cluster, operations: tuple[Operation, ...]) -> Cluster:
        """Take a cluster that runs; one that was never handed over is judged as if it had just been created."""
        self.created = self.created or self._last_phase() is Phase.CREATING
        self.in_use = not self.created
        if self.in_use:
            for lack in lacking_pools(cluster):
                logger.warning("%s", lack)
            return cluster
        newest = next((item for item in operations if item.kind == CREATE_CLUSTER), None)
        self._judge(newest or forgotten_creation(cluster.name), cluster)
        return cluster

    def _judge(self, creation: Operation, cluster: Cluster | None) -> None:
        """Raise what is wrong after a creation; warn of what is excused."""
        lacking = lacking_pools(cluster) if cluster else ()
        if lacking or creation.failures:
            self._watch.look()
        failure = creation_failure(creation, cluster, self._watch.errors, self._best_effort)
        if failure:
            raise failure
        for lack in lacking:
            logger.warning("%s. GKE adds the nodes that are missing as soon as there are machines", lack)

    def _refusal(self, decision: Decision, cluster: Cluster) -> GkeClustersError:
        if decision is Decision.REFUSE_FOREIGN:
            # What this start asked for is gone, or never came to be.
            self.created = False
            return self._foreign(cluster)
        broken = unhealthy(cluster)
        broken.advise(delete_command(self.name))
        return broken

    def _ask(self, deadline: Deadline) -> Operation | None:
        """Send the request; the operation, or None where looking again tells what became of it."""
        if len(self._unclear) == MOST_LOST_ANSWERS:
            # The last look has found nothing either.
            raise self._unclear[-1]
        request = self._make_request()
        self._journal.write(self.name, Phase.CREATING)
        # From here on there may be a cluster, whatever becomes of the answer.
        self.created = True
        try:
            operation = self._google.clusters.create_cluster(self.name, request.typed, request.raw)
        except (NameTaken, GoogleUnavailable) as unclear:
            self._unclear.append(unclear)
            logger.warning("%s Whether the cluster is there is looked up", unclear.cause)
            if isinstance(unclear, GoogleUnavailable):
                self._google.sleep(min(lost_pause_seconds(len(self._unclear)), deadline.remaining_seconds))
            return None
        except GoogleError:
            # Nobody knows what it means, or it is not even Google's, such as the page of a proxy that passed the
            # request on: there may be a cluster.
            raise
        except GkeClustersError:
            self.created = bool(self._unclear)
            if not self.created:
                # Refused for good: nothing was created.
                self._journal.clear()
            raise
        self._unclear.clear()
        return operation

    def _await_creation(self, operation: Operation, deadline: Deadline) -> Cluster | None:
        self.created = True
        report = self._progress.of_operation(_FIRST_PERCENT, _LAST_PERCENT)

        def follow(seen: Operation) -> None:
            report(seen)
            self._watch.follow(seen)

        ended = wait_for_end(self._google.clusters, operation, deadline, follow, sleep=self._google.sleep)
        cluster = self._google.clusters.find_cluster(self.name)
        if not ended.done or (cluster is not None and not self._is_ours(cluster)):
            # Google forgot the operation, or somebody else took the name: only another look tells.
            return None
        self._judge(ended, cluster)
        return cluster if cluster and decide(cluster.status, ours=True) is Decision.ADOPT else None

    def _replace(self, cluster: Cluster, deadline: Deadline) -> None:
        logger.warning("%s is %s after a failed start: %s", self.name, cluster.status, unhealthy(cluster).verbatim)
        self._journal.write(self.name, Phase.FAILED)
        delete_until_gone(
            self._google, self.name, self._progress, deadline, is_target=lambda found: found.id == cluster.id
        )
        self._journal.clear()

    def _last_phase(self) -> Phase | None:
        entry = self._journal.read()
        return entry.phase if entry and entry.cluster == self.name else None

    def _timeout(self, cluster: Cluster | None, deadline: Deadline) -> OperationTimeout:
        return OperationTimeout(
            f"The cluster is not ready after {deadline.seconds / 60:.0f} minutes; "
            + (f"its status is {cluster.status}." if cluster else "Google shows no such cluster."),
            resource=self.name.path,
            verbatim=cluster.status_message if cluster else None,
        )


_REFUSALS: Final = frozenset({Decision.REFUSE_FOREIGN, Decision.REFUSE_BROKEN})
