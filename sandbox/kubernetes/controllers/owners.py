"""Owner references, pods made from templates, and what controllers say of their pods. Pure functions.

https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.kubernetes.client import Object, Resource

_READY = "Ready"


def owner_reference(resource: Resource, owner: Object) -> Object:
    """Return the reference that makes an object the controlling owner of another."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(item: Object) -> Object | None:
    """Return the reference to the object that controls this one."""
    for reference in item["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: Object = reference
            return found
    return None


def controlled_by(items: Iterable[Object], owner: Object) -> list[Object]:
    """Return the objects that this very owner controls."""
    uid = owner["metadata"]["uid"]
    return [item for item in items if (controller_of(item) or {}).get("uid") == uid]


def is_going(item: Object) -> bool:
    """Tell whether an object is being deleted."""
    return "deletionTimestamp" in item["metadata"]


def is_active(pod: Object) -> bool:
    """Tell whether a pod counts: neither finished nor being deleted."""
    return not is_going(pod) and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def is_ready(pod: Object) -> bool:
    """Tell whether a pod is ready."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(one["type"] == _READY and one["status"] == "True" for one in conditions)


def pod_from(template: Object, owner_resource: Resource, owner: Object, **metadata: Any) -> Object:
    """Return the pod that a controller makes.

    Args:
        template: the pod template.
        owner_resource: the controller's resource.
        owner: the controller object.
        **metadata: what the pod's metadata has besides, such as `name`, `generateName` or more `labels`.
    """
    told = template.get("metadata") or {}
    labels = {**(told.get("labels") or {}), **metadata.pop("labels", {})}
    own: Object = {
        "namespace": owner["metadata"]["namespace"],
        "labels": labels,
        "ownerReferences": [owner_reference(owner_resource, owner)],
        **metadata,
    }
    if told.get("annotations"):
        own["annotations"] = told["annotations"]
    return {"metadata": own, "spec": json.loads(json.dumps(template["spec"]))}


def template_hash(template: Object) -> str:
    """Return ten characters that stand for a template, in the alphabet that Kubernetes uses in names."""
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in digest[:10])


def status_change(item: Object, wanted: Mapping[str, Any]) -> Object | None:
    """Return the merge patch that gives an object this status, or None when it has it.

    A value of None or 0 stands for an absent field, except in `replicas`, which is always told.
    """
    known = item.get("status") or {}
    change = {}
    for name, value in wanted.items():
        told = value if value or name in ("replicas", "observedGeneration") else None
        if known.get(name) != told:
            change[name] = told
    return {"status": change} if change else None
