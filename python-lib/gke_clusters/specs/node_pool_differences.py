"""Whether a node pool that is there is the one that is asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.cloud import container_v1
from google.protobuf import json_format

from gke_clusters.settings.descriptors import parameter_set_descriptor

# What GKE adds by itself to what was asked for.
_GKES_OWN_KEYS: Final = ("cloud.google.com/", "nvidia.com/", "kubernetes.io/", "goog-")
_DEFAULT_ACCOUNT: Final = "default"
_PRESET: Final = "node-pool-request"


def differences(wanted: container_v1.NodePool, there: Mapping[str, Any]) -> tuple[str, ...]:
    """Say how a node pool differs from the one that is asked for, field by field.

    What the request leaves to GKE is no difference, whatever it is, and neither is what GKE adds; how the pool was
    created (best effort or not) is none afterwards.

    Args:
        wanted: The pool as it would be created.
        there: GKE's JSON of the pool that is there.

    Returns:
        A sentence for each, by the label of the preset; none where it is the same.
    """
    form = parameter_set_descriptor(_PRESET)
    return tuple(
        f"{form.label_of(name)}: {_words(found)}, asked for {_words(asked)}"
        for name, asked, found in _pairs(json_format.MessageToDict(container_v1.NodePool.pb(wanted)), there)
        if asked != found
    )


def _pairs(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    asked, found = _mapping(wanted.get("config")), _mapping(there.get("config"))
    for name, field in (("machineType", "machineType"), ("diskType", "diskType"), ("diskSizeGb", "diskSizeGb")):
        if asked.get(field):
            yield name, asked[field], found.get(field)
    yield "useSpotVms", bool(asked.get("spot")), bool(found.get("spot"))
    yield "serviceAccount", _account(asked), _account(found)
    yield "accessScopes", sorted(asked.get("oauthScopes", ())), sorted(found.get("oauthScopes", ()))
    yield "networkTags", sorted(asked.get("tags", ())), sorted(found.get("tags", ()))
    yield "nodepoolLabels", asked.get("labels", {}), _without_gkes(found.get("labels", {}), asked.get("labels", {}))
    taints = _taints(asked)
    yield "nodepoolTaints", taints, [each for each in _taints(found) if each in taints or not _is_gkes(each)]
    # The cluster's own labels may have changed since, so only those that are asked for count.
    labels = asked.get("resourceLabels", {})
    yield "nodepoolGCPLabels", labels, {key: _mapping(found.get("resourceLabels")).get(key) for key in labels}
    # Some machine types have GPUs built in.
    if asked.get("accelerators"):
        yield "gpuType", _accelerators(asked), _accelerators(found)
    yield "numNodesAutoscaling", _limits(wanted), _limits(there)
    if not _limits(wanted) and not _limits(there):
        yield "numNodes", int(wanted.get("initialNodeCount", 0)), int(there.get("initialNodeCount", 0))


def _account(config: Mapping[str, Any]) -> str:
    return str(config.get("serviceAccount") or _DEFAULT_ACCOUNT)


def _without_gkes(found: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key in asked or not _is_gkes(key)}


def _is_gkes(key: str) -> bool:
    return key.startswith(_GKES_OWN_KEYS)


def _taints(config: Mapping[str, Any]) -> list[str]:
    taints = config.get("taints", ())
    return sorted(f"{taint.get('key', '')}={taint.get('value', '')}:{taint.get('effect', '')}" for taint in taints)


def _accelerators(config: Mapping[str, Any]) -> list[str]:
    accelerators = config.get("accelerators", ())
    return sorted(f"{each.get('acceleratorCount', 0)} × {each.get('acceleratorType', '')}" for each in accelerators)


def _limits(pool: Mapping[str, Any]) -> str:
    autoscaling = _mapping(pool.get("autoscaling"))
    if not autoscaling.get("enabled"):
        return ""
    if autoscaling.get("totalMaxNodeCount"):
        return f"{autoscaling.get('totalMinNodeCount', 0)} to {autoscaling['totalMaxNodeCount']} in total"
    return f"{autoscaling.get('minNodeCount', 0)} to {autoscaling.get('maxNodeCount', 0)} in each zone"


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={text}" for key, text in sorted(value.items())) or "none"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value) if value not in ("", None) else "none"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
