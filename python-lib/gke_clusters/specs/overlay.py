"""How expert JSON is laid over what the dialog produces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
    pools = {pool["name"]: pool for pool in cluster.get("nodePools", [])}
    for pool in expert.get("nodePools", []):
        pools[pool["name"]] = overlay(pools.get(pool["name"], {}), pool)
    result = overlay(cluster, {key: value for key, value in expert.items() if key != "nodePools"})
    if pools:
        result["nodePools"] = list(pools.values())
    return result
