"""The DSS backend: every part put together behind one ASGI application."""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount

from sandbox.dss.authentication import Keyring
from sandbox.dss.clusters.actions import ClusterActions
from sandbox.dss.clusters.kubectl import Kubectl
from sandbox.dss.clusters.registry import Clusters
from sandbox.dss.clusters.routes import ClusterRoutes
from sandbox.dss.components.environment import ComponentEnvironment
from sandbox.dss.components.runner import ComponentRunner
from sandbox.dss.errors import DssError, dss_error_response, http_error_response, unexpected_error_response
from sandbox.dss.failed_actions import with_failed_actions
from sandbox.dss.futures import Futures
from sandbox.dss.images.base_images import BaseImages
from sandbox.dss.images.host import DockerHost
from sandbox.dss.images.pushing import BaseImagePushes
from sandbox.dss.instance.administration import Administration
from sandbox.dss.instance.connections import Connections
from sandbox.dss.instance.edits import Edits
from sandbox.dss.instance.general_settings import GeneralSettings
from sandbox.dss.instance.information import InstanceInformation
from sandbox.dss.instance.projects import Projects
from sandbox.dss.instance.settings_fields import Version
from sandbox.dss.intercom import Intercom
from sandbox.dss.macros import Macros
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.plugins.code_envs import CodeEnvs
from sandbox.dss.plugins.routes import PluginRoutes
from sandbox.dss.plugins.settings import PluginSettings
from sandbox.dss.request_log import without_secrets
from sandbox.dss.storage import DataFolder
from sandbox.dss.vault import Vault

PUBLIC_PREFIXES = ("/dip/publicapi", "/public/api")


class DssBackend:
    """A DSS instance.

    Attributes:
        app: the ASGI application.
        api_key: the administrator's API key.
        caller: returns the user whose key or ticket a request carries, or None.
        general_settings: the settings of the instance.
        edits: what another administrator saves.
        administration: its part of the sandbox's own interface.

    Args:
        folder: the data folder; what was done in it before is still there.
        version: which DSS is played, by the shape of its general settings.
        environment: the variables that point clients at the sandbox; component processes get them too, except those
            that carry a gcloud user's identity.
        real_code_envs: build code envs as virtual environments with the plugin's requirements.
    """

    def __init__(
        self,
        folder: Path,
        version: Version = "15",
        environment: Mapping[str, str] | None = None,
        *,
        real_code_envs: bool = False,
    ) -> None:
        data = DataFolder(folder)
        vault = Vault(data.root / "config" / "secrets.key")
        keyring = Keyring()
        tarball = os.environ.get("DKU_INTERNAL_CLIENT")
        names = BaseImages(_install_id(data), f"{version}.0.0")
        host = DockerHost(data, names)
        self._environment = ComponentEnvironment(
            data, keyring, environment or {}, Path(tarball) if tarball else None, host.programs
        )
        self._futures = Futures()
        catalogue = Catalogue(data)
        self._catalogue = catalogue
        settings = PluginSettings(data, vault)
        code_envs = CodeEnvs(data, real=real_code_envs)
        clusters = Clusters(data, catalogue, vault)
        general = self.general_settings = GeneralSettings(data, version)
        projects = Projects(data)
        runner = ComponentRunner(catalogue, settings, code_envs, self._environment)
        actions = ClusterActions(clusters, catalogue, runner, self._futures, general.read)
        public = [
            *PluginRoutes(catalogue, settings, code_envs, self._futures, clusters).routes(),
            *ClusterRoutes(clusters, actions, Kubectl(self._environment.of_backend)).routes(),
            *Macros(data, catalogue, runner, self._futures, projects).routes(),
            *self._futures.routes(),
            *general.routes(),
            *projects.routes(),
            *Connections(data, vault, environment or {}).routes(),
            *InstanceInformation(names.release, names.install_id).routes(),
            *BaseImagePushes(names, general.read, self._environment.of_backend, self._futures).routes(),
        ]
        self.api_key = keyring.api_key
        application = Starlette(
            routes=[
                *(Mount(prefix, routes=public) for prefix in PUBLIC_PREFIXES),
                Mount("/dip/api/tintercom", routes=Intercom(catalogue, runner).routes()),
            ],
            exception_handlers={
                DssError: dss_error_response,
                HTTPException: http_error_response,
                Exception: unexpected_error_response,
            },
        )
        self.caller = keyring.caller
        self.edits = Edits(keyring.guard(application), application, PUBLIC_PREFIXES)
        self.administration = Administration(self.edits, general).routes()
        self.app = with_failed_actions(self.edits)

    def listen(self, url: str) -> None:
        """Tell the backend its own address, which component processes get."""
        address = urlsplit(url)
        self._environment.listen(address.hostname or "127.0.0.1", address.port or 80)

    def normalise(self, _method: str, _path: str, body: Any) -> Any:
        """Return a request body as the sandbox's log keeps it: without secrets."""
        return without_secrets(body, self._catalogue)

    @staticmethod
    def failure(status: int, message: str) -> Response:
        """Return an error in DSS's shape."""
        return DssError(status, "com.dataiku.dip.exceptions.CodedException", message).response()

    async def stop(self) -> None:
        """Abort what is under way and leave no process behind."""
        await self._futures.stop()


def _install_id(data: DataFolder) -> str:
    described = configparser.ConfigParser()
    described.read(data.root / "install.ini", encoding="utf-8")
    return described["general"]["installid"]
