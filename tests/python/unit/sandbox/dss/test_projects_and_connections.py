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


def _saved(dss: Any, change: Any) -> dict[str, Any]:
    project = dss.client.get_project("P").get_settings()
    change(project.get_raw())
    project.save()
    return dict(dss.client.get_project("P").get_settings().get_raw())


def test_a_project_inherits_again(dss: Any) -> None:
    dss.client.create_project("P", "Project", "admin", settings={"k8sCluster": {"clusterMode": "EXPLICIT_CLUSTER"}})
    settings = dss.client.get_project("P").get_settings()
    before = dict(settings.get_raw()["settings"]["k8sCluster"])
    settings.set_k8s_cluster(None)
    settings.set_container_exec_config(None)
    settings.save()

    raw = dss.client.get_project("P").get_settings().get_raw()["settings"]

    assert before == {"clusterMode": "EXPLICIT_CLUSTER"}
    assert raw["k8sCluster"] == {"clusterMode": "INHERIT"}
    assert raw["container"] == {"containerMode": "NONE"}


def test_a_project_without_fallback_cluster_has_none(dss: Any) -> None:
    dss.client.create_project("P", "Project", "admin")
    settings = dss.client.get_project("P").get_settings()
    settings.set_k8s_cluster("one", fallback_cluster=None)
    settings.save()

    raw = dss.client.get_project("P").get_settings().get_raw()["settings"]

    assert raw["k8sCluster"] == {"clusterMode": "EXPLICIT_CLUSTER", "clusterId": "one"}


def test_other_settings_of_a_project_are_kept_byte_for_byte(dss: Any) -> None:
    dss.client.create_project("P", "Project", "admin")
    others = {"zebra": {"b": 1.0, "a": None}, "flow": ["ä", 12345678901234567890]}
    saved = _saved(dss, lambda raw: raw["settings"].update(others))
    before = dss.client._perform_http("GET", "/projects/P/settings").text

    _saved(dss, lambda _raw: None)

    assert dss.client._perform_http("GET", "/projects/P/settings").text == before
    assert {name: saved["settings"][name] for name in others} == others


def test_drops_what_it_does_not_know_of_a_selection(dss: Any) -> None:
    dss.client.create_project("P", "Project", "admin")

    def change(raw: dict[str, Any]) -> None:
        raw["settings"]["container"] = {"containerMode": "SOMEWHERE", "containerConf": "std", "nonsense": 1}
        del raw["settings"]["cluster"]

    settings = _saved(dss, change)["settings"]

    assert settings["container"] == {"containerMode": "INHERIT", "containerConf": "std"}
    assert settings["cluster"] == {"clusterMode": "INHERIT"}


def test_refuses_settings_of_a_project_that_are_none_or_of_none(dss: Any) -> None:
    dss.client.create_project("P", "Project", "admin")

    with pytest.raises(DataikuException, match="an object with settings"):
        dss.client._perform_empty("PUT", "/projects/P/settings", body={})
    with pytest.raises(DataikuException, match=r"Expected an object at settings\.k8sCluster"):
        _saved(dss, lambda raw: raw["settings"].update(k8sCluster="one"))
    with pytest.raises(DataikuException, match="Project NONE does not exist"):
        dss.client.get_project("NONE").get_settings()
    with pytest.raises(DataikuException, match="Project NONE does not exist"):
        dss.client._perform_empty("PUT", "/projects/NONE/settings", body={"settings": {}})


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


def test_lists_and_deletes_connections(dss: Any) -> None:
    connection = _connect(dss)

    assert list(dss.client._perform_json("GET", "/admin/connections/")) == ["gcs"]
    assert dss.client.list_connections_names("GCS") == ["gcs"]
    assert dss.client.list_connections_names("S3") == []
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


def test_keeps_what_belongs_to_a_gcs_connection_and_drops_the_rest(dss: Any) -> None:
    wanted = {
        "credentialsMode": "ENVIRONMENT",
        "chbucket": "b",
        "chroot": "/dss",
        "hdfsInterface": "GS",
        "metastoreSynchronizationMode": "KEEP_IN_SYNC",
        "defaultMetastoreDatabase": "dataiku",
    }
    connection = dss.client.create_connection("gcs", "GCS", {**wanted, "nonsense": 1, "projectId": None})
    settings = connection.get_settings()
    settings.details_readability.set_readability(False, "data")
    settings.allow_managed_folders = True
    settings.get_raw()["nonsense"] = True
    settings.get_raw()["type"] = "Filesystem"
    settings.save()

    raw = connection.get_settings().get_raw()

    assert raw["params"] == {**wanted, "defaultManagedPath": "/dataiku", "dkuProperties": []}
    assert raw["detailsReadability"] == {"readableBy": "ALLOWED", "allowedGroups": ["data"]}
    assert raw["allowManagedFolders"] is True
    assert raw["allowKnowledgeBanks"] is False
    assert raw["type"] == "GCS"
    assert "nonsense" not in raw


def test_loses_words_that_a_gcs_connection_has_no_meaning_for(dss: Any) -> None:
    connection = dss.client.create_connection("gcs", "GCS", {"hdfsInterface": "S3A", "chbucket": "b"})

    assert "hdfsInterface" not in connection.get_settings().get_raw()["params"]


def test_keeps_connections_of_other_types_as_they_are(dss: Any) -> None:
    connection = dss.client.create_connection("files", "Filesystem", {"root": "/data", "any": {"thing": 1}})

    assert connection.get_settings().get_raw()["params"] == {"root": "/data", "any": {"thing": 1}}
    with pytest.raises(DataikuException, match="cannot be tested"):
        connection.test()


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"credentialsMode": "KEYPAIR", "appSecretContent": "{}"}, "is not the JSON key"),
        ({"credentialsMode": "KEYPAIR", "appSecretContent": "{s3cret"}, "is not the JSON key"),
        ({"credentialsMode": "KEYPAIR", "appSecretContent": "/no/such/file"}, "cannot be read: No such file"),
        ({"credentialsMode": "KEYPAIR"}, "cannot be read"),
        ({"credentialsMode": "SOMETHING"}, "SOMETHING is not simulated"),
        ({"credentialsMode": "ENVIRONMENT"}, "GCE_METADATA_HOST is not set"),
    ],
)
def test_tells_why_a_connection_cannot_be_opened(start_dss: Any, params: dict[str, Any], reason: str) -> None:
    dss = start_dss(environment={"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": "http://127.0.0.1:1/"})

    told = dss.client.create_connection("gcs", "GCS", params).test()

    assert told["connectionOK"] is False
    assert reason in told["connectionErrorMsg"]
    assert "s3cret" not in str(told)
