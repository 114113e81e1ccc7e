"""What GKE's cluster autoscaler does by itself, seen through the APIs of Kubernetes, GKE and Compute Engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.python.integration.conftest import Sandbox
from tests.python.integration.furnished_cluster import FurnishedCluster

DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.02
ZONE = "us-central1-a"
PODS = "/api/v1/namespaces/default/pods"
POOL = "cloud.google.com/gke-nodepool"


class Scaled:
    """A cluster with one node and an empty autoscaled pool for GPUs beside it."""

    def __init__(self, sandbox: Sandbox, name: str, folder: Path) -> None:
        self.sandbox = sandbox
        self.url = f"{sandbox.container_url}/v1/projects/{sandbox.project}/locations/{ZONE}/clusters/{name}"
        limits = {"enabled": True, "minNodeCount": 0, "maxNodeCount": 1}
        accelerators = [{"acceleratorType": "nvidia-l4", "acceleratorCount": "1"}]
        gpu = {"name": "gpu", "autoscaling": limits, "config": {"machineType": "g2-standard-8"}}
        gpu["config"] |= {"accelerators": accelerators}  # type: ignore[operator]  # the values are of two types
        pools = [{"name": "cpu", "initialNodeCount": 1}, gpu]
        sandbox.plant({"location": ZONE, "control_plane": True, "cluster": {"name": name, "nodePools": pools}})
        self.api = FurnishedCluster(sandbox, self.gke, folder).api

    @property
    def gke(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.call(self.url).json()
        return found

    @property
    def group(self) -> dict[str, Any]:
        """The manager of the GPU pool's instance group."""
        return self.compute(self.group_url)

    @property
    def group_url(self) -> str:
        [link] = next(pool for pool in self.gke["nodePools"] if pool["name"] == "gpu")["instanceGroupUrls"]
        return self.sandbox.compute_url + "/compute/v1" + str(link).partition("/compute/v1")[2]

    def compute(self, url: str, method: str = "GET") -> dict[str, Any]:
        answer = self.sandbox.call(url, method)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @property
    def nodes(self) -> list[str]:
        """Names of the GPU pool's nodes."""
        return [
            node["metadata"]["name"]
            for node in self.api.items("/api/v1/nodes")
            if node["metadata"]["labels"][POOL] == "gpu"
        ]

    def add_pod(self, name: str, **limits: str) -> None:
        container = {"name": "c", "image": "i", "resources": {"limits": {"nvidia.com/gpu": "1", **limits}}}
        tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
        spec = {"containers": [container], "tolerations": tolerations}
        self.api.call("POST", PODS, body={"metadata": {"name": name}, "spec": spec})

    def remove_pod(self, name: str) -> None:
        self.api.call("DELETE", f"{PODS}/{name}", body={"gracePeriodSeconds": 0})

    def pod(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.call("GET", f"{PODS}/{name}")
        return found

    def said(self, reason: str, about: str) -> list[str]:
        """What the autoscaler said of an object."""
        return [
            event["message"]
            for event in self.api.items("/api/v1/events")
            if event["source"].get("component") == "cluster-autoscaler"
            and event["reason"] == reason
            and event["involvedObject"]["name"] == about
        ]


@pytest.fixture
def cluster(sandbox: Sandbox, unique_name: Callable[[str], str], tmp_path: Path) -> Iterator[Scaled]:
    name = unique_name("scaled")
    yield Scaled(sandbox, name, tmp_path)
    sandbox.delete_cluster(ZONE, name)


def wait_for(found: Callable[[], Any]) -> Any:
    """Wait until something is there, and return it."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(POLL_SECONDS)
    return value


def test_an_empty_pool_gets_a_node_for_a_pod_and_loses_it_after_the_pod(cluster: Scaled) -> None:
    cluster.add_pod("train")
    pod = wait_for(lambda: (found := cluster.pod("train"))["status"]["phase"] == "Running" and found)
    [node] = cluster.nodes
    group, gke = cluster.group, cluster.gke

    assert pod["spec"]["nodeName"] == node
    [link] = next(pool for pool in gke["nodePools"] if pool["name"] == "gpu")["instanceGroupUrls"]
    name = str(link).replace("instanceGroupManagers", "instanceGroups")
    assert cluster.said("TriggeredScaleUp", "train") == [f"pod triggered scale-up: [{{{name} 0->1 (max: 1)}}]"]
    assert (group["targetSize"], group["status"]["isStable"]) == (1, True)
    [managed] = cluster.compute(f"{cluster.group_url}/listManagedInstances", "POST")["managedInstances"]
    assert managed["instance"].endswith(f"/instances/{node}")
    assert gke["currentNodeCount"] == 2
    assert "initialNodeCount" not in next(pool for pool in gke["nodePools"] if pool["name"] == "gpu")

    cluster.remove_pod("train")
    wait_for(lambda: not cluster.nodes)
    assert cluster.group["targetSize"] == 0
    assert cluster.gke["currentNodeCount"] == 1
    wait_for(lambda: len(cluster.said("ScaleDown", node)) == 2)
    assert sorted(cluster.said("ScaleDown", node)) == [
        "marked the node as toBeDeleted/unschedulable",
        "node removed by cluster autoscaler",
    ]


def test_a_pod_that_no_pool_may_grow_for_is_told_so(cluster: Scaled) -> None:
    cluster.add_pod("first")
    wait_for(lambda: cluster.pod("first")["status"]["phase"] == "Running")
    cluster.add_pod("second")

    [told] = wait_for(lambda: cluster.said("NotTriggerScaleUp", "second"))
    assert told == "pod didn't trigger scale-up: 1 max node group size reached"
    assert cluster.pod("second")["status"]["phase"] == "Pending"


def test_a_pod_that_fits_on_no_machine_of_the_pools_is_told_so(cluster: Scaled) -> None:
    cluster.add_pod("greedy", cpu="64")

    [told] = wait_for(lambda: cluster.said("NotTriggerScaleUp", "greedy"))
    assert told == "pod didn't trigger scale-up: 1 Insufficient cpu"
    assert cluster.nodes == []


def test_a_stockout_of_the_group_is_told_by_pod_and_group_and_tried_again_later(cluster: Scaled) -> None:
    name = cluster.group["name"]
    stockout = {"service": "compute", "path": f"*/instanceGroupManagers/{name}/*", "effect": {"operation": "stockout"}}
    with cluster.sandbox.faults({**stockout, "times": 1000}):
        cluster.add_pod("train")
        told = wait_for(lambda: cluster.said("FailedScaleUp", "train"))[0]
        [error] = cluster.compute(f"{cluster.group_url}/listErrors")["items"]

    assert told == (
        "Node scale up in zones us-central1-a associated with this pod failed: GCE out of resources. Pod is at risk of "
        "not being scheduled."
    )
    assert error["error"]["code"] == "ZONE_RESOURCE_POOL_EXHAUSTED"
    wait_for(lambda: cluster.pod("train")["status"]["phase"] == "Running")
