from __future__ import annotations

import json
from typing import Any

import pytest

from gke_clusters.errors import QuotaExceeded, Shortage
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.footprint import explain_pool_shortage, explain_shortage, footprints

SSD = Shortage("SSD_TOTAL_GB")


def reckoning(world: Any, **config: Any) -> tuple[str, ...]:
    failure = QuotaExceeded("Short.")
    failure.shortages = (SSD,)
    explain_shortage(failure, world.settings(**config))
    return failure.reckoning


def test_multiplies_out_a_regional_cluster_in_the_three_zones_that_google_chooses(world: Any) -> None:
    pools = [{"nodePoolName": "cpu", "numNodes": 3, "diskSizeGb": 200}]
    assert reckoning(world, isRegional=True, nodePools=pools) == (
        "node pool cpu: 3 zones × 3 nodes × 200 GB = 1,800 GB of SSD_TOTAL_GB",
    )


def test_counts_the_zones_that_the_dialog_names(world: Any) -> None:
    zones = ["europe-west1-b", "europe-west1-c"]
    (pool,) = footprints(world.settings(isRegional=True, locations=zones))
    assert pool.zones == 2


def test_a_zonal_cluster_has_one_zone_and_google_s_defaults(world: Any) -> None:
    (pool,) = footprints(world.settings(nodePools=[{"machineType": "", "numNodes": 2, "useSpotVms": True}]))
    assert (pool.zones, pool.nodes_per_zone, pool.machine_type, pool.disk_gb) == (1, 2, "e2-medium", 100)
    assert pool.spot
    assert (pool.gpus_per_node, pool.gpu_model) == (0, "")
    assert pool.disk_type == ""


def test_names_the_type_of_disk_that_the_dialog_names(world: Any) -> None:
    (pool,) = footprints(world.settings(nodePools=[{"diskType": "pd-balanced"}]))
    assert pool.disk_type == "pd-balanced"


def test_counts_gpus(world: Any) -> None:
    (pool,) = footprints(world.settings(nodePools=[{"withGpu": True, "gpuType": "nvidia-tesla-t4", "gpuCount": 2}]))
    assert (pool.gpus_per_node, pool.gpu_model) == (2, "nvidia-tesla-t4")


@pytest.mark.parametrize(
    ("expert", "external"),
    [
        ({}, True),
        ({"networkConfig": {"defaultEnablePrivateNodes": True}}, False),
        ({"privateClusterConfig": {"enablePrivateNodes": True}}, False),
        ({"networkConfig": "odd", "privateClusterConfig": {"enablePrivateNodes": False}}, True),
    ],
)
def test_private_nodes_take_no_external_address(world: Any, expert: dict[str, Any], external: bool) -> None:
    (pool,) = footprints(world.settings(creationSettingsValve=json.dumps(expert)))
    assert pool.external_addresses is external


@pytest.mark.parametrize("expert", [{"nodePools": [{"name": "more"}]}, {"locations": ["europe-west1-c"]}])
def test_says_nothing_of_pools_that_expert_settings_change(world: Any, expert: dict[str, Any]) -> None:
    assert reckoning(world, creationSettingsValve=json.dumps(expert)) == ()


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"locations": ["a", "b"]}, "node pool gpu: 2 zones × 3 nodes × 1 address = 6 addresses of IN_USE_ADDRESSES"),
        ({}, "node pool gpu: 1 zone × 3 nodes × 1 address = 3 addresses of IN_USE_ADDRESSES"),
        ({"networkConfig": {"defaultEnablePrivateNodes": True}}, None),
    ],
)
def test_multiplies_out_a_pool_that_is_added_in_the_zones_of_its_cluster(
    world: Any, resource: dict[str, Any], expected: str | None
) -> None:
    failure = QuotaExceeded("Short.")
    failure.shortages = (Shortage("IN_USE_ADDRESSES"),)
    (pool,) = world.settings(nodePools=[{"numNodes": 3}]).node_pools
    explain_pool_shortage(failure, pool, "gpu", Cluster(ClusterName("p", "a", "c"), "RUNNING", resource=resource))
    assert failure.reckoning == ((expected,) if expected else ())
