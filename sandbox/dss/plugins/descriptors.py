"""A plugin as its folder describes it: strict JSON descriptors, each checked for what DSS needs of it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.dss.errors import DssError

_ID = re.compile(r"[A-Za-z0-9_-]+")
_ELEMENT_KINDS = {"python-clusters": ("cluster", "pycluster"), "python-runnables": ("runnable", "pyrunnable")}


def unusable(message: str) -> DssError:
    """Return the refusal of a plugin that cannot be used as it is."""
    return DssError(400, "com.dataiku.dip.plugins.InvalidPluginException", message)


@dataclass(frozen=True)
class Component:
    """A cluster type or a macro.

    Attributes:
        plugin_id: whose it is.
        kind: the folder it is in, `python-clusters` or `python-runnables`.
        component_id: its folder's name.
        element_type: its name in the API, such as `pycluster_gke-clusters_create-gke-cluster`.
        desc: its descriptor.
        code: its Python file.
    """

    plugin_id: str
    kind: str
    component_id: str
    element_type: str
    desc: dict[str, Any]
    code: Path

    @property
    def params(self) -> list[dict[str, Any]]:
        """Every parameter, those of administrators included."""
        return [*self.desc.get("params", []), *self.desc.get("adminParams", [])]


@dataclass(frozen=True)
class ParameterSet:
    """A kind of preset.

    Attributes:
        set_id: its folder's name.
        element_type: its name in the API.
        desc: its descriptor.
    """

    set_id: str
    element_type: str
    desc: dict[str, Any]


@dataclass(frozen=True)
class Plugin:
    """An installed plugin.

    Attributes:
        folder: where its files are.
        desc: `plugin.json`.
        components: cluster types and macros, by element type.
        parameter_sets: kinds of preset, by id.
        code_env: `code-env/python/desc.json`, or None without one.
    """

    folder: Path
    desc: dict[str, Any]
    components: dict[str, Component]
    parameter_sets: dict[str, ParameterSet]
    code_env: dict[str, Any] | None

    @property
    def plugin_id(self) -> str:
        """Its id."""
        return str(self.desc["id"])

    def as_list_item(self) -> dict[str, Any]:
        """Return what the list of plugins shows of it."""
        return {
            "id": self.plugin_id,
            "version": self.desc.get("version"),
            "isDev": False,
            "meta": self.desc.get("meta", {}),
        }


def read_plugin(folder: Path) -> Plugin:
    """Read the plugin in a folder.

    Raises:
        DssError: it is no plugin, or a part of it cannot be used.
    """
    if not (folder / "plugin.json").is_file():
        raise unusable("The archive is not a plugin: there is no plugin.json at its root")
    desc = _read(folder, "plugin.json")
    plugin_id = desc.get("id")
    if not isinstance(plugin_id, str) or not _ID.fullmatch(plugin_id):
        raise unusable("plugin.json: the id is missing or has other characters than letters, digits, - and _")
    sets = {part.set_id: part for part in _parameter_sets(folder, plugin_id)}
    components = {part.element_type: part for part in _components(folder, plugin_id)}
    for component in components.values():
        _check_presets(component, sets)
    code_env = _read(folder, "code-env/python/desc.json") if (folder / "code-env/python/desc.json").is_file() else None
    return Plugin(folder, desc, components, sets, code_env)


def _read(folder: Path, path: str) -> dict[str, Any]:
    try:
        value = json.loads((folder / path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise unusable(f"{path} is missing") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise unusable(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise unusable(f"{path} is not a JSON object")
    for key in ("params", "pluginParams", "adminParams"):
        _check_params(value.get(key, []), f"{path}: {key}")
    return value


def _check_params(params: Any, where: str) -> None:
    if not isinstance(params, list) or not all(isinstance(param, dict) for param in params):
        raise unusable(f"{where} is not a list of objects")
    names = [param.get("name") for param in params if param.get("type") != "SEPARATOR"]
    for param in params:
        if not isinstance(param.get("type"), str):
            raise unusable(f"{where}: {param.get('name')} has no type")
    if not all(isinstance(name, str) and name for name in names):
        raise unusable(f"{where}: a parameter has no name")
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise unusable(f"{where}: {', '.join(twice)} is there twice")


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _parameter_sets(folder: Path, plugin_id: str) -> list[ParameterSet]:
    return [
        ParameterSet(
            path.name,
            f"parameter-set-{plugin_id}-{path.name}",
            _read(folder, f"parameter-sets/{path.name}/parameter-set.json"),
        )
        for path in _subfolders(folder / "parameter-sets")
    ]


def _components(folder: Path, plugin_id: str) -> list[Component]:
    found = []
    for kind, (stem, prefix) in _ELEMENT_KINDS.items():
        for path in _subfolders(folder / kind):
            where = f"{kind}/{path.name}"
            desc = _read(folder, f"{where}/{stem}.json")
            code = path / f"{stem}.py"
            if not code.is_file():
                raise unusable(f"{where}/{stem}.py is missing")
            found.append(Component(plugin_id, kind, path.name, f"{prefix}_{plugin_id}_{path.name}", desc, code))
    return found


def _check_presets(component: Component, sets: dict[str, ParameterSet]) -> None:
    for param in component.params:
        if param["type"] in ("PRESET", "PRESETS") and param.get("parameterSetId") not in sets:
            raise unusable(
                f"{component.kind}/{component.component_id}: {param['name']} names the parameter set "
                f"{param.get('parameterSetId')}, which the plugin does not have"
            )
