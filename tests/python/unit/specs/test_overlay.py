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
