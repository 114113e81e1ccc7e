"""The macro *Inspect node pools* as an administrator runs it: on healthy, degraded and unreachable clusters."""

from __future__ import annotations

import html
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from dataikuapi.utils import DataikuException

from gke_clusters.google.permissions import PERMISSIONS
from tests.python.integration.conftest import Dss, Sandbox
from tests.python.integration.furnished_cluster import FurnishedCluster

MACRO = "pyrunnable_gke-clusters_inspect-node-pools"
CREATE = "create-gke-cluster"
PROJECT = "INSPECTION"
ZONES = ["us-central1-a", "us-central1-b"]


class Inspected:
    """A regional cluster of DSS with two node pools, and the pages about it."""

    def __init__(self, dss: Dss, sandbox: Sandbox, name: str, inline: Callable[..., dict[str, Any]]) -> None:
        self.dss, self.sandbox, self.name = dss, sandbox, name
        dss.client.create_project(PROJECT, PROJECT, "admin")
        config = {
            "connectionInfo": inline({"projectId": sandbox.project, "region": "us-central1"}),
            "isRegional": True,
            "locations": ZONES,
            "nodePools": [
                inline({"nodePoolName": "workers", "machineType": "e2-standard-4", "numNodes": 1}),
                inline({"nodePoolName": "spare", "machineType": "e2-standard-4", "numNodes": 1, "useSpotVms": True}),
            ],
        }
        self.in_dss = dss.cluster(name, CREATE, config)

    @property
    def gke(self) -> dict[str, Any]:
        place = f"{self.sandbox.container_url}/v1/projects/{self.sandbox.project}/locations/us-central1"
        resource: dict[str, Any] = self.sandbox.call(f"{place}/clusters/{self.name}").json()
        return resource

    def page(self, **params: Any) -> str:
        """Run the macro and return its page."""
        macro = self.dss.client.get_project(PROJECT).get_macro(MACRO)
        run = macro.run(params={"clusterId": self.name, **params}, wait=True)
        page = str(macro.get_result(run, as_type="string"), "utf-8")
        html5lib.HTMLParser(strict=True).parse(page)
        return page

    def text(self, **params: Any) -> str:
        """The text of the page."""
        page = self.page(**params).partition("<body>")[2]
        return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.fixture(scope="module")
def inspected(dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any) -> Iterator[Inspected]:
    """One cluster that the tests leave as it is."""
    made = Inspected(dss, sandbox, unique_name("insp"), inline)
    made.in_dss.start()
    yield made
    made.in_dss.stop()


def test_a_healthy_cluster_is_shown_with_what_its_pools_have_by_four_calls(inspected: Inspected) -> None:
    begin = time.time()
    text = inspected.text()
    calls = {
        (seen["service"], seen["path"])
        for seen in inspected.sandbox.requests(since=begin)
        if seen["principal"] == inspected.sandbox.host_email and seen["service"] != "metadata"
    }

    assert Counter(service for service, _ in calls) == {"container": 1, "compute": 1, "kubernetes": 2}
    assert "2 node pools, with all the nodes that there are to be." in text
    assert re.search(r"workers e2-standard-4 RUNNING 2 2 2 \d+ \d+ %, [\d.]+ of 7.8 cores", text)
    assert re.search(r"us-central1-b 1 1 1 \d+", text)


def test_troubled_pools_come_first_with_what_is_wrong_and_what_to_do(inspected: Inspected, tmp_path: Path) -> None:
    cluster = FurnishedCluster(inspected.sandbox, inspected.gke, tmp_path)
    api = cluster.api
    node = next(each for each in api.items("/api/v1/nodes") if "spare" in str(each["metadata"]["labels"]))
    cluster.cordon(node["metadata"]["name"])
    selector = {"cloud.google.com/gke-nodepool": "spare"}
    greedy = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "900"}}}
    pod = {"metadata": {"name": "greedy"}, "spec": {"containers": [greedy], "nodeSelector": selector}}
    api.call("POST", "/api/v1/namespaces/default/pods", body=pod)

    text = inspected.text()
    only = inspected.text(nodePoolId="workers")

    api.call("DELETE", "/api/v1/namespaces/default/pods/greedy")
    cluster.cordon(node["metadata"]["name"], unschedulable=False)
    assert "1 of 2 node pools is to be looked at." in text
    assert text.index(" spare e2") < text.index(" workers e2")
    assert "1 pod is without a node, for this pool." in text
    assert f"kubectl uncordon {node['metadata']['name']}" in text
    assert "1 node pool, with all the nodes that there are to be." in only
    assert "spare" not in only


def test_a_cluster_that_cannot_be_reached_shows_what_google_knows(inspected: Inspected) -> None:
    with inspected.sandbox.faults({"service": "kubernetes", "method": "*", "path": "*", "effect": {"down": 600}}):
        text = inspected.text()

    assert "Unreachable: the Kubernetes API does not answer" in text
    assert "Nodes, Pods not known The Kubernetes API server " in text
    assert "workers e2-standard-4 RUNNING 2 ? ? ?" in text


def test_a_refused_permission_leaves_the_rest(inspected: Inspected) -> None:
    lacking = ("compute.instanceGroupManagers.list", "container.clusters.get")
    left = [each for each in PERMISSIONS if each not in lacking]
    with inspected.sandbox.permissions(inspected.sandbox.host_email, left):
        text = inspected.text()

    assert [each for each in lacking if each not in text] == []
    assert "spare not known ? 2 2" in text


def test_a_pool_that_is_not_there_is_refused_with_those_that_are(inspected: Inspected) -> None:
    with pytest.raises(DataikuException, match="tpu is not in the cluster; there are: workers, spare"):
        inspected.page(nodePoolId="tpu")


def test_a_cluster_that_is_gone_or_not_started_is_said_to_be_so(
    inspected: Inspected, dss: Dss, unique_name: Any
) -> None:
    deleted = {"service": "container", "method": "GET", "path": f"*/clusters/{inspected.name}"}
    with inspected.sandbox.faults({**deleted, "effect": {"status": 404}}):
        gone = inspected.text()
    never = dss.cluster(unique_name("insp"), CREATE, {})
    idle = inspected.text(clusterId=never.cluster_id)

    assert f"The GKE cluster of {inspected.name} is gone." in gone
    assert "force stop" in gone
    assert f"{never.cluster_id} is not started, so there is no GKE cluster" in idle
