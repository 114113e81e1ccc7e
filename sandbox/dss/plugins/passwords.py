"""PASSWORD values inside saved parameters: the one place that knows where they can be."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dss.plugins.descriptors import ParameterSet
from sandbox.dss.vault import REDACTED

Params = list[dict[str, Any]]


def map_passwords(
    params: Params, values: Mapping[str, Any], sets: Mapping[str, ParameterSet], change: Callable[[str], str]
) -> dict[str, Any]:
    """Return the values with every password changed, those in rows and in inlined presets included.

    Args:
        params: the descriptors of the parameters.
        values: what is saved, by parameter name; unknown names stay as they are.
        sets: the plugin's parameter sets, for inlined presets.
        change: what becomes of a password.
    """
    described = {param["name"]: param for param in params if "name" in param}
    return {
        name: _change(described[name], value, sets, change) if name in described else value
        for name, value in values.items()
    }


def _change(param: dict[str, Any], value: Any, sets: Mapping[str, ParameterSet], change: Callable[[str], str]) -> Any:
    kind = param["type"]
    if kind == "PASSWORD":
        return change(value) if isinstance(value, str) else value
    if kind == "OBJECT_LIST" and isinstance(value, list):
        rows = param.get("subParams", [])
        return [map_passwords(rows, row, sets, change) if isinstance(row, dict) else row for row in value]
    if kind == "PRESET":
        return _change_inlined(param, value, sets, change)
    if kind == "PRESETS" and isinstance(value, list):
        return [_change_inlined(param, item, sets, change) for item in value]
    return value


def _change_inlined(
    param: dict[str, Any], value: Any, sets: Mapping[str, ParameterSet], change: Callable[[str], str]
) -> Any:
    described = sets.get(param.get("parameterSetId", ""))
    if described is None or not isinstance(value, dict):
        return value
    changed = dict(value)
    for key, params in (("inlinedConfig", "params"), ("inlinedPluginConfig", "pluginParams")):
        if isinstance(value.get(key), dict):
            changed[key] = map_passwords(described.desc.get(params, []), value[key], sets, change)
    return changed


def restore(new: Any, old: Any) -> Any:
    """Put what was saved before back wherever the API's redaction mark came back, place by place.

    A mark with nothing behind it becomes an empty value.
    """
    if new == REDACTED:
        return old if isinstance(old, str) else ""
    if isinstance(new, dict):
        return {key: restore(value, old.get(key) if isinstance(old, dict) else None) for key, value in new.items()}
    if isinstance(new, list):
        before = old if isinstance(old, list) else []
        return [restore(value, before[i] if i < len(before) else None) for i, value in enumerate(new)]
    return new
