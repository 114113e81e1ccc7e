"""The message types of the API: the descriptors of `google.cloud.container_v1`, completed by `newer_fields`."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from google.cloud import container_v1

from sandbox.gcp.container.newer_fields import NEWER_FIELDS, NEWER_MESSAGES, NewerField

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
