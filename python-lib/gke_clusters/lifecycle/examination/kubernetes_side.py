"""What the cluster itself says, by the kubeconfig that DSS uses: access, nodes, pods and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.kube.access import AccessReview
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.endpoint_trial import EndpointTrial
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.helper_trial import HelperTrial
from gke_clusters.kube.symptoms import (
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

_SLOW_SECONDS: Final = 3.0
_NEW_SECONDS: Final = 600.0

_ORDINARY: Final = frozenset({"Pending", "ContainerCreating", "PodInitializing"})
_UNSCHEDULABLE: Final = (
    "No node has room for them, or they may not run on those that have. If the message says Insufficient cpu or memory:"
    " ask for less, or add nodes (macros Resize node pool and Add node pool). If it says taint, node affinity or"
    " selector: no pool fits what they ask for. An autoscaled pool needs some minutes, and a stockout or a quota may"
    " keep it from growing."
)
_IMAGE: Final = (
    "The node cannot pull the image. Check that it is in the repository (macro Push base images), that the service"
    " account of the nodes has roles/artifactregistry.reader there, and that private nodes reach the registry: they"
    " cannot pull from Docker Hub without Cloud NAT."
)
_CRASH: Final = "A container ends again and again. Read why: kubectl logs POD --namespace NAMESPACE --previous"
_CONFIGURATION: Final = "What the pod refers to is missing or wrong: kubectl describe pod POD --namespace NAMESPACE"
_LONG: Final = "It takes unusually long to begin: kubectl describe pod POD --namespace NAMESPACE"
_REMEDIES: Final = {
    "Unschedulable": _UNSCHEDULABLE,
    "ImagePullBackOff": _IMAGE,
    "ErrImagePull": _IMAGE,
    "InvalidImageName": _IMAGE,
    "CrashLoopBackOff": _CRASH,
}


def helper_part(trial: HelperTrial, identity: str) -> Part:
    """Show that the credential helper gives a token.

    Args:
        trial: What became of it.
        identity: Whom Google sees by the credentials of the connection; empty if that is not known.
    """
    title = "Credential helper"
    if trial.helper is None:
        return Part(title, Tone.INFO, "The kubeconfig brings credentials of its own and runs no helper.")
    slow = trial.seconds > _SLOW_SECONDS
    facts = (
        ("Command", " ".join((trial.helper.command, *trial.helper.args))),
        ("Credentials", trial.source or "not said"),
        ("Identity of the connection", identity or "not known"),
        ("Time", f"{trial.seconds:.2f} s"),
    )
    advice = Advice(
        Tone.WARNING,
        f"The credential helper took {trial.seconds:.1f} s, and kubectl waits for it.",
        "Check how the DSS host reaches the metadata server and Google's token service (proxy, DNS).",
    )
    return Part(
        title,
        Tone.WARNING if slow else Tone.GOOD,
        f"It gives a token, as kubectl needs it, in {trial.seconds:.2f} s.",
        facts,
        advice=(advice,) if slow else (),
    )


def api_part(version: str, server: str) -> Part:
    """Show that the API server answers at the address that DSS uses."""
    facts = (("Address in the kubeconfig of DSS", server), ("Version", version))
    return Part("Kubernetes API", Tone.GOOD, "It answers at the address that DSS uses.", facts)


def endpoints_part(trials: Sequence[EndpointTrial], server: str) -> Part:
    """Show which endpoints of the control plane answer from here.

    Args:
        trials: One for each kind.
        server: The address that DSS uses.
    """
    rows = tuple(_endpoint(trial, server) for trial in trials)
    answering = [trial for trial in trials if trial.answers]
    used = [trial for trial in trials if trial.server and trial.server == server]
    advice: list[Advice] = []
    tone = Tone.GOOD if answering else Tone.BAD
    if server and not used:
        tone = Tone.WARNING
        advice.append(
            Advice(
                tone,
                f"DSS uses {server}, which is not an endpoint of the cluster (any more).",
                "Start or attach the cluster again in DSS: that writes the kubeconfig anew.",
            )
        )
    if answering and not any(trial.answers for trial in used):
        tone = Tone.BAD if used else tone
        kind = "DNS" if answering[0].kind == "dns" else answering[0].kind
        advice.append(
            Advice(
                tone,
                f"The {kind} endpoint answers from here, and the one that DSS uses does not.",
                "Choose it as the control plane endpoint in the form of the cluster, then attach or start it again.",
            )
        )
    dns = next((trial for trial in trials if trial.kind == "dns" and not trial.server), None)
    if dns and dns.failure and not answering:
        what = (
            "No endpoint answers from here. The DNS endpoint, which is off, would need no route to the control plane."
        )
        advice.append(Advice(Tone.INFO, what, dns.failure.remedy))
    kinds = ", ".join("DNS" if trial.kind == "dns" else trial.kind for trial in answering) or "none"
    table = Table(("Endpoint", "Address", "From here", "Time", "DSS uses it", "Why"), rows)
    return Part("Control plane endpoints", tone, f"Answering from the DSS host: {kinds}.", (), table, tuple(advice))


def _endpoint(trial: EndpointTrial, server: str) -> tuple[str | Cell, ...]:
    if not trial.server:
        state = Cell("off", Tone.INFO)
    elif not trial.answers:
        state = Cell("no answer", Tone.WARNING)
    else:
        state = Cell("refuses" if trial.failure else "answers", Tone.WARNING if trial.failure else Tone.GOOD)
    why = ""
    if trial.failure:
        why = " ".join(filter(None, (trial.failure.cause, trial.failure.verbatim if trial.server else "")))
    return (
        "DNS" if trial.kind == "dns" else trial.kind,
        trial.server,
        state,
        f"{trial.seconds * 1000:.0f}\N{NO-BREAK SPACE}ms" if trial.server else "",
        "yes" if trial.server and trial.server == server else "",
        why,
    )


def access_part(review: AccessReview) -> Part:
    """Show what of DSS's needs the identity may not do."""
    title = "Access that DSS needs"
    if not review.missing:
        return Part(title, Tone.GOOD, "The identity may do in the cluster all that DSS needs.")
    tone = Tone.BAD if review.essential_missing else Tone.WARNING
    rows = tuple(
        (each.purpose, Cell(str(each.attributes), Tone.BAD if each.essential else Tone.WARNING), each.permission)
        for each in review.missing
    )
    words = "Containerized execution cannot work" if review.essential_missing else "Some features cannot work"
    what = f"{words}: the identity lacks {len(rows)} of the rights that DSS uses in the cluster."
    table = Table(("What for", "Not allowed", "Permission"), rows)
    return Part(title, tone, what, (), table, (Advice(tone, what, review.remedy),))


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
        (node.name, node.pool, Cell(", ".join(_complaints(node)), tone), node.message)
        for node in sorted(unwell, key=lambda node: node.ready)
    )
    advice = tuple(_node_advice(unwell, tone)) if not autopilot else ()
    table = Table(("Node", "Node pool", "State", "What it says"), rows[:_MOST_NODES], max(0, len(rows) - _MOST_NODES))
    return Part(title, tone, summary, facts, table, advice)


def _pool_facts(nodes: Sequence[NodeState]) -> list[tuple[str, str]]:
    total = Counter(node.pool for node in nodes)
    ready = Counter(node.pool for node in nodes if node.ready)
    return [(pool or "no node pool", f"{ready[pool]} of {total[pool]} ready") for pool in sorted(total)]


def _complaints(node: NodeState) -> list[str]:
    said = [] if node.ready else ["not ready"]
    return [*said, *(["cordoned"] if node.cordoned else []), *node.pressures]


def _node_advice(unwell: Sequence[NodeState], tone: Tone) -> list[Advice]:
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
                " at once. Events below may say why.",
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


def pods_part(pods: Sequence[WaitingPod], now: datetime) -> Part:
    """Show which pods wait, and for what.

    Args:
        pods: Those that wait, the longest first.
        now: The time, with its zone.
    """
    title = "Pods that wait"
    if not pods:
        return Part(title, Tone.GOOD, "No pod waits for anything.")
    stuck = [pod for pod in pods if pod.reason not in _ORDINARY or _age_seconds(pod, now) > _NEW_SECONDS]
    advice = []
    for reason, number in Counter(pod.reason for pod in stuck).most_common():
        first = next(pod for pod in stuck if pod.reason == reason)
        remedy = _REMEDIES.get(reason) or (_LONG if reason in _ORDINARY else _CONFIGURATION)
        words = f"{number} pod{'s' if number > 1 else ''}: {reason}. {first.message}".strip()
        remedy = remedy.replace("POD", first.name).replace("NAMESPACE", first.namespace)
        advice.append(Advice(Tone.WARNING, words, remedy))
    tone = Tone.WARNING if stuck else Tone.INFO
    rows = tuple(
        (
            f"{pod.namespace}/{pod.name}",
            Cell(pod.reason, Tone.INFO if pod.reason in _ORDINARY else Tone.WARNING),
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
