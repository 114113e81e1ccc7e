"""The story of a node pool that is resized: the number of its nodes, or the limits within which GKE chooses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.node_pools import Autoscaling, NodePool
from gke_clusters.google.operations import SET_NODE_POOL_SIZE, UPDATE_CLUSTER
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.pool_changes import Change, Ended, carry_out, change_failure, pool_failure, pool_of
from gke_clusters.lifecycle.pool_deletion import ReachDrainer, delete_pool, reach_drainer
from gke_clusters.lifecycle.pool_target import Target, find_target, per_zone, state_of
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome
from gke_clusters.reports.node_pool_change import PoolChange, PoolState, render_pool_change
from gke_clusters.settings.node_pool_macros import DRAIN_MINUTES, RESIZE, ResizeNodePoolSettings, wrong_field


def resize_node_pool(
    settings: ResizeNodePoolSettings,
    cluster: DssCluster,
    connect: Callable[[], GoogleAccess],
    progress: Progress,
    *,
    reach: ReachDrainer = reach_drainer,
) -> str:
    """Resize a node pool of a started cluster, and wait until it has its nodes.

    Args:
        settings: The dialog.
        cluster: The cluster, as DSS knows it.
        connect: Makes the clients of Google.
        progress: Where to report.
        reach: Reaches the pods of the cluster, where the pool is to be deleted.

    Returns:
        A page that says what became of it.

    Raises:
        SettingsError: There is no such node pool, or limits are given for one without; nothing was changed.
        GkeClustersError: The cluster cannot be changed; nothing was changed.
    """
    target = find_target(cluster, connect)
    pool = target.pool_named(RESIZE, settings.pool_name)
    if settings.num_nodes == 0 and settings.delete_at_zero:
        return delete_pool(target, pool, lambda: reach(cluster), DRAIN_MINUTES, progress, preview=settings.preview)
    _require_autoscaled_for_limits(settings, pool)
    resize = _Resize(settings, target, pool, progress)
    resize.run()
    title = f"Resize the node pool {pool.name} of {cluster.id}"
    return render_pool_change(title, resize.taken.steps, resize.change(), resize.notes(), preview=settings.preview)


def new_limits(now: Autoscaling, zones: int, settings: ResizeNodePoolSettings) -> Autoscaling:
    """Return the limits that a dialog asks for: those that it gives, or those that there are, moved for the number.

    Args:
        now: The limits that there are.
        zones: In how many zones the pool has nodes.
        settings: The dialog, whose numbers are per zone.
    """
    factor = zones if now.in_total else 1
    number = settings.num_nodes * factor
    fewest = min(now.fewest, number) if settings.min_num_nodes is None else settings.min_num_nodes * factor
    most = max(now.most, number) if settings.max_num_nodes is None else settings.max_num_nodes * factor
    # The number lies between them: the dialog takes no other.
    return replace(now, fewest=fewest, most=most)


def _require_autoscaled_for_limits(settings: ResizeNodePoolSettings, pool: NodePool) -> None:
    given = {"minNumNodes": settings.min_num_nodes, "maxNumNodes": settings.max_num_nodes}
    name = next((name for name, value in given.items() if value is not None), None)
    if pool.autoscaling is None and name is not None:
        raise wrong_field(RESIZE, name, f"{pool.name} is not autoscaled, so it has no limits: leave it empty")


class _Resize:
    """The way of one resize."""

    def __init__(self, settings: ResizeNodePoolSettings, target: Target, pool: NodePool, progress: Progress) -> None:
        self.taken = StepsTaken()
        self._settings = settings
        self._target = target
        self._pool = pool
        self._progress = progress
        self._before = state_of(pool, target.google)
        self._changed = False

    def run(self) -> None:
        self._progress.step(5, f"Resizing the node pool {self._pool.name} of {self._target.saved.name}")
        if self._pool.autoscaling is not None:
            self.taken.take("Limits of the autoscaler", self._limit)
        self.taken.take("Number of nodes", self._size)
        self._progress.step(
            100, "Nothing was changed" if self._settings.preview else f"{self._pool.name} is dealt with"
        )

    def change(self) -> PoolChange:
        if self._settings.preview:
            return PoolChange(self._pool.name, self._before, self._planned())
        now = state_of(self._pool, self._target.google) if self._changed else self._before
        return PoolChange(self._pool.name, self._before, now)

    def notes(self) -> list[str]:
        notes = []
        before = self._before.total
        number = self._settings.num_nodes * len(self._zones)
        if self._sizes_nodes and (before is None or number < before):
            notes.append(
                "GKE chooses the nodes that go. Their pods end; those that something owns are made again where there is"
                " room, and a job of DSS that ran there fails."
            )
        if self._sizes_nodes and self._settings.num_nodes == 0 and self._pool.autoscaling is not None:
            notes.append("The autoscaler adds nodes again as soon as pods wait for this node pool.")
        return notes

    @property
    def _zones(self) -> tuple[str, ...]:
        return self._pool.zones or (self._target.cluster.name.location,)

    @property
    def _sizes_nodes(self) -> bool:
        # An autoscaler would undo any number but the one that it has nothing to add to.
        return self._pool.autoscaling is None or self._settings.num_nodes == 0

    def _limit(self) -> Result:
        def plan(cluster: Cluster) -> Change | None:
            there = pool_of(cluster, self._pool.name)
            if there is None:
                return None
            if there.autoscaling is None:
                raise self._target.changed(there.name, "is not autoscaled any more")
            wanted = new_limits(there.autoscaling, len(self._zones), self._settings)
            if wanted == there.autoscaling:
                return None
            calls = self._target.google.clusters.node_pools
            return Change(UPDATE_CLUSTER, lambda: calls.set_autoscaling(cluster.name, there.name, wanted))

        before = self._pool.autoscaling
        assert before is not None  # noqa: S101 - whoever calls has looked
        wanted = new_limits(before, len(self._zones), self._settings)
        words = f"{wanted}; before: {before}."
        if wanted == before:
            return Outcome.DONE, (f"{before}, as before.",)
        if self._settings.preview:
            return Outcome.WOULD_CHANGE, (words,)
        self._carry_out(plan, 10, 50, judge=change_failure)
        return Outcome.CHANGED, (words,)

    def _size(self) -> Result:
        number, zones = self._settings.num_nodes, len(self._zones)
        if not self._sizes_nodes:
            reason = (
                "The autoscaler chooses the number within its limits, and would undo one that is set by hand. To have"
                f" at least {number} nodes in each zone, make that the minimum."
            )
            return Outcome.SKIPPED, (reason,)
        words = f"{per_zone(number, zones)}."
        if self._is_so(self._before) and not self._pool.failed:
            return Outcome.DONE, (f"It is so already: {words}",)
        if self._settings.preview:
            return Outcome.WOULD_CHANGE, (words,)
        self._carry_out(self._plan_size, 50, 95)
        return Outcome.CHANGED, (words,)

    def _plan_size(self, cluster: Cluster) -> Change | None:
        name = self._pool.name
        there = pool_of(cluster, name)
        if there is None or (not there.failed and self._is_so(state_of(there, self._target.google))):
            return None
        calls = self._target.google.clusters.node_pools
        return Change(SET_NODE_POOL_SIZE, lambda: calls.set_size(cluster.name, name, self._settings.num_nodes))

    def _is_so(self, state: PoolState) -> bool:
        return state.per_zone == self._settings.num_nodes

    def _carry_out(
        self,
        plan: Callable[[Cluster], Change | None],
        first: int,
        last: int,
        judge: Callable[[Ended, str], GkeClustersError | None] = pool_failure,
    ) -> Ended:
        self._changed = True
        within = self._progress.within(first, last)
        ended = carry_out(self._target.saved, self._pool.name, self._target.google, within, plan)
        there = ended.pool(self._pool.name)
        if there is None:
            raise self._target.gone(self._pool.name)
        self._pool = there
        failure = judge(ended, there.name)
        if failure:
            failure.advise(
                "The nodes that are up are there and billed. Resize the pool again, to what there is room for."
            )
            raise failure
        return ended

    def _planned(self) -> PoolState:
        limits = self._pool.autoscaling
        state = self._before
        if limits is not None:
            wanted = new_limits(limits, len(self._zones), self._settings)
            state = replace(state, fewest=wanted.fewest, most=wanted.most)
        if self._sizes_nodes:
            state = replace(state, nodes=tuple((zone, self._settings.num_nodes) for zone in self._zones))
        return state
