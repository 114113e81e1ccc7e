"""No key and no token comes out of a macro: not on its page, in what it offers to download, in its log or in a file."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from gke_clusters.google.permissions import PERMISSIONS
from sandbox.process import ROOT
from tests.python.integration.furnished_cluster import FurnishedCluster
from tests.python.integration.secrets.actions import CREATE, PLACE, preset_of
from tests.python.integration.secrets.keys import given
from tests.python.integration.secrets.search import Witness, traces_of_key

# All of them share the sandbox that they search.
pytestmark = pytest.mark.xdist_group("secrets")

PROJECT = "SECRETMACROS"
DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.05
ALLOWED = {"token", "key.json"}
DOWNLOAD = re.compile(r"base64,([A-Za-z0-9+/=]+)")
POOL = {"machineType": "e2-standard-4", "numNodes": 1, "nodePoolName": "more"}
# In an order in which each has something to do. What they need beside the cluster's name.
OF_A_CLUSTER: dict[str, dict[str, Any]] = {
    "diagnose-cluster": {},
    "inspect-node-pools": {},
    "test-network": {},
    "register-cluster": {"registryUrl": "us-central1-docker.pkg.dev/sandbox-project/images"},
    "add-node-pool": {"nodePoolConfig": {"mode": "INLINE", "inlinedConfig": POOL, "inlinedPluginConfig": {}}},
    "resize-node-pool": {"nodePoolId": "more", "numNodes": 2},
    "delete-node-pool": {"nodePoolId": "more"},
}
OF_THE_INSTANCE = ["check-prerequisites", "find-forgotten-clusters", "print-iam-role"]
THERE = {path.parent.name for path in ROOT.glob("python-runnables/*/runnable.json")}


@pytest.fixture(scope="module")
def project(witness: Witness) -> Any:
    witness.dss.client.create_project(PROJECT, PROJECT, "admin")
    return witness.dss.client.get_project(PROJECT)


class Macros:
    """The macros of a plugin whose clusters were started with a key.

    Attributes:
        traces: what of the key would give it away.
    """

    def __init__(self, witness: Witness, project: Any, key: dict[str, str], preset: dict[str, str], cluster: Any):
        self.witness, self.project, self.key, self.preset, self.cluster = witness, project, key, preset, cluster
        self.traces = traces_of_key(key)

    def run(self, *names: str, **values: Any) -> dict[str, str]:
        """Run macros and return the page of each, with all that is to be downloaded, or the message of its failure."""
        return {name: self._run(name, self._params(name) | values) for name in names if name in THERE}

    def _params(self, name: str) -> dict[str, Any]:
        if name in OF_A_CLUSTER:
            return {"clusterId": self.cluster.cluster_id, **OF_A_CLUSTER[name]}
        return {"connectionInfo": self.preset}

    def _run(self, name: str, params: dict[str, Any]) -> str:
        macro = self.project.get_macro(f"pyrunnable_gke-clusters_{name}")
        # Who remembers the answers has read that of the result to its end before the client can.
        with contextlib.suppress(DataikuException, ValueError):
            macro.get_result(macro.run(params={"logLevel": "NOTSET", **params}, wait=True), as_type="string")
        page = self.witness.answers[-1]
        return page + "".join(base64.b64decode(piece).decode() for piece in DOWNLOAD.findall(page))

    def leaks(self, pages: dict[str, str]) -> list[str]:
        """Every place that holds a token or part of the key, the pages' downloads included."""
        self.witness.answers += pages.values()
        return self.witness.leaks(self.traces, ALLOWED)


@pytest.fixture(scope="module")
def key(witness: Witness) -> dict[str, str]:
    email = "macros@sandbox-project.iam.gserviceaccount.com"
    made: dict[str, str] = witness.sandbox.service_account_key(email, [*PERMISSIONS])
    return made


@pytest.fixture(scope="module")
def macros(witness: Witness, project: Any, key: dict[str, str], inline: Any, unique_name: Any) -> Iterator[Macros]:
    preset = preset_of(witness, unique_name("preset"), given(json.dumps(key)))
    config = {"connectionInfo": preset, "nodePools": [inline({"machineType": "e2-standard-4", "numNodes": 1})]}
    cluster = witness.dss.cluster(unique_name("secret"), CREATE, config)
    cluster.start()
    yield Macros(witness, project, key, preset, cluster)
    cluster.stop()


def test_macros_that_succeed_tell_no_secret(macros: Macros) -> None:
    pages = macros.run(*OF_A_CLUSTER, *OF_THE_INSTANCE)
    assert {name: page[:300] for name, page in pages.items() if "<html" not in page} == {}
    assert macros.leaks(pages) == []


def test_macros_whose_requests_are_refused_tell_no_secret(macros: Macros) -> None:
    kept = [one for one in PERMISSIONS if not one.startswith("container.nodes") and one != "container.clusters.update"]
    with macros.witness.sandbox.permissions(macros.key["client_email"], kept):
        assert macros.leaks(macros.run("diagnose-cluster", "add-node-pool")) == []


def test_what_others_say_of_a_pod_is_told_without_their_secrets(macros: Macros, tmp_path: Path) -> None:
    sandbox = macros.witness.sandbox
    place = f"{sandbox.container_url}/v1/projects/{sandbox.project}/locations/{PLACE['zone']}/clusters"
    cluster = FurnishedCluster(sandbox, sandbox.call(f"{place}/{macros.cluster.cluster_id}").json(), tmp_path)
    nodes = [str(node["metadata"]["name"]) for node in cluster.api.items("/api/v1/nodes")]
    for node in nodes:
        cluster.cordon(node)
    refused = {"service": "kubernetes", "path": "*/planted", "times": 10_000, "effect": {"pull": "denied"}}
    with sandbox.faults(refused), ThreadPoolExecutor(1) as executor:
        pages = executor.submit(macros.run, "test-network", image="registry.example/planted")
        pod = pod_of_test(cluster)
        # The newest is told in the log, and the first about a pull on the page.
        cluster.add_event(pod, "2100-01-01T00:00:00Z", "token=planted-in-log")
        wait_for(lambda: "token=[not shown]" in macros.witness.written())
        cluster.add_event(pod, "2000-01-01T00:00:00Z", "Failed to pull image: password=planted-on-page")
        for node in nodes:
            cluster.cordon(node, unschedulable=False)

    assert "password=[not shown]" in pages.result()["test-network"]
    macros.traces |= {"planted-in-log", "planted-on-page"}
    assert macros.leaks(pages.result()) == []


def pod_of_test(cluster: FurnishedCluster) -> str:
    names: list[str] = []

    def is_there() -> bool:
        names[:] = [str(item["metadata"]["name"]) for item in cluster.api.items("/api/v1/namespaces/default/pods")]
        names[:] = [name for name in names if name.startswith("dss-network-test-")]
        return bool(names)

    wait_for(is_there)
    return names[0]


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def test_macros_whose_tokens_are_refused_tell_none(macros: Macros) -> None:
    fault = {"service": "container", "times": 1000, "effect": {"status": 401}}
    with macros.witness.sandbox.faults(fault):
        assert macros.leaks(macros.run("diagnose-cluster", "find-forgotten-clusters")) == []
