from __future__ import annotations

import json

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.gcs_connection import parse_gcs_connection

GIVEN = {"connectionName": "gcs", "bucket": "my-data"}
KEY = json.dumps({"type": "service_account", "client_email": "a@b.c", "private_key": "secret"})


def problems(plugin_config=None, **fields):
    with pytest.raises(SettingsError) as refused:
        parse_gcs_connection({**GIVEN, **fields}, plugin_config or {})
    assert refused.value.remedy == "Correct these fields and run the macro again."
    return {problem.label: problem.message for problem in refused.value.problems}


def test_takes_all_but_name_and_bucket_from_the_form():
    settings = parse_gcs_connection(GIVEN, {})

    assert (settings.name, settings.bucket, settings.path) == ("gcs", "my-data", "/")
    assert (settings.usable_by, settings.details_readable_by, settings.groups) == ("ALL", "ALL", ())
    assert (settings.managed_datasets, settings.managed_folders, settings.metastore_database) == (True, True, "dataiku")
    assert (settings.uses_environment, settings.key) == (True, None)
    assert (settings.cluster_id, settings.allow_other_region, settings.preview) == (None, False, False)


def test_needs_a_name_and_a_bucket():
    assert problems(connectionName="", bucket="") == {
        "Name of the connection": "is required",
        "Bucket": "is required",
    }


@pytest.mark.parametrize("entered", ["my-data", "gs://my-data", "gs://my-data/"])
def test_takes_a_bucket_by_its_name_or_its_address(entered):
    assert parse_gcs_connection({**GIVEN, "bucket": entered}, {}).bucket == "my-data"


@pytest.mark.parametrize(
    ("field", "entered", "why"),
    [
        ("bucket", "gs://my-data/dss", "give the path in its own field"),
        ("bucket", "My_Data", "is refused by Google"),
        ("connectionName", "a/b", "has more than letters"),
        ("path", "/a//b", "is no path"),
        ("path", "../b", "is no path"),
    ],
)
def test_refuses_what_is_no_bucket_name_or_path(field, entered, why):
    [message] = problems(**{field: entered}).values()

    assert why in message


@pytest.mark.parametrize(
    ("entered", "meant"), [("/", "/"), ("", "/"), ("dss", "/dss"), ("/dss/", "/dss"), ("/dss/team", "/dss/team")]
)
def test_a_path_begins_with_a_slash_and_ends_with_none(entered, meant):
    assert parse_gcs_connection({**GIVEN, "path": entered}, {}).path == meant


@pytest.mark.parametrize("field", ["usableBy", "detailsReadableBy"])
def test_groups_are_needed_where_they_are_meant(field):
    assert problems(**{field: "ALLOWED"}) == {"Groups": "at least one is required"}
    assert parse_gcs_connection({**GIVEN, field: "ALLOWED", "groups": ["data"]}, {}).groups == ("data",)


def test_a_database_is_needed_to_be_kept_in_step():
    assert problems(metastoreDatabase=" ") == {"Metastore database": "is required"}


def test_without_synchronisation_there_is_no_database():
    assert parse_gcs_connection({**GIVEN, "synchronizeMetastore": False}, {}).metastore_database is None


@pytest.mark.parametrize("key", ["/etc/dss/gcs.json", KEY])
@pytest.mark.parametrize("beside", [True, False])
def test_takes_a_key_wherever_dss_hands_admin_parameters_over(key, beside):
    admin = {"authentication": "KEYPAIR", "bucketKey": key}
    settings = parse_gcs_connection({**GIVEN, **admin}, {}) if beside else parse_gcs_connection(GIVEN, admin)

    assert settings.key.get_secret_value() == key
    assert not settings.uses_environment
    assert "secret" not in repr(settings)


def test_the_key_that_the_connection_has_may_stay():
    assert parse_gcs_connection(GIVEN, {"authentication": "KEYPAIR"}).key is None


def test_a_key_that_is_not_used_is_not_kept():
    assert parse_gcs_connection(GIVEN, {"bucketKey": KEY}).key is None


def test_refuses_what_is_no_key_without_repeating_it():
    [(label, message)] = problems({"authentication": "KEYPAIR", "bucketKey": "hush"}).items()

    assert label == "Key"
    assert "hush" not in message
