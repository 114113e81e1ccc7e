"""Which nodes pods run on, as DSS keeps it for containers and for Spark: put there, and taken away again. Pure.

What an administrator wrote beside it stays: other labels, other tolerations, the rest of a template. Comments in text
that has to be changed are lost. Documentation: https://doc.dataiku.com/dss/latest/containers/setup-k8s.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gke_clusters.errors import DssRefused

Document = dict[str, Any]

POOL_LABEL: Final = "cloud.google.com/gke-nodepool"
"""GKE's own label of each node: https://cloud.google.com/kubernetes-engine/docs/concepts/node-pools"""

# https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties
_SPARK_SELECTOR: Final = "spark.kubernetes.node.selector."


@dataclass(frozen=True)
class PodPlacement:
    """On which nodes pods run; on any, where it is empty.

    Attributes:
        node_selector: labels that a node must have.
        tolerations: taints that pods bear, each as Kubernetes spells a toleration.
    """

    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, str], ...] = ()


def place_containers(pods: Document, placement: PodPlacement) -> None:
    """Put a placement in place of the one that was put before: YAML that begins with the field's name, as DSS has it.

    Raises:
        DssRefused: what is there is no YAML of that kind.
    """
    if placement == PodPlacement() and POOL_LABEL not in str(pods.get("nodeSelector", "")):
        return
    labels = _read_field(pods.get("nodeSelector"), "nodeSelector", "node selector", Mapping) or {}
    borne = _read_field(pods.get("tolerations"), "tolerations", "tolerations", list) or []
    selector = {**{key: value for key, value in labels.items() if key != POOL_LABEL}, **placement.node_selector}
    tolerations = _tolerations(borne, placement, labels.get(POOL_LABEL))
    if selector != labels or "nodeSelector" not in pods:
        pods["nodeSelector"] = yaml.safe_dump({"nodeSelector": selector}) if selector else ""
    if tolerations != borne or "tolerations" not in pods:
        pods["tolerations"] = yaml.safe_dump({"tolerations": tolerations}, sort_keys=False) if tolerations else ""


def place_spark(config: Document, kubernetes: Document, placement: PodPlacement) -> None:
    """Put a placement in place of the one before: Spark has properties for labels; tolerations need a pod's template.

    Args:
        config: the Spark configuration.
        kubernetes: its part about Kubernetes.
        placement: the nodes.

    Raises:
        DssRefused: the template that is there cannot be read.
    """
    selector = {f"{_SPARK_SELECTOR}{key}": value for key, value in placement.node_selector.items()}
    ours = {*selector, f"{_SPARK_SELECTOR}{POOL_LABEL}"}
    before = config.get("conf", [])
    former = next((each.get("value") for each in before if each.get("key") == f"{_SPARK_SELECTOR}{POOL_LABEL}"), None)
    if placement == PodPlacement() and former is None:
        return
    config["conf"] = [each for each in before if each.get("key") not in ours] + [
        {"key": key, "value": value, "isFinal": False, "secret": False} for key, value in selector.items()
    ]
    _tolerate_in_template(kubernetes, placement, former)


def _tolerate_in_template(kubernetes: Document, placement: PodPlacement, former: str | None) -> None:
    text = kubernetes.get("executorPodTemplate")
    if not text and not placement.tolerations:
        return
    what = "executor pod template"
    template = _read(text, what) or {"apiVersion": "v1", "kind": "Pod"}
    spec = _of_kind(template.get("spec"), what, Mapping) or {}
    borne = _of_kind(spec.get("tolerations"), what, list) or []
    tolerations = _tolerations(borne, placement, former)
    if tolerations == borne:
        return
    spec = {key: value for key, value in spec.items() if key != "tolerations"}
    if tolerations:
        spec["tolerations"] = tolerations
    says_more = spec or template.keys() - {"apiVersion", "kind", "spec"}
    kubernetes["executorPodTemplate"] = yaml.safe_dump({**template, "spec": spec}, sort_keys=False) if says_more else ""


def _tolerations(borne: list[Document], placement: PodPlacement, former: str | None) -> list[Document]:
    """The tolerations that are not of the placement before, then those of the new one.

    Nothing marks them as such: where pods were placed on another pool, or on this one and now on any, those that are
    spelled as a placement spells them are taken for its own.
    """
    new = [dict(one) for one in placement.tolerations]
    moves = former is not None and former != placement.node_selector.get(POOL_LABEL)
    kept = [one for one in borne if not (moves and one.get("operator") == "Equal")]
    return kept + [one for one in new if one not in kept]


def _read_field(text: str | None, field_name: str, what: str, kind: type) -> Any:
    """Read YAML that begins with the name of the field, and has nothing else."""
    read = _read(text, what)
    if read.keys() - {field_name}:
        raise _unreadable(what)
    return _of_kind(read.get(field_name), what, kind)


def _of_kind(value: Any, what: str, kind: type) -> Any:
    """Return a value that is nothing, a mapping, or a list of mappings, as is asked for."""
    items = value if isinstance(value, list) else []
    if not isinstance(value, kind | None) or not all(isinstance(item, Mapping) for item in items):
        raise _unreadable(what)
    return value


def _read(text: str | None, what: str) -> Document:
    try:
        read = yaml.safe_load(text or "")
    except yaml.YAMLError:
        raise _unreadable(what) from None
    if not isinstance(read, Mapping | None):
        raise _unreadable(what)
    return dict(read or {})


def _unreadable(what: str) -> DssRefused:
    return DssRefused(
        f"The {what} of the configuration cannot be read as YAML of that kind; nothing was changed.",
        resource="general settings",
        remedy="Correct it on DSS's own screens, or choose another name for the configurations.",
    )
