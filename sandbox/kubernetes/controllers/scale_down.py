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
from sandbox.kubernetes.controllers.state import ClusterState, Key
from sandbox.kubernetes.node_groups import NodeGroups

_UNNEEDED_SECONDS = 600.0
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
        groups: what may shrink.
        clock: how fast simulated time passes.
    """

    watches = (PODS, NODES)

    def __init__(self, state: ClusterState, groups: NodeGroups, clock: Clock) -> None:
        super().__init__(state)
        self._groups = groups
        self._clock = clock
        self._pools: frozenset[str] = frozenset()
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
                self._unneeded.pop(name, None)
        else:
            name = item["spec"].get("nodeName", "")
            if not gone and _needs_node(item):
                self._unneeded.pop(name, None)
                return ()
        return [("", name)] if name and name not in self._unneeded and self._is_autoscaled(name) else ()

    def look_again(self) -> None:
        """Take in that the nodes, or the limits of node pools, may have changed."""
        self._pools = frozenset(group.pool for group in self._groups.autoscaled())
        if self._pools:
            for node in self.state.all(NODES):
                self.enqueue(("", node["metadata"]["name"]))

    async def reconcile(self, key: Key) -> None:
        """Remove the node once it has been without pods long enough, unless its pool would be too small."""
        name = key[1]
        if not self._is_autoscaled(name) or self._is_needed(name):
            self._unneeded.pop(name, None)
            return
        now = asyncio.get_running_loop().time()
        due = self._unneeded.setdefault(name, now) + self._clock.real_seconds(_UNNEEDED_SECONDS)
        if now < due:
            self.enqueue_later(key, due - now)
        elif self._may_shrink(name):
            await self._remove(key)

    async def _remove(self, key: Key) -> None:
        node = self.state.get(NODES, key)
        if node is None:
            return
        taints = node["spec"].get("taints") or []
        node = await self.state.patch(NODES, key, {"spec": {"taints": [*taints, _GOING]}})
        # Before it was tainted, the scheduler may have put a pod on it.
        if self._is_needed(key[1]):
            await self.state.patch(NODES, key, {"spec": {"taints": taints or None}})
            return
        await record(self.state, node, "ScaleDown", "marked the node as toBeDeleted/unschedulable", component=NAME)
        self._unneeded.pop(key[1], None)
        await self._groups.remove(key[1])
        await record(self.state, node, "ScaleDown", "node removed by cluster autoscaler", component=NAME)

    def _is_autoscaled(self, name: str) -> bool:
        node = self.state.get(NODES, ("", name))
        if node is None or (node["metadata"].get("annotations") or {}).get(_KEPT) == "true":
            return False
        return (node["metadata"].get("labels") or {}).get(_POOL) in self._pools

    def _is_needed(self, name: str) -> bool:
        return any(map(_needs_node, self.state.pods_on(name)))

    def _may_shrink(self, name: str) -> bool:
        groups = self._groups.autoscaled()
        sizes = Counter[str]()
        for group in groups:
            sizes[group.pool] += len(group.instances)
        return any(
            name in group.instances and len(group.instances) > group.fewest and sizes[group.pool] > group.pool_fewest
            for group in groups
        )


def _needs_node(pod: Object) -> bool:
    """Tell whether a pod keeps its node: daemon sets' and the node's own pods do not, nor those that have ended."""
    mirror = _MIRROR in (pod["metadata"].get("annotations") or {})
    return bool(pod["spec"].get("nodeName")) and is_active(pod) and not mirror and not is_of_daemon_set(pod)
