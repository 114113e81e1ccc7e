"""An OpenAPI 2 document as the protobuf message that kubectl asks for; only the parts that it reads.

Field numbers: https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
"""

import json
from collections.abc import Iterable
from typing import Any

from sandbox.kubernetes.embedded.openapi_documents import Schema

_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}


def encode(document: Schema) -> bytes:
    """Return the `Document` message."""
    info = _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])
    paths = b"".join(_message(2, _named(path, _path_item(item))) for path, item in document["paths"].items())
    return (
        _text(1, document["swagger"])
        + _message(2, info)
        + _message(8, paths)
        + _message(9, _schemas(document["definitions"]))
    )


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _named(name: str, value: bytes) -> bytes:
    return _text(1, name) + _message(2, value)


def _extensions(field: int, values: Schema) -> bytes:
    """Encode the `x-` members; their values are YAML, of which JSON is a part."""
    return b"".join(
        _message(field, _named(name, _text(2, json.dumps(value))))
        for name, value in values.items()
        if name.startswith("x-")
    )


def _schemas(schemas: Schema) -> bytes:
    return b"".join(_message(1, _named(name, _schema(schema))) for name, schema in schemas.items())


def _schema(schema: Schema) -> bytes:
    content = _text(1, schema["$ref"]) if "$ref" in schema else b""
    for name, field in (("format", 2), ("description", 4)):
        if name in schema:
            content += _text(field, schema[name])
    content += b"".join(_text(19, name) for name in schema.get("required", ()))
    if isinstance(schema.get("additionalProperties"), dict):
        content += _message(21, _message(1, _schema(schema["additionalProperties"])))
    if "type" in schema:
        content += _message(22, _text(1, schema["type"]))
    if "items" in schema:
        content += _message(23, _message(1, _schema(schema["items"])))
    if "properties" in schema:
        content += _message(25, _schemas(schema["properties"]))
    return content + _extensions(31, schema)


def _path_item(item: Schema) -> bytes:
    return b"".join(_message(_METHODS[method], _operation(operation)) for method, operation in item.items())


def _operation(operation: Schema) -> bytes:
    return _parameters(operation.get("parameters", ())) + _extensions(13, operation)


def _parameters(parameters: Iterable[dict[str, Any]]) -> bytes:
    content = b""
    for one in parameters:
        query = _text(2, one["in"]) + _text(4, one["name"]) + _text(6, one["type"])
        content += _message(8, _message(1, _message(2, _message(3, query))))
    return content
