"""What `kubectl get pods` says of a pod: ready containers, its state in a word, restarts.

https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go (printPod)
"""

from typing import Any

from sandbox.kubernetes.embedded import durations
from sandbox.kubernetes.embedded.store import Object


def _statuses(item: Object, field: str = "containerStatuses") -> list[Object]:
    return list((item.get("status") or {}).get(field) or [])


def pod_ready(item: Object) -> str:
    """Return `1/2`: ready containers of all."""
    ready = sum(1 for one in _statuses(item) if one.get("ready"))
    return f"{ready}/{len(item['spec'].get('containers') or [])}"


def pod_restarts(item: Object) -> str:
    """Return the number of restarts, and how long ago the last one was."""
    statuses = [*_statuses(item, "initContainerStatuses"), *_statuses(item)]
    restarts = sum(one.get("restartCount", 0) for one in statuses)
    ends = [_ended(one.get("lastState") or {}) for one in statuses]
    last = max((one for one in ends if one), default=None)
    return f"{restarts} ({durations.age(last)} ago)" if restarts and last else str(restarts)


def _ended(state: Object) -> str | None:
    found = (state.get("terminated") or {}).get("finishedAt")
    return str(found) if found else None


def pod_status(item: Object) -> str:
    """Return the pod's state in a word, the most telling one."""
    status = item.get("status") or {}
    reason = str(status.get("reason") or status.get("phase") or "Unknown")
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    starting = _initialising(item)
    reason = starting if starting is not None else _running(item, reason)
    if item["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            return "Unknown"
        if status.get("phase") not in {"Succeeded", "Failed"}:
            return "Terminating"
    return reason


def _initialising(item: Object) -> str | None:
    total = len(item["spec"].get("initContainers") or [])
    for place, one in enumerate(_statuses(item, "initContainerStatuses")):
        state: dict[str, Any] = one.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if terminated is not None:
            if terminated.get("exitCode") == 0:
                continue
            return "Init:" + (terminated.get("reason") or f"ExitCode:{terminated.get('exitCode')}")
        if waiting and waiting.get("reason") not in {None, "", "PodInitializing"}:
            return f"Init:{waiting['reason']}"
        return f"Init:{place}/{total}"
    return None


def _running(item: Object, reason: str) -> str:
    running = False
    for one in reversed(_statuses(item)):
        state: dict[str, Any] = one.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = terminated.get("reason") or f"ExitCode:{terminated.get('exitCode')}"
        elif one.get("ready") and "running" in state:
            running = True
    if reason == "Completed" and running:
        return "Running"
    return reason
