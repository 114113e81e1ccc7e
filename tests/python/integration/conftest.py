"""The sandbox that the integration tests of one worker share, running as a process of its own."""

import os
import shlex
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from sandbox.process import SandboxProcess

# A cluster is created in less than a second, and an operation is still seen RUNNING by whoever polls it.
SPEED = 500


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
        return requests.request(method, url, headers=authorization, timeout=20, **how)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the worker; it must end cleanly and leave no process behind."""
    running = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield running
    left = running.stop()
    assert not left, shlex.join(left)


@pytest.fixture
def unique_name() -> Callable[[str], str]:
    """Make names for clusters, accounts and the like that no other test uses."""

    def make(prefix: str = "test") -> str:
        return f"{prefix}-{uuid.uuid4().hex[:8]}"

    return make
