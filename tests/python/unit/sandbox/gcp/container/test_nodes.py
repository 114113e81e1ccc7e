"""The machines behind node pools."""

from typing import Any

import pytest

from sandbox.gcp.container import machines, nodes
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster
from sandbox.gcp.container.fleet import Fleet, Shortage
from sandbox.gcp.container.machines import GIB, Machine
from sandbox.gcp.projects import Project
from sandbox.kubernetes.control_plane import NodeSpec, Taint

_CPU = ("cpu", "us-central1-a")


def cluster_with(**pool: Any) -> dict[str, Any]:
    given = {"name": "prod", "nodePools": [{"name": "cpu", "initialNodeCount": 1, **pool}]}
    return complete_cluster(given, Place(Project("p", "123456789012"), "us-central1-a", 1, "ab" * 32))


def node_of(**pool: Any) -> NodeSpec:
    (node,) = nodes.node_specs(cluster_with(**pool), "p", Fleet({"cpu": 1}))
    return node


@pytest.mark.parametrize(
    ("machine_type", "cpus", "gib"),
    [
        ("e2-medium", 2, 4),
        ("n2-highmem-8", 8, 64),
        ("n1-standard-8", 8, 30),
        ("n2-highcpu-16", 16, 16),
        ("c3-standard-22", 22, 88),
        ("g2-standard-8", 8, 32),
        ("a2-highgpu-1g", 12, 85),
        ("n2-custom-4-10240", 4, 10),
        ("custom-2-4096", 2, 4),
        ("c3-standard-8-lssd", 8, 32),
        ("g4-standard-48", 48, 192),
        ("ct5lp-hightpu-4t", 112, 360),
    ],
)
def test_a_machine_type_tells_its_size(machine_type: str, cpus: int, gib: int) -> None:
    machine = machines.find(machine_type)

    assert machine is not None
    assert (machine.cpus, machine.memory_bytes) == (cpus, gib * GIB)


@pytest.mark.parametrize("machine_type", ["", "n2", "q9-standard-4", "n2-tiny-4", "n2-standard-0", "a9-highgpu-1g"])
def test_an_unknown_machine_type_is_none(machine_type: str) -> None:
    assert machines.find(machine_type) is None


def test_arm_machines_are_recognised() -> None:
    assert Machine("t2a", 1, GIB).architecture == "arm64"
    assert Machine("n2", 1, GIB).architecture == "amd64"


def test_a_node_is_an_instance_of_its_pools_group() -> None:
    node = node_of()
    (group,) = nodes.instance_groups(cluster_with(), Fleet({"cpu": 1}))

    assert group.instances == (node.name,)
    assert node.name.startswith(group.base_instance_name)
    assert group.name == f"{group.base_instance_name}-grp"
    assert node.provider_id == f"gce://p/us-central1-a/{node.name}"


def test_names_stay_within_the_length_of_an_instance_name() -> None:
    cluster = cluster_with(name="p" * 40) | {"name": "c" * 40}
    (node,) = nodes.node_specs(cluster, "p", Fleet({"p" * 40: 1}))

    assert len(node.name) <= 63


def test_every_node_has_its_own_name_and_addresses() -> None:
    specs = nodes.node_specs(cluster_with(), "p", Fleet({"cpu": 50}))

    assert len({spec.name for spec in specs}) == 50
    assert len({spec.internal_ip for spec in specs}) == 50
    assert len({spec.pod_cidr for spec in specs}) == 50


def test_a_node_has_gkes_labels_and_the_pools_own() -> None:
    labels = node_of(config={"machineType": "n2-highmem-8", "labels": {"team": "ds"}}).labels

    expected = {
        "cloud.google.com/gke-nodepool": "cpu",
        "cloud.google.com/gke-os-distribution": "cos",
        "cloud.google.com/machine-family": "n2",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "n2-highmem-8",
        "team": "ds",
        "topology.kubernetes.io/region": "us-central1",
        "topology.kubernetes.io/zone": "us-central1-a",
    }
    assert expected.items() <= labels.items()
    assert labels["kubernetes.io/hostname"] == node_of(config={"machineType": "n2-highmem-8"}).name


def test_spot_and_gpu_nodes_say_so() -> None:
    accelerators = [{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": "2"}]
    node = node_of(config={"machineType": "n1-standard-8", "spot": True, "accelerators": accelerators})

    assert node.gpus == 2
    assert node.labels["cloud.google.com/gke-spot"] == "true"
    assert node.labels["cloud.google.com/gke-accelerator"] == "nvidia-tesla-t4"
    assert node.taints == (Taint("nvidia.com/gpu", "present", "NoSchedule"),)


def test_private_nodes_have_no_public_address() -> None:
    assert node_of(networkConfig={"enablePrivateNodes": True}).external_ip is None
    assert node_of().external_ip is not None


def test_what_keeps_instances_down_is_told_by_their_group() -> None:
    (group,) = nodes.instance_groups(cluster_with(), Fleet({}, {_CPU: Shortage("QUOTA_EXCEEDED", "no more CPUS")}))

    assert (group.size, group.running) == (1, 0)
    assert group.errors[0].code == "QUOTA_EXCEEDED"
