"""The story of a node pool that is deleted: whether it can be spared, drain, delete, follow, judge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import (
    ControlPlaneUnreachable,
    GkeClustersError,
    PodsRemain,
    StateError,
)
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operations import DELETE_NODE_POOL
from gke_clusters.kube.draining import NodeDrainer, Pod
from gke_clusters.kube.placement import Place, may_run_on
from gke_clusters.lifecycle.autoscaler_hold import AutoscalerHold
from gke_clusters.lifecycle.draining import Drain, Drainable, named, pods_to_move
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.pool_changes import Change, carry_out, pool_failure, pool_of
from gke_clusters.lifecycle.pool_places import places_of_pool
from gke_clusters.lifecycle.pool_target import Target, find_target, pool_resource, state_of
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.started_cluster import find_started, kubernetes_of
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.reports.node_pool_change import PoolChange, render_pool_change
from gke_clusters.settings.node_pool_macros import DELETE, DeleteNodePoolSettings

ReachDrainer = Callable[[DssCluster], Drainable]

logger = logging.getLogger(__name__)

_STOPPING, _ERROR = "STOPPING", "ERROR"


def reach_drainer(cluster: DssCluster) -> Drainable:
    """Reach the nodes and pods of a started cluster, by the kubeconfig that DSS itself uses."""
    return NodeDrainer(kubernetes_of(cluster))


def delete_node_pool(
    settings: DeleteNodePoolSettings,
    cluster: DssCluster,
    connect: Callable[[], GoogleAccess],
    progress: Progress,
    *,
    reach: ReachDrainer = reach_drainer,
) -> str:
    """Delete a node pool of a started cluster, once its pods are elsewhere.

    Args:
        settings: The dialog.
        cluster: The cluster, as DSS knows it.
        connect: Makes the clients of Google.
        progress: Where to report.
        reach: Reaches the nodes and pods of the cluster.

    Returns:
        A page that says what became of it; also of a node pool that is gone already.

    Raises:
        SettingsError: No node pool is named, and there is no only one; nothing was changed.
        StateError: It is the last node pool; nothing was changed.
        PodsRemain: Pods need it that no other pool would take; nothing was changed.
        GkeClustersError: The cluster cannot be changed or its pods not be looked at; nothing was changed.
    """
    target = find_target(cluster, connect)
    if settings.pool_name and pool_of(target.cluster, settings.pool_name) is None:
        there = ", ".join(pool.name for pool in target.cluster.pools) or "none"
        words = f"There is no node pool {settings.pool_name} in the cluster, so nothing was deleted; there are: {there}"
        step = Step(f"Delete {settings.pool_name}", Outcome.DONE, (words,))
        return render_pool_change(_title(settings.pool_name, target), [step], None)
    pool = target.pool_named(DELETE, settings.pool_name)
    return delete_pool(target, pool, lambda: reach(cluster), settings.drain_minutes, progress, preview=settings.preview)


def delete_pool(
    target: Target,
    pool: NodePool,
    reach: Callable[[], Drainable],
    drain_minutes: int,
    progress: Progress,
    *,
    preview: bool,
) -> str:
    """Delete a node pool that was found.

    Args:
        target: The cluster.
        pool: The node pool.
        reach: Reaches the nodes and pods.
        drain_minutes: How long its pods may take to go elsewhere; 0 for no drain.
        progress: Where to report.
        preview: Whether nothing is changed.

    Returns:
        The page.

    Raises:
        StateError: It is the last node pool.
        PodsRemain: Pods need it that no other pool would take.
        GkeClustersError: Its pods cannot be looked at.
    """
    progress.step(5, f"Deleting the node pool {pool.name} of {target.saved.name}")
    before = state_of(pool, target.google)
    deletion = _Deletion(target, pool, drain_minutes, progress, preview=preview)
    if pool.status != _STOPPING:
        deletion.require_spare(target.cluster)
        deletion.look_at_pods(reach)
    deletion.run()
    progress.step(100, "Nothing was changed" if preview else f"{pool.name} is dealt with")
    after = None if preview else deletion.there
    change = PoolChange(pool.name, before, state_of(after, target.google) if after else None)
    return render_pool_change(
        _title(pool.name, target), deletion.taken.steps, change, deletion.taken.notes, preview=preview
    )


def _title(name: str, target: Target) -> str:
    return f"Delete the node pool {name} of {target.dss_id}"


class _Deletion:
    """The way of one node pool."""

    def __init__(
        self, target: Target, pool: NodePool, drain_minutes: int, progress: Progress, *, preview: bool
    ) -> None:
        self.taken = StepsTaken()
        self.there: NodePool | None = pool
        self._target = target
        self._pool = pool
        self._drain_minutes = drain_minutes
        self._progress = progress
        self._preview = preview
        self._contents: Drainable | None = None
        self._pods: list[Pod] = []
        self._unseen: GkeClustersError | None = None
        self._drain: Drain | None = None
        self._hold: AutoscalerHold | None = None
        # Whether a deletion was asked for, so that Google may be at it.
        self._asked = False

    def require_spare(self, cluster: Cluster) -> None:
        others = [other for other in cluster.pools if other.name != self._pool.name]
        if all(other.status == _STOPPING for other in others):
            raise StateError(
                f"{self._pool.name} is the only node pool of {self._target.dss_id}: without nodes nothing runs there.",
                resource=f"{self._target.saved.name.path}/nodePools/{self._pool.name}",
                remedy=(
                    "Add another node pool first; or resize this one to 0 nodes, which costs nothing; or stop the"
                    " cluster in DSS, which deletes it."
                ),
            )

    def look_at_pods(self, reach: Callable[[], Drainable]) -> None:
        """Find the pods that have to move, and refuse where one has nowhere to go."""
        try:
            self._contents = reach()
            self._pods = pods_to_move(self._contents, self._pool.name)
            stranded = self._stranded(self._contents)
        except GkeClustersError as unseen:
            if self._drain_minutes:
                if isinstance(unseen, ControlPlaneUnreachable):
                    unseen.advise(
                        "To delete the node pool without a look at its pods, set the time limit of the drain to 0."
                    )
                raise
            self._contents, self._unseen = None, unseen
            return
        if stranded:
            raise PodsRemain(
                f"{len(stranded)} pods need the node pool {self._pool.name}: no other one has nodes that they may run"
                " on. Nothing was deleted.",
                resource=f"{self._target.saved.name.path}/nodePools/{self._pool.name}",
                verbatim="\n".join(named(stranded)),
                remedy=(
                    "End what runs there in DSS, or delete those pods, then try again; or add a node pool with the same"
                    " labels, taints and GPUs first."
                ),
            )

    def run(self) -> None:
        name = self._pool.name
        if self._pool.status != _STOPPING:
            if self._pool.autoscaling is not None and self._pods and self._drain_minutes:
                self.taken.take(f"Switch the autoscaler of {name} off", self._hold_autoscaler)
            self.taken.take(f"Drain {name}", self._empty)
        self.taken.take(f"Delete {name}", self._delete)
        if self.taken.obstacle and not self._preview:
            if self._asked and not self._stays():
                self._say_what_is_kept()
            else:
                self._give_back()
            self._look_again()

    def _stays(self) -> bool:
        """Tell whether a node pool whose deletion was asked for, and failed, is there and not on its way out."""
        return self._look_again() and self.there is not None and self.there.status != _STOPPING

    def _say_what_is_kept(self) -> None:
        if self.there is None:
            return
        kept = "its nodes take no pods" if self._drain is not None else ""
        if self._hold is not None and self._hold.limits is not None:
            kept += " and its autoscaler stays off"
        words = f"Google may still be deleting {self._pool.name}"
        self.taken.notes.append(f"{words}, so {kept}." if kept else f"{words}.")

    def _give_back(self) -> None:
        """Undo what was prepared for a deletion that does not come."""
        words = self._drain.undo() if self._drain is not None else ""
        if words:
            self.taken.notes.append(words)
        if self._hold is not None and self._hold.limits is not None:
            title = f"Switch the autoscaler of {self._pool.name} on again"
            self.taken.take(title, self._hold.switch_on_again, despite_obstacle=True)

    def _look_again(self) -> bool:
        """See what is there after a failure, for the page too; whether that could be seen."""
        try:
            cluster = find_started(self._target.saved, self._target.google.clusters)
        except GkeClustersError as unseen:
            logger.info("%s", unseen.cause)
            return False
        self.there = pool_of(cluster, self._pool.name)
        return True

    def _hold_autoscaler(self) -> Result:
        if self._preview:
            return Outcome.WOULD_CHANGE, ("It would be switched off before the pods are evicted.",)
        self._hold = AutoscalerHold(self._target, self._pool.name, self._progress.within(5, 10))
        return self._hold.switch_off()

    def _empty(self) -> Result:
        if self._unseen is not None:
            return Outcome.SKIPPED, (f"No drain was asked for, and the pods are not known: {self._unseen.cause}",)
        lines = named(self._pods)
        if not self._drain_minutes:
            return Outcome.SKIPPED, ("No drain was asked for: GKE ends the pods and asks no budget.", *lines)
        if self._preview:
            if not lines:
                return Outcome.DONE, ("There are no pods on it that would have to move.",)
            return Outcome.WOULD_CHANGE, (f"{len(self._pods)} pods would be evicted:", *lines)
        assert self._contents is not None  # noqa: S101 - only a refusal leaves it out
        google = self._target.google
        deadline = Deadline(self._drain_minutes * 60.0)
        within = self._progress.within(10, 50)
        self._drain = Drain(self._contents, self._pool.name, deadline, google.sleep, within)
        self._drain.run()
        moved = list(self._drain.moved.values())
        if not moved:
            return Outcome.DONE, ("There are no pods on it that have to move.",)
        return Outcome.CHANGED, (f"{len(moved)} pods were evicted:", *named(moved))

    def _delete(self) -> Result:
        if self._preview:
            return Outcome.WOULD_CHANGE, ("It would be deleted, with its nodes and their boot disks.",)
        name = self._pool.name
        calls = self._target.google.clusters.node_pools

        def plan(cluster: Cluster) -> Change | None:
            there = pool_of(cluster, name)
            if there is None:
                return None
            if there.status != _STOPPING:
                # The drain took its time, and another pool may have gone meanwhile.
                self.require_spare(cluster)
            return Change(DELETE_NODE_POOL, lambda: calls.delete(cluster.name, name), self._note_asked)

        within = self._progress.within(50, 99)
        ended = carry_out(self._target.saved, name, self._target.google, within, plan)
        self.there = ended.pool(name)
        if self.there is None:
            return Outcome.CHANGED, ("It is gone, with its nodes and their boot disks.",)
        failure = pool_failure(ended, name)
        if failure is None:
            return Outcome.WARNING, (f"Google says that it is deleted, and still shows it: {self.there.status}.",)
        failure.advise("Its nodes are still billed. Run the macro again.")
        raise failure

    def _note_asked(self) -> None:
        self._asked = True

    def _stranded(self, contents: Drainable) -> list[Pod]:
        """The pods that would have no node to go to, those included that wait for one of this pool."""
        own = self._places(self._pool)
        pools = self._target.cluster.pools
        leaving = {self._pool.name, *(pool.name for pool in pools if pool.status == _STOPPING)}
        others = [node.place for node in contents.nodes() if node.pool not in leaving and node.schedulable]
        for pool in pools:
            # One that GKE adds nodes to can take them though it may have none now.
            if pool.name not in leaving and pool.status != _ERROR and pool.autoscaling is not None:
                others.extend(self._places(pool))
        here = {pod.uid for pod in self._pods}
        return [
            pod
            for pod in contents.pods()
            if (pod.uid in here or (not pod.node and not pod.stays and _suits(pod, own)))
            and not (pod.is_system or pod.going)
            and not _suits(pod, others)
        ]

    def _places(self, pool: NodePool) -> list[Place]:
        return list(places_of_pool(pool_resource(self._target.cluster, pool.name), pool))


def _suits(pod: Pod, places: Sequence[Place]) -> bool:
    return any(may_run_on(pod.document, place) for place in places)
