"""A plugin's settings document: code env, presets, their permissions, and the parameter sets it is written for."""

from typing import Any

from sandbox.dss.errors import bad_request
from sandbox.dss.plugins.descriptors import Plugin
from sandbox.dss.plugins.passwords import map_passwords, restore
from sandbox.dss.plugins.presets import PresetResolver
from sandbox.dss.storage import DataFolder
from sandbox.dss.vault import Vault, redact

_NEW: dict[str, Any] = {
    "config": {},
    "codeEnvName": None,
    "presets": [],
    "permissions": [],
    "defaultPermission": {},
    "parameterSets": [],
}


class PluginSettings:
    """The settings documents of every plugin, on the instance and in projects.

    Args:
        data: where they are kept.
        vault: what encrypts the passwords in them.
    """

    def __init__(self, data: DataFolder, vault: Vault) -> None:
        self._data = data
        self._vault = vault

    def stored(self, plugin: Plugin, project_key: str | None = None) -> dict[str, Any]:
        """Return the document as it is stored, passwords encrypted."""
        document: dict[str, Any] = {**_NEW, **(self._data.document(*_path(plugin, project_key)).read() or {})}
        known = {saved.get("name"): saved for saved in document["parameterSets"]}
        document["parameterSets"] = [
            {
                "name": described.set_id,
                "type": described.element_type,
                "defaultPermission": {
                    "definableInline": described.desc.get("defaultDefinableInline", False),
                    "definableAtProjectLevel": described.desc.get("defaultDefinableAtProjectLevel", False),
                },
                "permissions": [],
                **known.get(described.set_id, {}),
            }
            for described in plugin.parameter_sets.values()
        ]
        return document

    def shown(self, plugin: Plugin, project_key: str | None = None) -> dict[str, Any]:
        """Return the document as the API shows it, passwords redacted."""
        document = self._with_passwords(plugin, self.stored(plugin, project_key), redact)
        if document["codeEnvName"] is None:
            del document["codeEnvName"]
        document["accessibleParameterSetDescs"] = [
            {"id": described.set_id, "elementType": described.element_type, "desc": described.desc}
            for described in plugin.parameter_sets.values()
        ]
        if project_key is None:
            return document
        return {key: document[key] for key in ("config", "presets", "accessibleParameterSetDescs", "permissions")}

    def save(self, plugin: Plugin, document: dict[str, Any], project_key: str | None = None) -> None:
        """Store a document that came from `shown`; what DSS does not know in it is dropped.

        Raises:
            DssError: two presets of one kind have the same name, or the presets are not a list of objects.
        """
        before = self.stored(plugin, project_key)
        known = {key: document.get(key, before[key]) for key in _NEW}
        known["presets"] = _checked(known["presets"])
        earlier = {(preset.get("type"), preset["name"]): preset for preset in before["presets"]}
        known["presets"] = [restore(new, earlier.get((new.get("type"), new["name"]))) for new in known["presets"]]
        known["config"] = restore(known["config"], before["config"])
        encrypted = self._with_passwords(plugin, known, self._vault.encrypt)
        self._data.document(*_path(plugin, project_key)).write(encrypted)

    def delete(self, plugin: Plugin) -> None:
        """Forget the settings of a plugin that is removed."""
        self._data.document(*_path(plugin, None)).delete()

    def resolver(self, plugin: Plugin) -> PresetResolver:
        """Return what looks the presets of the instance up."""
        document = self.stored(plugin)
        own = map_passwords(
            plugin.desc.get("params", []), document["config"], plugin.parameter_sets, self._vault.decrypt
        )
        return PresetResolver(plugin.parameter_sets, document["presets"], own, self._vault)

    def _with_passwords(self, plugin: Plugin, document: dict[str, Any], change: Any) -> dict[str, Any]:
        by_type = {described.element_type: described for described in plugin.parameter_sets.values()}
        presets = []
        for preset in document["presets"]:
            described = by_type.get(preset.get("type"))
            changed = dict(preset)
            if described is not None:
                for key, params in (("config", "params"), ("pluginConfig", "pluginParams")):
                    changed[key] = map_passwords(
                        described.desc.get(params, []), preset.get(key) or {}, plugin.parameter_sets, change
                    )
            presets.append(changed)
        own = map_passwords(plugin.desc.get("params", []), document["config"] or {}, plugin.parameter_sets, change)
        return {**document, "presets": presets, "config": own}


def _path(plugin: Plugin, project_key: str | None) -> tuple[str, ...]:
    if project_key is None:
        return ("plugins", plugin.plugin_id, "settings")
    return ("projects", project_key, "plugins", plugin.plugin_id)


def _checked(presets: Any) -> list[dict[str, Any]]:
    if not isinstance(presets, list) or not all(isinstance(preset, dict) for preset in presets):
        raise bad_request("The presets are not a list of objects")
    seen = set()
    for preset in presets:
        key = (preset.get("type"), preset.get("name"))
        if not isinstance(key[1], str) or not key[1]:
            raise bad_request("A preset has no name")
        if key in seen:
            raise bad_request(f"Several presets are called {key[1]}")
        seen.add(key)
    return presets
