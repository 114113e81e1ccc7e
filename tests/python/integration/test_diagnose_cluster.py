"""The macro *Diagnose* as an administrator runs it: on healthy, degraded and unreachable clusters, and on none."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest

from gke_clusters.google.permissions import PERMISSIONS
from tests.python.integration.conftest import Dss, Sandbox
from tests.python.integration.furnished_cluster import FurnishedCluster

MACRO = "pyrunnable_gke-clusters_diagnose-cluster"
CREATE = "create-gke-cluster"
PROJECT = "DIAGNOSIS"
NAMESPACE = "/api/v1/namespaces/default"
MESSAGE = "</td><script>alert(1)</script> DB_PASSWORD=hunter2 and ya29.sandbox-0123456789"
PARTS = {
    "DSS cluster",
    "GKE cluster",
    "Kubernetes API",
    "Control plane endpoints",
    "Credential helper",
    "Access that DSS needs",
    "Nodes",
    "Pods that wait",
    "Recent warnings",
    "Operations",
    "Quota",
    "Versions",
    "As text",
}


class Diagnoses:
    """Clusters of the worker's DSS, and the pages about them."""

    def __init__(self, dss: Dss, sandbox: Sandbox, create: Callable[[], Any]) -> None:
        self.dss = dss
        self.sandbox = sandbox
        self.create = create
        dss.client.create_project(PROJECT, PROJECT, "admin")

    def page(self, cluster_id: str) -> str:
        macro = self.dss.client.get_project(PROJECT).get_macro(MACRO)
        page = str(macro.get_result(macro.run(params={"clusterId": cluster_id}, wait=True), as_type="string"), "utf-8")
        html5lib.HTMLParser(strict=True).parse(page)
        return page


@pytest.fixture(scope="module")
def diagnoses(dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any) -> Diagnoses:
    connection = inline({"projectId": sandbox.project, "zone": "us-central1-a"})

    def create() -> Any:
        pools = [inline({"nodePoolName": "workers", "numNodes": 1})]
        return dss.cluster(unique_name("diag"), CREATE, {"connectionInfo": connection, "nodePools": pools})

    return Diagnoses(dss, sandbox, create)


@pytest.fixture(scope="module")
def running(diagnoses: Diagnoses) -> Iterator[Any]:
    """One cluster that the tests leave as it is."""
    cluster = diagnoses.create()
    cluster.start()
    yield cluster
    cluster.stop()


def tones(page: str) -> dict[str, str]:
    """How each part of a page is; that a helper is slow which gives its token is of the machine that runs the tests."""
    found = dict(re.findall(r'<h2>([^<]+) <span class="outcome (\w+)">', page))
    if found.get("Credential helper") == "warning" and "The credential helper took " in page:
        found["Credential helper"] = "good"
    return found


@pytest.fixture
def troubled(running: Any, sandbox: Sandbox, tmp_path: Path) -> Iterator[str]:
    """The same cluster with a node that takes nothing, a pod that fits nowhere, and an event that anybody wrote."""
    place = f"{sandbox.container_url}/v1/projects/{sandbox.project}/locations/us-central1-a/clusters"
    cluster = FurnishedCluster(sandbox, sandbox.call(f"{place}/{running.cluster_id}").json(), tmp_path)
    api = cluster.api
    [node] = api.items("/api/v1/nodes")
    cluster.cordon(node["metadata"]["name"])
    greedy = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "900"}}}
    api.call("POST", f"{NAMESPACE}/pods", body={"metadata": {"name": "greedy"}, "spec": {"containers": [greedy]}})
    about = {"kind": "Pod", "namespace": "default", "name": "greedy"}
    event = {"metadata": {"name": "e"}, "type": "Warning", "reason": "Odd", "message": MESSAGE, "involvedObject": about}
    api.call("POST", f"{NAMESPACE}/events", body=event)
    yield running.cluster_id
    api.call("DELETE", f"{NAMESPACE}/pods/greedy")
    api.call("DELETE", f"{NAMESPACE}/events/e")
    cluster.cordon(node["metadata"]["name"], unschedulable=False)


def verdict(page: str) -> str:
    [words] = re.findall(r"<strong>([^<]+)</strong></p>\n<p class=\"muted\">Taken", page)
    return str(words)


def test_a_healthy_cluster_is_said_to_be_so_with_a_text_to_send(diagnoses: Diagnoses, running: Any) -> None:
    page = diagnoses.page(running.cluster_id)

    [text] = re.findall(r'href="data:text/plain;charset=utf-8;base64,([^"]+)" download="diagnosis-', page)
    bundle = base64.b64decode(text).decode()
    assert {*tones(page), "As text"} == PARTS
    assert {title for title, tone in tones(page).items() if tone not in ("good", "info")} <= {"Versions"}
    assert diagnoses.sandbox.host_email in page
    assert "== GKE cluster [good]" in bundle
    assert "ya29." not in page + bundle
    assert "BEGIN CERTIFICATE" not in bundle


def test_a_troubled_cluster_is_degraded_and_each_trouble_is_named_with_what_to_do(
    diagnoses: Diagnoses, troubled: str
) -> None:
    lacking = ("compute.regions.get", "container.secrets.create")
    with diagnoses.sandbox.permissions(diagnoses.sandbox.host_email, [p for p in PERMISSIONS if p not in lacking]):
        page = diagnoses.page(troubled)

    found = tones(page)
    assert verdict(page).startswith("Degraded: one part is a problem.")
    assert found["Access that DSS needs"] == "bad"
    assert "create secrets" in page
    assert (found["Quota"], found["Nodes"], found["Pods that wait"]) == ("unknown", "warning", "info")
    assert "compute.regions.get" in page
    assert "kubectl uncordon gke-" in page
    assert "1 pod: Unschedulable." in page
    assert found["GKE cluster"] == found["Kubernetes API"] == "good"
    assert "Odd" in page
    assert [each for each in ("<script>alert", "hunter2", "ya29.") if each in page] == []


def test_a_cluster_that_cannot_be_reached_is_said_so_beside_what_google_knows(
    diagnoses: Diagnoses, running: Any
) -> None:
    with diagnoses.sandbox.faults({"service": "kubernetes", "method": "*", "path": "*", "effect": {"down": 600}}):
        page = diagnoses.page(running.cluster_id)

    found = tones(page)
    assert verdict(page).startswith("Unreachable: ")
    assert (found["Kubernetes API"], found["Control plane endpoints"]) == ("bad", "bad")
    assert {found[title] for title in ("Nodes", "Pods that wait", "Recent warnings")} == {"unknown"}
    assert {found[title] for title in ("GKE cluster", "Quota", "Credential helper")} == {"good"}


def test_a_cluster_that_is_gone_is_said_to_be_so(diagnoses: Diagnoses, running: Any) -> None:
    deleted = {"service": "container", "method": "GET", "path": f"*/clusters/{running.cluster_id}"}
    with diagnoses.sandbox.faults({**deleted, "effect": {"status": 404}}):
        page = diagnoses.page(running.cluster_id)

    assert verdict(page) == f"The GKE cluster of {running.cluster_id} is gone."
    assert "force stop" in page


def test_a_cluster_that_is_not_started_is_said_to_be_so(diagnoses: Diagnoses) -> None:
    page = diagnoses.page(diagnoses.create().cluster_id)

    assert verdict(page).endswith(" is not started.")
    assert tones(page)["GKE clusters of this DSS cluster"] == "good"
