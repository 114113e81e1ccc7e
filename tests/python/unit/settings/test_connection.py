from __future__ import annotations

import json

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.attach import parse_attach
from gke_clusters.settings.connection import KEY_RULE, parse_credentials

KEY = json.dumps({"type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", "private_key": "SECRET"})


def connection(config, admin=None):
    return parse_attach({"connectionInfo": config, "clusterId": "c"}, {"connectionInfo": admin}).connection


def problems(config, admin=None):
    with pytest.raises(SettingsError) as refused:
        connection(config, admin)
    return {problem.label: problem.message for problem in refused.value.problems}


@pytest.mark.parametrize(
    "config", [{}, None, "", {"projectId": "", "zone": None, "region": " "}, {"mode": "NONE"}, {"mode": 3}]
)
def test_leaves_to_the_dss_host_what_is_not_filled_in(config):
    settings = connection(config)

    assert (settings.project_id, settings.zone, settings.region) == (None, None, None)
    assert settings.effective_region is None
    assert settings.credentials.mode == "application-default"
    assert settings.credentials.key is None
    assert settings.credentials.impersonate is None


def test_takes_the_region_of_the_zone_when_none_is_given():
    assert connection({"zone": "europe-west1-b"}).effective_region == "europe-west1"


def test_takes_the_region_that_is_given_before_that_of_the_zone():
    assert connection({"zone": "europe-west1-b", "region": "us-central1"}).effective_region == "us-central1"


def test_reports_each_wrong_field_by_its_label():
    found = problems({"projectId": "My Project", "zone": "europe-west1", "region": "europe-west1-b"})

    assert list(found) == ["GKE connection › Project", "GKE connection › Zone", "GKE connection › Region"]


def test_refuses_a_preset_that_is_none():
    assert problems("my-preset") == {"GKE connection": "must be a preset or the fields of one"}


@pytest.mark.parametrize(
    ("reference", "which"),
    [
        ({"mode": "PRESET", "name": "gone"}, 'the preset "gone"'),
        ({"mode": "PRESET"}, "this preset"),
        ({"mode": "INLINE", "inlinedConfig": {"projectId": "p"}}, "this preset"),
    ],
)
def test_refuses_a_reference_to_a_preset_that_dss_could_not_follow(reference, which):
    assert problems(reference) == {
        "GKE connection": f"{which} is not there any more, or may not be used here: choose another one"
    }


def test_takes_a_preset_for_resolved_when_it_has_a_field_of_its_form():
    assert connection({"mode": "PRESET", "name": "n", "projectId": "acme"}).project_id == "acme"


@pytest.mark.parametrize("key", ["/etc/dss/gke.json", KEY])
def test_takes_a_key_as_a_path_or_as_json(key):
    credentials = connection({}, {"credentialsMode": "service-account-key", "serviceAccountKey": key}).credentials

    assert credentials.mode == "service-account-key"
    assert credentials.key.get_secret_value() == key


def test_never_shows_the_key():
    settings = connection({}, {"credentialsMode": "service-account-key", "serviceAccountKey": KEY})

    assert "SECRET" not in repr(settings) + str(settings) + repr(settings.credentials)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "gke.json",
        "{SECRET",
        pytest.param("{" * 100_000, id="deep"),
        '["SECRET"]',
        '{"type": "authorized_user", "client_email": "a@b.c", "private_key": "SECRET"}',
        '{"type": "service_account", "private_key": "SECRET"}',
        '{"type": "service_account", "client_email": ["SECRET"], "private_key": "SECRET"}',
    ],
)
def test_refuses_a_key_that_is_none_without_showing_it(key):
    with pytest.raises(SettingsError) as refused:
        connection({}, {"credentialsMode": "service-account-key", "serviceAccountKey": key})

    (problem,) = refused.value.problems
    assert problem.label == "GKE connection › Service account key"
    assert problem.message.endswith(KEY_RULE)
    assert "SECRET" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_ignores_a_key_that_the_form_hides():
    admin = {"credentialsMode": "application-default", "serviceAccountKey": "{broken"}

    assert connection({}, admin).credentials.key is None


def test_takes_admin_parameters_from_administrators_only():
    settings = connection({"credentialsMode": "service-account-key", "serviceAccountKey": "/etc/shadow"})

    assert settings.credentials.mode == "application-default"
    assert settings.credentials.key is None


def test_takes_a_service_account_to_impersonate():
    admin = {"impersonatedServiceAccount": "admin@acme.iam.gserviceaccount.com"}

    assert connection({}, admin).credentials.impersonate == "admin@acme.iam.gserviceaccount.com"


def test_refuses_a_service_account_to_impersonate_that_is_no_email():
    assert "GKE connection › Service account to impersonate" in problems({}, {"impersonatedServiceAccount": "admin"})


def test_reads_the_credentials_without_the_rest_of_the_form():
    admin = {"connectionInfo": {"impersonatedServiceAccount": "admin@acme.iam.gserviceaccount.com"}}

    assert parse_credentials(admin).impersonate == "admin@acme.iam.gserviceaccount.com"


def test_reads_the_credentials_of_a_form_without_a_connection():
    assert parse_credentials({}).mode == "application-default"


def test_reports_wrong_credentials_by_their_label():
    with pytest.raises(SettingsError) as refused:
        parse_credentials({"connectionInfo": {"credentialsMode": "gcloud", "impersonatedServiceAccount": "x"}})

    assert [problem.label for problem in refused.value.problems] == [
        "Credentials",
        "Service account to impersonate",
    ]
