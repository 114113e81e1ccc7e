"""Projects and connections, as far as the plugin needs them."""

from typing import Any

import pytest
from dataikuapi.utils import DataikuException


def test_a_project_selects_its_cluster_and_containerized_execution(dss: Any) -> None:
    project = dss.client.create_project("P", "Project", "admin")
    settings = project.get_settings()
    settings.set_k8s_cluster("${cluster}", fallback_cluster="one")
    settings.set_container_exec_config("std")
    settings.save()

    raw = dss.client.get_project("P").get_settings().get_raw()["settings"]

    assert raw["k8sCluster"] == {
        "clusterMode": "EXPLICIT_CLUSTER",
        "clusterId": "${cluster}",
        "defaultClusterId": "one",
    }
    assert raw["container"] == {"containerMode": "EXPLICIT_CONTAINER", "containerConf": "std"}
    assert raw["cluster"] == {"clusterMode": "INHERIT"}


def test_lists_shows_and_deletes_projects(dss: Any) -> None:
    dss.client.create_project("P", "Project", "me")

    assert dss.client.list_project_keys() == ["P"]
    assert dss.client.get_project("P").get_summary()["ownerLogin"] == "me"
    dss.client.get_project("P").delete()
    assert dss.client.list_project_keys() == []


@pytest.mark.parametrize("key", ["P", "a-b", ""])
def test_refuses_a_project_key_that_is_taken_or_none(dss: Any, key: str) -> None:
    dss.client.create_project("P", "Project", "me")

    with pytest.raises(DataikuException):
        dss.client.create_project(key, "Project", "me")


def _connect(dss: Any) -> Any:
    params = {"credentialsMode": "KEYPAIR", "appSecretContent": "s3cret", "chbucket": "b"}
    return dss.client.create_connection("gcs", "GCS", params)


def test_a_connection_is_created_with_defaults_and_without_its_secret_in_sight(dss: Any) -> None:
    raw = _connect(dss).get_settings().get_raw()

    assert (raw["name"], raw["type"], raw["usableBy"]) == ("gcs", "GCS", "ALL")
    assert raw["detailsReadability"] == {"readableBy": "NONE", "allowedGroups": []}
    assert raw["params"]["chbucket"] == "b"
    assert raw["params"]["appSecretContent"] != "s3cret"
    assert "s3cret" not in (dss.folder / "config/connections.json").read_text()


def test_an_edited_connection_keeps_its_secret(dss: Any) -> None:
    connection = _connect(dss)
    before = (dss.folder / "config/connections.json").read_text()
    settings = connection.get_settings()
    settings.get_raw()["detailsReadability"]["readableBy"] = "ALL"
    settings.save()

    after = (dss.folder / "config/connections.json").read_text()

    assert after == before.replace('"readableBy": "NONE"', '"readableBy": "ALL"')


def test_lists_tests_and_deletes_connections(dss: Any) -> None:
    connection = _connect(dss)

    assert list(dss.client._perform_json("GET", "/admin/connections/")) == ["gcs"]
    assert dss.client.list_connections_names("GCS") == ["gcs"]
    assert dss.client.list_connections_names("S3") == []
    assert connection.test()["connectionOK"] is True
    connection.delete()
    assert dss.client.list_connections_names("all") == []


def test_refuses_a_connection_that_is_taken_or_incomplete(dss: Any) -> None:
    _connect(dss)

    with pytest.raises(DataikuException, match="already exists"):
        _connect(dss)
    with pytest.raises(DataikuException, match="needs a name and a type"):
        dss.client.create_connection("", "GCS", {})
    with pytest.raises(DataikuException, match="Connection nope does not exist"):
        dss.client.get_connection("nope").get_settings()


def test_tells_a_recipe_what_it_needs_to_use_a_connection(dss: Any) -> None:
    told = _connect(dss).get_info()

    assert told.get_type() == "GCS"
    assert told.get_params()["chbucket"] == "b"
    assert told.get_resolved_params()["appSecretContent"] == "s3cret"
