from __future__ import annotations

import pytest

from gke_clusters.settings.expert_json import parse_expert_json, require_same_mode


def test_takes_an_empty_field_as_nothing():
    assert parse_expert_json("") == {}


def test_takes_an_object():
    text = '{"costManagementConfig": {"enabled": true}, "locations": ["a"], "fleet": null}'

    assert parse_expert_json(text) == {"costManagementConfig": {"enabled": True}, "locations": ["a"], "fleet": None}


def test_names_fields_as_the_api_writes_them():
    assert parse_expert_json('{"resource_labels": {"cost_center": "a"}}') == {"resourceLabels": {"cost_center": "a"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON: .* at line 1, column 2"),
        ("{} {}", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ('{"a": 1, "a": 2}', 'the key "a" is given twice'),
        ('{"nodePools": [], "node_pools": []}', 'the key "nodePools" is given twice'),
        ('{"a": NaN}', "a number that JSON does not have"),
        ('{"a": [1e400]}', "a number that JSON does not have"),
        ('{"a": "\\ud800"}', "not valid Unicode"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "more than 32 levels"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "more than 32 levels"),
        ('{"a": ' + "1" * 5000 + "}", "a number of more than 20 digits"),
        ('{"name": "other", "zone": "z"}', "cannot set name, zone"),
        ('{"self_link": "x"}', "cannot set selfLink"),
        ('{"location": "europe-west1"}', "cannot set location"),
        ('{"resourceLabels": []}', "resourceLabels must be an object"),
        ('{"nodePools": null}', "nodePools must be a list of objects that have a name"),
        ('{"nodePools": {}}', "nodePools must be a list of objects that have a name"),
        ('{"nodePools": [{"initialNodeCount": 1}]}', "nodePools must be a list of objects that have a name"),
        ('{"nodePools": [{"name": "A"}]}', '"A" is refused by GKE'),
        ('{"nodePools": [{"name": "a"}, {"name": "a"}]}', 'the node pool name "a" is given twice'),
    ],
)
def test_refuses_what_cannot_work(text, message):
    with pytest.raises(ValueError, match=message):
        parse_expert_json(text)


@pytest.mark.parametrize(
    ("expert", "is_autopilot"),
    [
        ({}, False),
        ({"autopilot": {"enabled": False}}, False),
        ({"autopilot": {"workloadPolicyConfig": {"allowNetAdmin": True}}}, True),
        ({"autopilot": {"enabled": True}, "nodePools": []}, True),
        ({"nodePools": [{"name": "a"}]}, False),
    ],
)
def test_leaves_the_mode_of_the_cluster_alone(expert, is_autopilot):
    require_same_mode(expert, is_autopilot=is_autopilot)


@pytest.mark.parametrize(
    ("expert", "is_autopilot"),
    [
        ({"autopilot": {"enabled": True}}, False),
        ({"autopilot": {"enabled": False}}, True),
        ({"autopilot": {"enabled": "true"}}, True),
        ({"autopilot": None}, True),
        ({"autopilot": []}, False),
    ],
)
def test_refuses_to_change_the_mode_of_the_cluster(expert, is_autopilot):
    with pytest.raises(ValueError, match="cannot set autopilot"):
        require_same_mode(expert, is_autopilot=is_autopilot)


def test_refuses_node_pools_for_an_autopilot_cluster():
    with pytest.raises(ValueError, match="cannot set nodePools"):
        require_same_mode({"nodePools": [{"name": "a"}]}, is_autopilot=True)
