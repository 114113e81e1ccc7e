"""The macro *Test network connectivity* as an administrator runs it; its pod really calls the simulated DSS."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import html5lib
import pytest
from dataikuapi.utils import DataikuException

from gke_clusters.kube.draining import NodeDrainer
from tests.python.integration.conftest import Dss, Sandbox
from tests.python.integration.furnished_cluster import FurnishedCluster

MACRO = "pyrunnable_gke-clusters_test-network"
PROJECT = "NETWORK"
DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.05
IMAGE = "us-central1-docker.pkg.dev/sandbox-project/dss/python:3.11"
# A node takes some seconds to come, long enough to see that it is waited for.
PATIENT_SPEED = 15


class NetworkTests:
    """One started cluster of the worker's DSS, and the pages about it."""

    def __init__(self, dss: Dss, cluster: Any) -> None:
        self.dss = dss
        self.cluster = cluster
        dss.client.create_project(PROJECT, PROJECT, "admin")

    def gke(self, sandbox: Sandbox) -> dict[str, Any]:
        place = f"{sandbox.container_url}/v1/projects/{sandbox.project}/locations/us-central1-a/clusters"
        found: dict[str, Any] = sandbox.call(f"{place}/{self.cluster.cluster_id}").json()
        return found

    def page(self, **values: Any) -> str:
        macro = self.dss.client.get_project(PROJECT).get_macro(MACRO)
        params = {"clusterId": self.cluster.cluster_id, "image": IMAGE, **values}
        page = str(macro.get_result(macro.run(params=params, wait=True), as_type="string"), "utf-8")
        html5lib.HTMLParser(strict=True).parse(page)
        return page


@pytest.fixture(scope="module")
def tests(dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any) -> Iterator[NetworkTests]:
    connection = inline({"projectId": sandbox.project, "zone": "us-central1-a"})
    pools = [inline({"nodePoolName": "workers", "numNodes": 1})]
    config = {"connectionInfo": connection, "nodePools": pools}
    cluster = dss.cluster(unique_name("net"), "create-gke-cluster", config)
    cluster.start()
    yield NetworkTests(dss, cluster)
    cluster.stop()


def tones(page: str) -> dict[str, str]:
    return dict(re.findall(r'<h2>([^<]+) <span class="outcome (\w+)">', page))


def test_a_pod_reaches_dss_and_is_gone_afterwards(tests: NetworkTests, sandbox: Sandbox, tmp_path: Path) -> None:
    page = tests.page(nodePoolId="workers")

    assert "Pods of the cluster reach DSS." in page
    found = tones(page)
    assert {found[title] for title in ("Pod", "Name resolution", "TCP over IPv4", "HTTP")} == {"good"}
    assert found["TCP over IPv6"] == "info"
    api = FurnishedCluster(sandbox, tests.gke(sandbox), tmp_path).api
    assert [
        each for each in api.items("/api/v1/namespaces/default/pods") if "network" in each["metadata"]["name"]
    ] == []


def test_the_pod_waits_for_a_node_of_a_cluster_that_has_none_to_give(
    tests: NetworkTests, sandbox: Sandbox, tmp_path: Path
) -> None:
    api = FurnishedCluster(sandbox, tests.gke(sandbox), tmp_path).api
    drainer = NodeDrainer(api)
    nodes = [node.name for node in drainer.nodes()]
    for node in nodes:
        drainer.set_schedulable(node, schedulable=False)

    with ThreadPoolExecutor(1) as executor:
        page = executor.submit(tests.page)
        wait_for(lambda: any(is_unschedulable(pod) for pod in api.items("/api/v1/namespaces/default/pods")))
        for node in nodes:
            drainer.set_schedulable(node, schedulable=True)

        assert "Pods of the cluster reach DSS." in page.result()


@pytest.fixture
def patient(tmp_path: Path, plugin_archive: Path) -> Iterator[tuple[Sandbox, Dss]]:
    """A sandbox of the test's own in which waiting can be seen, and its DSS with the plugin."""
    sandbox = Sandbox(tmp_path, "--speed", str(PATIENT_SPEED))
    dss = Dss(sandbox)
    dss.install(plugin_archive)
    yield sandbox, dss
    sandbox.stop()


def test_the_pod_waits_for_the_first_node_of_a_pool_that_the_autoscaler_has_at_zero(
    patient: tuple[Sandbox, Dss], inline: Any, tmp_path: Path
) -> None:
    sandbox, dss = patient
    limits = {"enabled": True, "minNodeCount": 0, "maxNodeCount": 2}
    pools = [{"name": "workers", "initialNodeCount": 1}, {"name": "spare", "autoscaling": limits}]
    place = {"location": "us-central1-a", "control_plane": True}
    sandbox.plant({**place, "cluster": {"name": "zero", "nodePools": pools}})
    connection = inline({"projectId": sandbox.project, "zone": "us-central1-a"})
    cluster = dss.cluster("zero", "attach-gke-cluster", {"connectionInfo": connection, "clusterId": "zero"})
    cluster.start()
    tests = NetworkTests(dss, cluster)
    before = tests.gke(sandbox)["currentNodeCount"]
    page = tests.page(nodePoolId="spare")

    assert "Pods of the cluster reach DSS." in page
    assert (before, tests.gke(sandbox)["currentNodeCount"]) == (1, 2)
    [log] = (tmp_path / "state" / "dss" / "run" / "macros").glob("*.log")
    assert "The pod: TriggeredScaleUp: pod triggered scale-up: [{https://" in log.read_text()


def is_unschedulable(pod: Mapping[str, Any]) -> bool:
    return any(each.get("reason") == "Unschedulable" for each in pod["status"].get("conditions", ()))


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def test_packets_that_are_dropped_name_the_firewall_rule_to_add(tests: NetworkTests, sandbox: Sandbox) -> None:
    page = tests.page(host=address_of_host(sandbox))

    assert "most likely a firewall drops them" in page
    command = command_in(page)
    port = sandbox.dss_url.rpartition(":")[2].strip("/")
    assert f"--rules=tcp:{port} " in command
    assert f"--target-service-accounts={sandbox.host_email}" in command
    assert "--network=default " in command
    assert re.search(r"--source-ranges=10\.[\d.]+/\d+", command)


def test_a_host_that_is_not_this_machine_is_no_target_of_the_rule(tests: NetworkTests) -> None:
    page = tests.page(host="10.200.0.9")

    assert "10.200.0.9 is not known to be this machine" in page
    assert "--target-service-accounts" not in command_in(page)


def address_of_host(sandbox: Sandbox) -> str:
    instance = sandbox.call(
        f"{sandbox.compute_url}/compute/v1/projects/{sandbox.project}/zones/us-central1-a/instances/dss-host"
    )
    return str(instance.json()["networkInterfaces"][0]["networkIP"])


def command_in(page: str) -> str:
    [command] = re.findall(r"<pre>(gcloud compute firewall-rules create [^<]+)</pre>", page)
    return str(command)


def test_a_name_that_pods_do_not_know_is_said_with_where_to_set_it(tests: NetworkTests) -> None:
    page = tests.page(host="dss.corp.example")

    assert "Pods cannot resolve dss.corp.example." in page
    assert "DKU_BACKEND_EXT_HOST" in page


def test_wrong_fields_are_refused_before_anything_runs(tests: NetworkTests) -> None:
    with pytest.raises(DataikuException, match="there are: workers"):
        tests.page(nodePoolId="nowhere")


def test_a_namespace_that_is_not_there_is_a_wrong_field(tests: NetworkTests) -> None:
    with pytest.raises(DataikuException, match="Namespace: absent is not in the cluster"):
        tests.page(namespace="absent")


def test_an_unreachable_cluster_is_said_to_be_so(tests: NetworkTests, sandbox: Sandbox) -> None:
    with sandbox.faults({"service": "kubernetes", "method": "*", "path": "*", "effect": {"down": 600}}):
        page = tests.page()

    assert "The network could not be tried." in page
    # The connection is cut, and a request that was cut off may have been carried out.
    assert tones(page) == {"Kubernetes API": "bad", "Pod may be left behind": "warning"}


def test_a_cluster_that_is_not_started_is_said_to_be_so(dss: Dss, tests: NetworkTests, unique_name: Any) -> None:
    idle = dss.cluster(unique_name("idle"), "create-gke-cluster", {})

    page = tests.page(clusterId=idle.cluster_id)

    assert "is not started" in page
    assert tones(page) == {"GKE cluster": "bad"}
