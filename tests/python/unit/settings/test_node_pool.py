from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import parse_create

PREFIX = "Node pools › 1 › "
AUTH = "https://www.googleapis.com/auth/"


def pool(**fields):
    return parse_create("c", {"nodePools": [fields]}, {}).node_pools[0]


def problems(**fields):
    with pytest.raises(SettingsError) as refused:
        pool(**fields)
    return {problem.label.removeprefix(PREFIX): problem.message for problem in refused.value.problems}


def test_takes_the_defaults_of_the_old_form():
    settings = pool()

    assert settings.machine_type == "n2-highmem-8"
    assert settings.num_nodes == 3
    assert settings.network_tags == ("dss-gke-cluster",)
    assert settings.service_account_type == "fromDSSHost"
    assert not settings.autoscaling
    assert not settings.use_spot_vms
    assert not settings.with_gpu
    assert settings.gpu_type is None
    assert settings.disk_type is None
    assert settings.disk_size_gb is None
    assert settings.name is None
    assert settings.warnings == ()


def test_leaves_an_emptied_field_empty():
    settings = pool(machineType="", networkTags=[])

    assert settings.machine_type is None
    assert settings.network_tags == ()


def test_takes_null_for_a_field_that_was_not_touched():
    settings = pool(machineType=None, networkTags=None, numNodes=None, useGcrIo=None)

    assert settings.machine_type == "n2-highmem-8"
    assert settings.network_tags == ("dss-gke-cluster",)
    assert settings.num_nodes == 3
    assert settings.use_gcr_io


def test_ignores_what_the_form_hides():
    settings = pool(gpuType="", gpuCount=99, minNumNodes=9, maxNumNodes="many", serviceAccount="not an email")

    assert settings.gpu_type is None
    assert (settings.min_num_nodes, settings.max_num_nodes) == (2, 5)
    assert settings.service_account is None


@pytest.mark.parametrize(("nodes", "least", "most"), [(1, 0, 6), (3, 2, 5), (0, 1, 1), (9, 2, 5)])
def test_takes_a_first_number_of_nodes_outside_the_bounds_as_gke_does(nodes, least, most):
    settings = pool(numNodesAutoscaling=True, numNodes=nodes, minNumNodes=least, maxNumNodes=most)

    assert (settings.num_nodes, settings.min_num_nodes, settings.max_num_nodes) == (nodes, least, most)


@pytest.mark.parametrize(
    ("fields", "label", "message"),
    [
        ({"numNodes": -1}, "Number of nodes in each zone", "must be 0 or more"),
        ({"numNodes": 1001}, "Number of nodes in each zone", "must be 1000 or less"),
        ({"numNodes": "three"}, "Number of nodes in each zone", "must be a whole number"),
        ({"machineType": "n2 highmem"}, "Machine type", "refused by Google"),
        ({"withGpu": True, "gpuType": ""}, "GPU model", "is required when GPUs are attached"),
        ({"withGpu": True, "gpuType": "T4!"}, "GPU model", "refused by Google"),
        ({"withGpu": True, "gpuCount": 0}, "GPUs per node", "must be 1 or more"),
        ({"withGpu": True, "gpuCount": 17}, "GPUs per node", "must be 16 or less"),
        (
            {"numNodesAutoscaling": True, "minNumNodes": 6, "maxNumNodes": 5},
            "Maximum number of nodes in each zone",
            "5 is less than the minimum number of nodes, 6",
        ),
        (
            {"numNodesAutoscaling": True, "minNumNodes": 0, "maxNumNodes": 0},
            "Maximum number of nodes in each zone",
            "must be 1 or more",
        ),
        ({"oauthScopes": "bigquery, storage"}, "Other access scopes", '"storage" is neither'),
        ({"networkTags": ["ok", "Not_OK"]}, "Network tags", "refused by Google"),
        ({"serviceAccountType": "none"}, "Service account of the nodes", "none of its choices"),
        ({"serviceAccountType": "custom", "serviceAccount": "x"}, "Service account", "refused by Google"),
        ({"diskSizeGb": 9}, "Disk size (GB)", "must be 10 or more"),
        ({"diskSizeGb": 65537}, "Disk size (GB)", "must be 65536 or less"),
        ({"diskType": "PD SSD"}, "Disk type", "refused by Google"),
        ({"nodepoolLabels": [{"from": "a b", "to": ""}]}, "Kubernetes labels", "refused by Kubernetes"),
        ({"nodepoolTaints": [{"value": "v", "effect": "NO_EXECUTE"}]}, "Kubernetes taints", "row 1 has no key"),
        ({"nodepoolTaints": [{"key": "k"}]}, "Kubernetes taints", "row 1 has no effect"),
        ({"nodepoolTaints": [{"key": "k", "effect": "NO"}]}, "Kubernetes taints", "row 1, Effect"),
        ({"nodepoolTaints": [{"key": "k", "value": "a b", "effect": "NO_EXECUTE"}]}, "Kubernetes taints", '"a b" of k'),
        ({"nodepoolTaints": [{"key": "k", "effect": "NO_EXECUTE"}] * 2}, "Kubernetes taints", "twice"),
        ({"nodepoolGCPLabels": {"Team": "a"}}, "Google Cloud labels", "refused by Google"),
        ({"nodePoolName": "Pool_1"}, "Name of the pool", 'Use "pool-1" instead'),
        ({"accessScopes": "SOME"}, "Access scopes", "none of its choices"),
    ],
)
def test_refuses_a_wrong_field_by_its_label(fields, label, message):
    found = problems(**fields)

    assert list(found) == [label]
    assert message in found[label]


def test_reports_all_wrong_fields_at_once():
    found = problems(numNodes="x", diskSizeGb=1, numNodesAutoscaling=True, minNumNodes=6, maxNumNodes=5)

    assert set(found) == {
        "Number of nodes in each zone",
        "Disk size (GB)",
        "Maximum number of nodes in each zone",
    }


def test_takes_taints_of_one_key_with_different_effects():
    rows = [{"key": "k", "value": "v", "effect": effect} for effect in ("NO_EXECUTE", "NO_SCHEDULE")]

    assert [taint.effect for taint in pool(nodepoolTaints=rows).taints] == ["NO_EXECUTE", "NO_SCHEDULE"]


@pytest.mark.parametrize("size", [0, "0", "", None])
def test_takes_a_disk_size_that_is_none_for_the_default(size):
    assert pool(diskSizeGb=size).disk_size_gb is None


def test_takes_numbers_as_text():
    settings = pool(
        numNodes="4", diskSizeGb="50", withGpu=True, gpuCount="2", numNodesAutoscaling=True, maxNumNodes="7"
    )

    assert (settings.num_nodes, settings.disk_size_gb, settings.gpu_count, settings.max_num_nodes) == (4, 50, 2, 7)


@pytest.mark.parametrize("nothing", [None, ""])
def test_takes_an_unanswered_question_for_the_default_of_the_old_form(nothing):
    names = ("withGpu", "numNodes", "useSpotVms", "numNodesAutoscaling", "useGcrIo", "serviceAccountType")

    assert pool(**dict.fromkeys(names, nothing)) == pool()


@pytest.mark.parametrize("nothing", [None, "", []])
def test_takes_lists_without_rows(nothing):
    settings = pool(nodepoolLabels=nothing, nodepoolTaints=nothing, nodepoolGCPLabels=nothing)

    assert (settings.labels, settings.taints, settings.resource_labels) == ({}, (), {})


def test_takes_taints_without_a_value():
    (taint,) = pool(nodepoolTaints=[{"key": "gpu", "value": None, "effect": "NO_EXECUTE"}]).taints

    assert (taint.key, taint.value) == ("gpu", "")


def test_a_saved_pool_keeps_the_scopes_it_names_and_may_write_logs_and_metrics():
    settings = pool(useGcrIo=True, oauthScopes="bigquery, https://www.googleapis.com/auth/devstorage.read_write")

    assert settings.scopes == (
        AUTH + "devstorage.read_only",
        AUTH + "bigquery",
        AUTH + "devstorage.read_write",
        AUTH + "logging.write",
        AUTH + "monitoring.write",
    )


def test_a_saved_pool_may_name_scopes_as_gcloud_does():
    settings = pool(useGcrIo=False, oauthScopes="storage-rw,logging-write")

    assert settings.scopes == (AUTH + "devstorage.read_write", AUTH + "logging.write", AUTH + "monitoring.write")


def test_a_saved_pool_that_names_no_scope_gets_none_that_reads_data():
    assert pool(useGcrIo=False).scopes == (AUTH + "logging.write", AUTH + "monitoring.write")


def test_a_scope_named_twice_counts_once():
    settings = pool(useGcrIo=True, oauthScopes="devstorage.read_only logging.write")

    assert settings.scopes == (AUTH + "devstorage.read_only", AUTH + "logging.write", AUTH + "monitoring.write")


def test_a_new_pool_is_governed_by_iam():
    assert pool(accessScopes="CLOUD_PLATFORM").scopes == (AUTH + "cloud-platform",)


def test_a_new_pool_may_name_scopes_beyond_google_cloud():
    assert pool(accessScopes="CLOUD_PLATFORM", oauthScopes="drive").scopes == (AUTH + "cloud-platform", AUTH + "drive")


def test_warns_when_the_nodes_fall_back_to_the_default_service_account():
    assert "Compute Engine default service account" in pool(serviceAccountType="custom").warnings[0]


def test_refuses_more_nodes_to_begin_with_than_the_pool_has():
    found = problems(numNodes=3, bestEffortProvisioning=True, minProvisionNodes=4)

    assert found == {"Fewest nodes to begin with": "4 is more than the number of nodes, 3"}


def test_takes_as_many_nodes_to_begin_with_as_the_pool_has():
    assert pool(numNodes=3, bestEffortProvisioning=True, minProvisionNodes=3).min_provision_nodes == 3


def test_does_not_compare_the_nodes_to_begin_with_to_a_number_that_is_wrong_itself():
    found = problems(numNodes=-1, bestEffortProvisioning=True, minProvisionNodes=4)

    assert set(found) == {"Number of nodes in each zone"}


def test_ignores_the_nodes_to_begin_with_where_the_creation_is_not_best_effort():
    assert pool(numNodes=3, minProvisionNodes=4).min_provision_nodes == 0
