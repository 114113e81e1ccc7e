"""What runs in a cluster, by its own words: nodes, pods that wait, and warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.symptoms import (
    TERMINATING,
    NodeState,
    WaitingPod,
    WarningEvent,
    read_nodes,
    read_waiting_pods,
    read_warnings,
)
from gke_clusters.reports.diagnosis import Advice, Cell, Part, Table, Tone

_MOST_NODES: Final = 50
_MOST_PODS: Final = 50
_MOST_EVENTS: Final = 30

# Events live for an hour; a cluster in distress makes thousands, and they come in no order.
_EVENT_PAGES: Final = 4
_EVENTS_PER_PAGE: Final = 500

_NEW_SECONDS: Final = 600.0
# An autoscaler makes a node in a minute or two.
_PLACED_SECONDS: Final = 180.0

_UNPLACED: Final = "Unschedulable"
_ORDINARY: Final = frozenset({"Pending", "ContainerCreating", "PodInitializing", TERMINATING})
_UNSCHEDULABLE: Final = (
    "No node has room for them, or they may not run on those that have. If the message says Insufficient cpu or memory:"
    " ask for less, or add nodes (macros Resize node pool and Add node pool). If it says taint, node affinity or"
    " selector: no pool fits what they ask for. An autoscaled pool needs some minutes, and a stockout or a quota may"
    " keep it from growing."
)
# https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests
_UNSCHEDULABLE_ON_AUTOPILOT: Final = (
    "Google makes a node for what a pod asks for, within some minutes. If none comes: the pod asks for more than"
    " Autopilot gives to one, its node selector is none that Autopilot takes, or a stockout or a quota of Compute"
    " Engine keeps the node away. kubectl describe pod POD --namespace NAMESPACE"
)
_IMAGE: Final = (
    "The node cannot pull the image. Check that it is in the repository (macro Push base images), that the service"
    " account of the nodes has roles/artifactregistry.reader there, and that private nodes reach the registry: they"
    " cannot pull from Docker Hub without Cloud NAT."
)
_CRASH: Final = "A container ends again and again. Read why: kubectl logs POD --namespace NAMESPACE --previous"
_CONFIGURATION: Final = "What the pod refers to is missing or wrong: kubectl describe pod POD --namespace NAMESPACE"
_LONG: Final = "It takes unusually long to begin: kubectl describe pod POD --namespace NAMESPACE"
_GATED: Final = (
    "A queue, such as Kueue, holds it back until its turn, and takes the gate away itself: kubectl get pod POD"
    " --namespace NAMESPACE -o jsonpath={.spec.schedulingGates}"
)
_LEAVING: Final = (
    "Its node does not answer, or a finalizer holds it: kubectl get pod POD --namespace NAMESPACE -o yaml. If its node"
    " is gone: kubectl delete pod POD --namespace NAMESPACE --force --grace-period 0"
)
_REMEDIES: Final = {
    _UNPLACED: _UNSCHEDULABLE,
    "SchedulingGated": _GATED,
    TERMINATING: _LEAVING,
    "ImagePullBackOff": _IMAGE,
    "ErrImagePull": _IMAGE,
    "InvalidImageName": _IMAGE,
    "CrashLoopBackOff": _CRASH,
}


def nodes_of(api: KubernetesApi) -> tuple[NodeState, ...]:
    """Ask for the nodes."""
    return read_nodes(_items(api, "/api/v1/nodes"))


def pods_of(api: KubernetesApi) -> tuple[WaitingPod, ...]:
    """Ask for the pods that wait for something."""
    return read_waiting_pods(_items(api, "/api/v1/pods"))


def warnings_of(api: KubernetesApi) -> tuple[WarningEvent, ...]:
    """Ask for recent warnings, up to some thousand."""
    found: list[Mapping[str, Any]] = []
    query: dict[str, str | int] = {"fieldSelector": "type=Warning", "limit": _EVENTS_PER_PAGE}
    for _ in range(_EVENT_PAGES):
        try:
            page = api.call("GET", "/api/v1/events", query=query)
        except CallError as error:
            raise error.for_administrator(api.endpoint) from None
        found.extend(page.get("items") or ())
        token = (page.get("metadata") or {}).get("continue")
        if not token:
            break
        query["continue"] = token
    return read_warnings(found)


def nodes_part(nodes: Sequence[NodeState], *, autopilot: bool) -> Part:
    """Show how the nodes are.

    Args:
        nodes: All of them.
        autopilot: Whether they are Google's to repair.
    """
    title = "Nodes"
    if not nodes:
        words = "There is no node. Pods wait until one comes up."
        remedy = "Give a node pool nodes (macro Resize node pool), unless autoscaling is to bring the first one."
        if autopilot:
            return Part(title, Tone.INFO, words)
        return Part(title, Tone.WARNING, words, advice=(Advice(Tone.WARNING, words, remedy),))
    unwell = [node for node in nodes if not node.is_well]
    unready = [node for node in nodes if not node.ready]
    summary = f"{len(nodes) - len(unready)} of {len(nodes)} are ready."
    if autopilot:
        summary += " They are Google's, who repairs them."
    facts = tuple(_pool_facts(nodes))
    if not unwell:
        return Part(title, Tone.GOOD, summary, facts)
    tone = Tone.BAD if len(unready) == len(nodes) else Tone.WARNING
    rows = tuple(
        (node.name, node.pool, Cell(", ".join(complaints(node)), tone), node.message)
        for node in sorted(unwell, key=lambda node: node.ready)
    )
    advice = tuple(node_advice(unwell, tone)) if not autopilot else ()
    table = Table(("Node", "Node pool", "State", "What it says"), rows[:_MOST_NODES], max(0, len(rows) - _MOST_NODES))
    return Part(title, tone, summary, facts, table, advice)


def _pool_facts(nodes: Sequence[NodeState]) -> list[tuple[str, str]]:
    total = Counter(node.pool for node in nodes)
    ready = Counter(node.pool for node in nodes if node.ready)
    return [(pool or "no node pool", f"{ready[pool]} of {total[pool]} ready") for pool in sorted(total)]


def complaints(node: NodeState) -> list[str]:
    """Say in a few words each what is the matter with a node."""
    said = [] if node.ready else ["not ready"]
    return [*said, *(["cordoned"] if node.cordoned else []), *node.pressures]


def node_advice(unwell: Sequence[NodeState], tone: Tone) -> list[Advice]:
    """Say what is the matter with nodes, and what to do.

    Args:
        unwell: Those that are not well.
        tone: How bad it is that some are not ready.
    """
    unready = [node.name for node in unwell if not node.ready]
    cordoned = [node.name for node in unwell if node.cordoned]
    pressed = [node.name for node in unwell if node.pressures]
    found = []
    if unready:
        found.append(
            Advice(
                tone,
                f"{_some(unready, 'node')} not ready.",
                "GKE repairs a node that stays so for ten minutes, if auto-repair is on; deleting its VM makes it anew"
                " at once. Recent events may say why.",
            )
        )
    if cordoned:
        found.append(
            Advice(
                Tone.WARNING,
                f"{_some(cordoned, 'node')} cordoned: nothing new is scheduled there.",
                f"That is so during an upgrade or a deletion of the pool; otherwise: kubectl uncordon {cordoned[0]}",
            )
        )
    if pressed:
        found.append(
            Advice(
                Tone.WARNING,
                f"{_some(pressed, 'node')} short of memory, disk or processes.",
                "Pods are evicted there. Use larger machines or boot disks, or give containers limits.",
            )
        )
    return found


def pods_part(pods: Sequence[WaitingPod], now: datetime, *, autopilot: bool) -> Part:
    """Show which pods wait, and for what.

    Args:
        pods: Those that wait, the longest first.
        now: The time, with its zone.
        autopilot: Whether Google makes the nodes for them.
    """
    title = "Pods that wait"
    pods = [pod for pod in pods if pod.reason != TERMINATING or _is_stuck(pod, now)]
    if not pods:
        return Part(title, Tone.GOOD, "No pod waits for anything.")
    stuck = [pod for pod in pods if _is_stuck(pod, now)]
    # Of one that is new it is told why it waits, without alarm: a node may be on its way.
    unplaced = [pod for pod in pods if pod.reason == _UNPLACED and not _is_stuck(pod, now)]
    remedies = _REMEDIES | ({_UNPLACED: _UNSCHEDULABLE_ON_AUTOPILOT} if autopilot else {})
    advice = [*_pod_advice(stuck, remedies, Tone.WARNING), *_pod_advice(unplaced, remedies, Tone.INFO)]
    tone = Tone.WARNING if stuck else Tone.INFO
    rows = tuple(
        (
            f"{pod.namespace}/{pod.name}",
            Cell(pod.reason, Tone.WARNING if _is_stuck(pod, now) else Tone.INFO),
            pod.created,
            str(pod.restarts),
            pod.message,
        )
        for pod in pods
    )
    table = Table(
        ("Pod", "Reason", "Since", "Restarts", "What is said"), rows[:_MOST_PODS], max(0, len(rows) - _MOST_PODS)
    )
    return Part(title, tone, f"{len(pods)} wait, {len(stuck)} of them not as usual.", (), table, tuple(advice))


def _is_stuck(pod: WaitingPod, now: datetime) -> bool:
    if pod.reason == _UNPLACED:
        return _age_seconds(pod, now) > _PLACED_SECONDS
    return pod.reason not in _ORDINARY or _age_seconds(pod, now) > _NEW_SECONDS


def _pod_advice(pods: Sequence[WaitingPod], remedies: Mapping[str, str], tone: Tone) -> Iterator[Advice]:
    for reason, number in Counter(pod.reason for pod in pods).most_common():
        first = next(pod for pod in pods if pod.reason == reason)
        remedy = remedies.get(reason) or (_LONG if reason in _ORDINARY else _CONFIGURATION)
        words = f"{number} pod{'s' if number > 1 else ''}: {reason}. {first.message}".strip()
        yield Advice(tone, words, remedy.replace("POD", first.name).replace("NAMESPACE", first.namespace))


def events_part(events: Sequence[WarningEvent]) -> Part:
    """Show the newest warnings."""
    title = "Recent warnings"
    if not events:
        return Part(title, Tone.GOOD, "The cluster remembers no warning; it does so for an hour.")
    rows = tuple((each.last, each.about, each.reason, str(each.count), each.message) for each in events)
    table = Table(
        ("Last seen", "About", "Reason", "Times", "Message"), rows[:_MOST_EVENTS], max(0, len(rows) - _MOST_EVENTS)
    )
    return Part(title, Tone.INFO, f"{len(events)} of the last hour, the newest first.", (), table)


def _items(api: KubernetesApi, path: str) -> tuple[Mapping[str, Any], ...]:
    try:
        return api.items(path)
    except CallError as error:
        failure: GkeClustersError = error.for_administrator(api.endpoint)
        raise failure from None


def _age_seconds(pod: WaitingPod, now: datetime) -> float:
    try:
        return (now - datetime.fromisoformat(pod.created.replace("Z", "+00:00"))).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _some(names: Sequence[str], noun: str) -> str:
    if len(names) == 1:
        return f"The {noun} {names[0]} is"
    return f"{len(names)} {noun}s are"
