from __future__ import annotations

import copy

import pytest

from gke_clusters.settings.node_pool_macros import parse_add
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.node_pool import node_pool
from gke_clusters.specs.node_pool_differences import differences

PRESET = {
    "machineType": "n1-standard-8",
    "withGpu": True,
    "gpuType": "nvidia-tesla-t4",
    "gpuCount": 1,
    "numNodes": 2,
    "diskType": "pd-ssd",
    "diskSizeGb": 200,
    "networkTags": ["b", "a"],
    "serviceAccountType": "custom",
    "serviceAccount": "n@acme.iam.gserviceaccount.com",
    "accessScopes": "CLOUD_PLATFORM",
    "nodepoolLabels": [{"from": "team", "to": "ds"}],
    "nodepoolTaints": [{"key": "dedicated", "value": "gpu", "effect": "NO_SCHEDULE"}],
    "nodepoolGCPLabels": {"tier": "gold"},
}
# What GKE makes of it.
THERE = {
    "name": "gpu",
    "initialNodeCount": 2,
    "status": "RUNNING",
    "config": {
        "machineType": "n1-standard-8",
        "diskType": "pd-ssd",
        "diskSizeGb": 200,
        "imageType": "COS_CONTAINERD",
        "tags": ["a", "b"],
        "serviceAccount": "n@acme.iam.gserviceaccount.com",
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "labels": {"team": "ds", "cloud.google.com/gke-x": "y"},
        "taints": [
            {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},
            {"key": "dedicated", "value": "gpu", "effect": "NO_SCHEDULE"},
        ],
        "resourceLabels": {"tier": "gold", "goog-gke-accelerator-type": "nvidia-tesla-t4", "older": "label"},
        "accelerators": [{"acceleratorCount": "1", "acceleratorType": "nvidia-tesla-t4"}],
    },
}


def found(there=THERE, **preset):
    settings = parse_add({"clusterId": "c", "nodePoolConfig": {**PRESET, **preset}})
    return differences(node_pool(settings.pool, "gpu", HostFacts(), {}), there)


def changed(field, value):
    there = copy.deepcopy(THERE)
    there["config"][field] = value
    return there


def test_what_gke_adds_is_no_difference():
    assert found() == ()


def test_what_the_request_leaves_to_gke_is_no_difference():
    assert found(machineType="", diskType="", diskSizeGb=0, withGpu=False) == ()


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ({"machineType": "n1-standard-4"}, "Machine type: n1-standard-8, asked for n1-standard-4"),
        ({"diskType": "pd-balanced"}, "Disk type: pd-ssd, asked for pd-balanced"),
        ({"diskSizeGb": 100}, "Disk size (GB): 200, asked for 100"),
        ({"useSpotVms": True}, "Use spot VMs: no, asked for yes"),
        ({"serviceAccount": ""}, "Service account: n@acme.iam.gserviceaccount.com, asked for default"),
        ({"networkTags": []}, "Network tags: a, b, asked for none"),
        ({"nodepoolLabels": []}, "Kubernetes labels: team=ds, asked for none"),
        ({"nodepoolLabels": [{"from": "team", "to": "ml"}]}, "Kubernetes labels: team=ds, asked for team=ml"),
        ({"nodepoolTaints": []}, "Kubernetes taints: dedicated=gpu:NO_SCHEDULE, asked for none"),
        ({"nodepoolGCPLabels": {"tier": "lead"}}, "Google Cloud labels: tier=gold, asked for tier=lead"),
        ({"nodepoolGCPLabels": {"new": "x"}}, "Google Cloud labels: new=None, asked for new=x"),
        ({"gpuCount": 2}, "GPU model: 1 × nvidia-tesla-t4, asked for 2 × nvidia-tesla-t4"),
        ({"numNodes": 3}, "Number of nodes in each zone: 2, asked for 3"),
        ({"numNodesAutoscaling": True}, "Autoscale the pool: none, asked for 2 to 5 in each zone"),
    ],
)
def test_names_each_difference_by_its_label(preset, words):
    assert found(**preset) == (words,)


def test_scopes_are_compared_whole():
    (words,) = found(accessScopes="LISTED", useGcrIo=False)

    assert words.startswith("Access scopes: https://www.googleapis.com/auth/cloud-platform, asked for https")


def test_labels_and_taints_of_gke_that_are_asked_for_count():
    label, taint = {"from": "cloud.google.com/x", "to": "y"}, {"key": "nvidia.com/gpu", "value": "a"}
    (words,) = found(nodepoolLabels=[*PRESET["nodepoolLabels"], label])
    assert words.endswith("asked for cloud.google.com/x=y, team=ds")
    (words,) = found(nodepoolTaints=[*PRESET["nodepoolTaints"], {**taint, "effect": "NO_EXECUTE"}])
    assert words.endswith("asked for dedicated=gpu:NO_SCHEDULE, nvidia.com/gpu=a:NO_EXECUTE")


def test_the_number_of_nodes_of_an_autoscaled_pool_is_the_autoscalers():
    there = {**THERE, "autoscaling": {"enabled": True, "minNodeCount": 2, "maxNodeCount": 5}}

    assert found(there, numNodes=4, numNodesAutoscaling=True) == ()
    assert found(there, numNodes=4) == ("Autoscale the pool: 2 to 5 in each zone, asked for none",)


def test_limits_of_all_zones_together_are_others_than_those_of_each():
    there = {**THERE, "autoscaling": {"enabled": True, "totalMaxNodeCount": 5}}

    (words,) = found(there, numNodesAutoscaling=True)
    assert words == "Autoscale the pool: 0 to 5 in total, asked for 2 to 5 in each zone"


def test_a_limit_of_zero_is_left_out_by_google():
    there = {**THERE, "autoscaling": {"enabled": True, "maxNodeCount": 5}}

    assert found(there, numNodesAutoscaling=True, minNumNodes=0) == ()


def test_a_pool_of_which_nothing_is_known_differs_in_everything():
    assert len(found({})) == 11


def test_the_default_service_account_has_two_names():
    assert found(changed("serviceAccount", "default"), serviceAccount="") == ()
