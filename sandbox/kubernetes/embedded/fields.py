"""Which fields an object has, and which manager owns which: the sets behind `metadata.managedFields`.

https://github.com/kubernetes-sigs/structured-merge-diff and
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.embedded.schemas import Node
from sandbox.kubernetes.embedded.store import Object

Path = tuple[str, ...]
_NOT_OWNED = {"apiVersion", "kind"}
_NOT_OWNED_METADATA = {
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "resourceVersion",
    "generation",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generateName",
}
_ITEM = object()


def leaves(node: Node, item: Object) -> dict[Path, Any]:
    """Return the fields of an object that a manager can own, each with its value."""
    found: dict[Path, Any] = {}
    _walk(node, {name: value for name, value in item.items() if name not in _NOT_OWNED}, (), found)
    return {
        path: value
        for path, value in found.items()
        if not (path[0] == "f:metadata" and (len(path) == 1 or path[1][2:] in _NOT_OWNED_METADATA))
    }


def _walk(node: Node, value: Any, path: Path, found: dict[Path, Any]) -> None:
    if isinstance(value, dict) and value and not node.atomic and (node.kind in {"object", "map"} or not path):
        for name, below in value.items():
            _walk(node.child(name), below, (*path, f"f:{name}"), found)
    elif isinstance(value, list) and node.kind == "list" and node.keys and node.items is not None:
        for one in value:
            place = (*path, item_key(node, one))
            found[place] = _ITEM
            for name, below in one.items():
                _walk(node.items.child(name), below, (*place, f"f:{name}"), found)
    elif isinstance(value, list) and node.is_set:
        for one in value:
            member = (*path, f"v:{json.dumps(one)}")
            found[member] = one
    else:
        found[path] = value


def item_key(node: Node, item: Any) -> str:
    """Return the path element of a list item, such as `k:{"name":"web"}`."""
    defaults = {"protocol": "TCP"}
    values = {name: item.get(name, defaults.get(name)) for name in sorted(node.keys)}
    return "k:" + json.dumps(
        {name: value for name, value in values.items() if value is not None}, separators=(",", ":")
    )


def told(path: Path) -> str:
    """Return a path as conflicts name it: `.spec.containers[name="web"].image`."""
    text = ""
    for part in path:
        if part.startswith("f:"):
            text += f".{part[2:]}"
        elif part.startswith("k:"):
            keys = json.loads(part[2:])
            text += "[" + ",".join(f"{name}={json.dumps(value)}" for name, value in keys.items()) + "]"
        else:
            text += f"[={part[2:]}]"
    return text


@dataclass(frozen=True)
class Ownership:
    """What one manager owns through one operation.

    Attributes:
        manager: the manager's name.
        operation: `Apply` or `Update`.
        api_version: the version it wrote in.
        subresource: through which subresource.
        paths: the fields owned.
        time: when it changed last.
    """

    manager: str
    operation: str
    api_version: str
    subresource: str
    paths: frozenset[Path]
    time: str

    def same_hand(self, manager: str, operation: str, subresource: str) -> bool:
        """Tell whether these are the entries of that manager, operation and subresource."""
        return (self.manager, self.operation, self.subresource) == (manager, operation, subresource)

    def as_json(self) -> Object:
        """Return the entry of `managedFields`."""
        entry: Object = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": _nested(self.paths),
        }
        if self.subresource:
            entry["subresource"] = self.subresource
        return entry


def owners(item: Mapping[str, Any]) -> list[Ownership]:
    """Read `metadata.managedFields`; entries that name no manager are left out."""
    return [
        Ownership(
            manager=entry["manager"],
            operation=entry.get("operation", "Update"),
            api_version=entry.get("apiVersion", ""),
            subresource=entry.get("subresource", ""),
            paths=frozenset(_paths(entry.get("fieldsV1") or {}, ())),
            time=entry.get("time", ""),
        )
        for entry in item["metadata"].get("managedFields") or []
        if entry.get("manager")
    ]


def _nested(paths: frozenset[Path]) -> Object:
    tree: Object = {}
    for path in sorted(paths):
        at = tree
        for part in path:
            at = at.setdefault(part, {})
    for path in paths:
        at = tree
        for part in path:
            at = at[part]
        if at:
            at["."] = {}
    return _sorted(tree)


def _sorted(tree: Object) -> Object:
    return {name: _sorted(tree[name]) for name in sorted(tree)}


def _paths(tree: Mapping[str, Any], above: Path) -> list[Path]:
    found = []
    for name, below in tree.items():
        if name == ".":
            found.append(above)
        elif below:
            found += _paths(below, (*above, name))
        else:
            found.append((*above, name))
    return found
