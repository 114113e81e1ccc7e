"""Who owns a field after a write, and server-side apply: merging, removing, and refusing what belongs to others.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from sandbox.copies import copied
from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.fields import Ownership, Path, item_key, leaves, owners, told
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.schemas import ANY, Node, root
from sandbox.kubernetes.embedded.statuses import Cause, apply_conflict
from sandbox.kubernetes.embedded.store import Object


def track_update(resource: ResourceType, after: Object, before: Object | None, manager: str, subresource: str) -> None:
    """Write into the caller's own copy who owns what after a write that is not an apply."""
    node = root(resource)
    now, then = leaves(node, after), leaves(node, before) if before else {}
    changed = frozenset(path for path, value in now.items() if path not in then or then[path] != value)
    known = owners(after)
    mine = [one.paths for one in known if one.same_hand(manager, "Update", subresource)]
    if before is not None and not changed and then.keys() == now.keys():
        return
    entries = []
    for one in known:
        if not one.same_hand(manager, "Update", subresource):
            paths = frozenset(path for path in one.paths - changed if path in now)
            entries.append(dataclasses.replace(one, paths=paths))
    owned = changed | frozenset(path for paths in mine for path in paths if path in now)
    stamp = names.now() if changed or not mine else next(one.time for one in known if one.paths in mine)
    entries.append(Ownership(manager, "Update", resource.api_version, subresource, owned, stamp))
    _write(after, entries)


def applied(
    resource: ResourceType, live: Object | None, config: Object, manager: str, subresource: str, *, force: bool
) -> Object:
    """Return the object after a server-side apply of a configuration.

    Raises:
        StatusError: the configuration changes fields that other managers own, and `force` is off.
    """
    node = root(resource)
    wanted = leaves(node, config)
    known = owners(live) if live else []
    others = [one for one in known if not one.same_hand(manager, "Apply", subresource)]
    if live is not None:
        now = leaves(node, live)
        conflicts = [
            (one, [path for path in sorted(one.paths) if path in wanted and now.get(path) != wanted[path]])
            for one in others
        ]
        conflicts = [(one, paths) for one, paths in conflicts if paths]
        if conflicts and not force:
            raise _conflict(conflicts)
        lost = {path for _, paths in conflicts for path in paths}
        others = [dataclasses.replace(one, paths=frozenset(one.paths - lost)) for one in others]
    before = next((one for one in known if one.same_hand(manager, "Apply", subresource)), None)
    base = copied(live) if live is not None else {}
    gone = (before.paths if before else frozenset()) - wanted.keys()
    for path in sorted(gone - {path for one in others for path in one.paths}, key=len):
        if not any(other[: len(path)] == path for one in others for other in one.paths):
            _remove(node, base, path)
    merged: Object = _merged(node, base, config)
    paths = frozenset(wanted)
    unchanged = before is not None and before.paths == paths and _content(merged) == _content(live)
    time = before.time if before is not None and unchanged else names.now()
    entry = Ownership(manager, "Apply", resource.api_version, subresource, paths, time)
    _write(merged, [entry, *others])
    return merged


def _content(item: Object | None) -> Object:
    if item is None:
        return {}
    metadata = {name: value for name, value in item["metadata"].items() if name != "managedFields"}
    return {**item, "metadata": metadata}


def _conflict(conflicts: list[tuple[Ownership, list[Path]]]) -> Exception:
    causes = []
    lines = []
    for owner, paths in conflicts:
        who = f'"{owner.manager}"'
        if owner.subresource:
            who += f' with subresource "{owner.subresource}"'
        if owner.operation == "Update":
            who += f" using {owner.api_version}"
        causes += [Cause("FieldManagerConflict", f"conflict with {who}", told(path)) for path in paths]
        if len(paths) == 1:
            lines.append(f"conflict with {who}: {told(paths[0])}")
        else:
            lines.append(f"conflicts with {who}:\n" + "\n".join(f"- {told(path)}" for path in paths))
    word = "conflict" if len(causes) == 1 else "conflicts"
    return apply_conflict(f"Apply failed with {len(causes)} {word}: " + "\n".join(lines), causes)


def _merged(node: Node, value: Any, config: Any) -> Any:
    if isinstance(config, dict) and isinstance(value, dict) and not node.atomic and node.kind in {"object", "map"}:
        merged = dict(value)
        for name, below in config.items():
            merged[name] = _merged(node.child(name), value.get(name), below)
        return merged
    if isinstance(config, list) and isinstance(value, list) and node.kind == "list":
        if node.keys:
            return _merged_items(node, value, config)
        if node.is_set:
            return [*config, *(one for one in value if one not in config)]
    return copied(config)


def _merged_items(node: Node, values: list[Any], config: list[Any]) -> list[Any]:
    items = node.items or ANY
    wanted: Mapping[str, Any] = {item_key(node, one): one for one in config}
    merged = []
    for one in values:
        key = item_key(node, one)
        merged.append(_merged(items, one, wanted[key]) if key in wanted else one)
    present = {item_key(node, one) for one in values}
    return [*merged, *(copied(one) for key, one in wanted.items() if key not in present)]


def _remove(node: Node, value: Any, path: Path) -> None:
    part, rest = path[0], path[1:]
    if isinstance(value, dict) and part.startswith("f:"):
        name = part[2:]
        if not rest:
            value.pop(name, None)
        elif name in value:
            _remove(node.child(name), value[name], rest)
    elif isinstance(value, list) and part.startswith("k:"):
        for one in list(value):
            if item_key(node, one) == part:
                if not rest:
                    value.remove(one)
                elif rest[0][2:] not in node.keys:
                    _remove(node.items or ANY, one, rest)
    elif isinstance(value, list) and part.startswith("v:"):
        gone = json.loads(part[2:])
        value[:] = [one for one in value if one != gone]


def _write(item: Object, entries: list[Ownership]) -> None:
    ordered = sorted(entries, key=lambda one: (one.operation, one.time, one.manager, one.api_version, one.subresource))
    item["metadata"] = {**item["metadata"], "managedFields": [one.as_json() for one in ordered if one.paths]}
