"""Where a pod fits, and why it does not: the scheduler's rules and wordings. Pure functions.

Wordings: https://github.com/kubernetes/kubernetes/tree/master/pkg/scheduler/framework/plugins
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.quantities import parse

# What a container that names no request counts as for spreading is not modelled; what counts is what is asked for.
_ONE_POD = Decimal(1)
_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


@dataclass
class NodeRoom:
    """A node and what its pods have taken.

    Attributes:
        node: the Node.
        taken: requests of its pods, by resource; `pods` counts them.
    """

    node: Object
    taken: dict[str, Decimal] = field(default_factory=dict)

    def lacking(self, wanted: Mapping[str, Decimal]) -> list[str]:
        """Return the resources that are too short, in the scheduler's order."""
        allocatable = self.node["status"].get("allocatable") or {}
        return [
            name
            for name, amount in wanted.items()
            if amount > 0 and self.taken.get(name, Decimal(0)) + amount > parse(str(allocatable.get(name, "0")))
        ]


@dataclass(frozen=True)
class Verdict:
    """Where a pod goes.

    Attributes:
        node: the node's name, or None when none fits.
        message: why none fits, as the scheduler says it.
    """

    node: str | None
    message: str = ""


def requests_of(pod: Object) -> dict[str, Decimal]:
    """Return what a pod asks for: the sum of its containers, or the largest init container where that is more.

    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    spec = pod["spec"]
    total: dict[str, Decimal] = {"pods": _ONE_POD}
    for container in spec.get("containers") or ():
        for name, amount in _requested(container).items():
            total[name] = total.get(name, Decimal(0)) + amount
    for container in spec.get("initContainers") or ():
        for name, amount in _requested(container).items():
            total[name] = max(total.get(name, Decimal(0)), amount)
    for name, text in (spec.get("overhead") or {}).items():
        total[name] = total.get(name, Decimal(0)) + parse(str(text))
    return total


def place(pod: Object, candidates: Sequence[NodeRoom]) -> Verdict:
    """Choose the emptiest node that takes the pod."""
    if not candidates:
        return Verdict(None, "no nodes available to schedule pods")
    wanted = requests_of(pod)
    fitting: list[NodeRoom] = []
    reasons: Counter[str] = Counter()
    helpless = 0
    for room in candidates:
        if reason := refusal(pod, room.node):
            reasons[reason] += 1
            helpless += 1
        elif lacking := room.lacking(wanted):
            reasons.update(map(insufficient, lacking))
        else:
            fitting.append(room)
    if fitting:
        return Verdict(min(fitting, key=fullness).node["metadata"]["name"])
    return Verdict(None, _message(len(candidates), reasons, helpless))


def insufficient(resource: str) -> str:
    """Return how the scheduler says that a node has too little of something."""
    return "Too many pods" if resource == "pods" else f"Insufficient {resource}"


def accepts(node: Object, pod: Object) -> bool:
    """Tell whether a node takes a pod, its room left aside."""
    return refusal(pod, node) is None


def _message(total: int, reasons: Mapping[str, int], helpless: int) -> str:
    told = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    preemption = []
    if total - helpless:
        preemption.append(f"{total - helpless} No preemption victims found for incoming pod")
    if helpless:
        preemption.append(f"{helpless} Preemption is not helpful for scheduling")
    return f"0/{total} nodes are available: {told}. preemption: 0/{total} nodes are available: {', '.join(preemption)}."


def refusal(pod: Object, node: Object) -> str | None:
    """Return why a node does not take the pod whatever its room."""
    spec = pod["spec"]
    tolerations = spec.get("tolerations") or []
    if node["spec"].get("unschedulable") and not _tolerated(_UNSCHEDULABLE, tolerations):
        return "node(s) were unschedulable"
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] in ("NoSchedule", "NoExecute") and not _tolerated(taint, tolerations):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if not _selected(spec, node):
        return "node(s) didn't match Pod's node affinity/selector"
    return None


def _tolerated(taint: Mapping[str, str], tolerations: Iterable[Mapping[str, str]]) -> bool:
    return any(
        toleration.get("effect", taint["effect"]) in ("", taint["effect"])
        and (
            (toleration.get("operator") == "Exists" and toleration.get("key", "") in ("", taint["key"]))
            or (
                toleration.get("operator", "Equal") == "Equal"
                and toleration.get("key") == taint["key"]
                and toleration.get("value", "") == taint.get("value", "")
            )
        )
        for toleration in tolerations
    )


def _selected(spec: Object, node: Object) -> bool:
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(_term_matches(term, node) for term in required.get("nodeSelectorTerms") or ())


def _term_matches(term: Object, node: Object) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    expressions, on_fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    # A term without any condition matches nothing.
    return bool(expressions or on_fields) and (
        all(_expression_matches(one, node["metadata"].get("labels") or {}) for one in expressions)
        and all(_expression_matches(one, fields) for one in on_fields)
    )


def _expression_matches(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    value = labels.get(key)
    operator = expression["operator"]
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    if operator in ("In", "NotIn"):
        return (value in values) is (operator == "In")
    try:
        difference = int(value or "") - int(values[0])
    except (ValueError, IndexError):
        return False
    return difference > 0 if operator == "Gt" else difference < 0


def fullness(room: NodeRoom) -> tuple[Decimal, str]:
    """Return how much of a node is taken, of 2, and its name: what nodes are ordered by."""
    allocatable = room.node["status"].get("allocatable") or {}
    cores = parse(str(allocatable.get("cpu", "1"))) or Decimal(1)
    pods = parse(str(allocatable.get("pods", "1"))) or Decimal(1)
    taken = room.taken.get("cpu", Decimal(0)) / cores + room.taken.get("pods", Decimal(0)) / pods
    return taken, room.node["metadata"]["name"]


def _requested(container: Object) -> dict[str, Decimal]:
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: parse(str(text)) for name, text in asked.items()}
