"""Bodies in protobuf."""

import base64

import pytest

from sandbox.kubernetes.embedded import protobuf
from sandbox.kubernetes.embedded.protobuf import UnreadableMessageError, decode


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def body(api_version: str, kind: str, message: bytes) -> bytes:
    meta = field(1, api_version.encode()) + field(2, kind.encode())
    return b"k8s\x00" + field(1, meta) + field(2, message)


def test_reads_metadata_maps_and_bytes() -> None:
    label = field(1, b"app") + field(2, b"web")
    metadata = field(1, b"s") + field(3, b"") + field(8, b"") + field(11, label)
    data = field(1, b"key") + field(2, b"value")
    assert decode(body("v1", "Secret", field(1, metadata) + field(2, data) + field(3, b"Opaque"))) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "labels": {"app": "web"}},
        "data": {"key": base64.b64encode(b"value").decode()},
        "type": "Opaque",
    }


def test_keeps_a_zero_that_was_meant_and_drops_one_that_was_not() -> None:
    port = field(1, b"http") + field(2, 0) + field(3, 80)
    container = field(1, b"web") + field(6, port)
    template = field(2, field(2, container))
    found = decode(body("apps/v1", "Deployment", field(2, field(1, 0) + field(3, template))))
    assert found["spec"]["replicas"] == 0
    assert found["spec"]["template"]["spec"]["containers"][0]["ports"] == [{"name": "http", "containerPort": 80}]


def test_lends_the_fields_of_an_embedded_message_to_its_owner() -> None:
    reference = field(1, field(1, b"settings")) + field(2, b"key")
    variable = field(1, b"A") + field(3, field(3, reference))
    container = field(7, variable)
    found = decode(body("v1", "Pod", field(2, field(2, container))))
    env = found["spec"]["containers"][0]["env"]
    assert env == [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "key"}}}]


def test_knows_the_types_of_every_field() -> None:
    table = protobuf._fields()
    plain = {"string", "integer", "boolean", "bytes", "time", "quantity", "int-or-string", "raw", "items"}
    named = {
        kind.removeprefix("[]").removeprefix("{}") for fields in table.messages.values() for _, kind in fields.values()
    }
    assert named - plain <= table.messages.keys()
    assert set(table.roots.values()) <= table.messages.keys()


@pytest.mark.parametrize("content", [b"", b"{}", b"k8s\x00\x0a\xff", body("v1", "Unknown", b"")])
def test_refuses_what_it_cannot_read(content: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(content)
