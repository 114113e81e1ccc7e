from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters import errors
from gke_clusters.errors import GkeClustersError, Problem, QuotaExceeded, SettingsError, Shortage

CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, GkeClustersError) and each is not GkeClustersError
]

SECRETS = [
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
    '{"type": "service_account", "private_key_id": "0"}',
    '\\"refresh_token\\": \\"x\\"',
    "a token ya29.a0AfH6SMBxxxxxxxx in a sentence",
    "1//0gabcdefghijklmnopqrstuv",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhYmMifQ.c2ln",
    "eyJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCIsICJwcml2YXRlX2tleSI6ICJ4In0=",
]


def test_shows_cause_resource_answer_and_remedy_in_this_order():
    error = GkeClustersError("It broke.", resource="projects/p", verbatim="403 <no>", remedy="Mend it.")

    assert str(error) == "It broke.\nResource: projects/p\nAnswer received: 403 <no>\nWhat to do: Mend it."


def test_leaves_out_what_is_not_known():
    assert str(GkeClustersError("It broke.", remedy="Mend it.")) == "It broke.\nWhat to do: Mend it."


def test_makes_one_line_of_the_cause():
    assert GkeClustersError("It broke\n  badly.").cause == "It broke badly."


@pytest.mark.parametrize("error_class", CLASSES)
def test_every_class_says_when_it_happens_and_what_to_do(error_class):
    assert error_class.__doc__.strip().endswith(".")
    assert error_class.advice
    assert error_class.advice is not GkeClustersError.advice


@pytest.mark.parametrize("error_class", [each for each in CLASSES if each is not SettingsError])
def test_falls_back_to_the_advice_of_the_class(error_class):
    assert str(error_class("It broke.")).endswith(f"What to do: {error_class.advice}")


def test_adds_advice_in_a_line_of_its_own_after_the_first():
    error = GkeClustersError("It broke.", remedy="Mend it.")
    error.advise("It may be billed.")
    assert str(error).endswith("What to do: Mend it.\nIt may be billed.")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("DB_PASSWORD=hunter2 was refused", "DB_PASSWORD=[not shown] was refused"),
        ("'api-key': 'hunter2', 'n': 1", "'api-key': '[not shown]', 'n': 1"),
        ("Authorization: Bearer hunter2", "Authorization: Bearer [not shown]"),
        ("cannot pull https://joe:hunter2@host/image:1", "cannot pull https://joe:[not shown]@host/image:1"),
        ("a ya29.a0AfH6SMBxxxxxxxx", errors.NOT_SHOWN),
        ('secret "x" not found', 'secret "x" not found'),
        ("https://host:443/path", "https://host:443/path"),
    ],
)
def test_what_is_called_a_secret_is_taken_out_of_what_others_wrote(text, left):
    assert errors.redacted(text) == left


def test_lists_every_wrong_setting_by_its_label():
    error = SettingsError([Problem("Zone", "is not a zone"), Problem("Name", "is too long")])

    assert "- Zone: is not a zone\n- Name: is too long\n" in str(error)
    assert error.cause.startswith("2 settings are wrong")
    assert error.problems == (Problem("Zone", "is not a zone"), Problem("Name", "is too long"))


def test_counts_a_single_wrong_setting_as_one():
    assert SettingsError([Problem("Zone", "is not a zone")]).cause.startswith("1 setting is wrong")


@pytest.mark.parametrize("secret", SECRETS)
def test_an_answer_or_a_field_with_a_secret_is_not_repeated(secret):
    error = GkeClustersError("It broke.", resource=f"file {secret}", verbatim=f"No such file: {secret}")

    assert secret not in f"{error} {Problem('Zone', secret)}"
    assert errors.NOT_SHOWN in str(error)


@given(
    secret=st.sampled_from(SECRETS),
    around=st.tuples(st.text("abc \n.,'", max_size=20), st.text("abc \n.,'", max_size=20)),
    kind=st.sampled_from([each for each in CLASSES if each is not SettingsError]),
)
def test_no_message_repeats_a_secret_whatever_part_it_got_into(secret, around, kind):
    text = f"{around[0]} {secret} {around[1]}"
    error = kind(text, resource=text, verbatim=text, remedy=text)
    error.advise(text)
    if isinstance(error, QuotaExceeded):
        error.shortages, error.reckoning = (Shortage(text),), (text,)

    assert secret not in str(error)
    assert secret not in repr(error)


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN CERTIFICATE-----\nMIIDBTCCAe2gAwIBAgIRAK", "projects/p/zones/us-central1-a", "a" * 300, "1//2 ya29."],
)
def test_an_ordinary_answer_is_repeated(text):
    assert errors.shown(text) == text
