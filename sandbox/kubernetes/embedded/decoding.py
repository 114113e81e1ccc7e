"""From a request's body to an object: types checked, unknown fields found and dropped, quantities made canonical."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sandbox.kubernetes import quantities
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.schemas import Node, root
from sandbox.kubernetes.embedded.statuses import StatusError, bad_request
from sandbox.kubernetes.embedded.store import Object

_GO_TYPES = {
    "string": "string",
    "quantity": "resource.Quantity",
    "time": "v1.Time",
    "integer": "int32",
    "number": "float64",
    "boolean": "bool",
    "bytes": "[]uint8",
}
_EXPECTED: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "time": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "bytes": (str,),
    "quantity": (str, int, float),
    "int-or-string": (int, str),
}


@dataclass
class _Finding:
    unknown: list[str] = field(default_factory=list)


class _TypeMismatchError(Exception):
    """A value of another JSON type than its field."""


def decode(resource: ResourceType, body: object) -> tuple[Object, list[str]]:
    """Return the object that a body stands for, and the paths of its unknown fields, which are dropped.

    Raises:
        StatusError: the body is no such object.
    """
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized (must be of type " + resource.kind + ")")
    kind, api_version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
    if kind != resource.kind or api_version != resource.api_version:
        raise bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version "
            f"({resource.api_version})"
            if kind == resource.kind
            else f'{kind} in version "{api_version.rpartition("/")[2]}" cannot be handled as a {resource.kind}: '
            f"converting ({api_version.rpartition('/')[2]}.{kind}) to ({_internal(resource)}.{resource.kind}): unknown "
            "conversion"
        )
    metadata = body.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise _cannot_handle(
            resource,
            f"json: cannot unmarshal {_json_type(metadata)} into Go struct field "
            f"{resource.kind}.metadata of type v1.ObjectMeta",
        )
    finding = _Finding()
    try:
        decoded = _value(root(resource), body, "", resource.kind, finding, custom=resource.custom)
    except _TypeMismatchError as mismatch:
        raise _cannot_handle(resource, str(mismatch)) from None
    return {"apiVersion": api_version, "kind": kind, "metadata": {}} | decoded, finding.unknown


def _internal(resource: ResourceType) -> str:
    return resource.group.partition(".")[0] or "core"


def refuse_unknown(resource: ResourceType, unknown: list[str]) -> StatusError:
    """Return the 400 by which strict field validation refuses unknown fields."""
    told = ", ".join(f'unknown field "{path}"' for path in unknown)
    if resource.custom:
        return bad_request(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
            f"strict decoding error: {told}"
        )
    return _cannot_handle(resource, f"strict decoding error: {told}")


def _cannot_handle(resource: ResourceType, why: str) -> StatusError:
    return bad_request(f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}')


def _value(node: Node, value: Any, path: str, owner: str, finding: _Finding, *, custom: bool) -> Any:
    if value is None or node.kind == "any":
        return value
    if node.kind in {"object", "map"}:
        return _mapping(node, value, path, owner, finding, custom=custom)
    if node.kind == "list":
        if not isinstance(value, list):
            if custom:
                return value
            raise _mismatch(value, path, owner, f"[]{node.items.name if node.items else ''}")
        items = node.items
        assert items is not None  # noqa: S101 - a list node always tells its items
        return [
            _value(items, one, f"{path}[{place}]", owner, finding, custom=custom) for place, one in enumerate(value)
        ]
    return _plain(node, value, path, owner, custom=custom)


def _mapping(node: Node, value: Any, path: str, owner: str, finding: _Finding, *, custom: bool) -> Any:
    if not isinstance(value, dict):
        if custom:
            return value
        wanted = f"map[string]{node.items.kind}" if node.kind == "map" and node.items else f"v1.{node.name}"
        raise _mismatch(value, path, owner, wanted)
    found = {}
    known = node.fields
    for name, below in value.items():
        inner = f"{path}.{name}" if path else name
        if node.kind == "object" and name not in known:
            if node.keeps_unknown:
                found[name] = below
            else:
                finding.unknown.append(inner)
            continue
        decoded = _value(node.child(name), below, inner, node.name or owner, finding, custom=custom)
        if decoded is None or (not custom and decoded in ([], {}) and _dropped_when_empty(node, name)):
            continue
        found[name] = decoded
    return found


def _dropped_when_empty(node: Node, name: str) -> bool:
    below = node.fields.get(name)
    return below is not None and not below.required and below.node.kind in {"list", "map"}


def _plain(node: Node, value: Any, path: str, owner: str, *, custom: bool) -> Any:
    if custom:
        # The schema's own check tells type mistakes of custom resources, all at once.
        return value
    if custom:
        # The schema's own check tells type mistakes of custom resources, all at once.
        return value
    expected = _EXPECTED[node.kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and node.kind != "boolean"):
        raise _mismatch(value, path, owner, _GO_TYPES.get(node.kind, node.kind))
    if node.kind == "quantity":
        try:
            return quantities.canonical(str(value))
        except quantities.NotAQuantityError:
            raise _TypeMismatchError(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            ) from None
    if node.kind == "time":
        return _time(str(value))
    return value


def _time(value: str) -> str:
    """Check a time, and bring whole seconds to the form that the API uses; micro times are kept as they are."""
    try:
        dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise _TypeMismatchError(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse') from None
    return value


def _mismatch(value: Any, path: str, owner: str, wanted: str) -> _TypeMismatchError:
    plain = "".join(part.partition("]")[2] if place else part for place, part in enumerate(path.split("[")))
    return _TypeMismatchError(
        f"json: cannot unmarshal {_json_type(value)} into Go struct field {owner}.{plain} of type {wanted}"
    )


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
