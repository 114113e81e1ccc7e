from __future__ import annotations

from gke_clusters.specs.overlay import overlay, overlay_cluster


def test_merges_objects():
    assert overlay({"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}) == {"a": {"b": 1, "c": 3, "d": 4}}


def test_replaces_lists_and_other_values():
    assert overlay({"a": [1], "b": 1, "c": {"d": 1}}, {"a": [2], "b": {"x": 1}, "c": 2}) == {
        "a": [2],
        "b": {"x": 1},
        "c": 2,
    }


def test_removes_what_is_null():
    assert overlay({"a": {"b": 1, "c": 2}}, {"a": {"b": None}, "z": None, "y": {"x": None}}) == {
        "a": {"c": 2},
        "y": {},
    }


def test_leaves_its_arguments_alone():
    base, expert = {"a": {"b": 1}}, {"a": {"c": 2}}
    overlay(base, expert)

    assert (base, expert) == ({"a": {"b": 1}}, {"a": {"c": 2}})


def test_merges_the_node_pool_of_the_same_name():
    base = {"nodePools": [{"name": "node-pool-0", "config": {"machineType": "a", "tags": ["x"]}}]}
    expert = {"nodePools": [{"name": "node-pool-0", "config": {"tags": ["y"], "preemptible": True}}]}

    assert overlay_cluster(base, expert)["nodePools"] == [
        {"name": "node-pool-0", "config": {"machineType": "a", "tags": ["y"], "preemptible": True}}
    ]


def test_adds_a_node_pool_of_another_name():
    base = {"nodePools": [{"name": "node-pool-0"}]}
    expert = {"nodePools": [{"name": "extra", "config": {"machineType": None}}], "locations": ["z"]}

    assert overlay_cluster(base, expert) == {
        "nodePools": [{"name": "node-pool-0"}, {"name": "extra", "config": {}}],
        "locations": ["z"],
    }


def test_gives_no_node_pools_to_a_cluster_that_has_none():
    assert overlay_cluster({"autopilot": {"enabled": True}}, {"nodePools": []}) == {"autopilot": {"enabled": True}}


def test_merges_fields_in_either_spelling():
    base = {
        "addonsConfig": {"httpLoadBalancing": {}},
        "nodePools": [{"name": "node-pool-0", "initialNodeCount": 3, "config": {"machineType": "a"}}],
    }
    expert = {
        "addonsConfig": {"http_load_balancing": {"disabled": True}},
        "nodePools": [{"name": "node-pool-0", "initial_node_count": 1, "config": {"machine_type": "b"}}],
    }

    assert overlay_cluster(base, expert) == {
        "addonsConfig": {"httpLoadBalancing": {"disabled": True}},
        "nodePools": [{"name": "node-pool-0", "initialNodeCount": 1, "config": {"machineType": "b"}}],
    }


def test_leaves_the_names_of_labels_and_of_fields_that_the_client_does_not_know():
    expert = {
        "resourceLabels": {"cost_center": "a"},
        "next_year": {"some_field": 1},
        "locations": ["us_x"],
        "maintenancePolicy": {"window": {"maintenance_exclusions": {"end_of_year": {"start_time": "t"}}}},
    }

    assert overlay_cluster({}, expert) == {
        **expert,
        "maintenancePolicy": {"window": {"maintenanceExclusions": {"end_of_year": {"start_time": "t"}}}},
    }


def test_leaves_a_contradiction_between_two_spellings_to_google():
    expert = {"networkConfig": {"gateway_api_config": {}, "gatewayApiConfig": None}}

    assert overlay_cluster({}, expert) == {"networkConfig": {"gateway_api_config": {}}}


def test_leaves_what_is_no_object_where_the_api_has_one():
    assert overlay_cluster(
        {}, {"networkConfig": 1, "nodePools": [{"name": "a", "config": None}], "conditions": [1]}
    ) == {
        "networkConfig": 1,
        "nodePools": [{"name": "a"}],
        "conditions": [1],
    }
