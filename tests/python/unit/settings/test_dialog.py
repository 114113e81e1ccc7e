from __future__ import annotations

import pytest
from pydantic import Field

from gke_clusters.errors import SettingsError
from gke_clusters.settings.descriptors import Descriptor, Parameter
from gke_clusters.settings.dialog import DialogReader, build, labelled
from gke_clusters.settings.model import Settings

FORM = Descriptor(
    params=(
        Parameter("count", "Number", "INT", default=3),
        Parameter("custom", "Choose", "BOOLEAN", default=False),
        Parameter("detail", "Detail", "INT", default=1, condition="model.custom"),
        Parameter("more", "More", "STRING", condition="model.detail == 7"),
        Parameter("labels", "Labels", "MAP", condition="model.custom"),
    ),
    admin_params=(Parameter("secret", "Secret", "PASSWORD"),),
)


class Form(Settings):
    count: int = Field(ge=1)
    custom: bool
    detail: int
    name: str


def read(config, admin=None):
    reader = DialogReader()
    return reader.read(FORM, config, admin), reader.problems


def test_fills_in_the_defaults_of_the_form():
    assert read({}) == ({"count": 3, "custom": False, "detail": 1, "more": "", "labels": {}, "secret": ""}, {})


def test_a_hidden_field_counts_as_untouched_even_when_it_is_wrong():
    values, problems = read({"detail": "wrong"})

    assert values["detail"] == 1
    assert problems == {}


def test_a_condition_sees_what_was_entered_in_a_field_that_is_hidden_itself():
    values, _ = read({"detail": 7, "more": "text"})

    assert values["more"] == "text"
    assert values["detail"] == 1


def test_admin_values_come_from_administrators_only():
    assert read({"secret": "mine"})[0]["secret"] == ""
    assert read({}, {"secret": "theirs", "count": 9})[0] == {**read({})[0], "secret": "theirs"}


@pytest.mark.parametrize(("shown", "warned"), [(True, ["Labels"]), (False, [])])
def test_warns_of_a_key_given_twice_where_the_field_is_shown(shown, warned):
    reader = DialogReader()
    rows = [{"from": "team", "to": "a"}, {"from": "team", "to": "b"}]
    values = reader.read(FORM, {"custom": shown, "labels": rows}, None)
    warnings = labelled(FORM, reader.warnings)

    assert values["labels"] == ({"team": "b"} if shown else {})
    assert [warning.label for warning in warnings] == warned
    assert all('the last value counts: "team"' in warning.message for warning in warnings)


def test_a_wrong_value_is_one_problem():
    values, problems = read({"count": "x", "custom": True})

    with pytest.raises(SettingsError) as refused:
        build(Form, FORM, {**values, "name": "n"}, problems)

    assert [str(problem) for problem in refused.value.problems] == ["Number: must be a whole number"]


def test_a_value_beside_the_form_has_the_label_it_is_given():
    with pytest.raises(SettingsError) as refused:
        build(Form, FORM, {**read({"count": 0})[0]}, {}, {"name": "Name of the cluster"})

    assert [str(problem) for problem in refused.value.problems] == [
        "Number: must be 1 or more",
        "Name of the cluster: Field required",
    ]


def test_settings_ignore_what_they_do_not_know():
    assert build(Form, FORM, {**read({})[0], "name": "n", "later": 1}, {}).name == "n"


SECRET = "ya29." + "x" * 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("more", f"my token {SECRET}"),
        ("labels", {"team": "ds", "token": SECRET}),
        ("labels", {SECRET: "ds", "team": "ds"}),
        ("labels", [{"from": "team", "to": "ds"}, {"from": "token", "to": SECRET}, {"from": "a", "to": "b"}]),
        ("count", {"deep": [["down", {"there": [SECRET]}]]}),
    ],
)
def test_refuses_a_key_or_token_anywhere_in_an_ordinary_field_without_repeating_it(name, value):
    values, problems = read({"custom": True, "detail": 7, name: value})

    assert name not in values
    assert list(problems) == [(name,)]
    assert "key or a token" in problems[name,]
    assert "revoke" in problems[name,]
    assert "x" * 20 not in str(problems) + str(values)


def test_takes_a_key_or_token_where_one_belongs():
    assert read({}, {"secret": SECRET})[0]["secret"] == SECRET


def test_names_each_key_that_is_given_twice():
    reader = DialogReader()
    rows = [{"from": key, "to": value} for key, value in ("a1", "b1", "c1", "a2", "b2")]
    reader.read(FORM, {"custom": True, "labels": rows}, None)

    assert reader.warnings["labels",].endswith(': "a", "b"')


def test_a_value_without_a_label_has_its_name():
    with pytest.raises(SettingsError) as refused:
        build(Form, FORM, read({})[0], {})

    assert [problem.label for problem in refused.value.problems] == ["name"]


def test_a_problem_of_the_whole_dialog_is_one_of_the_settings():
    _, problems = read("neither a preset nor fields")

    assert [problem.label for problem in labelled(FORM, problems)] == ["Settings"]
