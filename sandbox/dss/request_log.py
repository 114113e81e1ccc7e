"""Request bodies as the sandbox's log may keep them: without the secrets that administrators type into forms."""

from typing import Any

from sandbox.dss.instance.connections import SECRET_PARAMS
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.plugins.descriptors import Plugin
from sandbox.dss.vault import redact


def without_secrets(body: Any, catalogue: Catalogue) -> Any:
    """Return a JSON body with every value redacted whose name is that of a secret of some plugin or connection."""
    names = set(SECRET_PARAMS)
    for plugin in catalogue.all():
        names |= _password_names(plugin)
    return _redacted(body, names)


def _password_names(plugin: Plugin) -> set[str]:
    described = [
        plugin.desc,
        *(part.desc for part in plugin.parameter_sets.values()),
        *(part.desc for part in plugin.components.values()),
    ]
    params = [
        param for desc in described for key in ("params", "pluginParams", "adminParams") for param in desc.get(key, [])
    ]
    rows = [row for param in params for row in param.get("subParams", [])]
    return {str(param.get("name")) for param in [*params, *rows] if param.get("type") == "PASSWORD"}


def _redacted(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: redact(item) if key in names and isinstance(item, str) else _redacted(item, names)
            for key, item in value.items()
        }
    return [_redacted(item, names) for item in value] if isinstance(value, list) else value
