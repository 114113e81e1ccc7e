"""The events that controllers leave on objects, as `kubectl describe` shows them."""

import secrets
import time
from datetime import datetime, timezone
from typing import Literal

from sandbox.kubernetes.client import ApiError, Object
from sandbox.kubernetes.controllers.kinds import EVENTS
from sandbox.kubernetes.controllers.state import ClusterState

SCHEDULER = "default-scheduler"
"""The scheduler's name, which pods may name as well."""
# GKE's control planes have names that nobody is told.
_CONTROL_PLANE = "control-plane"


def timestamp() -> str:
    """Return the current time as Kubernetes writes it, in whole seconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


async def record(
    state: ClusterState,
    item: Object,
    reason: str,
    message: str,
    *,
    component: str,
    kind: Literal["Normal", "Warning"] = "Normal",
) -> str | None:
    """Leave an event on an object and return its name; None where the server refuses it, as in a namespace that ends.

    Args:
        state: the cluster.
        item: the object, with its apiVersion and kind.
        reason: one word such as `Scheduled`.
        message: the sentence.
        component: who says it, such as `default-scheduler`.
        kind: the event's type.
    """
    now = timestamp()
    told = {"source": {"component": component}, "firstTimestamp": now, "lastTimestamp": now, "count": 1}
    return await _create(
        state, item, {"reason": reason, "message": message, "type": kind, **told}, secrets.token_hex(8)
    )


async def record_scheduling(state: ClusterState, pod: Object, *, node: str | None, message: str) -> None:
    """Leave what the scheduler made of a pod: it writes with the newer API, in microseconds and under other fields.

    https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/client-go/tools/events/event_recorder.go

    Args:
        state: the cluster.
        pod: the pod.
        node: where it goes; None if there is no room for it.
        message: the sentence.
    """
    reporter = {"reportingComponent": SCHEDULER, "reportingInstance": f"{SCHEDULER}-{_CONTROL_PLANE}"}
    verdict = {"reason": "Scheduled", "type": "Normal", "action": "Binding"}
    if node is None:
        verdict = {"reason": "FailedScheduling", "type": "Warning", "action": "Scheduling"}
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    suffix = f"{time.time_ns():x}"
    await _create(state, pod, {**verdict, **reporter, "message": message, "source": {}, "eventTime": moment}, suffix)


async def _create(state: ClusterState, item: Object, told: Object, suffix: str) -> str | None:
    metadata = item["metadata"]
    namespace = metadata.get("namespace", "default")
    reference = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": metadata["name"]}
    reference |= {key: metadata[key] for key in ("namespace", "uid", "resourceVersion") if key in metadata}
    body = {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": f"{metadata['name']}.{suffix}", "namespace": namespace},
        "involvedObject": reference,
        **told,
    }
    try:
        return str((await state.client.create(EVENTS, body, namespace))["metadata"]["name"])
    except ApiError:
        return None


class Series:
    """The events that one component leaves on one object again and again: each is one object with a count.

    https://github.com/kubernetes/client-go/blob/master/tools/record/events_cache.go

    Args:
        state: the cluster.
        component: who says it.
    """

    def __init__(self, state: ClusterState, component: str) -> None:
        self._state = state
        self._component = component
        self._told: dict[tuple[str, str], tuple[str, int]] = {}

    async def record(
        self, item: Object, reason: str, message: str, kind: Literal["Normal", "Warning"] = "Normal"
    ) -> None:
        """Leave an event, or count it once more."""
        name, count = self._told.get((reason, message), ("", 0))
        if not name or not await self._count(item, name, count + 1):
            name = await record(self._state, item, reason, message, component=self._component, kind=kind) or ""
            count = 0
        self._told[reason, message] = (name, count + 1)

    async def _count(self, item: Object, name: str, count: int) -> bool:
        patch = {"count": count, "lastTimestamp": timestamp()}
        try:
            await self._state.client.patch(EVENTS, name, patch, item["metadata"].get("namespace", "default"))
        except ApiError:
            return False
        return True
