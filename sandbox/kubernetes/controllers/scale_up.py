"""The half of the cluster autoscaler that adds nodes, for pods that the scheduler finds no room for.

https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from sandbox.clock import Clock
from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.controllers.daemon_sets import is_of_daemon_set, taken_by
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import record
from sandbox.kubernetes.controllers.expansion import Expansion, Option, plan, shape
from sandbox.kubernetes.controllers.kinds import DAEMON_SETS, NODES, PODS
from sandbox.kubernetes.controllers.node_objects import node_object
from sandbox.kubernetes.controllers.nodes import is_new
from sandbox.kubernetes.controllers.owners import is_ready
from sandbox.kubernetes.controllers.scheduler import Scheduler
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of
from sandbox.kubernetes.node_groups import NodeGroup, NodeGroups

NAME = "cluster-autoscaler"
"""Who says it in events."""

_LOOK: Key = ("", "pods without a node")
_LOOK_SECONDS = 10.0
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/config/const.go
_FIRST_REST_SECONDS, _LONGEST_REST_SECONDS = 300.0, 1800.0
# GKE's words for what keeps machines from coming up; all else is an internal error.
_REASONS = {
    "stockout": "GCE out of resources",
    "quota": "GCE quota exceeded",
    "ip_exhausted": "IP space exhausted",
}


class ScaleUp(Controller):
    """Lets node groups grow; does nothing while none is autoscaled or no pod waits.

    Args:
        state: the cluster.
        scheduler: knows which pods wait, and what room there is.
        groups: what may grow.
        project: the project in the nodes' host names.
        clock: how fast simulated time passes.
    """

    watches = (PODS, NODES)

    def __init__(
        self, state: ClusterState, scheduler: Scheduler, groups: NodeGroups, project: str, clock: Clock
    ) -> None:
        super().__init__(state)
        self._scheduler = scheduler
        self._groups = groups
        self._project = project
        self._clock = clock
        self._active = False
        # By link: when the rest of a group that failed to grow ends, and how long it was.
        self._rests: dict[str, tuple[float, float]] = {}
        # By uid: what a pod was told last.
        self._told: dict[str, str] = {}
        self._growing: set[asyncio.Task[None]] = set()

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return nothing: a look that something makes worthwhile comes with the next round."""
        del resource, event, item
        if self._active and self._scheduler.unplaced:
            self._look_later(_LOOK_SECONDS)
        return ()

    def look_again(self) -> None:
        """Take in that the nodes, or the limits of node pools, may have changed."""
        self._active = bool(self._groups.autoscaled())
        if self._active and self._scheduler.unplaced:
            self._look_later(_LOOK_SECONDS)

    async def run(self) -> None:
        """Work until cancelled, and end what is under way then."""
        try:
            await super().run()
        finally:
            for task in self._growing:
                task.cancel()
            await asyncio.gather(*self._growing, return_exceptions=True)

    async def reconcile(self, key: Key) -> None:
        """Let groups grow for the pods that wait."""
        del key
        pods = list(self._homeless())
        self._told = {uid: told for uid, told in self._told.items() if uid in {_uid(pod) for pod in pods}}
        options = [self._option(group) for group in self._groups.autoscaled()] if pods else []
        if not options:
            return
        expansion = plan(pods, options)
        for option in expansion.options:
            if option.planned:
                self._grow(option.group, option.planned, expansion)
        for pod, pool in expansion.helped:
            self._told.pop(_uid(pod), None)
            await record(self.state, pod, "TriggeredScaleUp", expansion.message(pool), component=NAME)
        for pod, message in expansion.refused:
            if self._told.get(_uid(pod)) != message:
                self._told[_uid(pod)] = message
                await record(self.state, pod, "NotTriggerScaleUp", message, component=NAME)

    def _look_later(self, simulated_seconds: float) -> None:
        self.enqueue_later(_LOOK, self._clock.real_seconds(simulated_seconds))

    def _homeless(self) -> Iterator[Object]:
        """Yield the pods that the scheduler has refused and still finds no room for."""
        fits: dict[str, bool] = {}
        for key in tuple(self._scheduler.unplaced):
            pod = self.state.get(PODS, key)
            if pod is None or not _is_refused(pod) or is_of_daemon_set(pod) or self._scheduler.claims_verdict(pod):
                continue
            kind = shape(pod)
            if kind not in fits:
                fits[kind] = self._scheduler.rooms.place(pod).node is not None
            if not fits[kind]:
                yield pod

    def _option(self, group: NodeGroup) -> Option:
        node = node_object(group.template, self._project)
        known = (self.state.get(NODES, ("", name)) for name in group.instances)
        return Option(
            group,
            node,
            overhead=taken_by(self.state.all(DAEMON_SETS), node),
            upcoming=sum(one is None or is_new(one) or not is_ready(one) for one in known),
            resting=self._rests.get(group.link, (0.0, 0.0))[0] > asyncio.get_running_loop().time(),
        )

    def _grow(self, group: NodeGroup, count: int, expansion: Expansion) -> None:
        pods = [pod for pod, pool in expansion.helped if pool == group.pool]
        # The group has its new size before the next look: this only waits.
        growth = self._groups.grow(group, count)

        async def wait() -> None:
            if failure := await growth:
                await self._fail(group, pods, failure)
            else:
                self._rests.pop(group.link, None)

        task = asyncio.create_task(wait())
        self._growing.add(task)
        task.add_done_callback(self._growing.discard)

    async def _fail(self, group: NodeGroup, pods: Sequence[Object], failure: str) -> None:
        before = self._rests.get(group.link, (0.0, 0.0))[1]
        rest = min(before * 2 or _FIRST_REST_SECONDS, _LONGEST_REST_SECONDS)
        ends = asyncio.get_running_loop().time() + self._clock.real_seconds(rest)
        self._rests[group.link] = (ends, rest)
        reason = _REASONS.get(failure, "Internal error")
        message = (
            f"Node scale up in zones {group.zone} associated with this pod failed: {reason}. Pod is at risk of not "
            "being scheduled."
        )
        for pod in pods:
            if self.state.get(PODS, key_of(pod)) is not None:
                await record(self.state, pod, "FailedScaleUp", message, component=NAME, kind="Warning")
        self._look_later(_LOOK_SECONDS)
        asyncio.get_running_loop().call_at(ends, self.enqueue, _LOOK)


def _uid(pod: Object) -> str:
    return str(pod["metadata"]["uid"])


def _is_refused(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(one["type"] == "PodScheduled" and one.get("reason") == "Unschedulable" for one in conditions)
