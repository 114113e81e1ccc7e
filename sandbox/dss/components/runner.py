"""Calls of a plugin's components: parameters resolved, process started, answer brought back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.dss.components import process
from sandbox.dss.components.environment import ComponentEnvironment
from sandbox.dss.components.process import ComponentError, Launch
from sandbox.dss.errors import DssError
from sandbox.dss.futures import Progress
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.plugins.code_envs import CodeEnvs
from sandbox.dss.plugins.descriptors import Component
from sandbox.dss.plugins.presets import Resolved
from sandbox.dss.plugins.settings import PluginSettings


@dataclass(frozen=True)
class Place:
    """Where a call works.

    Attributes:
        folder: its working directory.
        log: the file that its output is added to.
    """

    folder: Path
    log: Path


class ComponentRunner:
    """Runs components of the installed plugins.

    Args:
        catalogue: the installed plugins.
        settings: their settings, presets among them.
        code_envs: what they run in.
        environment: the variables that they get.
    """

    def __init__(
        self, catalogue: Catalogue, settings: PluginSettings, code_envs: CodeEnvs, environment: ComponentEnvironment
    ) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._code_envs = code_envs
        self._environment = environment

    def resolve(self, component: Component, values: dict[str, Any]) -> Resolved:
        """Return the `config` and `plugin_config` of saved values.

        Raises:
            DssError: a preset does not exist.
        """
        plugin = self._catalogue.get(component.plugin_id)
        return self._settings.resolver(plugin).resolve(component.params, values)

    async def call(
        self, component: Component, kind: str, values: dict[str, Any], place: Place, progress: Progress, **more: Any
    ) -> Any:
        """Run one call and return its result.

        Args:
            component: what to run.
            kind: `cluster` or `macro`.
            values: the saved parameters, presets unresolved.
            place: where it works.
            progress: kept up to date.
            more: what else this kind of call needs.

        Raises:
            ComponentError: the component failed, or it could not even be started.
        """
        plugin = self._catalogue.get(component.plugin_id)
        try:
            resolved = self.resolve(component, values)
            python = self._code_envs.python(self._settings.stored(plugin)["codeEnvName"])
        except DssError as error:
            raise ComponentError(error.error_type, error.message) from error
        call = {
            "kind": kind,
            "source": component.code.read_text(encoding="utf-8"),
            "config": resolved.config,
            "plugin_config": resolved.plugin_config,
            **more,
        }
        with self._environment.of(plugin) as environment:
            return await process.run(Launch(python, place.folder, place.log, environment), call, progress)
