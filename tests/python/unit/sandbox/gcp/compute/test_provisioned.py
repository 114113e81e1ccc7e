"""What clusters have had made, and how Compute shows it."""

import json

import pytest

from sandbox.gcp.compute import leftovers
from sandbox.gcp.compute.provisioned import Owner, Provisioned
from sandbox.kubernetes.cloud import Disk, LoadBalancer

OWNER = Owner("p", "us-central1-a", "c", "0123456789" * 6, "default", "default", lambda: {"team": "ds"})
DISK = Disk("pvc-1", "us-central1-a", 10, "pd-balanced", "spark", "data", "cpu")
BALANCER = LoadBalancer("a1", "default/web", "203.0.113.2", (("TCP", 80), ("TCP", 443)))


@pytest.fixture
def provisioned() -> Provisioned:
    made = Provisioned()
    made.cloud_of(OWNER).make_disk(DISK)
    made.cloud_of(OWNER).make_load_balancer(BALANCER)
    return made


def test_a_disk_names_its_claim_and_its_driver(provisioned) -> None:
    (owned,) = provisioned.disks("p")
    assert json.loads(leftovers.disk("p", owned)["description"]) == {
        "kubernetes.io/created-for/pv/name": "pvc-1",
        "kubernetes.io/created-for/pvc/name": "data",
        "kubernetes.io/created-for/pvc/namespace": "spark",
        "storage.gke.io/created-by": "pd.csi.storage.gke.io",
    }


def test_a_disk_bears_the_clusters_labels_and_gkes(provisioned) -> None:
    (owned,) = provisioned.disks("p")
    assert leftovers.disk("p", owned)["labels"] == {
        "goog-gke-volume": "",
        "goog-k8s-cluster-location": "us-central1-a",
        "goog-k8s-cluster-name": "c",
        "goog-k8s-node-pool-name": "cpu",
        "team": "ds",
    }


def test_a_disk_has_its_size_zone_and_type(provisioned) -> None:
    (owned,) = provisioned.disks("p")
    shown = leftovers.disk("p", owned)
    assert (shown["name"], shown["sizeGb"]) == ("pvc-1", "10")
    assert shown["zone"].endswith("/projects/p/zones/us-central1-a")
    assert shown["type"].endswith("/zones/us-central1-a/diskTypes/pd-balanced")


def test_a_disk_stays_until_it_is_deleted(provisioned) -> None:
    provisioned.cloud_of(OWNER).delete_disk("pvc-1")
    assert list(provisioned.disks("p")) == []


def test_a_load_balancer_stays_until_it_is_deleted(provisioned) -> None:
    provisioned.cloud_of(OWNER).delete_load_balancer("a1")
    assert list(provisioned.balancers("p")) == []


def test_another_project_has_none_of_it(provisioned) -> None:
    assert [*provisioned.disks("q"), *provisioned.balancers("q")] == []


def test_a_forwarding_rule_names_its_service_and_leads_to_a_target_pool(provisioned) -> None:
    (owned,) = provisioned.balancers("p")
    rule = leftovers.forwarding_rule("p", owned)
    assert rule["description"] == '{"kubernetes.io/service-name":"default/web"}'
    assert (rule["IPAddress"], rule["portRange"]) == ("203.0.113.2", "80-443")
    assert rule["region"].endswith("/regions/us-central1")
    assert rule["target"] == leftovers.target_pool("p", owned)["selfLink"]


def test_an_internal_forwarding_rule_leads_to_a_backend_service() -> None:
    made = Provisioned()
    made.cloud_of(OWNER).make_load_balancer(LoadBalancer("a2", "n/s", "10.0.0.2", (("TCP", 80),), internal=True))
    (owned,) = made.balancers("p")
    rule = leftovers.forwarding_rule("p", owned)
    assert (rule["loadBalancingScheme"], rule["ports"]) == ("INTERNAL", ["80"])
    assert rule["backendService"] == leftovers.backend_service("p", owned)["selfLink"]


def test_a_firewall_rule_names_service_address_and_the_clusters_nodes(provisioned) -> None:
    (owned,) = provisioned.balancers("p")
    rule = leftovers.firewall("p", owned)
    assert rule["name"] == "k8s-fw-a1"
    assert rule["description"] == (
        '{"kubernetes.io/service-name":"default/web", "kubernetes.io/service-ip":"203.0.113.2"}'
    )
    assert rule["targetTags"] == ["gke-c-01234567-node"]
    assert rule["allowed"] == [{"IPProtocol": "tcp", "ports": ["80", "443"]}]
