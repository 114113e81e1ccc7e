"""How expert JSON is laid over what the dialog produces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.cloud import container_v1
from google.protobuf.descriptor import Descriptor, FieldDescriptor

_CLUSTER: Descriptor = container_v1.Cluster.pb().DESCRIPTOR


def overlay(base: Mapping[str, Any], expert: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with the fields of ``expert``: objects merge, lists and other values replace, null removes."""
    result = dict(base)
    for key, value in expert.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = overlay(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def overlay_cluster(cluster: Mapping[str, Any], expert: Mapping[str, Any]) -> dict[str, Any]:
    """A cluster in the JSON form of the API with expert JSON laid over it.

    Entries of ``nodePools`` are matched by name: one that exists is merged, another is added. 1.5.1 added them all; to
    replace the list would take the pools of the dialog from a cluster whose expert JSON adds one.
    """
    expert = _in_json_names(expert, _CLUSTER)
    pools = {pool["name"]: pool for pool in cluster.get("nodePools", [])}
    for pool in expert.get("nodePools", []):
        pools[pool["name"]] = overlay(pools.get(pool["name"], {}), pool)
    result = overlay(cluster, {key: value for key, value in expert.items() if key != "nodePools"})
    if pools:
        result["nodePools"] = list(pools.values())
    return result


def _in_json_names(content: Mapping[str, Any], message: Descriptor) -> dict[str, Any]:
    """``content`` with ``snake_case`` names of fields as ``camelCase``, so that no field is there twice after a merge.

    The API takes both: https://protobuf.dev/programming-guides/json/. Names that the client does not know stay, and so
    do the keys of maps, such as labels, and a name whose other spelling is given as well.
    """
    named: dict[str, Any] = {}
    for key, value in content.items():
        field: FieldDescriptor | None = message.fields_by_name.get(key) or message.fields_by_camelcase_name.get(key)
        if field is None:
            named[key] = value
            continue
        name = key if field.json_name in content else field.json_name
        named[name] = _value_in_json_names(value, field)
    return named


def _value_in_json_names(value: Any, field: FieldDescriptor) -> Any:
    message = field.message_type
    if message is None or message.GetOptions().map_entry:
        return value
    if isinstance(value, Mapping):
        return _in_json_names(value, message)
    if isinstance(value, list):
        return [_in_json_names(each, message) if isinstance(each, Mapping) else each for each in value]
    return value
