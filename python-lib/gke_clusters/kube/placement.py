"""Which nodes a pod may run on: selectors, affinity, taints and GPUs. Pure; whether there is room is not judged.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ and
https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_GPU: Final = "nvidia.com/gpu"
# What is put on a node that is cordoned, new, in trouble or about to go says nothing on whether the pool suits a pod.
# https://kubernetes.io/docs/reference/labels-annotations-taints/ and
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/utils/taints/taints.go
_PASSING_TAINTS: Final = frozenset(
    {
        *(
            f"node.kubernetes.io/{state}"
            for state in (
                "not-ready",
                "unreachable",
                "unschedulable",
                "memory-pressure",
                "disk-pressure",
                "pid-pressure",
                "network-unavailable",
                "out-of-service",
            )
        ),
        "node.cloudprovider.kubernetes.io/uninitialized",
        "node.cloudprovider.kubernetes.io/shutdown",
        "ToBeDeletedByClusterAutoscaler",
        "DeletionCandidateOfClusterAutoscaler",
    }
)
_KEEPS_AWAY: Final = frozenset({"NoSchedule", "NoExecute"})


@dataclass(frozen=True)
class Place:
    """A node, or what a node of a pool would be like.

    Attributes:
        name: name of the node; empty for one that is not there yet.
        labels: its labels.
        taints: each with ``key``, ``value`` and ``effect`` as Kubernetes writes it.
        gpus: NVIDIA GPUs of it.
    """

    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, Any], ...] = ()
    gpus: int = 0


def place_of_node(node: Mapping[str, Any]) -> Place:
    """What the API server says of a node, as a place for pods.

    Args:
        node: its JSON.
    """
    taints = _mapping(node.get("spec")).get("taints") or ()
    return Place(
        name=str(_mapping(node.get("metadata")).get("name", "")),
        labels=_mapping(_mapping(node.get("metadata")).get("labels")),
        taints=tuple(taint for taint in taints if taint.get("key") not in _PASSING_TAINTS),
        gpus=_number(_mapping(_mapping(node.get("status")).get("allocatable")).get(_GPU)),
    )


def may_run_on(pod: Mapping[str, Any], place: Place) -> bool:
    """Whether a pod may run on a node of that kind.

    Args:
        pod: its JSON.
        place: the node.
    """
    spec = _mapping(pod.get("spec"))
    selector = _mapping(spec.get("nodeSelector"))
    return (
        all(place.labels.get(key) == value for key, value in selector.items())
        and _suits_affinity(spec, place)
        and all(_tolerates(spec, taint) for taint in place.taints if taint.get("effect") in _KEEPS_AWAY)
        and _gpus(spec) <= place.gpus
    )


def _suits_affinity(spec: Mapping[str, Any], place: Place) -> bool:
    affinity = _mapping(_mapping(spec.get("affinity")).get("nodeAffinity"))
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not required:
        return True
    # One of the terms, each with all of its expressions.
    return any(_suits_term(term, place) for term in required.get("nodeSelectorTerms") or ())


def _suits_term(term: Mapping[str, Any], place: Place) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(_holds(each, place.labels) for each in expressions) and all(
        _holds(each, {"metadata.name": place.name}) for each in fields
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    holds = _OPERATORS.get(str(expression.get("operator")))
    values = [str(value) for value in expression.get("values") or ()]
    return holds is not None and holds(labels.get(str(expression.get("key"))), values)


_OPERATORS: Final[Mapping[str, Callable[[str | None, list[str]], bool]]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
    "Gt": lambda value, values: _in_order(values[0] if values else None, value),
    "Lt": lambda value, values: _in_order(value, values[0] if values else None),
}


def _tolerates(spec: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    return any(_covers(toleration, taint) for toleration in spec.get("tolerations") or ())


def _covers(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    same_value = (toleration.get("value") or "") == (taint.get("value") or "")
    return toleration.get("key") == taint.get("key") and same_value


def _gpus(spec: Mapping[str, Any]) -> int:
    # A GPU is asked for by its limit: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
    containers: Sequence[Mapping[str, Any]] = spec.get("containers") or ()
    return sum(_number(_mapping(_mapping(each.get("resources")).get("limits")).get(_GPU)) for each in containers)


def _in_order(smaller: object, greater: object) -> bool:
    """Whether one number is below another; where either is none, nothing holds of it."""
    return _is_number(smaller) and _is_number(greater) and int(str(smaller)) < int(str(greater))


def _number(value: object) -> int:
    return int(str(value)) if _is_number(value) else 0


def _is_number(value: object) -> bool:
    return str(value).isdecimal()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
