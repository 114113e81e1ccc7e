from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.node_pool_macros import (
    DRAIN_MINUTES,
    parse_add,
    parse_delete,
    parse_resize,
    wrong_pool,
)

CLUSTER = {"clusterId": "my-cluster"}


def problems(parse, **fields):
    with pytest.raises(SettingsError) as refused:
        parse(fields)
    assert refused.value.remedy == "Correct these fields and run the macro again."
    return {problem.label: problem.message for problem in refused.value.problems}


def test_adds_what_the_preset_of_1_5_1_says():
    preset = {"machineType": "n2-standard-4", "numNodes": 2, "numNodesAutoscaling": True, "minNumNodes": 0}
    settings = parse_add({**CLUSTER, "nodePoolConfig": preset, "logLevel": "DEBUG"})

    assert (settings.pool_name, settings.preview, settings.log_level) == (None, False, "DEBUG")
    assert (settings.pool.machine_type, settings.pool.num_nodes, settings.pool.autoscaling) == (
        "n2-standard-4",
        2,
        True,
    )
    assert settings.pool.access_scopes == "LISTED"


def test_names_all_that_is_wrong_with_an_addition_at_once():
    found = problems(parse_add, nodePoolId="GPU!", nodePoolConfig={"numNodes": -1})

    assert found["Cluster"] == "is required"
    assert found["Name of the node pool"].startswith('"GPU!" is refused by GKE')
    assert found["Node pool › Number of nodes in each zone"] == "must be 0 or more"


@pytest.mark.parametrize("given", [None, "", {"mode": "NONE"}])
def test_an_addition_needs_a_preset(given):
    assert problems(parse_add, **CLUSTER, nodePoolConfig=given) == {"Node pool": "is required: choose a preset"}


def test_a_resize_needs_a_number_only():
    settings = parse_resize({**CLUSTER, "numNodes": "0"})

    assert (settings.num_nodes, settings.min_num_nodes, settings.max_num_nodes) == (0, None, None)
    assert (settings.delete_at_zero, settings.pool_name) == (False, None)


@pytest.mark.parametrize("number", [None, ""])
def test_a_resize_without_a_number_is_refused(number):
    assert problems(parse_resize, **CLUSTER, numNodes=number) == {"Number of nodes in each zone": "is required"}


@pytest.mark.parametrize(
    ("fields", "label", "message"),
    [
        ({"numNodes": -1}, "Number of nodes in each zone", "must be 0 or more"),
        ({"numNodes": 1001}, "Number of nodes in each zone", "must be 1000 or less"),
        (
            {"numNodes": 1, "minNumNodes": 2},
            "Number of nodes in each zone",
            "1 is less than the minimum number of nodes, 2",
        ),
        (
            {"numNodes": 5, "maxNumNodes": 4},
            "Number of nodes in each zone",
            "5 is more than the maximum number of nodes, 4",
        ),
        (
            {"numNodes": 5, "minNumNodes": 5, "maxNumNodes": 4},
            "Maximum number of nodes in each zone",
            "4 is less than the minimum number of nodes, 5",
        ),
        ({"numNodes": 0, "maxNumNodes": 0}, "Maximum number of nodes in each zone", "must be 1 or more"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(fields, label, message):
    assert problems(parse_resize, **CLUSTER, **fields)[label] == message


def test_takes_a_number_at_both_limits():
    settings = parse_resize({**CLUSTER, "numNodes": 2, "minNumNodes": 2, "maxNumNodes": 2})

    assert (settings.min_num_nodes, settings.max_num_nodes) == (2, 2)


def test_delete_at_zero_counts_at_zero_only():
    assert parse_resize({**CLUSTER, "numNodes": 0, "deleteAtZero": True}).delete_at_zero
    assert not parse_resize({**CLUSTER, "numNodes": 1, "deleteAtZero": True}).delete_at_zero


def test_a_deletion_drains_for_a_while_unless_told_otherwise():
    assert parse_delete({**CLUSTER, "nodePoolId": "gpu"}).drain_minutes == DRAIN_MINUTES
    assert parse_delete({**CLUSTER, "nodePoolId": "gpu", "drainMinutes": 0}).drain_minutes == 0


def test_a_drain_without_end_is_refused():
    assert problems(parse_delete, **CLUSTER, drainMinutes=1441) == {
        "Time limit of the drain (minutes)": "must be 1440 or less"
    }


@pytest.mark.parametrize("macro", ["add-node-pool", "resize-node-pool", "delete-node-pool"])
def test_a_pool_that_is_not_there_is_refused_by_its_label(macro):
    (problem,) = wrong_pool(macro, "x is not there").problems

    assert (problem.label, problem.message) == (macro_descriptor(macro).label_of("nodePoolId"), "x is not there")
