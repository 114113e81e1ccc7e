"""What a component is given: saved parameters with their presets looked up and their passwords readable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.dss.errors import bad_request
from sandbox.dss.plugins.descriptors import ParameterSet
from sandbox.dss.plugins.passwords import Params, map_passwords
from sandbox.dss.vault import Vault


@dataclass(frozen=True)
class Resolved:
    """The two dictionaries of a component's constructor."""

    config: dict[str, Any]
    plugin_config: dict[str, Any]


@dataclass(frozen=True)
class PresetResolver:
    """Looks presets up for the components of one plugin.

    Attributes:
        sets: the plugin's parameter sets, by id.
        presets: the plugin's presets as they are stored.
        plugin_values: the plugin's own settings, which are part of every `plugin_config`.
        vault: what decrypts the passwords.
    """

    sets: Mapping[str, ParameterSet]
    presets: list[dict[str, Any]]
    plugin_values: Mapping[str, Any]
    vault: Vault

    def resolve(self, params: Params, values: Mapping[str, Any]) -> Resolved:
        """Resolve saved values; a parameter that was never set stays absent.

        Raises:
            DssError: a preset does not exist.
        """
        readable = map_passwords(params, values, self.sets, self.vault.decrypt)
        resolved = Resolved(dict(readable), dict(self.plugin_values))
        for param in params:
            name, kind = param.get("name", ""), param["type"]
            if name not in readable:
                continue
            if kind == "PRESET":
                resolved.config[name], resolved.plugin_config[name] = self._one(param, readable[name])
            elif kind == "PRESETS":
                pairs = [self._one(param, item) for item in readable[name] or []]
                resolved.config[name] = [config for config, _ in pairs]
                resolved.plugin_config[name] = [plugin_config for _, plugin_config in pairs]
        return resolved

    def _one(self, param: dict[str, Any], value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        value = value if isinstance(value, dict) else {}
        mode = value.get("mode", "NONE")
        if mode == "PRESET":
            return self._preset(self.sets[param["parameterSetId"]], str(value.get("name")))
        if mode == "INLINE":
            return value.get("inlinedConfig") or {}, value.get("inlinedPluginConfig") or {}
        if mode == "NONE":
            return {}, {}
        raise bad_request(f"Unknown mode {mode} of the preset parameter {param['name']}")

    def _preset(self, described: ParameterSet, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for preset in self.presets:
            if preset.get("type") == described.element_type and preset.get("name") == name:
                return (
                    self._readable(described.desc.get("params", []), preset.get("config")),
                    self._readable(described.desc.get("pluginParams", []), preset.get("pluginConfig")),
                )
        label = described.desc.get("meta", {}).get("label", described.set_id)
        raise bad_request(f"Preset {name} of {label} does not exist")

    def _readable(self, params: Params, values: Mapping[str, Any] | None) -> dict[str, Any]:
        return map_passwords(params, values or {}, self.sets, self.vault.decrypt)
