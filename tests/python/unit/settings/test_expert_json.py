from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.settings.expert_json import (
    keys_given_twice,
    parse_expert_json,
    require_same_cluster,
    require_same_mode,
)


def test_takes_an_empty_field_as_nothing():
    assert parse_expert_json("") == {}


def test_takes_an_object():
    text = '{"costManagementConfig": {"enabled": true}, "locations": ["a"], "fleet": null}'

    assert parse_expert_json(text) == {"costManagementConfig": {"enabled": True}, "locations": ["a"], "fleet": None}


def test_names_fields_as_the_api_writes_them():
    assert parse_expert_json('{"resource_labels": {"cost_center": "a"}}') == {"resourceLabels": {"cost_center": "a"}}


def test_of_a_key_given_twice_the_last_value_counts_as_in_the_old_plugin():
    text = '{"a": 1, "b": {"c": 1, "c": 2}, "a": 3, "d": [{"e": 0, "e": 0}]}'

    assert parse_expert_json(text) == {"a": 3, "b": {"c": 2}, "d": [{"e": 0}]}
    assert sorted(keys_given_twice(text)) == ["a", "c", "e"]


@pytest.mark.parametrize("text", ["", '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}'])
def test_keys_of_different_objects_are_not_given_twice(text):
    assert keys_given_twice(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON: .* at line 1, column 2"),
        ("{} {}", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ('{"nodePools": [], "node_pools": []}', 'the field "nodePools" is given in two spellings'),
        ('{"a_b": 1, "a__b": 1}', 'the field "aB" is given in two spellings'),
        ('{"a": NaN}', "a number that JSON does not have"),
        ('{"a": [1e400]}', "a number that JSON does not have"),
        ('{"a": "\\ud800"}', "not valid Unicode"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "more than 32 levels"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "more than 32 levels"),
        ('{"a": ' + "1" * 5000 + "}", "a number of more than 20 digits"),
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


@pytest.mark.parametrize("location", ["us-central1", None])
@pytest.mark.parametrize("expert", [{}, {"name": "c"}, {"location": "us-central1", "zone": "us-central1"}])
def test_takes_the_very_name_and_location_that_the_cluster_has(expert, location):
    require_same_cluster(expert, name="c", location=location)


@pytest.mark.parametrize(
    ("expert", "location", "fields"),
    [
        ({"name": "other", "zone": "z"}, "us-central1", "name, zone"),
        ({"name": None}, None, "name"),
        ({"location": None}, "us-central1", "location"),
        ({"location": "us-central1-a"}, "us-central1", "location"),
        ({"selfLink": "https://container.googleapis.com/v1/projects/p/zones/z/clusters/c"}, None, "selfLink"),
    ],
)
def test_refuses_to_look_after_another_cluster(expert, location, fields):
    with pytest.raises(ValueError, match=f"cannot change {fields}: use the fields of the dialog"):
        require_same_cluster(expert, name="c", location=location)


def nested(levels, *kinds):
    """An object of that many levels, its inner ones being of the kinds in turn."""
    inner = "x"
    for level in range(levels - 1):
        inner = [inner] if kinds[level % len(kinds)] is list else {"a": inner}
    return {"a": inner}


@pytest.mark.parametrize("kinds", [(list,), (dict,), (list, dict)])
def test_takes_thirty_two_levels_of_anything_and_no_more(kinds):
    assert parse_expert_json(json.dumps(nested(32, *kinds))) == nested(32, *kinds)
    with pytest.raises(ValueError, match="more than 32 levels"):
        parse_expert_json(json.dumps(nested(33, *kinds)))


def test_takes_numbers_of_twenty_digits_and_no_more():
    assert parse_expert_json('{"a": 18446744073709551615}') == {"a": 18446744073709551615}
    with pytest.raises(ValueError, match="more than 20 digits"):
        parse_expert_json('{"a": 118446744073709551615}')


@given(st.characters(categories=["Cs"]), st.sampled_from(['{"b%s": 1}', '{"b": "%s"}', '{"b": [{"%s": 1}]}']))
def test_refuses_half_a_character_in_keys_and_values(half, shape):
    with pytest.raises(ValueError, match="not valid Unicode"):
        parse_expert_json(shape % f"\\u{ord(half):04x}")


def test_takes_node_pools_with_names_of_their_own():
    pools = {"nodePools": [{"name": "a"}, {"name": "b"}]}

    assert parse_expert_json(json.dumps(pools)) == pools


def test_refuses_a_node_pool_whose_name_is_no_text():
    with pytest.raises(ValueError, match="nodePools must be a list of objects that have a name"):
        parse_expert_json('{"nodePools": [{"name": 5}]}')
