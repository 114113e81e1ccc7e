"""The patch types that change an object: JSON patch, merge patch and Kubernetes' strategic merge patch.

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from typing import Any

import jsonpatch
import jsonpointer

from sandbox.copies import copied
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.schemas import ANY, Node, root
from sandbox.kubernetes.embedded.statuses import StatusError, bad_request
from sandbox.kubernetes.embedded.store import Object

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_DELETE_VALUES = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def patched(resource: ResourceType, item: Object, patch: Any, patch_type: str) -> Object:
    """Return a patched copy of an object.

    Raises:
        StatusError: the patch is malformed, does not fit the object, or is of a type the resource does not take.
    """
    if patch_type == JSON_PATCH:
        return _json_patched(item, patch)
    if not isinstance(patch, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    if patch_type == MERGE_PATCH:
        merged = merge(item, patch)
    elif patch_type == STRATEGIC_PATCH and not resource.custom:
        merged = strategic_merge(root(resource), copied(item), patch)
    else:
        accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
        if not resource.custom:
            accepted.insert(2, STRATEGIC_PATCH)
        raise StatusError(
            415,
            "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted),
        )
    assert isinstance(merged, dict)  # noqa: S101 - two mappings merge into one
    return merged


def _json_patched(item: Object, patch: Any) -> Object:
    try:
        result = jsonpatch.apply_patch(copied(item), patch)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, AttributeError) as failure:
        raise StatusError(
            422, "the server rejected our request due to an error in our request", reason="Invalid", details={}
        ) from failure
    if not isinstance(result, dict):
        raise bad_request("the patch leaves no object")
    return result


def merge(value: Any, patch: Any) -> Any:
    """Return a value after a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return copied(patch)
    merged = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), change)
    return merged


def strategic_merge(node: Node, value: Object, patch: Object) -> Object:
    """Merge a patch into the caller's own copy of an object and return the result."""
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return {name: change for name, change in patch.items() if name != _DIRECTIVE}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise bad_request(f"Unknown patch type found: {directive}")
    if isinstance(patch.get(_RETAIN), list):
        value = {name: kept for name, kept in value.items() if name in patch[_RETAIN]}
    lists = {name: list(present) for name, present in value.items() if isinstance(present, list)}
    for name, gone in patch.items():
        if name.startswith(_DELETE_VALUES):
            field = name[len(_DELETE_VALUES) :]
            value[field] = [one for one in value.get(field) or [] if one not in gone]
    for name, change in patch.items():
        if change is None:
            value.pop(name, None)
        elif not name.startswith("$"):
            value[name] = _merged_field(node.child(name), value.get(name), change)
    for name, order in patch.items():
        field = name[len(_ORDER) :]
        if name.startswith(_ORDER) and field in value:
            value[field] = _ordered(node.child(field), value[field], order, lists.get(field, []))
    return value


def _merged_field(node: Node, present: Any, change: Any) -> Any:
    if isinstance(change, dict):
        return strategic_merge(node, present if isinstance(present, dict) else {}, change)
    return _merged_list(node, present or [], change) if isinstance(change, list) else change


def _merged_list(node: Node, values: list[Any], patch: list[Any]) -> list[Any]:
    if node.is_set:
        return _ordered(node, [*values, *(one for one in patch if one not in values)], patch, values)
    if not node.merge_key:
        return [_without_directives(one) for one in patch]
    key, items = node.merge_key, node.items or ANY
    if any(isinstance(one, dict) and one.get(_DIRECTIVE) == "replace" for one in patch):
        return [one for one in patch if one.get(_DIRECTIVE) != "replace"]
    merged = list(values)
    for change in patch:
        if not isinstance(change, dict) or key not in change:
            raise bad_request(f"map: {change} does not contain declared merge key: {key}")
        place = next((at for at, one in enumerate(merged) if one.get(key) == change[key]), None)
        if change.get(_DIRECTIVE) == "delete":
            merged = [one for one in merged if one.get(key) != change[key]]
        elif place is None:
            merged.append(strategic_merge(items, {}, change))
        else:
            merged[place] = strategic_merge(items, merged[place], change)
    return _ordered(node, merged, patch, values)


def _without_directives(value: Any) -> Any:
    return strategic_merge(ANY, {}, value) if isinstance(value, dict) else value


def _ordered(node: Node, values: list[Any], order: list[Any], original: list[Any]) -> list[Any]:
    """Bring a list into the patch's order; items that the patch does not know keep their place before known ones."""

    def identity(one: Any) -> Any:
        return one.get(node.merge_key) if isinstance(one, dict) else one

    wanted, was = [identity(one) for one in order], [identity(one) for one in original]
    known = sorted((one for one in values if identity(one) in wanted), key=lambda one: wanted.index(identity(one)))
    others = [one for one in values if identity(one) not in wanted]
    merged: list[Any] = []
    while known and others:
        first, second = identity(others[0]), identity(known[0])
        before = first in was and second in was and was.index(first) < was.index(second)
        merged.append((others if before else known).pop(0))
    return [*merged, *known, *others]
