"""The sandbox that the integration tests of one worker share, running as a process of its own."""

import copy
import os
import shlex
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dataikuapi
import pytest
import requests

from sandbox.plugin_installation import PLUGIN_ID, build_plugin, install_plugin
from sandbox.process import SandboxProcess

# A cluster is created in a fifth of a second, in which an operation is still seen RUNNING, and a lack of machines shows
# after a second.
SPEED = 2000
# The project of the configurations that 1.5.1 saved, beside the one of the DSS host.
OTHER_PROJECT = "acme-data"


class Sandbox(SandboxProcess):
    """A running sandbox with what tests ask of it most, by name."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        home = folder / "home"
        home.mkdir()
        super().__init__(folder, ["--speed", str(SPEED), *arguments], os.environ | {"HOME": str(home)})
        self.env = self.environment
        self.container_url = self.env["CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER"].rstrip("/")
        self.compute_url = self.env["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"].rstrip("/")
        self.metadata_host = self.env["GCE_METADATA_HOST"]
        self.token = Path(self.env["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
        self.project = self.env["CLOUDSDK_CORE_PROJECT"]
        self.project_number = self.env["SANDBOX_PROJECT_NUMBER"]
        self.dss_url = self.env["DKU_DSS_URL"]
        self.dss_api_key = self.env["DKU_API_KEY"]

    @property
    def host_email(self) -> str:
        """The service account of the DSS host."""
        return f"dss-host@{self.project}.iam.gserviceaccount.com"

    def url(self, service: str) -> str:
        """The address of one of Google's services, without a final slash."""
        return self.env[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}"].rstrip("/")

    def call(self, url: str, method: str = "GET", token: str | None = None, **how: object) -> requests.Response:
        """Send a request with a token, the administrator's by default."""
        authorization = {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(method, url, headers=authorization, timeout=60, **how)

    def create_cluster(self, location: str, name: str, project: str | None = None, **fields: Any) -> dict[str, Any]:
        """Create a cluster as somebody else than DSS does, and return it once it runs."""
        place = self._place(project, location)
        body = {"cluster": {"name": name, "initialNodeCount": 1, **fields}}
        self._finish(place, self.call(f"{place}/clusters", "POST", json=body))
        cluster: dict[str, Any] = self.call(f"{place}/clusters/{name}").json()
        return cluster

    def delete_cluster(self, location: str, name: str, project: str | None = None) -> None:
        """Delete a cluster as somebody else than DSS does, and wait until it is gone."""
        place = self._place(project, location)
        self._finish(place, self.call(f"{place}/clusters/{name}", "DELETE"))

    def _place(self, project: str | None, location: str) -> str:
        return f"{self.container_url}/v1/projects/{project or self.project}/locations/{location}"

    def _finish(self, place: str, answer: requests.Response) -> None:
        assert answer.ok, answer.text
        operation = f"{place}/operations/{answer.json()['name']}"
        while self.call(operation).json()["status"] != "DONE":
            time.sleep(0.02)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the worker; it must end cleanly and leave no process behind."""
    running = Sandbox(tmp_path_factory.mktemp("sandbox"), "--project", OTHER_PROJECT)
    yield running
    left = running.stop()
    assert not left, shlex.join(left)


class Dss:
    """The simulated DSS with the plugin installed, used through Dataiku's own client."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.client = dataikuapi.DSSClient(sandbox.dss_url, sandbox.dss_api_key)

    def install(self, archive: Path) -> None:
        """Install the plugin and its code environment, as the plugin screen does."""
        install_plugin(self.client, archive)

    def cluster(self, name: str, component: str, config: Mapping[str, Any]) -> dataikuapi.dss.admin.DSSCluster:
        """Create a DSS cluster of one of the plugin's components, not started."""
        params = {"config": dict(config)}
        cluster_type = f"pycluster_{PLUGIN_ID}_{component}"
        return self.client.create_cluster(name, cluster_type, params, cluster_architecture="KUBERNETES")


@pytest.fixture(scope="session")
def inline() -> Callable[..., dict[str, Any]]:
    """Make the stored form of preset values that are given in the dialog itself."""

    def stored(config: Mapping[str, Any], plugin_config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"mode": "INLINE", "inlinedConfig": dict(config), "inlinedPluginConfig": dict(plugin_config or {})}

    return stored


@pytest.fixture(scope="session")
def plugin_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that `make plugin` builds."""
    return build_plugin(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def slow_dss(tmp_path: Path, plugin_archive: Path) -> Iterator[tuple[Sandbox, Dss]]:
    """A sandbox of the test's own in which everything takes as long as in real life, and its DSS with the plugin."""
    running = Sandbox(tmp_path, "--speed", "1")
    instance = Dss(running)
    instance.install(plugin_archive)
    yield running, instance
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="session")
def dss(sandbox: Sandbox, plugin_archive: Path) -> Dss:
    """The worker's DSS, with the plugin that this checkout builds."""
    instance = Dss(sandbox)
    instance.install(plugin_archive)
    return instance


@pytest.fixture(scope="session")
def unique_name() -> Callable[[str], str]:
    """Make names for clusters, accounts and the like that no other test uses."""

    def make(prefix: str = "test") -> str:
        return f"{prefix}-{uuid.uuid4().hex[:8]}"

    return make


@pytest.fixture(autouse=True)
def settings_as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give the worker's DSS back the general settings that it had before a test, whatever the test made of them."""
    instance = request.getfixturevalue("dss") if "dss" in request.fixturenames else None
    if not isinstance(instance, Dss):
        # Some modules call something else so.
        yield
        return
    before = copy.deepcopy(instance.client.get_general_settings().get_raw())
    yield
    settings = instance.client.get_general_settings()
    if settings.get_raw() != before:
        settings.settings = before
        settings.save()
