"""The DSS instance that a macro runs in, through its public API, with the rights of whoever runs the macro.

API: https://developer.dataiku.com/latest/api-reference/python/client/index.html
"""

from __future__ import annotations

from typing import Any

from gke_clusters.dss.base_image_push import BaseImagePush
from gke_clusters.dss.calls import calling
from gke_clusters.dss.connections import StoredConnection
from gke_clusters.dss.projects import ProjectSettings


class GeneralSettings:
    """The general settings of an instance: one document."""

    name = "general settings"

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self) -> dict[str, Any]:
        """Read the whole document."""
        with calling("read its general settings", self.name):
            document: dict[str, Any] = self._client.get_general_settings().get_raw()
        return document

    def write(self, document: dict[str, Any]) -> None:
        """Replace the whole document."""
        # The client's object of the settings reads the whole document when it is made: nobody's edit may fit between
        # that and the write, so the write is asked for directly.
        with calling("save its general settings", self.name):
            self._client._perform_empty("PUT", "/admin/general-settings", body=document)  # noqa: SLF001


class DssInstance:
    """The calls to DSS. Each raises :class:`gke_clusters.errors.DssRefused`."""

    def __init__(self, client: Any) -> None:
        """Keep the client.

        Args:
            client: a ``dataikuapi.DSSClient``.
        """
        self._client = client

    @classmethod
    def here(cls) -> DssInstance:
        """The instance that this process belongs to."""
        import dataiku  # noqa: PLC0415 - DSS's own package, which only a process of DSS has

        return cls(dataiku.api_client())

    @property
    def general_settings(self) -> GeneralSettings:
        """The general settings, as a document that can be changed."""
        return GeneralSettings(self._client)

    @property
    def base_image_push(self) -> BaseImagePush:
        """The action that pushes base images."""
        return BaseImagePush(self._client)

    def project_settings(self, project_key: str) -> ProjectSettings:
        """The settings of a project, as a document that can be changed."""
        return ProjectSettings(self._client, project_key)

    def connection(self, name: str) -> StoredConnection:
        """A connection, as a document that can be changed."""
        return StoredConnection(self._client, name)

    def list_clusters(self) -> list[dict[str, Any]]:
        """List the clusters that DSS knows, each with ``name``, ``type`` and ``state``."""
        with calling("list its clusters", "DSS"):
            listed: list[dict[str, Any]] = self._client.list_clusters()
        return listed

    def read_cluster_settings(self, cluster_id: str) -> dict[str, Any]:
        """Read what DSS keeps of a cluster: ``type``, ``state``, ``params``, ``data`` and more."""
        with calling("read the settings of the cluster", f"DSS cluster {cluster_id}"):
            settings: dict[str, Any] = self._client.get_cluster(cluster_id).get_settings().get_raw()
        return settings
