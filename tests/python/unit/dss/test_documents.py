from __future__ import annotations

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.dss.documents import ABSENT, Named, differences, innermost, not_kept, put_at, said, value_at

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
NAMED_ITEMS = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={"value": LEAVES}), max_size=3)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | NAMED_ITEMS | st.dictionaries(st.sampled_from(["x", "y", "name"]), inner)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(["p", "q", "r"]), DOCUMENTS)


def rows(before, after):
    return [(said(each.place), each.before, each.after) for each in differences(before, after)]


def test_names_the_innermost_field_that_differs():
    assert rows({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}) == [("a.c", 2, 3)]


def test_names_what_is_new_and_what_is_gone_as_a_whole():
    assert rows({"old": {"x": 1}}, {"new": {"y": 2}}) == [("old", {"x": 1}, ABSENT), ("new", ABSENT, {"y": 2})]


def test_tells_items_of_a_list_apart_by_their_names():
    before = [{"name": "one", "url": "u"}, {"name": "two", "url": "v"}]
    after = [{"name": "one", "url": "w"}, {"name": "two", "url": "v"}, {"name": "three"}]

    assert rows({"configs": before}, {"configs": after}) == [
        ("configs[one].url", "u", "w"),
        ("configs[three]", ABSENT, {"name": "three"}),
    ]


def test_takes_a_list_in_another_order_for_another_value():
    assert [place for place, _, _ in rows([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}])] == [""]


def test_takes_a_list_with_a_name_twice_for_a_value():
    assert [place for place, _, _ in rows({"l": [{"name": "a"}]}, {"l": [{"name": "a"}, {"name": "a"}]})] == ["l"]


def test_tells_true_from_one():
    assert rows({"a": True}, {"a": 1}) == [("a", True, 1)]


def test_what_is_kept_may_be_more_than_was_wanted():
    assert list(not_kept({"a": [{"name": "x", "b": 1}]}, {"a": [{"name": "x", "b": 1, "c": 2}], "d": 3})) == []


def test_a_default_that_is_added_to_an_object_without_a_name_is_kept():
    wanted = {"pushConfigs": [{"repositoryURL": "u"}]}

    assert list(not_kept(wanted, {"pushConfigs": [{"repositoryURL": "u", "prePushMode": "NONE"}]})) == []


def test_names_the_field_of_an_object_without_a_name_that_was_not_kept():
    wanted = {"pushConfigs": [{"repositoryURL": "u"}, {"repositoryURL": "v", "prePushMode": "CUSTOM"}]}

    assert list(not_kept(wanted, {"pushConfigs": [{"repositoryURL": "u"}, {"repositoryURL": "v"}]})) == [
        ("pushConfigs", "prePushMode")
    ]


def test_a_list_with_more_or_fewer_objects_without_a_name_is_not_kept():
    wanted = {"pushConfigs": [{"repositoryURL": "u"}]}

    for found in ([], [{"repositoryURL": "u"}, {"repositoryURL": "v"}], ["u"]):
        assert list(not_kept(wanted, {"pushConfigs": found})) == [("pushConfigs",)]


def test_names_each_field_of_a_new_object_that_was_not_kept():
    wanted = {"configs": [{"name": "x", "b": 1, "deep": {"c": 2, "d": 3}}]}
    found = {"configs": [{"name": "x", "deep": {"d": 3}}]}

    assert [said(place) for place in not_kept(wanted, found)] == ["configs[x].b", "configs[x].deep.c"]


def test_an_empty_list_is_not_kept_by_a_full_one():
    assert [said(place) for place in not_kept({"a": []}, {"a": [1]})] == ["a"]


def test_tells_true_from_one_wherever_it_stands():
    unnamed = {"a": [{"x": 1}]}, {"a": [{"x": True}]}

    assert rows(*unnamed) == [("a", [{"x": 1}], [{"x": True}])]
    assert [said(place) for place in not_kept(*unnamed)] == ["a.x"]
    assert rows({"a": [1]}, {"a": [1.0]}) == []


def test_says_values_as_json_what_is_new_with_its_parts_and_what_is_gone_in_a_word():
    before = {"text": "a", "yes": True, "old": [1], "items": [{"name": "x"}]}
    after = {"text": None, "yes": False, "new": {"b": 1, "c": {"d": True, "e": ""}}, "number": 2}
    after |= {"empty": {"limit": -1, "a": [], "b": {}, "c": None, "d": False}, "list": [1]}
    after["items"] = [*before["items"], {"name": "y", "deep": {"name": "z"}}]

    assert [str(each) for each in differences(before, after)] == [
        'text: "a" → null',
        "yes: true → false",
        "old: removed",
        'items[y]: added with deep.name "z"',
        "new: added with b 1, c.d true",
        "number: nothing → 2",
        "empty: added",
        "list: added with [1]",
    ]


def test_says_a_long_value_in_short():
    (difference,) = differences({}, {"a": "x" * 1000})

    assert len(str(difference)) < 300


@given(OBJECTS)
def test_a_document_does_not_differ_from_itself(document):
    assert list(differences(document, copy.deepcopy(document))) == []


@given(OBJECTS, OBJECTS)
def test_putting_each_difference_back_restores_the_document(before, after):
    restored = copy.deepcopy(after)
    for difference in differences(before, after):
        put_at(restored, difference.place, difference.before)

    assert _unordered(restored) == _unordered(before)


@given(OBJECTS, OBJECTS)
def test_each_difference_is_what_stands_at_its_place(before, after):
    for difference in differences(before, after):
        assert value_at(before, difference.place) == difference.before
        assert value_at(after, difference.place) == difference.after


@given(OBJECTS, OBJECTS)
def test_what_differs_nowhere_is_kept(wanted, found):
    if not list(differences(wanted, found)):
        assert list(not_kept(wanted, found)) == []


def test_leaves_a_place_alone_whose_surroundings_are_gone():
    document = {"a": 1}

    put_at(document, ("b", "c"), 2)
    put_at(document, ("a", Named("x")), {"name": "x"})

    assert document == {"a": 1}


def test_puts_an_item_in_the_place_of_the_one_of_its_name_and_removes_it():
    document = {"l": [{"name": "a"}, {"name": "b"}]}

    put_at(document, ("l", Named("a")), {"name": "a", "x": 1})
    put_at(document, ("l", Named("b")), ABSENT)
    put_at(document, ("l", Named("c")), ABSENT)
    put_at(document, ("l", Named("d")), {"name": "d"})
    put_at(document, ("gone",), ABSENT)

    assert document == {"l": [{"name": "a", "x": 1}, {"name": "d"}]}


def test_nothing_is_at_a_place_inside_a_value():
    assert value_at({"a": 1}, ("a", "b")) is ABSENT
    assert value_at({"a": 1}, ("a", Named("b"))) is ABSENT


def _unordered(document):
    """An item that was put back stands at the end of its list."""
    if isinstance(document, dict):
        return {key: _unordered(value) for key, value in document.items()}
    if isinstance(document, list):
        return sorted(json.dumps(_unordered(value), sort_keys=True) for value in document)
    return document


def test_the_innermost_places_are_those_by_which_what_is_not_kept_is_missed():
    value = {
        "a": {"b": 1, "none": {}},
        "items": [{"name": "x", "c": [1, {"d": 2}]}, {"name": "y"}],
        "unnamed": [{"u": 1}, {"u": 2, "v": 3}],
        "empty": [],
    }

    assert [said(place) for place in innermost(value)] == [
        "a.b",
        "a.none",
        "items[x].name",
        "items[x].c",
        "items[y].name",
        "unnamed.u",
        "unnamed.v",
        "empty",
    ]
    assert list(innermost("text", ("here",))) == [("here",)]
