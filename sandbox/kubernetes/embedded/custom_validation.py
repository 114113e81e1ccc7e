"""What a custom resource's OpenAPI schema refuses: types, bounds, patterns, missing fields.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.kubernetes.embedded.statuses import Cause, required, unsupported_value

Schema = Mapping[str, Any]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_Rule = tuple[str, Callable[[Any, Any], bool]]
_BOUNDS: Mapping[str, _Rule] = {
    "minimum": ("should be greater than or equal to", lambda value, bound: value >= bound),
    "maximum": ("should be less than or equal to", lambda value, bound: value <= bound),
}
_LENGTHS: Mapping[str, _Rule] = {
    "minLength": ("should be at least {} chars long", lambda size, bound: size >= bound),
    "maxLength": ("may not be longer than {}", lambda size, bound: size <= bound),
    "minItems": ("should have at least {} items", lambda size, bound: size >= bound),
    "maxItems": ("must have at most {} items", lambda size, bound: size <= bound),
}


def schema_causes(schema: Schema, value: Any, path: str = "") -> list[Cause]:
    """Return everything in a value that its schema refuses."""
    if value is None and schema.get("nullable"):
        return []
    kind = str(schema.get("type"))
    if kind in _TYPES and not _is(value, kind):
        told = _type_of(value)
        return [_invalid(path, told, f'{path} in body must be of type {kind}: "{told}"')]
    causes = _plain_causes(schema, value, path)
    if isinstance(value, dict):
        causes += [required(_join(path, name)) for name in schema.get("required") or () if name not in value]
        properties = schema.get("properties") or {}
        others = schema.get("additionalProperties")
        for name, below in value.items():
            inner = properties.get(name) or (others if isinstance(others, Mapping) else None)
            if isinstance(inner, Mapping) and not (name == "metadata" and not path):
                causes += schema_causes(inner, below, _join(path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for place, below in enumerate(value):
            causes += schema_causes(schema["items"], below, f"{path}[{place}]")
    return causes


def _plain_causes(schema: Schema, value: Any, path: str) -> list[Cause]:
    causes = []
    if "enum" in schema and value not in schema["enum"]:
        causes.append(unsupported_value(path, value, [str(one) for one in schema["enum"]]))
    if isinstance(value, int | float) and not isinstance(value, bool):
        for name, (words, holds) in _BOUNDS.items():
            if name in schema and not holds(value, schema[name]):
                causes.append(_invalid(path, value, f"{path} in body {words} {schema[name]}"))
    if isinstance(value, str | list):
        for name, (words, holds) in _LENGTHS.items():
            if (
                name in schema
                and name.endswith("Items") is isinstance(value, list)
                and not holds(len(value), schema[name])
            ):
                causes.append(_invalid(path, value, f"{path} in body {words.format(schema[name])}"))
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        causes.append(_invalid(path, value, f"{path} in body should match '{schema['pattern']}'"))
    return causes


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _type_of(value: Any) -> str:
    return next(
        (kind for kind in ("boolean", "integer", "number", "string", "array", "object") if _is(value, kind)), "null"
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _invalid(path: str, value: Any, detail: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {json.dumps(value)}: {detail}", path)
