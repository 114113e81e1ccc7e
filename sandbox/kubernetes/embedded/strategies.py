"""What each way to an object may change of it, and how a write that meets nothing is refused."""

from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.statuses import StatusError, bad_request, conflict, not_found
from sandbox.kubernetes.embedded.store import Object


def wish(resource: ResourceType, item: Object) -> Object:
    """Return the part of an object whose changes `metadata.generation` counts."""
    wish = {name: value for name, value in item.items() if name not in {"metadata", "status"}}
    if resource.key == ("apps", "deployments"):
        wish["annotations"] = item["metadata"].get("annotations")
    return wish


def restricted(resource: ResourceType, item: Object, before: Object, subresource: str) -> Object:
    """Return the object with what this path may not change taken from before."""
    if subresource == "status":
        metadata = {**before["metadata"]}
        for name in ("managedFields", "labels", "annotations", "finalizers"):
            if name in item["metadata"] and (name == "managedFields" or not resource.custom):
                metadata[name] = item["metadata"][name]
        changed = {**before, "metadata": metadata}
        changed.pop("status", None)
        return {**changed, **({"status": item["status"]} if "status" in item else {})}
    if subresource == "finalize":
        return {**before, "spec": item.get("spec") or {}}
    if subresource == "ephemeralcontainers":
        spec = {**before["spec"], "ephemeralContainers": (item.get("spec") or {}).get("ephemeralContainers") or []}
        return {**before, "spec": spec}
    if "status" in resource.subresources:
        item.pop("status", None)
        if "status" in before:
            item["status"] = before["status"]
    if resource.key == ("", "namespaces"):
        item["spec"] = before.get("spec") or {}
    return item


def other_name(stated: str, name: str) -> StatusError:
    """Return 400 for a body that names another object than the path."""
    return bad_request(f"the name of the object ({stated}) does not match the name on the URL ({name})")


def vanished(resource: ResourceType, namespace: str, name: str, item: Object) -> StatusError:
    """Return the refusal to replace an object that is not there: 404, or 409 when the body means a certain one."""
    uid = item["metadata"].get("uid")
    if not uid:
        return not_found(resource.group, resource.plural, name)
    key = "/".join(part for part in ("/registry", resource.plural, namespace, name) if part)
    return conflict(
        resource.group,
        resource.plural,
        name,
        f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {uid}, UID in object meta: ",
    )
