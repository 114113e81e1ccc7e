"""The Google Cloud CLI against the simulated GKE: one story, told by the commands that an administrator types."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [
    pytest.mark.gcloud,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="the Google Cloud CLI is not installed"),
]

ZONE = "us-central1-a"
NAME = "gcloud-story"
DEADLINE_SECONDS = 120


class Gcloud:
    """`gcloud container` in the sandbox's environment."""

    def __init__(self, environment: dict[str, str], kubeconfig: Path) -> None:
        self._environment = environment | {"KUBECONFIG": str(kubeconfig), "USE_GKE_GCLOUD_AUTH_PLUGIN": "True"}
        self._kubeconfig = kubeconfig

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command, whatever its exit status."""
        command = ["gcloud", "container", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=150, check=False)

    def __call__(self, *arguments: str) -> str:
        """Run one command that must succeed and return its output."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run one command that must succeed and return its answer."""
        return json.loads(self(*arguments, "--format=json"))

    def kubeconfig(self) -> dict[str, Any]:
        """Return the current cluster entry of the kubeconfig that gcloud wrote."""
        content = yaml.safe_load(self._kubeconfig.read_text())
        entries = {entry["name"]: entry["cluster"] for entry in content["clusters"]}
        entry: dict[str, Any] = entries[content["current-context"]]
        return entry | {"context": content["current-context"]}


@pytest.fixture(scope="module")
def gcloud(sandbox, tmp_path_factory: pytest.TempPathFactory) -> Gcloud:
    return Gcloud(sandbox.env, tmp_path_factory.mktemp("gcloud") / "kubeconfig")


@pytest.fixture(scope="module")
def settled(sandbox) -> Callable[[], dict[str, Any]]:
    """Wait until no operation holds the story's cluster, and return it; much faster than gcloud's polls."""
    url = f"{sandbox.container_url}/v1/projects/{sandbox.project}/locations/{ZONE}/clusters/{NAME}"

    def wait() -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            cluster: dict[str, Any] = sandbox.call(url).json()
            if cluster.get("status") == "RUNNING":
                return cluster
            assert time.monotonic() < deadline, cluster
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="module")
def cluster(gcloud: Gcloud, settled: Callable[[], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The cluster of the story, created and finally deleted by gcloud."""
    gcloud("clusters", "create", NAME, "--zone", ZONE, "--num-nodes", "2", "--enable-dns-access", "--async")
    yield settled()
    gcloud("clusters", "delete", NAME, "--zone", ZONE, "--async")


class TestClusters:
    def test_describe_shows_a_running_cluster(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        described = gcloud.json("clusters", "describe", NAME, "--zone", ZONE)

        assert described["status"] == "RUNNING"
        assert described["id"] == cluster["id"]
        assert described["nodePools"][0]["initialNodeCount"] == 2

    def test_list_shows_version_address_and_nodes(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        rows = [line.split() for line in gcloud("clusters", "list").splitlines()]

        assert rows[0] == [
            *("NAME", "LOCATION", "MASTER_VERSION", "MASTER_IP", "MACHINE_TYPE"),
            *("NODE_VERSION", "NUM_NODES", "STATUS"),
        ]
        row = next(row for row in rows if row[0] == NAME)
        assert row[1:3] == [ZONE, cluster["currentMasterVersion"]]
        assert row[3] == cluster["endpoint"]

    def test_a_missing_cluster_is_reported_with_its_path(self, gcloud: Gcloud) -> None:
        done = gcloud.run("clusters", "describe", "absent", "--zone", ZONE)

        assert done.returncode == 1
        assert f"Not found: projects/sandbox-project/zones/{ZONE}/clusters/absent." in done.stderr

    def test_a_wrong_zone_is_corrected_by_naming_the_right_one(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        done = gcloud.run("clusters", "describe", NAME, "--zone", "us-central1-b")

        assert done.returncode == 1
        assert ZONE in done.stderr

    def test_an_autopilot_cluster_is_accepted(self, gcloud: Gcloud, unique_name: Callable[[str], str]) -> None:
        name = unique_name("auto")
        gcloud("clusters", "create-auto", name, "--region", "europe-west1", "--async")

        assert gcloud.json("clusters", "describe", name, "--region", "europe-west1")["autopilot"] == {"enabled": True}


class TestCredentials:
    def test_the_public_endpoint_comes_with_its_ca(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        gcloud("clusters", "get-credentials", NAME, "--zone", ZONE)

        assert gcloud.kubeconfig() == {
            "context": f"gke_sandbox-project_{ZONE}_{NAME}",
            "server": f"https://{cluster['endpoint']}",
            "certificate-authority-data": cluster["masterAuth"]["clusterCaCertificate"],
        }

    def test_the_dns_endpoint_comes_without_a_ca(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        gcloud("clusters", "get-credentials", NAME, "--zone", ZONE, "--dns-endpoint")

        endpoint = cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
        assert endpoint.startswith("localhost:")
        assert gcloud.kubeconfig()["server"] == f"https://{endpoint}"
        assert "certificate-authority-data" not in gcloud.kubeconfig()

    def test_the_internal_address_is_the_private_endpoint(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        gcloud("clusters", "get-credentials", NAME, "--zone", ZONE, "--internal-ip")

        assert gcloud.kubeconfig()["server"] == f"https://{cluster['privateClusterConfig']['privateEndpoint']}"


class TestNodePools:
    def test_a_pool_is_created_listed_resized_and_deleted(
        self, gcloud: Gcloud, cluster: dict[str, Any], settled: Callable[[], dict[str, Any]]
    ) -> None:
        where = ("--cluster", NAME, "--zone", ZONE)
        gpu = ("--machine-type", "n1-standard-8", "--accelerator", "type=nvidia-tesla-t4,count=1")
        gcloud("node-pools", "create", "gpu", *where, "--num-nodes", "1", *gpu, "--async")
        assert settled()["currentNodeCount"] == 3

        rows = [line.split() for line in gcloud("node-pools", "list", *where).splitlines()]
        assert rows[0] == ["NAME", "MACHINE_TYPE", "DISK_SIZE_GB", "NODE_VERSION"]
        assert ["gpu", "n1-standard-8", "100", cluster["currentMasterVersion"]] in rows

        gcloud("clusters", "resize", NAME, "--zone", ZONE, "--node-pool", "gpu", "--num-nodes", "3", "--async")
        assert settled()["currentNodeCount"] == 5

        gcloud("node-pools", "delete", "gpu", *where, "--async")
        assert [pool["name"] for pool in settled()["nodePools"]] == ["default-pool"]


class TestOperations:
    def test_operations_are_listed_described_and_waited_for(self, gcloud: Gcloud, cluster: dict[str, Any]) -> None:
        created = f"operationType=CREATE_CLUSTER AND targetLink~/{NAME}$"
        operation = gcloud.json("operations", "list", "--filter", created)[0]

        described = gcloud.json("operations", "describe", operation["name"], "--zone", ZONE)
        assert described["status"] == "DONE"
        assert described["selfLink"].startswith("https://container.googleapis.com/v1/projects/123456789012/zones/")
        waited = gcloud.json("operations", "wait", operation["name"], "--zone", ZONE)
        assert waited["endTime"] == described["endTime"]

    def test_a_failed_creation_is_told_with_its_cause(
        self, gcloud: Gcloud, sandbox, unique_name: Callable[[str], str]
    ) -> None:
        fault = {"service": "container", "method": "POST", "path": "*/clusters", "effect": {"operation": "quota"}}
        sandbox.call(f"{sandbox.env['SANDBOX_ADMIN_URL']}/faults", "POST", json=fault).raise_for_status()

        done = gcloud.run("clusters", "create", unique_name("quota"), "--zone", ZONE, "--num-nodes", "1")

        assert done.returncode == 1
        assert "Quota 'CPUS' exceeded" in done.stderr
