from __future__ import annotations

import pytest

from gke_clusters.settings.access_scopes import GCLOUD_ALIASES, parse_access_scopes

AUTH = "https://www.googleapis.com/auth/"


def test_names_no_scope_with_nothing():
    assert parse_access_scopes("") == ()


def test_takes_scopes_in_full():
    scopes = ("https://www.googleapis.com/auth/anything.new", "https://mail.google.com/")

    assert parse_access_scopes(",".join(scopes)) == scopes


@pytest.mark.parametrize("part", ["bigquery", "devstorage.read_write", "drive", "cloud-platform.read-only"])
def test_takes_the_last_part_of_a_scope(part):
    assert parse_access_scopes(part) == (AUTH + part,)


@pytest.mark.parametrize(
    ("alias", "part"),
    [
        ("storage-ro", "devstorage.read_only"),
        ("storage-rw", "devstorage.read_write"),
        ("storage-full", "devstorage.full_control"),
        ("compute-rw", "compute"),
        ("logging-write", "logging.write"),
        ("trace", "trace.append"),
        ("sql-admin", "sqlservice.admin"),
        ("service-control", "servicecontrol"),
        ("userinfo-email", "userinfo.email"),
    ],
)
def test_takes_the_names_that_gcloud_has_for_scopes(alias, part):
    assert parse_access_scopes(alias) == (AUTH + part,)


def test_takes_the_name_that_gcloud_has_for_the_scopes_of_every_node():
    assert {scope.removeprefix(AUTH) for scope in parse_access_scopes("gke-default")} == {
        "devstorage.read_only",
        "logging.write",
        "monitoring",
        "service.management.readonly",
        "servicecontrol",
        "trace.append",
    }


def test_names_a_scope_once():
    assert parse_access_scopes("storage-ro devstorage.read_only storage-ro") == (AUTH + "devstorage.read_only",)


def test_takes_any_separator():
    assert parse_access_scopes(" bigquery,; pubsub;drive ") == (AUTH + "bigquery", AUTH + "pubsub", AUTH + "drive")


@pytest.mark.parametrize("word", ["storage", "bigqery", "ftp://x", "Storage-ro", "default2"])
def test_refuses_a_word_that_is_no_scope(word):
    with pytest.raises(ValueError, match=f'"{word}" is neither'):
        parse_access_scopes(f"bigquery, {word}")


def test_every_name_of_gcloud_stands_for_a_scope():
    assert all(GCLOUD_ALIASES.values())
