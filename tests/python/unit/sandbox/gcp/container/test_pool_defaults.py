"""What GKE fills into a node pool, rule by rule."""

from typing import Any

import pytest

from sandbox.gcp.container.pool_defaults import PoolContext, complete_pool, pod_cidr_size
from sandbox.gcp.container.schema import read


def completed(context: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Return a node pool as GKE completes it."""
    from_cluster = {
        "version": "1.34.8-gke.1014001",
        "locations": ["us-central1-a"],
        "subnetwork": "projects/p/regions/us-central1/subnetworks/default",
        "pod_range": "gke-c-pods-01234567",
        "pod_block": "10.8.0.0/14",
        "max_pods": "110",
        "private_nodes": False,
        "workload_identity": False,
    }
    return complete_pool(read("NodePool", {"name": "cpu", **fields}), PoolContext(**from_cluster | (context or {})))


def config(**fields: Any) -> dict[str, Any]:
    """Return the node configuration of such a pool."""
    return completed(config=fields)["config"]


def test_an_answer_is_a_valid_message() -> None:
    pool = completed(config={"accelerators": [{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 1}]})

    assert read("NodePool", pool) == pool


@pytest.mark.parametrize(
    ("machine", "disk"),
    [
        ("e2-medium", "pd-balanced"),
        ("n2-highmem-8", "pd-balanced"),
        ("c3-standard-4", "pd-balanced"),
        ("n4-standard-2", "hyperdisk-balanced"),
        ("c4-highcpu-8", "hyperdisk-balanced"),
    ],
)
def test_the_disk_type_follows_the_machine_family(machine: str, disk: str) -> None:
    assert config(machineType=machine)["diskType"] == disk
    assert config(machineType=machine)["bootDisk"] == {"diskType": disk, "sizeGb": "100"}


def test_the_boot_disk_can_be_described_either_way() -> None:
    old = config(diskType="pd-ssd", diskSizeGb=200)
    new = config(bootDisk={"diskType": "pd-ssd", "sizeGb": "200"})

    assert old == new
    assert (new["diskType"], new["diskSizeGb"]) == ("pd-ssd", 200)


def test_provisioned_performance_of_a_boot_disk_is_kept() -> None:
    disk = config(machineType="n4-standard-2", bootDisk={"provisionedIops": "4000"})["bootDisk"]

    assert disk == {"diskType": "hyperdisk-balanced", "provisionedIops": "4000", "sizeGb": "100"}


def test_metadata_asked_for_joins_what_is_always_there() -> None:
    assert config(metadata={"a": "b"})["metadata"] == {"a": "b", "disable-legacy-endpoints": "true"}


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        ({}, "on-demand"),
        ({"spot": True}, "spot"),
        ({"preemptible": True}, "spot"),
        ({"flexStart": True}, "flex-start"),
        ({"reservationAffinity": {"consumeReservationType": "SPECIFIC_RESERVATION"}}, "reservation"),
    ],
)
def test_a_label_says_how_nodes_are_provisioned(fields: dict[str, Any], model: str) -> None:
    labels = config(resourceLabels={"team": "ds"}, **fields)["resourceLabels"]

    assert labels == {"team": "ds", "goog-gke-node-pool-provisioning-model": model}


def test_gpu_nodes_get_their_taint_and_label() -> None:
    taint = {"key": "own", "value": "x", "effect": "NO_EXECUTE"}
    gpu = config(
        machineType="n1-standard-8",
        accelerators=[{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": "2"}],
        taints=[taint],
    )

    assert gpu["taints"] == [taint, {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert gpu["resourceLabels"]["goog-gke-accelerator-type"] == "nvidia-tesla-t4"


def test_a_gpu_taint_of_ones_own_is_not_doubled() -> None:
    taint = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_EXECUTE"}
    accelerators = [{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": "1"}]

    assert config(machineType="n1-standard-8", accelerators=accelerators, taints=[taint])["taints"] == [taint]


def test_accelerator_machines_bring_their_gpus() -> None:
    assert config(machineType="a2-highgpu-2g")["accelerators"] == [
        {"acceleratorCount": "2", "acceleratorType": "nvidia-tesla-a100"}
    ]


def test_nodes_of_queued_provisioning_are_kept_for_it() -> None:
    taints = completed(queuedProvisioning={"enabled": True})["config"]["taints"]

    assert [taint["key"] for taint in taints] == ["cloud.google.com/gke-queued"]


def test_workload_identity_reaches_the_nodes() -> None:
    pool = completed({"workload_identity": True})

    assert pool["config"]["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
    assert "workloadMetadataConfig" not in config()


@pytest.mark.parametrize(
    ("fields", "nodes"),
    [
        ({}, 1),
        ({"initialNodeCount": 3}, 3),
        ({"autoscaling": {"enabled": True, "maxNodeCount": 3}}, 0),
        ({"autoscaling": {"enabled": True, "minNodeCount": 2, "maxNodeCount": 3}}, 2),
        ({"autoscaling": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 3}, "initialNodeCount": 2}, 2),
    ],
)
def test_an_autoscaled_pool_can_start_empty_another_cannot(fields: dict[str, Any], nodes: int) -> None:
    assert completed(**fields)["initialNodeCount"] == nodes


@pytest.mark.parametrize(("spot", "policy"), [(False, "BALANCED"), (True, "ANY")])
def test_the_location_policy_follows_the_provisioning(spot: bool, policy: str) -> None:
    pool = completed(autoscaling={"enabled": True, "maxNodeCount": 3}, config={"spot": spot})

    assert pool["autoscaling"]["locationPolicy"] == policy


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, {"autoUpgrade": True, "autoRepair": True}),
        ({}, {}),
        ({"autoRepair": True}, {"autoRepair": True}),
    ],
)
def test_management_is_all_on_unless_something_is_said(given: dict[str, Any] | None, shown: dict[str, Any]) -> None:
    assert completed(**({} if given is None else {"management": given}))["management"] == shown


def test_a_blue_green_upgrade_has_a_pace() -> None:
    settings = completed(upgradeSettings={"strategy": "BLUE_GREEN"})["upgradeSettings"]

    assert settings["blueGreenSettings"] == {
        "nodePoolSoakDuration": "3600s",
        "standardRolloutPolicy": {"batchNodeCount": 1, "batchSoakDuration": "0s"},
    }


@pytest.mark.parametrize(("pods", "prefix"), [(110, 24), (64, 25), (32, 26), (8, 28), (256, 23)])
def test_a_node_gets_twice_its_pods_in_addresses(pods: int, prefix: int) -> None:
    assert pod_cidr_size(pods) == prefix


def test_a_pool_may_differ_from_the_privacy_of_its_cluster() -> None:
    inherited = completed({"private_nodes": True})
    own = completed({"private_nodes": True}, networkConfig={"podRange": "more"})

    assert inherited["networkConfig"]["enablePrivateNodes"] is True
    assert own["networkConfig"]["podRange"] == "more"
