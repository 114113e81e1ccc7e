from __future__ import annotations

from typing import Any

import pytest
from google.cloud import container_v1

from gke_clusters.google.node_pools import Autoscaling, InstanceGroup, NodePool, read_node_pools
from gke_clusters.google.operations import Condition

GROUPS = "https://www.googleapis.com/compute/v1/projects/p/zones/z/"


def read(pool: dict[str, Any], **cluster: Any) -> NodePool:
    (found,) = read_node_pools(container_v1.Cluster(node_pools=[{"name": "cpu", **pool}], **cluster))
    return found


def test_reads_what_google_says_of_a_pool() -> None:
    pool = read(
        {
            "status": "RUNNING_WITH_ERROR",
            "config": {"machine_type": "n2-highmem-8"},
            "conditions": [{"code": "GCE_STOCKOUT", "message": "No machines."}],
            "status_message": "Not all nodes came up.",
        }
    )
    assert (pool.name, pool.status, pool.machine_type) == ("cpu", "RUNNING_WITH_ERROR", "n2-highmem-8")
    assert pool.conditions == (Condition("GCE_STOCKOUT", "No machines."),)
    assert pool.status_message == "Not all nodes came up."


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        ("RUNNING", False),
        ("PROVISIONING", False),
        ("RECONCILING", False),
        ("STOPPING", False),
        ("ERROR", True),
        ("RUNNING_WITH_ERROR", True),
    ],
)
def test_tells_a_pool_that_google_gave_up_on(status: str, failed: bool) -> None:
    assert read({"status": status}).failed is failed


def test_finds_the_groups_of_its_machines_and_leaves_other_links_out() -> None:
    links = [
        GROUPS + "instanceGroupManagers/gke-c-cpu-1-grp",
        GROUPS + "instanceGroups/gke-c-cpu-2-grp",
        GROUPS + "elsewhere/gke-c-cpu-3-grp",
        "",
    ]
    assert read({"instance_group_urls": links}).instance_groups == (
        InstanceGroup("p", "z", "gke-c-cpu-1-grp"),
        InstanceGroup("p", "z", "gke-c-cpu-2-grp"),
    )


@pytest.mark.parametrize(
    ("pool", "cluster"),
    [
        ({"best_effort_provisioning": {"enabled": True}}, {}),
        ({"autoscaling": {"autoprovisioned": True}}, {}),
        ({}, {"autopilot": {"enabled": True}}),
    ],
)
def test_a_pool_may_lack_nodes_that_was_asked_for_so_or_made_by_google(
    pool: dict[str, Any], cluster: dict[str, Any]
) -> None:
    assert read(pool, **cluster).best_effort
    assert not read({}).best_effort


def test_reads_where_a_pool_has_nodes() -> None:
    assert read({"locations": ["a", "b"]}).zones == ("a", "b")


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ({"enabled": False, "min_node_count": 1, "max_node_count": 5}, None),
        ({"enabled": True, "min_node_count": 1, "max_node_count": 5}, Autoscaling(1, 5)),
        (
            {"enabled": True, "max_node_count": 5, "autoprovisioned": True},
            Autoscaling(0, 5, autoprovisioned=True),
        ),
        (
            {"enabled": True, "total_min_node_count": 3, "total_max_node_count": 9, "location_policy": "ANY"},
            Autoscaling(3, 9, in_total=True, location_policy="ANY"),
        ),
    ],
)
def test_reads_the_limits_of_an_autoscaled_pool(told: dict[str, Any], limits: Autoscaling | None) -> None:
    assert read({"autoscaling": told}).autoscaling == limits
