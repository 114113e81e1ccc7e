"""The installed plugins: install, update, find, delete."""

import shutil
import tempfile
from pathlib import Path

from sandbox.dss.errors import bad_request, not_found
from sandbox.dss.plugins.archive import unpack
from sandbox.dss.plugins.descriptors import Component, Plugin, read_plugin
from sandbox.dss.storage import DataFolder


class Catalogue:
    """The plugins of one instance.

    Args:
        data: the data folder; plugins installed there before are found again.
    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        plugins = [read_plugin(folder) for folder in sorted(data.plugins.iterdir()) if folder.is_dir()]
        self._plugins = {plugin.plugin_id: plugin for plugin in plugins}

    def all(self) -> list[Plugin]:
        """Return every plugin, by id."""
        return [self._plugins[plugin_id] for plugin_id in sorted(self._plugins)]

    def find(self, plugin_id: str) -> Plugin | None:
        """Return a plugin, or None."""
        return self._plugins.get(plugin_id)

    def get(self, plugin_id: str) -> Plugin:
        """Return a plugin.

        Raises:
            DssError: it is not installed.
        """
        plugin = self._plugins.get(plugin_id)
        if plugin is None:
            raise not_found(f"Plugin {plugin_id}")
        return plugin

    def component(self, element_type: str) -> Component | None:
        """Return the cluster type or macro of that name, whichever plugin it is of."""
        for plugin in self._plugins.values():
            if element_type in plugin.components:
                return plugin.components[element_type]
        return None

    def install(self, archive: bytes, expected_id: str | None = None) -> Plugin:
        """Install a plugin from its zip, in place of an older version if there is one; blocking.

        Args:
            archive: the zip.
            expected_id: the id that the plugin must have when it is an update.

        Raises:
            DssError: the zip is not a plugin that DSS can use; the installed version is left as it was.
        """
        workshop = Path(tempfile.mkdtemp(prefix="plugin-", dir=self._data.temporary))
        draft = workshop / "new"
        try:
            unpack(archive, draft)
            plugin_id = read_plugin(draft).plugin_id
            if expected_id is not None and plugin_id != expected_id:
                raise bad_request(f"The archive holds the plugin {plugin_id}, not {expected_id}")
            installed = self._data.plugins / plugin_id
            if installed.exists():
                installed.rename(workshop / "old")
            draft.rename(installed)
        finally:
            shutil.rmtree(workshop)
        plugin = read_plugin(installed)
        self._plugins[plugin_id] = plugin
        return plugin

    def delete(self, plugin_id: str) -> None:
        """Remove a plugin and its files."""
        plugin = self._plugins.pop(plugin_id)
        shutil.rmtree(plugin.folder)
