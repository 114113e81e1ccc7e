"""The stateful set controller: numbered pods with their own claims, in order."""

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.kinds import PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS
from sandbox.kubernetes.controllers.owners import (
    controlled_by,
    is_active,
    is_going,
    is_ready,
    pod_from,
    status_change,
    template_hash,
)
from sandbox.kubernetes.controllers.state import Key, key_of
from sandbox.kubernetes.controllers.workloads import WorkloadController

_HASH = "controller-revision-hash"


class StatefulSets(WorkloadController):
    """Creates and deletes the pods of stateful sets."""

    resource = STATEFUL_SETS
    watches = (STATEFUL_SETS, PODS)

    async def reconcile(self, key: Key) -> None:
        """Take one step: the next pod is made once those before are ready, the last one goes first."""
        wanted = self.state.get(STATEFUL_SETS, key)
        if wanted is None or is_going(wanted):
            return
        pods = {pod["metadata"]["name"]: pod for pod in controlled_by(self.state.all(PODS, key[0]), wanted)}
        replicas = wanted["spec"].get("replicas", 1)
        revision = f"{key[1]}-{template_hash(wanted['spec']['template'])}"
        parallel = wanted["spec"].get("podManagementPolicy") == "Parallel"
        for number in range(replicas):
            pod = pods.get(f"{key[1]}-{number}")
            if pod is None:
                await self._create(wanted, number, revision)
            if not parallel and (pod is None or not is_active(pod) or not is_ready(pod)):
                break
        last_first = sorted(pods.values(), key=_number, reverse=True)
        going = [pod for pod in last_first if _number(pod) >= replicas]
        settled = all(is_active(pod) and is_ready(pod) for pod in last_first)
        outdated = [pod for pod in last_first if _revision(pod) != revision] if settled else []
        for pod in (going or outdated)[:1]:
            if not is_going(pod):
                await self.state.delete(PODS, pod)
        await self._report(key, revision)

    async def _create(self, owner: Object, number: int, revision: str) -> None:
        namespace, name = key_of(owner)
        pod = pod_from(
            owner["spec"]["template"],
            STATEFUL_SETS,
            owner,
            name=f"{name}-{number}",
            labels={
                _HASH: revision,
                "statefulset.kubernetes.io/pod-name": f"{name}-{number}",
                "apps.kubernetes.io/pod-index": str(number),
            },
        )
        pod["spec"] |= {"hostname": f"{name}-{number}", "subdomain": owner["spec"].get("serviceName", "")}
        volumes = pod["spec"].setdefault("volumes", [])
        for template in owner["spec"].get("volumeClaimTemplates") or ():
            volume = template["metadata"]["name"]
            claim = f"{volume}-{name}-{number}"
            labels = (owner["spec"]["selector"].get("matchLabels") or {}) | (template["metadata"].get("labels") or {})
            body = {"metadata": {"name": claim, "namespace": namespace, "labels": labels}, "spec": template["spec"]}
            await self.state.ensure(PERSISTENT_VOLUME_CLAIMS, body, namespace)
            volumes.append({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
        await self.state.create(PODS, pod, namespace)

    async def _report(self, key: Key, revision: str) -> None:
        owner = self.state.get(STATEFUL_SETS, key)
        if owner is None:
            return
        active = [pod for pod in controlled_by(self.state.all(PODS, key[0]), owner) if is_active(pod)]
        current = sum(_revision(pod) == revision for pod in active)
        ready = sum(map(is_ready, active))
        done = current == len(active)
        change = status_change(
            owner,
            {
                "observedGeneration": owner["metadata"].get("generation", 1),
                "replicas": len(active),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "currentReplicas": current,
                "updatedReplicas": current,
                "updateRevision": revision,
                "currentRevision": revision if done else (owner.get("status") or {}).get("currentRevision"),
            },
        )
        if change:
            await self.state.patch(STATEFUL_SETS, key, change, "status")


def _number(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(_HASH, ""))
