from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.settings.descriptors import Parameter
from gke_clusters.settings.raw_values import WrongValue, overwritten_keys, value_of

ROW = (
    Parameter("key", "Key", "STRING"),
    Parameter("effect", "Effect", "SELECT", choices={"STAY": "Stay", "GO": "Go"}),
)


def parameter(kind):
    return Parameter("p", "P", kind, choices={"a": "A", "b": "B"}, columns=ROW)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("STRING", None, ""),
        ("STRING", "  a b ", "a b"),
        ("STRING", 42, "42"),
        ("STRING", 2**63, "9223372036854775808"),
        ("TEXTAREA", "{\n}", "{\n}"),
        ("PASSWORD", "line\nline", "line\nline"),
        ("SELECT", "a", "a"),
        ("SELECT", "", None),
        ("SELECT", None, None),
        ("INT", 3, 3),
        ("INT", 3.0, 3),
        ("INT", "3", 3),
        ("INT", " 3.0 ", 3),
        ("INT", "-3", -3),
        ("INT", "", None),
        ("INT", " ", None),
        ("INT", None, None),
        ("BOOLEAN", True, True),
        ("BOOLEAN", "False", False),
        ("BOOLEAN", 1, True),
        ("BOOLEAN", 0, False),
        ("BOOLEAN", "", None),
        ("BOOLEAN", " ", None),
        ("BOOLEAN", None, None),
        ("STRINGS", None, []),
        ("STRINGS", "", []),
        ("STRINGS", ["b", " a ", "", "b", None], ["b", "a"]),
        ("KEY_VALUE_LIST", None, {}),
        ("KEY_VALUE_LIST", [{"from": "a", "to": "1"}, {"from": "b"}, {"from": "", "to": ""}], {"a": "1", "b": ""}),
        ("KEY_VALUE_LIST", [{"from": "a", "to": "1"}, {"from": "a", "to": "1"}], {"a": "1"}),
        ("KEY_VALUE_LIST", [{"from": "a", "to": "1"}, {"from": " a ", "to": "2"}], {"a": "2"}),
        ("KEY_VALUE_LIST", {"a": "1"}, {"a": "1"}),
        ("MAP", {"a": 1}, {"a": "1"}),
        ("MAP", [{"from": "a", "to": "1"}], {"a": "1"}),
        ("OBJECT_LIST", None, []),
        ("OBJECT_LIST", [{"key": "k", "effect": "GO", "more": 1}, {}], [{"key": "k", "effect": "GO"}]),
    ],
)
def test_takes_what_can_be_meant_one_way_only(kind, raw, value):
    assert value_of(parameter(kind), raw) == value


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("STRING", ["a"], "must be a text"),
        ("STRING", True, "must be a text"),
        ("STRING", 1.5, "must be a text"),
        pytest.param("STRING", 10**5000, "must be a text", id="more digits than Python writes"),
        ("STRING", "a\nb", "line breaks or control characters"),
        ("STRING", "a\x7fb", "line breaks or control characters"),
        ("STRING", "\ud800", "not valid Unicode"),
        ("SELECT", "c", '"c" is none of its choices: a, b'),
        ("INT", "x", "must be a whole number"),
        ("INT", 1.5, "must be a whole number"),
        ("INT", "1.5", "must be a whole number"),
        ("INT", "inf", "must be a whole number"),
        ("INT", "3_0", "must be a whole number"),
        ("INT", "٣", "must be a whole number"),
        ("INT", "1e2", "must be a whole number"),
        pytest.param("INT", "9" * 5000, "must be a whole number", id="more digits than Python reads"),
        ("INT", float("nan"), "must be a whole number"),
        ("INT", True, "must be a whole number"),
        ("INT", [1], "must be a whole number"),
        ("BOOLEAN", "perhaps", "must be ticked or not"),
        ("BOOLEAN", 2, "must be ticked or not"),
        ("BOOLEAN", "1", "must be ticked or not"),
        ("STRINGS", "a", "must be a list of texts"),
        ("STRINGS", [["a"]], "must be a text"),
        ("KEY_VALUE_LIST", "a", "must be a list of keys and values"),
        ("KEY_VALUE_LIST", ["a"], "must be a list of keys and values"),
        ("KEY_VALUE_LIST", [{"to": "1"}], 'the value "1" has no key'),
        ("OBJECT_LIST", {}, "must be a list of rows"),
        ("OBJECT_LIST", ["a"], "must be a list of rows"),
        ("OBJECT_LIST", [{}, {"effect": "NO"}], 'row 2, Effect: "NO" is none of its choices: STAY, GO'),
    ],
)
def test_refuses_what_the_field_cannot_hold(kind, raw, message):
    with pytest.raises(WrongValue, match=message):
        value_of(parameter(kind), raw)


def test_knows_the_keys_whose_earlier_values_do_not_count():
    rows = [{"from": key, "to": value} for key, value in ("a1", "b1", "a2", "b1", "c1", "a3")]

    assert overwritten_keys(parameter("KEY_VALUE_LIST"), rows) == ["a"]
    assert overwritten_keys(parameter("STRINGS"), ["a", "a"]) == []


def test_cuts_a_long_value_in_a_message():
    with pytest.raises(WrongValue) as refused:
        value_of(parameter("SELECT"), "x" * 10_000)

    assert len(str(refused.value)) < 200


def test_does_not_know_types_that_no_dialog_uses():
    with pytest.raises(NotImplementedError, match="DATASET"):
        value_of(parameter("DATASET"), "a")


@given(st.characters(categories=["Cs"]), st.sampled_from(["STRING", "TEXTAREA", "PASSWORD"]))
def test_refuses_half_a_character(half, kind):
    with pytest.raises(WrongValue, match="not valid Unicode"):
        value_of(parameter(kind), f"a{half}")
