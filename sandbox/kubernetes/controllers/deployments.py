"""The deployment controller: one replica set for each template, and rolling updates between them."""

import math

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.events import record, timestamp
from sandbox.kubernetes.controllers.kinds import DEPLOYMENTS, REPLICA_SETS
from sandbox.kubernetes.controllers.owners import (
    controlled_by,
    is_going,
    owner_reference,
    status_change,
    template_hash,
)
from sandbox.kubernetes.controllers.state import Key, key_of
from sandbox.kubernetes.controllers.workloads import WorkloadController

_NAME = "deployment-controller"
_HASH = "pod-template-hash"
_REVISION = "deployment.kubernetes.io/revision"


class Deployments(WorkloadController):
    """Creates and scales the replica sets of deployments."""

    resource = DEPLOYMENTS
    watches = (DEPLOYMENTS, REPLICA_SETS)

    async def reconcile(self, key: Key) -> None:
        """Have the current template's replica set, move replicas towards it, report."""
        deployment = self.state.get(DEPLOYMENTS, key)
        if deployment is None or is_going(deployment):
            return
        name = f"{key[1]}-{template_hash(deployment['spec']['template'])}"
        if not deployment["spec"].get("paused"):
            current = await self._current(deployment, (key[0], name))
            await self._roll(deployment, current)
        await self._report(key, (key[0], name))

    async def _current(self, deployment: Object, key: Key) -> Object:
        """Return the replica set of the deployment's template, created or brought up as the newest revision."""
        owned = self._owned(deployment)
        newest = max((_revision(one) for one in owned), default=0)
        known = next((one for one in owned if key_of(one) == key), None)
        if known is None:
            known = await self.state.create(REPLICA_SETS, _replica_set(deployment, key, newest + 1), key[0])
        elif _revision(known) < newest:
            change = {"metadata": {"annotations": {_REVISION: str(newest + 1)}}}
            known = await self.state.patch(REPLICA_SETS, key, change)
        revision = str(_revision(known))
        if (deployment["metadata"].get("annotations") or {}).get(_REVISION) != revision:
            change = {"metadata": {"annotations": {_REVISION: revision}}}
            await self.state.patch(DEPLOYMENTS, key_of(deployment), change)
        return known

    async def _roll(self, deployment: Object, current: Object) -> None:
        """Take one step of the rolling update; the change of the replica sets leads to the next."""
        wanted = deployment["spec"].get("replicas", 1)
        surge, unavailable = _limits(deployment, wanted)
        old = [one for one in self._owned(deployment) if key_of(one) != key_of(current) and _replicas(one)]
        room = wanted + surge - sum(map(_replicas, old))
        recreate = deployment["spec"].get("strategy", {}).get("type") == "Recreate"
        if recreate:
            room = 0 if any(one.get("status", {}).get("replicas") for one in old) else wanted
        target = max(min(wanted, room), min(_replicas(current), wanted))
        if target != _replicas(current):
            await self._scale(deployment, current, target)
        spare = sum(_available(one) for one in [*old, current]) - (0 if recreate else wanted - unavailable)
        for one in old:
            # Replicas that are not available can go without making anything worse.
            idle = _replicas(one) - _available(one)
            less = min(_replicas(one), idle + max(spare, 0))
            if less > 0:
                spare -= max(less - idle, 0)
                await self._scale(deployment, one, _replicas(one) - less)

    async def _scale(self, deployment: Object, replica_set: Object, replicas: int) -> None:
        before = _replicas(replica_set)
        await self.state.patch(REPLICA_SETS, key_of(replica_set), {"spec": {"replicas": replicas}})
        name = replica_set["metadata"]["name"]
        direction = "up" if replicas > before else "down"
        message = f"Scaled {direction} replica set {name} from {before} to {replicas}"
        await record(self.state, deployment, "ScalingReplicaSet", message, component=_NAME)

    def _owned(self, deployment: Object) -> list[Object]:
        return controlled_by(self.state.all(REPLICA_SETS, deployment["metadata"]["namespace"]), deployment)

    async def _report(self, key: Key, current_key: Key) -> None:
        deployment = self.state.get(DEPLOYMENTS, key)
        if deployment is None:
            return
        owned = self._owned(deployment)
        wanted = deployment["spec"].get("replicas", 1)
        updated = sum(_told(one, "replicas") for one in owned if key_of(one) == current_key)
        available = sum(map(_available, owned))
        total = sum(_told(one, "replicas") for one in owned)
        complete = updated == total == available == wanted
        _, unavailable = _limits(deployment, wanted)
        status = {
            "observedGeneration": deployment["metadata"].get("generation", 1),
            "replicas": total or None,  # unlike a replica set's, it is left out when 0
            "updatedReplicas": updated,
            "readyReplicas": sum(_told(one, "readyReplicas") for one in owned),
            "availableReplicas": available,
            "unavailableReplicas": max(wanted - available, 0),
            "conditions": _conditions(
                deployment, current_key[1], enough=available >= wanted - unavailable, complete=complete
            ),
        }
        change = status_change(deployment, status)
        if change:
            await self.state.patch(DEPLOYMENTS, key, change, "status")


def _replica_set(deployment: Object, key: Key, revision: int) -> Object:
    template = deployment["spec"]["template"]
    extra = {_HASH: key[1].rpartition("-")[2]}
    labels = {**((template.get("metadata") or {}).get("labels") or {}), **extra}
    selector = deployment["spec"]["selector"]
    wanted = deployment["spec"].get("replicas", 1)
    return {
        "metadata": {
            "name": key[1],
            "namespace": key[0],
            "labels": labels,
            "annotations": {
                _REVISION: str(revision),
                "deployment.kubernetes.io/desired-replicas": str(wanted),
                "deployment.kubernetes.io/max-replicas": str(wanted + _limits(deployment, wanted)[0]),
            },
            "ownerReferences": [owner_reference(DEPLOYMENTS, deployment)],
        },
        "spec": {
            "replicas": 0,
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **extra}},
            "template": {**template, "metadata": {**(template.get("metadata") or {}), "labels": labels}},
        },
    }


def _limits(deployment: Object, wanted: int) -> tuple[int, int]:
    """Return how many pods there may be above, and how many may be missing below the wanted number."""
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge = _amount(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = _amount(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return (surge, unavailable) if surge or unavailable else (0, 1)


def _amount(told: str | int, wanted: int, *, up: bool) -> int:
    if isinstance(told, str) and told.endswith("%"):
        exact = wanted * int(told[:-1]) / 100
        return math.ceil(exact) if up else math.floor(exact)
    return int(told)


def _conditions(deployment: Object, replica_set: str, *, enough: bool, complete: bool) -> list[Object]:
    if enough:
        available = ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        message = "Deployment does not have minimum availability."
        available = ("Available", "False", "MinimumReplicasUnavailable", message)
    if complete:
        message = f'ReplicaSet "{replica_set}" has successfully progressed.'
        progressing = ("Progressing", "True", "NewReplicaSetAvailable", message)
    else:
        progressing = ("Progressing", "True", "ReplicaSetUpdated", f'ReplicaSet "{replica_set}" is progressing.')
    known = {one["type"]: one for one in (deployment.get("status") or {}).get("conditions") or ()}
    return [_condition(known.get(told[0]), *told) for told in (available, progressing)]


def _condition(known: Object | None, kind: str, status: str, reason: str, message: str) -> Object:
    if known and (known["status"], known.get("reason"), known.get("message")) == (status, reason, message):
        return known
    now = timestamp()
    since = known["lastTransitionTime"] if known and known["status"] == status else now
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now,
        "lastTransitionTime": since,
    }


def _revision(replica_set: Object) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(_REVISION, "0"))


def _replicas(replica_set: Object) -> int:
    return int(replica_set["spec"].get("replicas", 1))


def _told(replica_set: Object, field: str) -> int:
    return int((replica_set.get("status") or {}).get(field) or 0)


def _available(replica_set: Object) -> int:
    return _told(replica_set, "availableReplicas")
