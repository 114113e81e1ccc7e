"""Nested JSON documents: reading, writing and merging by dotted path."""

from typing import Any

from sandbox.copies import copied

Json = dict[str, Any]


def merged(base: Json, over: Json) -> Json:
    """Return `base` with everything that `over` says; objects merge, anything else replaces."""
    result = copied(base)
    for name, value in over.items():
        known = result.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            result[name] = merged(known, value)
        else:
            result[name] = copied(value)
    return result


def get(document: Json, path: str, default: Any = None) -> Any:
    """Return what is at a dotted path, or the default when any part of the path is missing."""
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return default
        value = value[name]
    return value


def put(document: Json, path: str, value: Any) -> None:
    """Set what is at a dotted path, making the objects on the way."""
    *parents, last = path.split(".")
    for name in parents:
        document = document.setdefault(name, {})
    document[last] = value


def drop(document: Json, path: str) -> None:
    """Remove what is at a dotted path, if it is there."""
    *parents, last = path.split(".")
    parent = get(document, ".".join(parents)) if parents else document
    if isinstance(parent, dict):
        parent.pop(last, None)


def fill(document: Json, path: str, value: Any) -> None:
    """Set what is at a dotted path unless something is there already."""
    if get(document, path) is None:
        put(document, path, value)
