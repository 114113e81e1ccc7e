"""The macros that add, resize and delete node pools, as an administrator runs them on one cluster of DSS."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from tests.python.integration.conftest import Dss, Sandbox
from tests.python.integration.furnished_cluster import FurnishedCluster

CREATE = "create-gke-cluster"
PROJECT = "NODEPOOLS"
DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.05
POOL = {"machineType": "e2-standard-4", "numNodes": 1}


class Cluster:
    """A started cluster of DSS, regional with the two zones that make sums interesting."""

    def __init__(self, dss: Dss, sandbox: Sandbox, name: str, inline: Callable[..., dict[str, Any]]) -> None:
        self.dss, self.sandbox, self.name, self.inline = dss, sandbox, name, inline
        config = {
            "connectionInfo": inline({"projectId": sandbox.project, "region": "us-central1"}),
            "isRegional": True,
            "locations": ["us-central1-a", "us-central1-b"],
            "nodePools": [inline(POOL), inline(POOL)],
        }
        self.in_dss = dss.cluster(name, CREATE, config)
        self.in_dss.start()

    @property
    def url(self) -> str:
        place = f"{self.sandbox.container_url}/v1/projects/{self.sandbox.project}/locations/us-central1"
        return f"{place}/clusters/{self.name}"

    @property
    def pools(self) -> dict[str, dict[str, Any]]:
        """GKE's own view of its pools, by name."""
        found: dict[str, dict[str, Any]] = {pool["name"]: pool for pool in self.gke.get("nodePools", ())}
        return found

    @property
    def gke(self) -> dict[str, Any]:
        """GKE's own view of it."""
        resource: dict[str, Any] = self.sandbox.call(self.url).json()
        return resource

    def run(self, macro: str, **params: Any) -> str:
        """Run a macro and return the text of its page."""
        runnable = self.dss.client.get_project(PROJECT).get_macro(f"pyrunnable_gke-clusters_{macro}")
        run = runnable.run(params={"clusterId": self.name, **params}, wait=True)
        page = str(runnable.get_result(run, as_type="string"))
        return " ".join(html.unescape(re.sub("<[^>]+>|\\\\n", " ", page.partition("<body>")[2])).split())

    def furnished(self, folder: Path) -> FurnishedCluster:
        return FurnishedCluster(self.sandbox, self.gke, folder)


@pytest.fixture(scope="module")
def cluster(dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any) -> Iterator[Cluster]:
    dss.client.create_project(PROJECT, PROJECT, "admin")
    made = Cluster(dss, sandbox, unique_name("pools"), inline)
    yield made
    made.in_dss.stop()


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def test_a_pool_is_added_given_limits_drained_and_deleted(cluster: Cluster, tmp_path: Path) -> None:
    preset = cluster.inline({**POOL, "numNodesAutoscaling": True, "minNumNodes": 1, "maxNumNodes": 3})
    added = cluster.run("add-node-pool", nodePoolId="big", nodePoolConfig=preset)
    pool = cluster.pools["big"]
    resized = cluster.run("resize-node-pool", nodePoolId="big", numNodes=5)
    limits = cluster.pools["big"]["autoscaling"]
    cluster.furnished(tmp_path).add_pod("big")
    deleted = cluster.run("delete-node-pool", nodePoolId="big")
    again = cluster.run("delete-node-pool", nodePoolId="big")

    assert "1 node in each of 2 zones, 2 in total" in added
    assert (pool["autoscaling"]["maxNodeCount"], pool["status"]) == (3, "RUNNING")
    assert "1 to 5 nodes in each zone; before: 1 to 3 nodes in each zone." in resized
    assert limits["maxNodeCount"] == 5
    assert "1 pods were evicted: default/job, which nothing makes again" in deleted
    assert "big" not in cluster.pools
    assert "so nothing was deleted; there are: node-pool-0, node-pool-1" in again


def test_an_autoscaled_pool_is_emptied_though_its_pods_fit_nowhere_else(cluster: Cluster, tmp_path: Path) -> None:
    preset = cluster.inline({**POOL, "numNodesAutoscaling": True, "minNumNodes": 0, "maxNumNodes": 9})
    cluster.run("add-node-pool", nodePoolId="auto", nodePoolConfig=preset)
    api = cluster.furnished(tmp_path).api
    # More than all the other pools of the cluster have room for.
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "2"}}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 12, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    workloads = "/apis/apps/v1/namespaces/default/deployments"
    api.call("POST", workloads, body={"metadata": {"name": "web"}, "spec": spec})
    wait_for(lambda: api.call("GET", f"{workloads}/web")["status"].get("readyReplicas") == 12)
    page = cluster.run("delete-node-pool", nodePoolId="auto", drainMinutes=1)
    api.call("DELETE", f"{workloads}/web")

    assert "Switch the autoscaler of auto off" in page
    assert "It is gone, with its nodes and their boot disks." in page
    assert "auto" not in cluster.pools


def test_a_pool_without_machines_is_explained_and_deleted_again(cluster: Cluster) -> None:
    stockout = {"service": "container", "method": "POST", "path": "*/nodePools", "effect": {"operation": "stockout"}}
    with cluster.sandbox.faults(stockout):
        page = cluster.run("add-node-pool", nodePoolId="scarce", nodePoolConfig=cluster.inline(POOL))

    assert "does not have enough resources available" in page
    assert "scarce is gone, with the nodes that it had." in page
    assert "scarce" not in cluster.pools


def test_a_lost_answer_is_settled_and_a_busy_cluster_waited_for(cluster: Cluster) -> None:
    cut = {"service": "container", "method": "POST", "path": "*:setSize", "effect": {"reset": "after"}}
    busy = {"service": "container", "method": "POST", "path": "*:setSize", "effect": {"busy": 0.3}}
    with cluster.sandbox.faults(cut):
        emptied = cluster.run("resize-node-pool", nodePoolId="node-pool-1", numNodes=0)
    count = cluster.gke["currentNodeCount"]
    with cluster.sandbox.faults(busy):
        filled = cluster.run("resize-node-pool", nodePoolId="node-pool-1", numNodes=1)

    assert "Nodes 2 = 1 in each of 2 zones 0 = 0 in each of 2 zones" in emptied
    assert count == 2
    assert "Nodes 0 = 0 in each of 2 zones 2 = 1 in each of 2 zones" in filled


def test_a_resize_for_which_there_are_no_machines_fails_and_says_so(cluster: Cluster) -> None:
    stockout = {"service": "container", "method": "POST", "path": "*:setSize", "effect": {"operation": "stockout"}}
    with cluster.sandbox.faults(stockout):
        page = cluster.run("resize-node-pool", nodePoolId="node-pool-1", numNodes=3)
    again = cluster.run("resize-node-pool", nodePoolId="node-pool-1", numNodes=1)

    assert "The node pool node-pool-1 does not have all its nodes." in page
    assert "RUNNING_WITH_ERROR" in page
    assert "Nodes 6 = 3 in each of 2 zones 2 = 1 in each of 2 zones" in again


def test_a_pool_is_kept_that_pods_need_or_whose_pods_cannot_be_seen(cluster: Cluster, tmp_path: Path) -> None:
    api = cluster.furnished(tmp_path).api
    selector = {"cloud.google.com/gke-nodepool": "node-pool-1"}
    spec = {"nodeSelector": selector, "containers": [{"name": "c", "image": "i"}]}
    pods = "/api/v1/namespaces/default/pods"
    api.call("POST", pods, body={"metadata": {"name": "picky"}, "spec": spec})
    with pytest.raises(DataikuException, match="1 pods need the node pool node-pool-1"):
        cluster.run("delete-node-pool", nodePoolId="node-pool-1")
    api.call("DELETE", f"{pods}/picky", body={"gracePeriodSeconds": 0})
    refusal = {"service": "kubernetes", "method": "GET", "path": "/api/v1/*", "effect": {"status": 403}}
    with cluster.sandbox.faults(refusal), pytest.raises(DataikuException, match="refused a request"):
        cluster.run("delete-node-pool", nodePoolId="node-pool-1")

    assert cluster.pools["node-pool-1"]["status"] == "RUNNING"


def test_wrong_fields_are_refused_by_their_labels_and_the_pools_listed(cluster: Cluster) -> None:
    with pytest.raises(DataikuException, match="tpu is not in the cluster; there are: node-pool-0, node-pool-1"):
        cluster.run("resize-node-pool", nodePoolId="tpu", numNodes=1)
    other = cluster.inline({**POOL, "machineType": "n2-standard-4"})
    with pytest.raises(DataikuException, match="a node pool node-pool-0 is there with other settings"):
        cluster.run("add-node-pool", nodePoolId="node-pool-0", nodePoolConfig=other)
