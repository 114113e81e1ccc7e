"""The messages of the API as JSON: what a request may say, in which spelling, and how an answer writes it.

The schema is the descriptors of `google.cloud.container_v1`, completed by `newer_fields`. Bodies stay dicts in proto3
JSON (https://protobuf.dev/programming-guides/json/): camelCase names, enums as names, int64 as strings.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from google.cloud import container_v1

from sandbox.gcp.container.newer_fields import NEWER_FIELDS, NEWER_MESSAGES, NewerField
from sandbox.gcp.errors import GoogleError

Json = dict[str, Any]

_INT_BITS = {"int32": 31, "int64": 63}
_WRAPPERS = {
    "google.protobuf.BoolValue": "bool",
    "google.protobuf.Int32Value": "int32",
    "google.protobuf.Int64Value": "int64",
    "google.protobuf.UInt32Value": "int32",
    "google.protobuf.StringValue": "string",
    "google.protobuf.DoubleValue": "double",
    "google.protobuf.Duration": "string",
    "google.protobuf.Timestamp": "string",
}
# google.protobuf.descriptor.FieldDescriptor.TYPE_*
_SCALARS = {1: "double", 2: "double", 3: "int64", 4: "int64", 5: "int32", 8: "bool", 9: "string", 12: "string"}
_SCALARS |= {13: "int32", 17: "int32", 18: "int64"}


@dataclass(frozen=True)
class Field:
    """A field of a message.

    Attributes:
        name: its JSON name.
        proto_name: its snake_case name, as error messages say it.
        kind: `bool`, `int32`, `int64`, `double`, `string`, `enum` or `message`.
        repeated: whether it is a list.
        is_map: whether it is a map; `kind` and `message` are then those of the values.
        echoes_zero: whether a zero value that was set is distinguished from one that was not.
        message: the message's fields.
        enum: number by name.
        enum_name: the full name of the enum.
    """

    name: str
    proto_name: str
    kind: str
    repeated: bool = False
    is_map: bool = False
    echoes_zero: bool = False
    message: "Message | None" = None
    enum: dict[str, int] | None = None
    enum_name: str = ""


@dataclass
class Message:
    """A message type: its fields by JSON name, also found by their proto name."""

    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    by_proto_name: dict[str, Field] = field(default_factory=dict)

    def find(self, name: str) -> Field | None:
        """Return the field of that JSON or proto name."""
        return self.fields.get(name) or self.by_proto_name.get(name)

    def add(self, new: Field) -> None:
        """Add a field."""
        self.fields[new.name] = new
        self.by_proto_name[new.proto_name] = new


def message(name: str) -> Message:
    """Return a message of the API by its short name, such as `Cluster`."""
    return _from_descriptor(getattr(container_v1.types, name).pb().DESCRIPTOR)


@cache
def _from_descriptor(descriptor: Any) -> Message:
    short = descriptor.full_name.removeprefix("google.container.v1.")
    result = Message(short)
    _KNOWN[descriptor.full_name] = result
    for each in descriptor.fields:
        result.add(_field(each))
    for name, newer in NEWER_FIELDS.get(short, {}).items():
        if name not in result.fields:
            result.add(_newer_field(short, name, newer))
    return result


# Messages under construction, because messages may contain themselves.
_KNOWN: dict[str, Message] = {}


def _field(descriptor: Any) -> Field:
    inner = descriptor.message_type
    if inner is not None and inner.GetOptions().map_entry:
        value = _field(inner.fields_by_name["value"])
        return Field(
            descriptor.json_name,
            descriptor.name,
            value.kind,
            is_map=True,
            message=value.message,
            enum=value.enum,
            enum_name=value.enum_name,
        )
    kind, nested, enum, enum_name = "message", None, None, ""
    echoes_zero = bool(descriptor.has_presence)
    if inner is not None:
        kind = _WRAPPERS.get(inner.full_name, "message")
        if kind == "message":
            nested = _KNOWN.get(inner.full_name) or _from_descriptor(inner)
    elif descriptor.enum_type is not None:
        kind = "enum"
        enum = {value.name: value.number for value in descriptor.enum_type.values}
        enum_name = descriptor.enum_type.full_name
    else:
        kind = _SCALARS[descriptor.type]
    return Field(
        descriptor.json_name,
        descriptor.name,
        kind,
        repeated=bool(descriptor.is_repeated),
        echoes_zero=echoes_zero,
        message=nested,
        enum=enum,
        enum_name=enum_name,
    )


def _newer_field(parent: str, name: str, newer: NewerField) -> Field:
    proto_name = re.sub(r"(?=[A-Z])", "_", name).lower()
    if newer.choices:
        numbers = {choice: number for number, choice in enumerate(newer.choices)}
        return Field(name, proto_name, "enum", enum=numbers, enum_name=f"google.container.v1.{parent}.{name}")
    if newer.kind == "map":
        return Field(name, proto_name, "string", is_map=True)
    if newer.kind in NEWER_MESSAGES:
        nested = Message(newer.kind)
        for each, inner in NEWER_MESSAGES[newer.kind].items():
            nested.add(_newer_field(newer.kind, each, inner))
        return Field(name, proto_name, "message", repeated=newer.repeated, echoes_zero=True, message=nested)
    return Field(name, proto_name, newer.kind, repeated=newer.repeated)


def read(name: str, body: object) -> Json:
    """Check a request body against a message and return it in canonical proto3 JSON.

    Numbers of enums become names, snake_case names become camelCase, and zero values vanish unless the field keeps
    track of having been set: exactly what parsing and printing by the real service does.

    Raises:
        GoogleError: 400 with BadRequest details that name every unknown field and every value of a wrong type.
    """
    if not isinstance(body, dict):
        raise _bad_request([("", "Invalid JSON payload received. Unexpected token.\n^")])
    violations: list[tuple[str, str]] = []
    result = _Reader(violations).message(message(name), body, "")
    if violations:
        raise _bad_request(violations)
    return result


def _bad_request(violations: list[tuple[str, str]]) -> GoogleError:
    return GoogleError(
        400,
        "\n".join(text for _, text in violations),
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": path, "description": text} if path else {"description": text} for path, text in violations
                ],
            }
        ],
    )


class _Reader:
    """One pass over a body, collecting what is wrong."""

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        self._violations = violations

    def message(self, schema: Message, body: Json, path: str) -> Json:
        result: Json = {}
        for name, value in body.items():
            known = schema.find(name)
            if known is None:
                where = f" at '{path}'" if path else ""
                self._violations.append(
                    (path, f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.')
                )
                continue
            if value is None:
                continue
            read_value = self._field(known, value, f"{path}.{known.proto_name}" if path else known.proto_name)
            if read_value is not None:
                result[known.name] = read_value
        return result

    def _field(self, known: Field, value: Any, path: str) -> Any:
        if known.is_map:
            if not isinstance(value, dict):
                return self._invalid(path, f"Map field {known.proto_name}", value)
            return {key: self._value(known, item, f"{path}[{key}]") for key, item in value.items()} or None
        if known.repeated:
            if not isinstance(value, list):
                return self._invalid(path, _type_name(known), value)
            return [self._value(known, item, f"{path}[{index}]") for index, item in enumerate(value)] or None
        result = self._value(known, value, path)
        if result in _ZEROS.get(known.kind, ()) or _is_zero_enum(known, result):
            return result if known.echoes_zero else None
        return result

    def _value(self, known: Field, value: Any, path: str) -> Any:
        if known.kind == "message":
            if not isinstance(value, dict) or known.message is None:
                return self._invalid(path, _type_name(known), value)
            return self.message(known.message, value, path)
        converted = _CONVERTERS[known.kind](known, value)
        return self._invalid(path, _type_name(known), value) if converted is None else converted

    def _invalid(self, path: str, wanted: str, value: Any) -> None:
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else value
        self._violations.append((path, f"Invalid value at '{path}' ({wanted}), {shown}"))


_ZEROS: dict[str, tuple[Any, ...]] = {"bool": (False,), "int32": (0,), "int64": ("0",), "string": ("",), "double": (0,)}


def _is_zero_enum(known: Field, value: Any) -> bool:
    return known.kind == "enum" and known.enum is not None and known.enum.get(value) == 0


def _type_name(known: Field) -> str:
    if known.kind == "enum":
        return f"type.googleapis.com/{known.enum_name}"
    if known.kind == "message" and known.message is not None:
        return f"type.googleapis.com/google.container.v1.{known.message.name}"
    return f"TYPE_{known.kind.upper()}"


def _read_bool(_known: Field, value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(value) if _is_text(value) else None


def _read_int(known: Field, value: Any) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value) if not isinstance(value, float) else int(value) if value.is_integer() else None
    except ValueError:
        return None
    if number is None or not -(2 ** _INT_BITS[known.kind]) <= number < 2 ** _INT_BITS[known.kind]:
        return None
    return str(number) if known.kind == "int64" else number


def _read_enum(known: Field, value: Any) -> str | None:
    names = known.enum or {}
    if _is_text(value):
        return value if value in names else None
    if isinstance(value, int) and not isinstance(value, bool):
        return next((name for name, number in names.items() if number == value), None)
    return None


def _read_double(_known: Field, value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read_string(_known: Field, value: Any) -> str | None:
    return value if _is_text(value) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_CONVERTERS: dict[str, Callable[[Field, Any], Any]] = {
    "bool": _read_bool,
    "int32": _read_int,
    "int64": _read_int,
    "double": _read_double,
    "string": _read_string,
    "enum": _read_enum,
}


def with_enum_numbers(name: str, body: Json) -> Json:
    """Return an answer with its enums as numbers, as `$alt=json;enum-encoding=int` asks for."""
    numbered: Json = _renamed(message(name), body, lambda known, value: (known.enum or {}).get(value, value))
    return numbered


def with_enum_names(name: str, body: object) -> Any:
    """Return a body with its enum numbers as names and everything else as it is, whether valid or not."""
    return _renamed(message(name), body, lambda known, value: _read_enum(known, value) or value)


def _renamed(schema: Message, body: Any, rename: Callable[[Field, Any], Any]) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: _renamed_field(schema.find(name), value, rename) for name, value in body.items()}


def _renamed_field(known: Field | None, value: Any, rename: Callable[[Field, Any], Any]) -> Any:
    if known is None or known.kind not in ("enum", "message"):
        return value
    if known.is_map and isinstance(value, dict):
        return {key: _renamed_value(known, item, rename) for key, item in value.items()}
    if known.repeated and isinstance(value, list):
        return [_renamed_value(known, item, rename) for item in value]
    return _renamed_value(known, value, rename)


def _renamed_value(known: Field, value: Any, rename: Callable[[Field, Any], Any]) -> Any:
    if known.kind == "message" and known.message is not None:
        return _renamed(known.message, value, rename)
    return rename(known, value) if isinstance(value, str | int) else value
