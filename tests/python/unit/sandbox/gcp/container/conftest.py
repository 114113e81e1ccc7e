"""A simulated GKE in a thread of the test's own process, with control planes that only remember what they were told."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from starlette.applications import Starlette

from sandbox.clock import Clock
from sandbox.gcp.compute.provisioned import Provisioned
from sandbox.gcp.container.messages import Field, Message
from sandbox.gcp.container.service import ContainerService
from sandbox.gcp.principals import EVERYTHING, Principals
from sandbox.gcp.projects import Project, Projects
from sandbox.kubernetes.control_plane import ControlPlaneRequest, Exposure, NodeSpec
from sandbox.servers import LoopbackServer
from sandbox.traffic import Traffic

# A cluster is created in a tenth of a second.
SPEED = 4000
DEADLINE_SECONDS = 10
Json = dict[str, Any]


_SAMPLES = {"bool": True, "int32": 3, "int64": "3", "double": 0.5, "string": "1.34"}
_SAMPLE_DEPTH = 3


class RememberingControlPlane:
    """A control plane that serves nothing."""

    def __init__(self, request: ControlPlaneRequest) -> None:
        self.request = request
        self.public_endpoint = "127.0.0.1:40001"
        self.private_endpoint = "127.0.0.1:40002"
        self.dns_endpoint = "localhost:40003"
        self.ca_certificate = b"a certificate"
        self.nodes: list[NodeSpec] = []
        self.version = request.version
        self.exposure = Exposure()
        self.stopped = False

    async def set_nodes(self, nodes: Sequence[NodeSpec]) -> None:
        self.nodes = list(nodes)

    async def set_version(self, version: str) -> None:
        self.version = version

    async def expose(self, exposure: Exposure) -> None:
        self.exposure = exposure

    async def stop(self) -> None:
        self.stopped = True


class RememberingControlPlanes:
    """Makes them; `fails` makes the next one not start."""

    def __init__(self) -> None:
        self.by_name: dict[str, RememberingControlPlane] = {}
        self.fails = False

    async def start(self, request: ControlPlaneRequest) -> RememberingControlPlane:
        if self.fails:
            self.fails = False
            raise RuntimeError("no room for etcd")
        return self.by_name.setdefault(request.name, RememberingControlPlane(request))

    async def stop(self) -> None:
        pass


class HeldClock(Clock):
    """A clock that can be stopped, so that what happens meanwhile can be looked at without haste."""

    def __init__(self, speed: float) -> None:
        super().__init__(speed)
        self.running = threading.Event()
        self.running.set()
        self.longest = math.inf

    async def sleep(self, simulated_seconds: float) -> None:
        await super().sleep(min(simulated_seconds, self.longest))
        while not self.running.is_set() or simulated_seconds > self.longest:
            await asyncio.sleep(0.001)


class Gke:
    """The simulated GKE as a client sees it, and what it told its control planes."""

    zone = "/v1/projects/p/locations/us-central1-a"
    region = "/v1/projects/p/locations/europe-west1"

    def __init__(self) -> None:
        self.planes = RememberingControlPlanes()
        self.principals = Principals()
        self.principals.add("admin@example.com", [EVERYTHING])
        self.token = self.principals.issue("admin@example.com", None).value
        self.traffic = Traffic(self.principals)
        projects = Projects([Project("p", "123456789012")])
        self.clock = HeldClock(SPEED)
        self.service = ContainerService(self.clock, self.principals, projects, self.planes, Provisioned())
        self.traffic.normalisers["container"] = self.service.normalise
        self._server = LoopbackServer(self.traffic.observe(self.service.app, "container"))
        self._own_interface = LoopbackServer(Starlette(routes=self.service.administration))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._session = requests.Session()

    def start(self) -> None:
        self._thread.start()
        for server in (self._server, self._own_interface):
            asyncio.run_coroutine_threadsafe(server.start(), self._loop).result(DEADLINE_SECONDS)

    def stop(self) -> None:
        self._session.close()
        for part in (self.service.stop(), self._server.stop(), self._own_interface.stop()):
            asyncio.run_coroutine_threadsafe(part, self._loop).result(DEADLINE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_SECONDS)
        self._loop.close()

    @contextmanager
    def time_stopped(self) -> Iterator[None]:
        """Let no operation end inside this block."""
        self.clock.running.clear()
        try:
            yield
        finally:
            self.clock.running.set()

    @contextmanager
    def time_stopped_after(self, simulated_seconds: float) -> Iterator[None]:
        """Let nothing that takes longer happen inside this block."""
        self.clock.longest = simulated_seconds
        try:
            yield
        finally:
            self.clock.longest = math.inf

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def call(self, method: str, path: str, body: object = None, *, token: str | None = None) -> tuple[int, Json]:
        """Return status and body of a request."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        url = self._server.url + path
        response = self._session.request(method, url, json=body, headers=headers, timeout=DEADLINE_SECONDS)
        return response.status_code, response.json()

    def get(self, path: str) -> Json:
        """Return what is there."""
        status, answer = self.call("GET", path)
        assert status == 200, answer
        return answer

    def error(self, method: str, path: str, body: object = None) -> str:
        """Return the message of a request that must be refused as bad."""
        status, answer = self.call(method, path, body)
        assert status == 400, answer
        message: str = answer["error"]["message"]
        return message

    def begin(self, method: str, path: str, body: object = None) -> Json:
        """Return the operation that a request starts."""
        status, operation = self.call(method, path, body)
        assert status == 200, operation
        return operation

    def wait(self, operation: Json) -> Json:
        """Return the operation once it is done."""
        path = f"/v1/projects/p/locations/{operation['zone']}/operations/{operation['name']}"
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (operation := self.get(path))["status"] != "DONE":
            assert time.monotonic() < deadline, operation
            time.sleep(0.005)
        return operation

    def do(self, method: str, path: str, body: object = None) -> Json:
        """Return the finished operation of a request that must succeed."""
        done = self.wait(self.begin(method, path, body))
        assert "error" not in done, done
        return done

    def plant(self, *clusters: Json) -> tuple[int, Json]:
        """Return status and body of a request to the sandbox's own interface for clusters that are there at once."""
        url, body = f"{self._own_interface.url}/clusters", {"clusters": list(clusters)}
        response = self._session.post(url, json=body, timeout=DEADLINE_SECONDS)
        return response.status_code, response.json()

    def create(self, name: str, parent: str = "", **fields: Any) -> Json:
        """Create a cluster, with one node unless pools are given, and return it."""
        parent = parent or self.zone
        if not fields.keys() & {"nodePools", "autopilot"}:
            fields.setdefault("initialNodeCount", 1)
        self.do("POST", f"{parent}/clusters", {"cluster": {"name": name, **fields}})
        return self.get(f"{parent}/clusters/{name}")


@pytest.fixture(scope="module")
def gke() -> Iterator[Gke]:
    running = Gke()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def new_name(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Make cluster names that no other test of the module uses."""
    numbers = iter(range(100))
    digest = abs(hash(request.node.nodeid)) % 10**8
    return lambda: f"c{digest}-{next(numbers)}"


@pytest.fixture(scope="session")
def sample() -> Callable[[Field], Any]:
    """Make values for fields that are not their zero."""
    return _sample


def _sample(field: Field, depth: int = _SAMPLE_DEPTH) -> Any:
    """Return a value that is not the zero of a field."""
    if field.kind == "enum":
        value: Any = list(field.enum or {})[-1]
    elif field.kind == "message" and field.message is not None:
        value = _sample_message(field.message, depth - 1) if depth else {}
    else:
        value = _SAMPLES[field.kind]
    if field.is_map:
        return {"key": value}
    return [value] if field.repeated else value


def _sample_message(kind: Message, depth: int) -> dict[str, Any]:
    return {name: _sample(field, depth) for name, field in kind.fields.items()}
