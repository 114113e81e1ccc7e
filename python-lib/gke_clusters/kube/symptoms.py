"""What is wrong in a cluster, read out of its nodes, pods and events. Nothing is asked of the API server here.

Only names, states and messages are taken: never the environment of a container, nor annotations, which may hold both.
Messages are what anybody may have written, and go through :func:`gke_clusters.errors.redacted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.errors import redacted

_POOL_LABEL: Final = "cloud.google.com/gke-nodepool"

# https://kubernetes.io/docs/reference/node/node-status/#condition
_PRESSURES: Final = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")

# Reasons of a container that waits which are no fault by themselves.
_ORDINARY: Final = frozenset({"ContainerCreating", "PodInitializing"})
TERMINATING: Final = "Terminating"
"""As kubectl calls a pod that is being deleted."""

_OVER: Final = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class NodeState:
    """A node.

    Attributes:
        name: Its name.
        pool: Its node pool, empty if it tells none.
        version: The kubelet's, such as ``v1.33.5-gke.1080000``.
        ready: Whether its condition Ready is True.
        cordoned: Whether nothing new is scheduled on it.
        pressures: What it lacks, such as ``DiskPressure``.
        message: Why it is not ready, in its own words.
    """

    name: str
    pool: str = ""
    version: str = ""
    ready: bool = True
    cordoned: bool = False
    pressures: tuple[str, ...] = ()
    message: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is to be said of it."""
        return self.ready and not self.cordoned and not self.pressures


@dataclass(frozen=True)
class WaitingPod:
    """A pod that does not run as it should.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        reason: One word, such as ``Unschedulable``, ``ImagePullBackOff`` or ``CrashLoopBackOff``.
        message: The words of the scheduler or of the node.
        created: RFC 3339; of one that is being deleted, until when it was to be gone.
        restarts: How often a container of it was started again.
    """

    namespace: str
    name: str
    reason: str
    message: str
    created: str = ""
    restarts: int = 0


@dataclass(frozen=True)
class WarningEvent:
    """An event of the type Warning.

    Attributes:
        last: When it was seen last, RFC 3339.
        about: Namespace, kind and name of the object.
        reason: One word, such as ``FailedScheduling``.
        message: What it says.
        count: How often it was seen.
    """

    last: str
    about: str
    reason: str
    message: str
    count: int = 1


def read_nodes(items: Iterable[Mapping[str, Any]]) -> tuple[NodeState, ...]:
    """Read nodes out of the items of a list."""
    return tuple(_node(item) for item in items)


def read_waiting_pods(items: Iterable[Mapping[str, Any]]) -> tuple[WaitingPod, ...]:
    """Read the pods that wait for something out of the items of a list, those that wait longest first."""
    return tuple(sorted((pod for item in items for pod in _waiting(item)), key=lambda pod: pod.created))


def read_warnings(items: Iterable[Mapping[str, Any]]) -> tuple[WarningEvent, ...]:
    """Read the warnings out of the items of a list of events, the newest first."""
    found = (_event(item) for item in items if item.get("type") == "Warning")
    return tuple(sorted(found, key=lambda event: event.last, reverse=True))


def _node(item: Mapping[str, Any]) -> NodeState:
    metadata, spec, status = (_mapping(item.get(part)) for part in ("metadata", "spec", "status"))
    conditions = {str(each.get("type")): each for each in _mappings(status.get("conditions"))}
    readiness = conditions.get("Ready", {})
    ready = readiness.get("status") == "True"
    return NodeState(
        name=str(metadata.get("name", "")),
        pool=str(_mapping(metadata.get("labels")).get(_POOL_LABEL, "")),
        version=str(_mapping(status.get("nodeInfo")).get("kubeletVersion", "")),
        ready=ready,
        cordoned=spec.get("unschedulable") is True,
        pressures=tuple(name for name in _PRESSURES if conditions.get(name, {}).get("status") == "True"),
        message="" if ready else redacted(str(readiness.get("message") or "It does not report its state.")),
    )


def _waiting(item: Mapping[str, Any]) -> Iterator[WaitingPod]:
    metadata, status = _mapping(item.get("metadata")), _mapping(item.get("status"))
    leaving = str(metadata.get("deletionTimestamp") or "")
    if status.get("phase") in _OVER and not leaving:
        return
    containers = [
        each for kind in ("initContainerStatuses", "containerStatuses") for each in _mappings(status.get(kind))
    ]
    reason, message = (TERMINATING, "") if leaving else _unscheduled(status) or _stuck(containers) or ("", "")
    if not reason:
        if status.get("phase") != "Pending":
            return
        reason, message = _ordinary(containers)
    yield WaitingPod(
        namespace=str(metadata.get("namespace", "")),
        name=str(metadata.get("name", "")),
        reason=reason,
        message=redacted(message),
        created=leaving or str(metadata.get("creationTimestamp", "")),
        restarts=sum(int(each.get("restartCount") or 0) for each in containers),
    )


def _unscheduled(status: Mapping[str, Any]) -> tuple[str, str] | None:
    for condition in _mappings(status.get("conditions")):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason") or "Unschedulable"), str(condition.get("message") or "")
    return None


def _stuck(containers: Iterable[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return what keeps a container from running, the first one's; None if none is kept."""
    for container in containers:
        waiting = _mapping(_mapping(container.get("state")).get("waiting"))
        reason = str(waiting.get("reason") or "")
        if reason and reason not in _ORDINARY:
            ended = _mapping(_mapping(container.get("lastState")).get("terminated"))
            words = [str(waiting.get("message") or "")]
            if ended:
                words.append(f"It ended before: {ended.get('reason') or 'Error'}, exit code {ended.get('exitCode')}.")
            return reason, " ".join(filter(None, words))
    return None


def _ordinary(containers: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    reasons = (_mapping(_mapping(each.get("state")).get("waiting")).get("reason") for each in containers)
    return next((str(reason) for reason in reasons if reason), "Pending"), ""


def last_time(event: Mapping[str, Any]) -> str:
    """Return when an event was last seen, in RFC 3339; empty if it does not say.

    Two APIs write events, each with times of its own:
    https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
    """
    last = (
        _mapping(event.get("series")).get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or _mapping(event.get("metadata")).get("creationTimestamp")
    )
    return str(last or "")


def _event(item: Mapping[str, Any]) -> WarningEvent:
    about, series = _mapping(item.get("involvedObject")), _mapping(item.get("series"))
    return WarningEvent(
        last=last_time(item),
        about="/".join(filter(None, (str(about.get(part) or "") for part in ("namespace", "kind", "name")))),
        reason=str(item.get("reason") or ""),
        message=redacted(" ".join(str(item.get("message") or "").split())),
        count=int(series.get("count") or item.get("count") or 1),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    for each in value if isinstance(value, list) else ():
        yield _mapping(each)
