"""The half of the cluster autoscaler that takes away nodes on which nothing runs but daemon sets.

GKE's also empties nodes of which little is used; here none is taken that a pod would have to leave.
https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

from sandbox.clock import Clock
from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.controllers.daemon_sets import is_of_daemon_set
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import record
from sandbox.kubernetes.controllers.kinds import NODES, PODS
from sandbox.kubernetes.controllers.owners import is_active
from sandbox.kubernetes.controllers.scale_up import NAME
from sandbox.kubernetes.controllers.scheduler import Scheduler
from sandbox.kubernetes.controllers.state import ClusterState, Key
from sandbox.kubernetes.node_groups import NodeGroups

_SHRINK: Key = ("", "nodes that are due")
_UNNEEDED_SECONDS, _LOOK_SECONDS = 600.0, 10.0
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-the-parameters-to-ca
_MOST_AT_ONCE = 10
_POOL = "cloud.google.com/gke-nodepool"
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
_GOING = {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}
_KEPT = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
# A static pod, which its node makes by itself.
_MIRROR = "kubernetes.io/config.mirror"


class ScaleDown(Controller):
    """Removes nodes of autoscaled pools; does nothing while no pool is autoscaled.

    Args:
        state: the cluster.
        scheduler: knows whether pods are about to come to nodes.
        groups: what may shrink.
        clock: how fast simulated time passes.
    """

    watches = (PODS, NODES)

    def __init__(self, state: ClusterState, scheduler: Scheduler, groups: NodeGroups, clock: Clock) -> None:
        super().__init__(state)
        self._scheduler = scheduler
        self._groups = groups
        self._clock = clock
        self._pools: frozenset[str] = frozenset()
        # The nodes that have been so for long enough; a dict keeps the order.
        self._leaving: dict[str, None] = {}
        # By name: when a node was first seen without pods, in the loop's time.
        self._unneeded: dict[str, float] = {}

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the node of an autoscaled pool that a pod has left, or that has come."""
        if not self._pools:
            return ()
        gone = event == "DELETED"
        if resource is NODES:
            name = item["metadata"]["name"]
            if gone:
                self._forget(name)
        else:
            name = item["spec"].get("nodeName", "")
            if not gone and _needs_node(item):
                self._forget(name)
                return ()
        return [("", name)] if name and name not in self._unneeded and self._is_autoscaled(name) else ()

    def look_again(self) -> None:
        """Take in that the nodes, or the limits of node pools, may have changed."""
        self._pools = frozenset(group.pool for group in self._groups.autoscaled())
        if self._pools:
            for node in self.state.all(NODES):
                self.enqueue(("", node["metadata"]["name"]))

    async def reconcile(self, key: Key) -> None:
        """Note since when a node is without pods; remove those that have been so long enough."""
        if key == _SHRINK:
            await self._shrink()
            return
        name = key[1]
        if not self._is_autoscaled(name) or self._is_needed(name):
            self._forget(name)
            return
        now = asyncio.get_running_loop().time()
        due = self._unneeded.setdefault(name, now) + self._clock.real_seconds(_UNNEEDED_SECONDS)
        if now < due:
            self.enqueue_later(key, due - now)
        else:
            self._leaving[name] = None
            self.enqueue_later(_SHRINK, self._clock.real_seconds(_LOOK_SECONDS))

    async def _shrink(self) -> None:
        """Remove some of the nodes that are due, unless their pools would be too small."""
        later = self._clock.real_seconds(_LOOK_SECONDS)
        if self._scheduler.is_behind():
            self.enqueue_later(_SHRINK, later)
            return
        looked_at = tuple(self._leaving)
        chosen = [name for name in self._removable() if await self._mark(name)]
        if not chosen:
            for name in looked_at:
                self._leaving.pop(name, None)
            return
        nodes = [self.state.get(NODES, ("", name)) for name in chosen]
        for name in chosen:
            self._forget(name)
        await self._groups.remove(chosen)
        for node in nodes:
            if node is not None:
                await record(self.state, node, "ScaleDown", "node removed by cluster autoscaler", component=NAME)
        if self._leaving:
            self.enqueue_later(_SHRINK, later)

    def _removable(self) -> list[str]:
        """Return as many of the nodes that are due as may go at once."""
        sizes, pools = Counter[str](), Counter[str]()
        groups = {name: group for group in self._groups.autoscaled() for name in group.instances}
        for group in groups.values():
            sizes[group.link] += 1
            pools[group.pool] += 1
        chosen: list[str] = []
        for name in self._leaving:
            of = groups.get(name)
            if of is None or self._is_needed(name) or len(chosen) == _MOST_AT_ONCE:
                continue
            if sizes[of.link] > of.fewest and pools[of.pool] > of.pool_fewest:
                sizes[of.link] -= 1
                pools[of.pool] -= 1
                chosen.append(name)
        return chosen

    async def _mark(self, name: str) -> bool:
        """Let nothing more come to a node; return False for one that a pod was faster to reach."""
        node = self.state.get(NODES, ("", name))
        if node is None:
            return False
        taints = node["spec"].get("taints") or []
        node = await self.state.patch(NODES, ("", name), {"spec": {"taints": [*taints, _GOING]}})
        if self._is_needed(name):
            await self.state.patch(NODES, ("", name), {"spec": {"taints": taints or None}})
            return False
        await record(self.state, node, "ScaleDown", "marked the node as toBeDeleted/unschedulable", component=NAME)
        return True

    def _forget(self, name: str) -> None:
        self._unneeded.pop(name, None)
        self._leaving.pop(name, None)

    def _is_autoscaled(self, name: str) -> bool:
        node = self.state.get(NODES, ("", name))
        if node is None or (node["metadata"].get("annotations") or {}).get(_KEPT) == "true":
            return False
        return (node["metadata"].get("labels") or {}).get(_POOL) in self._pools

    def _is_needed(self, name: str) -> bool:
        return any(map(_needs_node, self.state.pods_on(name)))


def _needs_node(pod: Object) -> bool:
    """Tell whether a pod keeps its node: daemon sets' and the node's own pods do not, nor those that have ended."""
    mirror = _MIRROR in (pod["metadata"].get("annotations") or {})
    return bool(pod["spec"].get("nodeName")) and is_active(pod) and not mirror and not is_of_daemon_set(pod)
