"""The replica set controller: as many pods as asked for."""

from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.events import record
from sandbox.kubernetes.controllers.kinds import PODS, REPLICA_SETS
from sandbox.kubernetes.controllers.owners import (
    controlled_by,
    controller_of,
    is_active,
    is_going,
    is_ready,
    owner_reference,
    pod_from,
    status_change,
)
from sandbox.kubernetes.controllers.state import Key, key_of
from sandbox.kubernetes.controllers.workloads import WorkloadController
from sandbox.kubernetes.labels import labels_match

_NAME = "replicaset-controller"


class ReplicaSets(WorkloadController):
    """Creates and deletes the pods of replica sets."""

    resource = REPLICA_SETS
    watches = (REPLICA_SETS, PODS)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return those that could adopt a pod without a controller, else what any workload's controller does."""
        if resource is REPLICA_SETS or controller_of(item) is not None:
            return super().keys(resource, event, item)
        labels = item["metadata"].get("labels") or {}
        return [
            key_of(one)
            for one in self.state.all(REPLICA_SETS, item["metadata"]["namespace"])
            if labels and labels_match(one["spec"]["selector"], labels)
        ]

    async def reconcile(self, key: Key) -> None:
        """Adopt, create or delete pods, then report."""
        replica_set = self.state.get(REPLICA_SETS, key)
        if replica_set is None or is_going(replica_set):
            return
        pods = self.state.all(PODS, key[0])
        await self._adopt(replica_set, pods)
        active = [pod for pod in controlled_by(self.state.all(PODS, key[0]), replica_set) if is_active(pod)]
        surplus = len(active) - replica_set["spec"].get("replicas", 1)
        for _ in range(-surplus):
            await self._create(replica_set)
        for pod in sorted(active, key=_least_useful)[: max(surplus, 0)]:
            await self.state.delete(PODS, pod)
            message = f"Deleted pod: {pod['metadata']['name']}"
            await record(self.state, replica_set, "SuccessfulDelete", message, component=_NAME)
        await self._report(key)

    async def _adopt(self, replica_set: Object, pods: Iterable[Object]) -> None:
        for pod in pods:
            labels = pod["metadata"].get("labels") or {}
            orphan = controller_of(pod) is None and is_active(pod)
            if orphan and labels_match(replica_set["spec"]["selector"], labels):
                references = [
                    *(pod["metadata"].get("ownerReferences") or ()),
                    owner_reference(REPLICA_SETS, replica_set),
                ]
                await self.state.patch(PODS, key_of(pod), {"metadata": {"ownerReferences": references}})

    async def _create(self, replica_set: Object) -> None:
        namespace, name = key_of(replica_set)
        pod = pod_from(replica_set["spec"]["template"], REPLICA_SETS, replica_set, generateName=f"{name}-")
        try:
            created = await self.state.create(PODS, pod, namespace)
        except ApiError as error:
            message = f"Error creating: {error.message}"
            await record(self.state, replica_set, "FailedCreate", message, component=_NAME, kind="Warning")
            raise
        message = f"Created pod: {created['metadata']['name']}"
        await record(self.state, replica_set, "SuccessfulCreate", message, component=_NAME)

    async def _report(self, key: Key) -> None:
        replica_set = self.state.get(REPLICA_SETS, key)
        if replica_set is None:
            return
        active = [pod for pod in controlled_by(self.state.all(PODS, key[0]), replica_set) if is_active(pod)]
        ready = sum(map(is_ready, active))
        change = status_change(
            replica_set,
            {
                "replicas": len(active),
                "fullyLabeledReplicas": len(active),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "observedGeneration": replica_set["metadata"].get("generation", 1),
            },
        )
        if change:
            await self.state.patch(REPLICA_SETS, key, change, "status")


def _least_useful(pod: Object) -> tuple[bool, bool, str]:
    """Order pods by what is lost with them: those without a node first, then those not ready."""
    return bool(pod["spec"].get("nodeName")), is_ready(pod), pod["metadata"]["name"]
