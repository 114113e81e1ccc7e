"""The sandbox that is searched for secrets, with the plugin, and what tests do in its DSS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.google.permissions import PERMISSIONS
from tests.python.integration.secrets.actions import CREATE, PLACE
from tests.python.integration.secrets.search import Processes, Witness


@pytest.fixture(scope="session")
def witness(
    tmp_path_factory: pytest.TempPathFactory, plugin_archive: Path, sandbox: Any, dss: Any
) -> Iterator[Witness]:
    """A sandbox of these tests' own: what other tests left in theirs is not judged here."""
    own = type(sandbox)(tmp_path_factory.mktemp("secrets"))
    instance = type(dss)(own)
    instance.install(plugin_archive)
    processes = Processes()
    thread = threading.Thread(target=processes.watch, daemon=True)
    thread.start()
    watching = Witness(own, instance, processes)

    def remember(answer: Any, *_: Any, **__: Any) -> None:
        watching.answers.append(answer.text)

    instance.client._session.hooks["response"].append(remember)
    yield watching
    processes.ended.set()
    thread.join()
    assert own.stop() == []


@pytest.fixture
def make(witness: Witness, inline: Any, unique_name: Any) -> Callable[..., Any]:
    """Make a DSS cluster that logs everything, with these secret values of the connection."""

    def made(component: str = CREATE, secret: Mapping[str, str] | None = None, **values: Any) -> Any:
        config = {"connectionInfo": inline(PLACE, secret or {}), "logLevel": "NOTSET"}
        if component == CREATE:
            config["nodePools"] = [inline({"machineType": "e2-standard-4", "numNodes": 1})]
        return witness.dss.cluster(unique_name("secret"), component, config | values)

    return made


@pytest.fixture
def new_key(witness: Witness, unique_name: Any) -> Callable[..., dict[str, str]]:
    """Make a service account that may do all that the plugin documents, and a key of it."""

    def made(permissions: Iterable[str] = PERMISSIONS) -> dict[str, str]:
        email = f"{unique_name('key')}@sandbox-project.iam.gserviceaccount.com"
        key: dict[str, str] = witness.sandbox.service_account_key(email, [*permissions])
        return key

    return made
