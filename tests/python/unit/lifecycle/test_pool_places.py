from __future__ import annotations

import pytest

from gke_clusters.google.node_pools import NodePool
from gke_clusters.kube.placement import Place
from gke_clusters.lifecycle.pool_places import places_of_pool


def test_what_a_node_of_a_pool_would_be_like_follows_from_its_configuration():
    resource = {
        "config": {
            "labels": {"team": "ds"},
            "spot": True,
            "accelerators": [{"acceleratorCount": "2", "acceleratorType": "nvidia-l4"}],
            "taints": [{"key": "dedicated", "value": "gpu", "effect": "NO_EXECUTE"}],
        }
    }
    pool = NodePool("gpu", "RUNNING", "g2-standard-24", zones=("us-east1-b", "us-east1-c"))
    first, second = places_of_pool(resource, pool)

    assert first == Place(
        labels={
            "cloud.google.com/gke-nodepool": "gpu",
            "cloud.google.com/machine-family": "g2",
            "cloud.google.com/gke-provisioning": "spot",
            "node.kubernetes.io/instance-type": "g2-standard-24",
            "beta.kubernetes.io/instance-type": "g2-standard-24",
            "kubernetes.io/os": "linux",
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/arch": "amd64",
            "cloud.google.com/gke-spot": "true",
            "cloud.google.com/gke-accelerator": "nvidia-l4",
            "team": "ds",
            "topology.kubernetes.io/zone": "us-east1-b",
            "topology.kubernetes.io/region": "us-east1",
            "failure-domain.beta.kubernetes.io/zone": "us-east1-b",
            "failure-domain.beta.kubernetes.io/region": "us-east1",
        },
        taints=({"key": "dedicated", "value": "gpu", "effect": "NoExecute"},),
        gpus=2,
    )
    assert second.labels["topology.kubernetes.io/zone"] == "us-east1-c"


def test_a_pool_of_which_nothing_is_known_has_plain_nodes():
    (place,) = places_of_pool({}, NodePool("cpu", "RUNNING", zones=("a",)))

    assert (place.taints, place.gpus) == ((), 0)


@pytest.mark.parametrize(
    ("config", "machine", "label", "value"),
    [
        ({"preemptible": True}, "e2-medium", "cloud.google.com/gke-preemptible", "true"),
        ({"preemptible": True}, "e2-medium", "cloud.google.com/gke-provisioning", "preemptible"),
        ({}, "e2-medium", "cloud.google.com/gke-provisioning", "standard"),
        ({}, "c4a-standard-4", "kubernetes.io/arch", "arm64"),
        ({"imageType": "windows_ltsc_containerd"}, "e2-medium", "kubernetes.io/os", "windows"),
    ],
)
def test_what_the_machines_are_is_said_by_labels(config, machine, label, value):
    (place,) = places_of_pool({"config": config}, NodePool("p", "RUNNING", machine, zones=("us-east1-b",)))

    assert place.labels[label] == value


def test_windows_nodes_keep_other_pods_away():
    config = {"imageType": "WINDOWS_LTSC_CONTAINERD"}
    (place,) = places_of_pool({"config": config}, NodePool("p", "RUNNING", "e2-medium", zones=("us-east1-b",)))

    assert place.taints == ({"key": "node.kubernetes.io/os", "value": "windows", "effect": "NoSchedule"},)
