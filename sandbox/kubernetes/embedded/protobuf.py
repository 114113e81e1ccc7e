"""Bodies in Kubernetes' protobuf form, which newer kubectl send for `create`, `auth` and evictions; answers stay JSON.

Envelope: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

import base64
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_TABLE = Path(__file__).with_name("protobuf_fields.txt")
# Fields that Go writes even when they are not set, because they are no pointers there.
_ALWAYS_WRITTEN = {
    "containerPort",
    "failureThreshold",
    "generation",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "paused",
    "periodSeconds",
    "port",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "successThreshold",
    "timeoutSeconds",
    "tty",
    "weight",
}


class UnreadableMessageError(ValueError):
    """The bytes are no message that this server knows."""


@dataclass(frozen=True)
class _Fields:
    """The table: messages by apiVersion and kind, and each message's fields by number."""

    roots: Mapping[str, str]
    messages: Mapping[str, Mapping[int, tuple[str, str]]]


@functools.lru_cache(maxsize=1)
def _fields() -> _Fields:
    roots: dict[str, str] = {}
    messages: dict[str, dict[int, tuple[str, str]]] = {}
    for line in _TABLE.read_text().splitlines():
        if line.startswith("@"):
            kind, message = line[1:].split()
            roots[kind] = message
        elif not line.startswith("#"):
            message, *fields = line.split()
            found = messages.setdefault(message.rstrip(":"), {})
            for field in fields:
                number, _, told = field.partition("=")
                name, _, kind = told.partition(":")
                found[int(number)] = (name, kind)
    return _Fields(roots, messages)


def decode(content: bytes) -> dict[str, Any]:
    """Return the object that a body in protobuf stands for.

    Raises:
        UnreadableMessageError: it is none, or of a kind that the table does not hold.
    """
    if not content.startswith(_MAGIC):
        raise UnreadableMessageError("provided data does not appear to be a protobuf message, expected prefix k8s")
    envelope = dict(_members(content[len(_MAGIC) :]))
    meta = dict(_members(_bytes(envelope.get(1, b""))))
    api_version, kind = (_bytes(meta.get(number, b"")).decode() for number in (1, 2))
    # Every group has its own name for the options of a delete; they are the same message.
    root = "DeleteOptions" if kind == "DeleteOptions" else _fields().roots.get(f"{api_version}/{kind}")
    if root is None:
        raise UnreadableMessageError(f'no kind "{kind}" is registered for version "{api_version}" in protobuf')
    return {"apiVersion": api_version, "kind": kind, **_message(root, _bytes(envelope.get(2, b"")))}


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise UnreadableMessageError("a number stands where a message should")
    return value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(content):
            raise UnreadableMessageError("unexpected EOF")
        value |= (content[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not content[at - 1] & 0x80:
            return value, at


def _members(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield field numbers with their raw values: numbers, or the bytes of texts and messages."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield tag >> 3, value - (1 << 64) if value >> 63 else value
            continue
        if wire == 2:
            size, at = _varint(content, at)
        elif wire in {1, 5}:
            size = 8 if wire == 1 else 4
        else:
            raise UnreadableMessageError(f"unknown wire type {wire}")
        if at + size > len(content):
            raise UnreadableMessageError("unexpected EOF")
        yield tag >> 3, content[at : at + size]
        at += size


def _message(name: str, content: bytes) -> dict[str, Any]:
    known = _fields().messages[name]
    found: dict[str, Any] = {}
    for number, raw in _members(content):
        if number not in known:
            continue
        field, kind = known[number]
        if field == "-":
            found |= _message(kind, _bytes(raw))
        elif kind.startswith("[]"):
            found.setdefault(field, []).append(_value(kind[2:], raw))
        elif kind.startswith("{}"):
            entry = dict(_members(_bytes(raw)))
            found.setdefault(field, {})[_bytes(entry.get(1, b"")).decode()] = _value(kind[2:], entry.get(2, b""))
        else:
            value = _value(kind, raw)
            if value not in (None, "") and not (value == 0 and not isinstance(value, str) and field in _ALWAYS_WRITTEN):
                found[field] = value
    return found


def _value(kind: str, raw: int | bytes) -> Any:  # noqa: PLR0911 - one return for each type
    if kind in {"integer", "boolean"}:
        number = raw if isinstance(raw, int) else 0
        return bool(number) if kind == "boolean" else number
    content = _bytes(raw)
    if kind == "string":
        return content.decode()
    if kind == "bytes":
        return base64.b64encode(content).decode()
    members = dict(_members(content)) if kind in {"time", "quantity", "int-or-string", "raw"} else {}
    if kind == "time":
        seconds = members.get(1)
        if not isinstance(seconds, int) or seconds == 0:
            return None
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "quantity":
        return _bytes(members.get(1, b"")).decode() or "0"
    if kind == "int-or-string":
        return _bytes(members.get(3, b"")).decode() if members.get(1) == 1 else members.get(2, 0)
    if kind == "raw":
        text = _bytes(members.get(1, b""))
        return json.loads(text) if text else None
    if kind == "items":
        return [_bytes(one).decode() for _, one in _members(content)]
    return _message(kind, content)
