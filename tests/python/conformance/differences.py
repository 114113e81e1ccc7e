"""Where a real but older server answers otherwise, and why; everything else must agree."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.python.conformance.normalising import disagreements


@dataclass(frozen=True)
class Difference:
    """One known difference.

    Attributes:
        step: glob over `<story>: <kubectl arguments>` or `<story>: <METHOD> <path>`.
        reason: why the servers may differ.
        make_alike: rewrites both answers so that they can be compared; None leaves only the exit code or status.
    """

    step: str
    reason: str
    make_alike: Callable[[Any], Any] | None = None


def _without(*fields: str) -> Callable[[Any], Any]:
    """Return what removes these fields wherever they are."""

    def remove(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: remove(item) for key, item in value.items() if key not in fields}
        if isinstance(value, list):
            return [remove(item) for item in value]
        return value

    return remove


def _replacing(pattern: str, stands_for: str) -> Callable[[Any], Any]:
    """Return what rewrites every text in a value."""
    compiled = re.compile(pattern)

    def rewrite(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rewrite(item) for key, item in value.items()}
        if isinstance(value, list):
            return [rewrite(item) for item in value]
        return compiled.sub(stands_for, value) if isinstance(value, str) else value

    return rewrite


def _namespaces_without_label(value: Any) -> Any:
    """Remove the label, and with it labels that hold nothing else."""
    if isinstance(value, dict):
        kept = {key: _namespaces_without_label(item) for key, item in value.items()}
        label = "kubernetes.io/metadata.name"
        if isinstance(kept.get("labels"), dict) and label in kept["labels"]:
            kept["labels"] = {key: item for key, item in kept["labels"].items() if key != label}
            kept = {key: item for key, item in kept.items() if key != "labels" or item}
        return kept
    return [_namespaces_without_label(item) for item in value] if isinstance(value, list) else value


def _newer_verbs(value: Any) -> Any:
    services, eviction = value["services"], value["pods/eviction"]
    kept = [verb for verb in services["verbs"] if verb != "deletecollection"]
    return {**value, "services": {**services, "verbs": kept}, "pods/eviction": {**eviction, "version": "v1"}}


def _sorted_items(value: Any) -> Any:
    return {**value, "items": sorted(value["items"], key=lambda item: str(item["metadata"]["name"]))}


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "services: *",
        "fields that Services got after 1.20: https://kubernetes.io/docs/concepts/services-networking/service/",
        _without("allocateLoadBalancerNodePorts", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy"),
    ),
    Difference(
        "workloads: get daemonset agent -o json",
        "maxSurge came with 1.21: https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
        _without("maxSurge"),
    ),
    Difference(
        "workloads: get pvc",
        "the column came with volume attributes classes: "
        "https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/",
        _replacing(r" VOLUMEATTRIBUTESCLASS| <unset>", ""),
    ),
    Difference(
        "workloads: get statefulset db -o json",
        "fields that StatefulSets got after 1.20: "
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
        _without("persistentVolumeClaimRetentionPolicy", "availableReplicas"),
    ),
    Difference(
        "discovery: get priorityclasses",
        "newer servers print one column more",
        _replacing(r" (PREEMPTIONPOLICY|PreemptLowerPriority)", ""),
    ),
    Difference(
        "discovery: GET /api/v1",
        "evictions of policy/v1 came with 1.22, the deletion of several services with 1.23",
        _newer_verbs,
    ),
    Difference(
        "*: GET *",
        "what a column of a table means is documentation, which every version words anew",
        _without("description"),
    ),
    Difference(
        "*",
        "namespaces carry their name as a label since 1.21: "
        "https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name",
        _namespaces_without_label,
    ),
    Difference(
        "lists: GET *resourceVersion=0*",
        "what the watch cache answers to resourceVersion=0 has no order in 1.20",
        _sorted_items,
    ),
    Difference(
        "discovery: *",
        "singularName is told since 1.27: https://github.com/kubernetes/kubernetes/pull/113542",
        _without("singularName"),
    ),
    Difference(
        "*",
        "a rejected value is shown as JSON by Kubernetes 1.34, and in Go's syntax before",
        _replacing(
            r"Invalid value: (\"\[.*?\]\"|\{.*?\}|map\[.*?\}|v\d\.\w+\{.*?\)\}|\[\]string\{.*?\}): ",
            "Invalid value: <value>: ",
        ),
    ),
)


def differences_for(step: str) -> list[Difference]:
    """Return the known differences of a step."""
    return [one for one in DIFFERENCES if fnmatch.fnmatchcase(step, one.step)]


def compared(step: str, embedded: Any, real: Any) -> list[str]:
    """Return what two normalised answers to a step disagree on, the known differences left out."""
    known = [one.make_alike for one in differences_for(step)]
    for make_alike in known:
        if make_alike is None:
            return []
        embedded, real = make_alike(embedded), make_alike(real)
    lines = disagreements(embedded, real)
    return [step, *(f"  {line}" for line in lines)] if lines else []
