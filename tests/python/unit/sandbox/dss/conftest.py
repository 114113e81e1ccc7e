"""A DSS of its own for each test, behind a real server, and plugins made of a few lines."""

import asyncio
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import dataikuapi
import pytest
from starlette.types import Receive, Scope, Send

from sandbox.dss.backend import DssBackend
from sandbox.servers import LoopbackServer

CLUSTER = """
import os
from dataiku.cluster import Cluster

class Recording(Cluster):
    def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings):
        self.config = config
        self.plugin_config = plugin_config

    def start(self):
        print("starting with", sorted(self.config))
        overrides = {"kubeConfigPath": os.path.join(os.getcwd(), "kube_config"), "kubeCtlContext": "ctx"}
        settings = {"container": {"executionConfigsGenericOverrides": overrides}, "spark": {"sparkEnabled": True}}
        return [settings, {"config": self.config, "plugin_config": self.plugin_config, "environ": dict(os.environ)}]

    def stop(self, data):
        with open("stopped-with", "w") as file:
            file.write(repr(data))
"""
CONNECTION = {
    "meta": {"label": "Connections"},
    "params": [{"name": "project", "type": "STRING", "defaultValue": "p"}],
    "pluginParams": [{"name": "key", "type": "PASSWORD"}],
}
CLUSTER_TYPE = "pycluster_demo_recording"


def cluster_desc(params: list[dict[str, Any]]) -> str:
    """Return a cluster component's descriptor."""
    return json.dumps({"architecture": "KUBERNETES", "params": params})


def plugin_files(**changes: str | None) -> dict[str, str]:
    """Return the files of a plugin called demo; `None` leaves a file out, `__` in a keyword is a `/`, `_py` a `.py`."""
    files: dict[str, str] = {
        "plugin.json": json.dumps({"id": "demo", "version": "1.0.0", "meta": {"label": "Demo"}, "params": []}),
        "parameter-sets/connection/parameter-set.json": json.dumps(CONNECTION),
        "python-clusters/recording/cluster.json": cluster_desc(
            [
                {"name": "connectionInfo", "type": "PRESET", "parameterSetId": "connection"},
                {"name": "others", "type": "PRESETS", "parameterSetId": "connection"},
                {"name": "size", "type": "INT"},
                {"name": "password", "type": "PASSWORD"},
            ]
        ),
        "python-clusters/recording/cluster.py": CLUSTER,
        "code-env/python/desc.json": json.dumps({"acceptedPythonInterpreters": ["PYTHON310", "PYTHON311"]}),
    }
    names = {
        "plugin_json": "plugin.json",
        "cluster_py": "python-clusters/recording/cluster.py",
        "cluster_json": "python-clusters/recording/cluster.json",
        "runnable_py": "python-runnables/report/runnable.py",
        "runnable_json": "python-runnables/report/runnable.json",
        "code_env": "code-env/python/desc.json",
        "set_json": "parameter-sets/connection/parameter-set.json",
        "library_py": "python-lib/demo_library.py",
        "requirements": "code-env/python/spec/requirements.txt",
    }
    for keyword, content in changes.items():
        if content is None:
            del files[names[keyword]]
        else:
            files[names[keyword]] = content
    return files


def zipped(files: dict[str, str]) -> io.BytesIO:
    """Return a zip of text files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    content.seek(0)
    return content


@dataclass
class Dss:
    """A running backend and the real client of it."""

    backend: DssBackend
    url: str
    folder: Path
    client: dataikuapi.DSSClient
    switchboard: "Switchboard"
    cluster_type: str = CLUSTER_TYPE

    def zipped(self, **changes: str | None) -> io.BytesIO:
        """Return the zip of the demo plugin with changed files."""
        return zipped(plugin_files(**changes))

    def install(self, **changes: str | None) -> Any:
        """Install the demo plugin and return its handle."""
        self.client.install_plugin_from_archive(zipped(plugin_files(**changes)))
        return self.client.get_plugin("demo")

    def cluster(self, config: dict[str, Any] | None = None, name: str = "one") -> Any:
        """Create a cluster of the demo plugin and return its handle."""
        return self.client.create_cluster(name, CLUSTER_TYPE, {"config": config or {}}, "KUBERNETES")

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the backend's loop."""
        return self.switchboard.run(work)


StartDss = Callable[..., Dss]


class Switchboard:
    """One server for every test of the session, for stopping a server takes longer than most tests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.backend: DssBackend | None = None
        self.server = LoopbackServer(self)
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self.server.start())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.backend is not None
        await self.backend.app(scope, receive, send)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def plug(self, backend: DssBackend | None) -> None:
        """Stop the backend there was, and let another one answer."""
        if self.backend is not None:
            self.run(self.backend.stop())
        self.backend = backend
        if backend is not None:
            backend.listen(self.server.url)

    def close(self) -> None:
        """Stop the server and its loop."""
        self.run(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=30)
        self.loop.close()


@pytest.fixture(scope="session")
def switchboard() -> Iterator[Switchboard]:
    """Return the session's server."""
    switchboard = Switchboard()
    yield switchboard
    switchboard.close()


@pytest.fixture
def start_dss(tmp_path: Path, switchboard: Switchboard) -> Iterator[StartDss]:
    """Start a DSS; one started again in the same test has the same data folder."""

    def start(version: Literal["14", "15"] = "15", environment: dict[str, str] | None = None, **more: Any) -> Dss:
        switchboard.plug(None)
        backend = DssBackend(tmp_path / "dss", version, environment, **more)
        switchboard.plug(backend)
        client = dataikuapi.DSSClient(switchboard.server.url, backend.api_key)
        return Dss(backend, switchboard.server.url, tmp_path / "dss", client, switchboard)

    yield start
    switchboard.plug(None)


@pytest.fixture
def dss(start_dss: StartDss) -> Dss:
    """Return a running DSS 15."""
    return start_dss()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Wait for a condition; fails after 30 seconds."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "the condition never came true"
            time.sleep(0.01)

    return wait
