"""A registry for each kind of store, behind a real server, with one repository and a few principals."""

import asyncio
import re
import shutil
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.digests import digest_of
from sandbox.dss.images.content import MANIFEST_TYPE, Content, content_of
from sandbox.gcp.artifact_registry.repositories import Repositories, Repository
from sandbox.gcp.principals import EVERYTHING, Principals
from sandbox.gcp.projects import Project
from sandbox.gcp.service_accounts import ServiceAccountKeys
from sandbox.registry.built_in import BuiltInRegistry
from sandbox.registry.credentials import Callers
from sandbox.registry.docker_registry import PROGRAM, DockerRegistry
from sandbox.registry.registry import Registry
from sandbox.servers import LoopbackServer

ADMINISTRATOR, READER, STRANGER = "admin@example", "reader@example", "stranger@example"
NAME = "demo/images/base"


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def close(self) -> None:
        """End the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)
        self._loop.close()


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """Return the loop that every registry of the session runs in."""
    loop = Loop()
    yield loop
    loop.close()


@dataclass
class Running:
    """A registry and the ways to it."""

    registry: Registry
    repositories: Repositories
    principals: Principals
    keys: ServiceAccountKeys
    url: str
    loop: Loop

    def access_token(self, email: str) -> str:
        """Return an access token of Google's."""
        return self.principals.issue(email).value

    def ask_token(self, scope: str = "", **how: Any) -> requests.Response:
        """Ask the token server, as Docker does."""
        query = {"service": self.registry.host, **({"scope": scope} if scope else {})}
        return requests.get(f"{self.url}/v2/token", params=query, timeout=20, **how)

    def login(self, email: str, scope: str) -> dict[str, str]:
        """Return the header of somebody who has gone Docker's way."""
        answer = self.ask_token(scope, auth=("oauth2accesstoken", self.access_token(email)))
        assert answer.ok, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def administrator(self, name: str = NAME) -> dict[str, str]:
        """Return the header of somebody who may do everything with an image."""
        return self.login(ADMINISTRATOR, f"repository:{name}:pull,push,delete")

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        """Send a request."""
        return requests.request(method, f"{self.url}{path}", timeout=20, **how)

    def follow(self, answer: requests.Response) -> str:
        """Return where an upload goes on."""
        return requests.compat.urljoin(self.url, answer.headers["Location"])

    def upload(self, blob: bytes, headers: dict[str, str], name: str = NAME) -> requests.Response:
        """Upload a blob in one piece after the beginning."""
        begun = self.call("POST", f"/v2/{name}/blobs/uploads/", headers=headers)
        assert begun.status_code == 202, begun.text
        place = self.follow(begun)
        end = f"{place}{'&' if '?' in place else '?'}digest={digest_of(blob)}"
        return requests.put(end, data=blob, headers=headers, timeout=20)

    def put_manifest(
        self, content: Content, headers: dict[str, str], reference: str, name: str = NAME
    ) -> requests.Response:
        """Put the manifest of an image."""
        headers = headers | {"Content-Type": MANIFEST_TYPE}
        return self.call("PUT", f"/v2/{name}/manifests/{reference}", data=content.manifest(), headers=headers)

    def push(self, tag: str, name: str = NAME) -> Content:
        """Push an image and return what it consists of."""
        content, headers = content_of(f"{name}:{tag}", 1_700_000_000), self.administrator(name)
        for blob in (content.config, content.layer):
            assert self.upload(blob, headers, name).status_code == 201
        assert self.put_manifest(content, headers, tag, name).status_code == 201
        return content


@pytest.fixture(scope="module", params=["built-in", PROGRAM])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[Running]:
    """Return a registry with the repository `demo/images`: its reader may pull, its stranger nothing."""
    program = shutil.which(PROGRAM)
    if request.param == PROGRAM and program is None:
        pytest.skip(f"{PROGRAM} is not on this machine")
    folder: Path = tmp_path_factory.mktemp("registry")
    store = DockerRegistry(program, folder / "registry") if request.param == PROGRAM and program else BuiltInRegistry()
    principals = Principals()
    principals.add(ADMINISTRATOR, [EVERYTHING])
    principals.add(READER, [])
    principals.add(STRANGER, [])
    repositories = Repositories()
    repository = Repository("demo", "us-central1", "images", {"format": "DOCKER"})
    repository.policy.replace(
        {"bindings": [{"role": "roles/artifactregistry.reader", "members": [f"serviceAccount:{READER}"]}]}
    )
    repositories.add(repository)
    keys = ServiceAccountKeys(principals, Project("demo", "1"))
    registry = Registry(Callers(principals, keys), repositories, store)
    server = LoopbackServer(registry.app)
    registry.listen(server.url)
    loop.run(registry.start())
    loop.run(server.start())
    yield Running(registry, repositories, principals, keys, server.url, loop)
    loop.run(server.stop())
    loop.run(registry.stop())


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of an image that no other test uses."""
    return f"demo/images/{re.sub('[^a-z0-9]+', '-', request.node.originalname)}"
