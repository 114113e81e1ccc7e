"""CustomResourceDefinitions: accepting their names, serving their resources, and withdrawing them.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from collections.abc import Mapping
from typing import Any

from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.deletion import Deletion, Outcome
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.registry import Registry
from sandbox.kubernetes.embedded.store import Object

DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")


def follow(registry: Registry, resource: ResourceType, item: Object) -> None:
    """Serve what a definition that was just written describes."""
    if resource.key != DEFINITIONS or item["metadata"].get("deletionTimestamp"):
        return
    registry.catalogue.serve(served_by(item))
    if not (item.get("status") or {}).get("acceptedNames"):
        registry.store.put(DEFINITIONS, {**item, "status": _status(item)})


def forget(registry: Registry, resource: ResourceType, outcome: Outcome) -> None:
    """Withdraw the resources of a definition that was just deleted, with all their objects."""
    if resource.key != DEFINITIONS or not outcome.gone:
        return
    spec = outcome.item["spec"]
    for one in served_by(outcome.item):
        for item in registry.store.items(one.key):
            metadata = item["metadata"]
            bare = {**item, "metadata": {**metadata, "finalizers": []}}
            registry.store.put(one.key, bare)
            registry.delete(one, metadata.get("namespace", ""), metadata["name"], Deletion())
    registry.catalogue.withdraw(spec["group"], spec["names"]["plural"])


def served_by(definition: Object) -> list[ResourceType]:
    """Return the resources that a definition describes, one for each served version."""
    spec = definition["spec"]
    called: Mapping[str, Any] = spec["names"]
    resources = []
    for version in spec.get("versions") or []:
        if not version.get("served"):
            continue
        below: dict[str, tuple[str, ...]] = {}
        for name in ("status", "scale"):
            if name in (version.get("subresources") or {}):
                below[name] = ("get", "patch", "update")
        resources.append(
            ResourceType(
                group=spec["group"],
                version=version["name"],
                plural=called["plural"],
                kind=called["kind"],
                namespaced=spec.get("scope") == "Namespaced",
                singular=called.get("singular") or called["kind"].lower(),
                short_names=tuple(called.get("shortNames") or ()),
                categories=tuple(called.get("categories") or ()),
                subresources=below,
                schema=(version.get("schema") or {}).get("openAPIV3Schema"),
                columns=tuple(version.get("additionalPrinterColumns") or ()),
            )
        )
    return resources


def _status(definition: Object) -> Object:
    spec = definition["spec"]
    now = names.now()
    return {
        "conditions": [
            {
                "type": "NamesAccepted",
                "status": "True",
                "lastTransitionTime": now,
                "reason": "NoConflicts",
                "message": "no conflicts found",
            },
            {
                "type": "Established",
                "status": "True",
                "lastTransitionTime": now,
                "reason": "InitialNamesAccepted",
                "message": "the initial names have been accepted",
            },
        ],
        "acceptedNames": dict(spec["names"]),
        "storedVersions": [one["name"] for one in spec.get("versions") or [] if one.get("storage")],
    }
