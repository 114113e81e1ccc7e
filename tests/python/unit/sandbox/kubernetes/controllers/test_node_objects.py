from dataclasses import replace

from sandbox.kubernetes.control_plane import NodeSpec, Taint
from sandbox.kubernetes.controllers.node_objects import architecture, labels, node_object

SPEC = NodeSpec(
    name="gke-c-default-pool-1a2b-x9y8",
    pool="default-pool",
    zone="us-central1-a",
    machine_type="n2-standard-4",
    version="1.33.5-gke.1080000",
    internal_ip="10.128.0.5",
    pod_cidr="10.4.0.0/24",
    provider_id="gce://p/us-central1-a/gke-c-default-pool-1a2b-x9y8",
    cpus=4,
    memory_bytes=16 * 1024**3,
)


def test_a_node_says_where_and_what_it_is_in_well_known_labels() -> None:
    told = labels(SPEC)
    assert told["topology.kubernetes.io/zone"] == "us-central1-a"
    assert told["topology.kubernetes.io/region"] == "us-central1"
    assert told["node.kubernetes.io/instance-type"] == "n2-standard-4"
    assert told["kubernetes.io/hostname"] == SPEC.name


def test_labels_of_the_pool_win() -> None:
    assert labels(replace(SPEC, labels={"kubernetes.io/os": "other"}))["kubernetes.io/os"] == "other"


def test_a_node_leaves_pods_what_gke_does_not_reserve() -> None:
    status = node_object(SPEC, "p")["status"]
    assert status["capacity"]["cpu"] == "4"
    assert status["allocatable"]["cpu"] == "3920m"
    assert "nvidia.com/gpu" not in status["allocatable"]


def test_a_node_with_gpus_offers_them() -> None:
    assert node_object(replace(SPEC, gpus=2), "p")["status"]["allocatable"]["nvidia.com/gpu"] == "2"


def test_a_private_node_has_an_empty_external_address() -> None:
    addresses = {one["type"]: one["address"] for one in node_object(SPEC, "p")["status"]["addresses"]}
    assert addresses["ExternalIP"] == ""
    assert addresses["InternalIP"] == "10.128.0.5"
    assert addresses["InternalDNS"] == "gke-c-default-pool-1a2b-x9y8.us-central1-a.c.p.internal"


def test_a_taint_without_value_has_no_value_field() -> None:
    node = node_object(replace(SPEC, taints=[Taint("a", "", "NoExecute"), Taint("b", "c", "NoSchedule")]), "p")
    assert node["spec"]["taints"] == [
        {"key": "a", "effect": "NoExecute"},
        {"key": "b", "value": "c", "effect": "NoSchedule"},
    ]


def test_arm_machines_say_so() -> None:
    assert architecture("c4a-standard-4") == "arm64"
    assert architecture("n2-standard-4") == "amd64"
