"""The scheduler: pods without a node get one, or are told why not."""

from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import SCHEDULER, record_scheduling, timestamp
from sandbox.kubernetes.controllers.kinds import NODES, PERSISTENT_VOLUME_CLAIMS, PODS
from sandbox.kubernetes.controllers.owners import is_going
from sandbox.kubernetes.controllers.rooms import Rooms
from sandbox.kubernetes.controllers.scheduling import Verdict
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of
from sandbox.kubernetes.controllers.volumes import claims_of


class Scheduler(Controller):
    """Binds pods to nodes.

    Attributes:
        rooms: what is free on each node.
        unplaced: the pods that have no node, in the order of their coming.
    """

    watches = (PODS, NODES, PERSISTENT_VOLUME_CLAIMS)

    def __init__(self, state: ClusterState) -> None:
        super().__init__(state)
        self.rooms = Rooms()
        self.unplaced: dict[Key, None] = {}

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return a pod that waits; all that wait when a node changes or a pod makes room."""
        key = key_of(item)
        if resource is PODS and event != "DELETED":
            self._take(key, item)
            return [key] if key in self.unplaced else []
        if resource is PODS:
            self.unplaced.pop(key, None)
            self.rooms.forget_pod(key)
        elif resource is NODES and event == "DELETED":
            self.rooms.forget_node(key[1])
        elif resource is NODES:
            self.rooms.set_node(item)
        return list(self.unplaced)

    def _take(self, key: Key, pod: Object) -> None:
        self.rooms.set_pod(key, pod)
        if _waits(pod):
            self.unplaced[key] = None
        else:
            self.unplaced.pop(key, None)

    def is_behind(self) -> bool:
        """Tell whether a pod waits that fits on a node, and so is about to be bound."""
        pods = (self.state.get(PODS, key) for key in self.unplaced)
        return any(pod is not None and self.rooms.place(pod).node is not None for pod in pods)

    async def reconcile(self, key: Key) -> None:
        """Bind the pod, or say on it why it cannot be bound."""
        pod = self.state.get(PODS, key)
        if pod is None or not _waits(pod):
            return
        verdict = self.claims_verdict(pod) or self.rooms.place(pod)
        if verdict.node is None:
            await self._refuse(pod, verdict.message)
            return
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": key[1], "namespace": key[0], "uid": pod["metadata"]["uid"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": verdict.node},
        }
        try:
            await self.state.client.create(PODS, binding, key[0], name=key[1], subresource="binding")
        except ApiError as error:
            # Gone, or bound by somebody else, which the watch is about to tell.
            if error.code in (404, 409):
                return
            raise
        # The next pod must find this one's requests taken, whether or not the watch has told of the binding.
        bound = {**pod, "spec": {**pod["spec"], "nodeName": verdict.node}}
        self.state.caches[PODS].assume(bound)
        self._take(key, bound)
        message = f"Successfully assigned {key[0]}/{key[1]} to {verdict.node}"
        await record_scheduling(self.state, pod, node=verdict.node, message=message)

    def claims_verdict(self, pod: Object) -> Verdict | None:
        """Return why the pod cannot go anywhere when a claim that it mounts is not there, or is being deleted."""
        total = len(self.rooms)
        for name in claims_of(pod):
            claim = self.state.get(PERSISTENT_VOLUME_CLAIMS, (pod["metadata"]["namespace"], name))
            if total and (claim is None or is_going(claim)):
                available = f"0/{total} nodes are available:"
                problem = "not found" if claim is None else "is being deleted"
                return Verdict(
                    None,
                    f'{available} persistentvolumeclaim "{name}" {problem}. preemption: {available} '
                    f"{total} Preemption is not helpful for scheduling.",
                )
        return None

    async def _refuse(self, pod: Object, message: str) -> None:
        status = pod.get("status") or {}
        conditions = [one for one in status.get("conditions") or () if one["type"] != "PodScheduled"]
        known: Object = next((one for one in status.get("conditions") or () if one["type"] == "PodScheduled"), {})
        if known.get("message") == message:
            return
        conditions.append(
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": message,
                "lastProbeTime": None,
                "lastTransitionTime": known.get("lastTransitionTime") or timestamp(),
            }
        )
        await self.state.patch(PODS, key_of(pod), {"status": {"phase": "Pending", "conditions": conditions}}, "status")
        await record_scheduling(self.state, pod, node=None, message=message)


def _waits(pod: Object) -> bool:
    return (
        not pod["spec"].get("nodeName")
        and "deletionTimestamp" not in pod["metadata"]
        and pod["spec"].get("schedulerName", SCHEDULER) == SCHEDULER
    )
