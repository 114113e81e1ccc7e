"""The daemon set controller: one pod on every node that takes it."""

from collections.abc import Iterable
from decimal import Decimal

from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.controllers.kinds import DAEMON_SETS, NODES, PODS
from sandbox.kubernetes.controllers.owners import (
    controlled_by,
    controller_of,
    is_active,
    is_going,
    is_ready,
    pod_from,
    status_change,
    template_hash,
)
from sandbox.kubernetes.controllers.scheduling import accepts, requests_of
from sandbox.kubernetes.controllers.state import Key, key_of
from sandbox.kubernetes.controllers.workloads import WorkloadController

_HASH = "controller-revision-hash"
# https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
_TOLERATIONS: tuple[Object, ...] = tuple(
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
    for name, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
)
_HOST_NETWORK: Object = {
    "key": "node.kubernetes.io/network-unavailable",
    "operator": "Exists",
    "effect": "NoSchedule",
}


class DaemonSets(WorkloadController):
    """Creates and deletes the pods of daemon sets."""

    resource = DAEMON_SETS
    watches = (DAEMON_SETS, NODES, PODS)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return all daemon sets for a node, else what any workload's controller does."""
        if resource is NODES:
            return [key_of(one) for one in self.state.all(DAEMON_SETS)]
        return super().keys(resource, event, item)

    async def reconcile(self, key: Key) -> None:
        """Have one current pod on each node that takes it, and none elsewhere; report."""
        daemon_set = self.state.get(DAEMON_SETS, key)
        if daemon_set is None or is_going(daemon_set):
            return
        revision = template_hash(daemon_set["spec"]["template"])
        by_node: dict[str, list[Object]] = {}
        for pod in controlled_by(self.state.all(PODS, key[0]), daemon_set):
            by_node.setdefault(_meant_for(pod), []).append(pod)
        wanted = self._accepting(daemon_set, revision)
        for name in sorted(wanted - by_node.keys()):
            pod = await self.state.create(PODS, _pod(daemon_set, name, revision), key[0])
            by_node[name] = [pod]
        for name in sorted(by_node.keys() - wanted):
            for pod in by_node.pop(name):
                if not is_going(pod):
                    await self.state.delete(PODS, pod)
        await self._update(daemon_set, [pod for pods in by_node.values() for pod in pods], revision)
        await self._report(key, by_node, len(wanted), revision)

    def _accepting(self, daemon_set: Object, revision: str) -> set[str]:
        """Return the names of the nodes that take a pod of the daemon set."""
        # One pod that is meant for each node in turn; a copy of the template for every node would be slow.
        pod, found = _pod(daemon_set, "", revision), set()
        for node in self.state.all(NODES):
            name = node["metadata"]["name"]
            _aim(pod, name)
            if accepts(node, pod):
                found.add(name)
        return found

    async def _update(self, daemon_set: Object, pods: list[Object], revision: str) -> None:
        """Delete one outdated pod once all the others are ready, as a rolling update with its default limit does."""
        strategy = (daemon_set["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate")
        outdated = [pod for pod in pods if _revision(pod) != revision]
        if strategy == "RollingUpdate" and outdated and all(is_active(pod) and is_ready(pod) for pod in pods):
            await self.state.delete(PODS, outdated[0])

    async def _report(self, key: Key, by_node: dict[str, list[Object]], wanted: int, revision: str) -> None:
        daemon_set = self.state.get(DAEMON_SETS, key)
        if daemon_set is None:
            return
        active = [pod for pods in by_node.values() for pod in pods if is_active(pod)]
        ready = sum(map(is_ready, active))
        status = {
            "currentNumberScheduled": len(active),
            "desiredNumberScheduled": wanted,
            "numberMisscheduled": 0,
            "numberReady": ready,
        }
        change = status_change(
            daemon_set,
            {
                "updatedNumberScheduled": sum(_revision(pod) == revision for pod in active),
                "numberAvailable": ready,
                "numberUnavailable": max(wanted - ready, 0),
                "observedGeneration": daemon_set["metadata"].get("generation", 1),
            },
        )
        known = daemon_set.get("status") or {}
        # These four are always told, 0 or not.
        told = {name: number for name, number in status.items() if known.get(name) != number}
        if change or told:
            await self.state.patch(
                DAEMON_SETS, key, {"status": {**(change or {"status": {}})["status"], **told}}, "status"
            )


def taken_by(daemon_sets: Iterable[Object], node: Object) -> dict[str, Decimal]:
    """Return what the pods of daemon sets take of a node."""
    taken: dict[str, Decimal] = {}
    for daemon_set in daemon_sets:
        pod = _pod(daemon_set, node["metadata"]["name"], "")
        if not is_going(daemon_set) and accepts(node, pod):
            for name, amount in requests_of(pod).items():
                taken[name] = taken.get(name, Decimal(0)) + amount
    return taken


def is_of_daemon_set(pod: Object) -> bool:
    """Tell whether a daemon set controls a pod."""
    return (controller_of(pod) or {}).get("kind") == DAEMON_SETS.kind


def _pod(daemon_set: Object, node: str, revision: str) -> Object:
    pod = pod_from(
        daemon_set["spec"]["template"],
        DAEMON_SETS,
        daemon_set,
        generateName=f"{daemon_set['metadata']['name']}-",
        labels={_HASH: revision},
    )
    spec = pod["spec"]
    extra = [*_TOLERATIONS, _HOST_NETWORK] if spec.get("hostNetwork") else list(_TOLERATIONS)
    spec["tolerations"] = [*(spec.get("tolerations") or []), *extra]
    affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    required = affinity.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {})
    required["nodeSelectorTerms"] = required.get("nodeSelectorTerms") or [{}]
    _aim(pod, node)
    return pod


def _aim(pod: Object, node: str) -> None:
    """Have a pod go to a node."""
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    for term in required["nodeSelectorTerms"]:
        term["matchFields"] = [{"key": "metadata.name", "operator": "In", "values": [node]}]


def _meant_for(pod: Object) -> str:
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return str(required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(_HASH, ""))
