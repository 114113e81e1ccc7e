"""Images that nodes cannot pull: as kubectl shows them, and what the macros make of it."""

from __future__ import annotations

import html
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.python.conformance.servers import VERSIONS, kubectl_of
from tests.python.integration.conftest import Dss, Sandbox
from tests.python.integration.furnished_cluster import FurnishedCluster

DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.05
ZONE = "us-central1-a"
PROJECT = "PULLS"
PODS = "/api/v1/namespaces/default/pods"
IMAGE = "us-central1-docker.pkg.dev/sandbox-project/dss/base:14"
HUB_IMAGE = "python:3.11"
REFUSED = "403 Forbidden"
KUBECTL = kubectl_of(VERSIONS[-1])


class Pulling:
    """A started cluster of one node, and the macros on it."""

    def __init__(self, dss: Dss, sandbox: Sandbox, cluster: Any, folder: Path) -> None:
        self.dss, self.sandbox, self.name, self.folder = dss, sandbox, cluster.cluster_id, folder
        url = f"{sandbox.container_url}/v1/projects/{sandbox.project}/locations/{ZONE}/clusters/{self.name}"
        self.gke = sandbox.call(url).json()
        self.api = FurnishedCluster(sandbox, self.gke, folder).api
        dss.client.create_project(PROJECT, PROJECT, "admin")

    def failing(self, kind: str, image: str = IMAGE) -> AbstractContextManager[None]:
        fault = {"service": "kubernetes", "path": image, "times": 10_000, "effect": {"pull": kind}}
        return self.sandbox.faults(fault)

    def add_pod(self, image: str = IMAGE) -> None:
        spec = {"containers": [{"name": "c", "image": image}]}
        self.api.call("POST", PODS, body={"metadata": {"name": "spark"}, "spec": spec})
        self.until(lambda pod: waiting(pod).get("reason") == "ImagePullBackOff")

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        end = time.monotonic() + DEADLINE_SECONDS
        while not holds(self.api.call("GET", f"{PODS}/spark")):
            assert time.monotonic() < end
            time.sleep(POLL_SECONDS)

    def run(self, macro: str, **params: Any) -> str:
        """Run a macro and return the text of its page."""
        runnable = self.dss.client.get_project(PROJECT).get_macro(f"pyrunnable_gke-clusters_{macro}")
        run = runnable.run(params={"clusterId": self.name, **params}, wait=True)
        page = str(runnable.get_result(run, as_type="string"), "utf-8").partition("<body>")[2]
        return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())

    def kubectl(self, *arguments: str) -> str:
        kubeconfig = self.folder / f"furnishing-{self.name}"
        command = [str(KUBECTL), "--kubeconfig", str(kubeconfig), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True, env={"HOME": str(self.folder)}
        )
        return done.stdout


def waiting(pod: dict[str, Any]) -> dict[str, Any]:
    statuses = pod["status"].get("containerStatuses") or [{}]
    found: dict[str, Any] = statuses[0].get("state", {}).get("waiting", {})
    return found


@pytest.fixture(scope="module")
def pulling(
    dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pulling]:
    connection = inline({"projectId": sandbox.project, "zone": ZONE})
    pools = [inline({"nodePoolName": "workers", "numNodes": 1})]
    cluster = dss.cluster(unique_name("pull"), "create-gke-cluster", {"connectionInfo": connection, "nodePools": pools})
    cluster.start()
    yield Pulling(dss, sandbox, cluster, tmp_path_factory.mktemp("pulling"))
    cluster.stop()


@pytest.fixture
def stuck(pulling: Pulling) -> Iterator[Pulling]:
    """The cluster with a pod whose image its node may not pull."""
    with pulling.failing("denied"):
        pulling.add_pod()
        yield pulling
    pulling.api.call("DELETE", f"{PODS}/spark", body={"gracePeriodSeconds": 0})


@pytest.mark.kubectl
@pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on this machine")
def test_kubectl_shows_why_a_pod_does_not_begin(stuck: Pulling) -> None:
    line = stuck.kubectl("get", "pod", "spark", "--no-headers").split()
    described = stuck.kubectl("describe", "pod", "spark")

    assert line[1] == "0/1"
    assert line[2] in ("ErrImagePull", "ImagePullBackOff")
    assert re.search(r"Reason: +(ErrImagePull|ImagePullBackOff)", described)
    assert re.search(r"Warning +Failed +.* +kubelet +Failed to pull image .*" + REFUSED, described)
    assert re.search(r"Normal +BackOff +.* +kubelet +Back-off pulling image", described)


def test_a_pod_runs_once_its_image_can_be_pulled(pulling: Pulling) -> None:
    with pulling.failing("missing"):
        pulling.add_pod()
    pulling.until(lambda pod: bool(pod["status"]["phase"] == "Running"))
    pulling.api.call("DELETE", f"{PODS}/spark", body={"gracePeriodSeconds": 0})


@pytest.mark.parametrize(
    ("kind", "image", "cause", "remedy"),
    [
        ("denied", IMAGE, REFUSED, "roles/artifactregistry.reader"),
        ("missing", IMAGE, f"{IMAGE}: not found", "Push the base images"),
        ("unreachable", HUB_IMAGE, "registry-1.docker.io/v2/library/python/manifests/3.11", "Cloud NAT"),
    ],
)
def test_a_network_test_names_the_cause_and_the_remedy(
    pulling: Pulling, kind: str, image: str, cause: str, remedy: str
) -> None:
    with pulling.failing(kind, image):
        text = pulling.run("test-network", image=image)

    assert "The pod did not run, so the network could not be tried." in text
    assert "ImagePullBackOff: Failed to pull image" in text
    assert cause in text
    assert remedy in text


def test_a_diagnosis_names_the_cause_and_the_remedy(stuck: Pulling) -> None:
    text = stuck.run("diagnose-cluster")

    assert "default/spark" in text
    assert REFUSED in text
    assert "service account of the nodes has roles/artifactregistry.reader" in text


def test_an_inspection_says_which_pool_has_pods_that_do_not_begin_for_want_of_an_image(stuck: Pulling) -> None:
    text = stuck.run("inspect-node-pools")

    assert "1 pod is without an image: default/spark: " in text
    assert REFUSED in text
    assert "roles/artifactregistry.reader" in text
