from __future__ import annotations

import pytest

from gke_clusters.settings.visibility import is_visible


@pytest.mark.parametrize(
    ("condition", "model", "shown"),
    [
        ("", {}, True),
        ("model.a", {"a": True}, True),
        ("model.a", {"a": False}, False),
        ("model.a", {}, False),
        ("!model.a", {"a": True}, False),
        ("!model.a && model.b", {"a": False, "b": True}, True),
        ("!model.a && model.b", {"a": True, "b": True}, False),
        ("model.a || model.b", {"b": True}, True),
        ("model.a || model.b", {}, False),
        ("model.a == 'custom'", {"a": "custom"}, True),
        ("model.a == 'custom'", {"a": "other"}, False),
        ("model.a != 'custom'", {"a": "other"}, True),
        ("model.a == model.b", {"a": "x", "b": "x"}, True),
        ("model.a == model.b", {"a": "x", "b": "y"}, False),
        ("model.a != 'custom'", {"a": "custom"}, False),
    ],
)
def test_shows_a_field_as_the_form_does(condition, model, shown):
    assert is_visible(condition, model) is shown


@pytest.mark.parametrize("condition", ["model.a.length > 0", "other.a", "model.a > 1", "f(model.a)"])
def test_refuses_a_condition_it_cannot_evaluate(condition):
    with pytest.raises(ValueError, match="not supported"):
        is_visible(condition, {"a": 1})
