from __future__ import annotations

import json

import dataikuapi
import pytest
import responses

from gke_clusters.dss.connections import (
    GcsConnection,
    new_gcs_connection,
    put_gcs_connection,
    without_key,
)
from gke_clusters.dss.documents import differences
from gke_clusters.dss.instance import DssInstance
from gke_clusters.errors import DssRefused

API = "http://dss.example:11200/dip/publicapi"
ALL = f"{API}/admin/connections/"
ONE = f"{API}/admin/connections/gcs"
INFO = f"{API}/connections/gcs/info"
TEST = f"{API}/connections/gcs/test"


@pytest.fixture
def connection():
    return DssInstance(dataikuapi.DSSClient("http://dss.example:11200", "key")).connection("gcs")


def wanted(**fields):
    known = {
        "bucket": "my-data",
        "path": "/dss",
        "credentials_mode": "ENVIRONMENT",
        "managed_datasets": True,
        "managed_folders": False,
        "usable_by": "ALL",
        "details_readable_by": "ALL",
        "groups": (),
        "metastore_database": "dataiku",
    }
    return GcsConnection(**{**known, **fields})


@responses.activate
def test_finds_a_connection_by_its_name(connection):
    responses.get(ALL, json={"gcs": {"name": "gcs", "type": "GCS"}})

    assert connection.find() == {"name": "gcs", "type": "GCS"}


@responses.activate
def test_a_connection_that_is_not_there_is_none(connection):
    responses.get(ALL, json={"other": {}})

    assert connection.find() is None


@responses.activate
def test_reads_and_replaces_the_whole_document(connection):
    responses.get(ONE, json={"name": "gcs", "params": {}})
    responses.put(ONE)

    connection.write(connection.read())

    assert json.loads(responses.calls[-1].request.body) == {"name": "gcs", "params": {}}


@responses.activate
def test_creates_with_what_a_creation_takes(connection):
    document = new_gcs_connection("gcs")
    put_gcs_connection(document, wanted())
    created = responses.post(ALL, body="Created")

    connection.create(document)

    body = json.loads(created.calls[0].request.body)
    assert set(body) == {"name", "type", "params", "usableBy"}
    assert (body["name"], body["type"], body["params"]["chbucket"]) == ("gcs", "GCS", "my-data")


@responses.activate
def test_a_creation_that_failed_by_an_ordinary_answer_is_refused(connection):
    said = {"messages": {"error": True, "messages": [{"severity": "ERROR", "message": "the disk is full"}]}}
    responses.post(ALL, json=said)

    with pytest.raises(DssRefused) as refused:
        connection.create(new_gcs_connection("gcs"))

    assert refused.value.verbatim == "the disk is full"


@responses.activate
def test_a_creation_may_be_answered_by_any_json(connection):
    responses.post(ALL, json={"msg": "Created"})

    connection.create(new_gcs_connection("gcs"))


@responses.activate
def test_deletes(connection):
    deleted = responses.delete(ONE)

    connection.delete()

    assert deleted.call_count == 1


@responses.activate
@pytest.mark.parametrize("place", ["params", "resolvedParams"])
def test_tells_the_key_as_it_was_entered(connection, place):
    responses.get(INFO, json={place: {"appSecretContent": "/key.json"}})

    assert connection.key() == "/key.json"


@responses.activate
@pytest.mark.parametrize("info", [{"params": {}}, {"params": {"appSecretContent": "e:AES:abc"}}])
def test_a_key_that_is_not_there_or_encrypted_is_not_known(connection, info):
    responses.get(INFO, json=info)

    assert connection.key() is None


@responses.activate
def test_a_key_that_may_not_be_read_is_not_known(connection):
    responses.get(INFO, status=403, json={"message": "no"})

    assert connection.key() is None


@responses.activate
def test_a_connection_that_works_passes_its_test(connection):
    responses.get(TEST, json={"connectionOK": True})

    connection.test()


@responses.activate
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"connectionOK": False, "connectionErrorMsg": "no bucket"}, "no bucket"),
        ({"connectionOK": False, "messages": {"error": True, "messages": [{"message": "no disk"}]}}, "no disk"),
        ({"connectionOK": False, "why": "moon"}, '{"connectionOK": false, "why": "moon"}'),
    ],
)
def test_a_connection_that_does_not_work_says_why(connection, answer, said):
    responses.get(TEST, json=answer)

    with pytest.raises(DssRefused, match="cannot use the connection") as refused:
        connection.test()

    assert refused.value.verbatim == said


def test_says_what_spark_on_kubernetes_needs():
    document = new_gcs_connection("gcs")

    put_gcs_connection(document, wanted(project="my-project"))

    assert document == {
        "name": "gcs",
        "type": "GCS",
        "params": {
            "credentialsMode": "ENVIRONMENT",
            "chbucket": "my-data",
            "chroot": "/dss",
            "hdfsInterface": "GS",
            "metastoreSynchronizationMode": "KEEP_IN_SYNC",
            "defaultMetastoreDatabase": "dataiku",
            "projectId": "my-project",
        },
        "usableBy": "ALL",
        "allowWrite": True,
        "allowManagedDatasets": True,
        "allowManagedFolders": False,
        "detailsReadability": {"readableBy": "ALL"},
    }


def test_leaves_what_is_not_its_business():
    params = {"projectId": "p", "defaultMetastoreDatabase": "old", "more": 1}
    document = {"params": dict(params), "description": "ours", "allowedGroups": ["a"]}

    put_gcs_connection(document, wanted(metastore_database=None, project="other"))

    assert {key: document["params"][key] for key in params} == params
    assert document["params"]["metastoreSynchronizationMode"] == "NO_SYNC"
    assert (document["description"], document["allowedGroups"]) == ("ours", ["a"])


@pytest.mark.parametrize(("mode", "kept"), [("KEYPAIR", True), ("ENVIRONMENT", False)])
def test_a_key_that_is_not_used_any_more_does_not_stay_for_those_who_may_read_the_details(mode, kept):
    document = {"params": {"appSecretContent": "e:REDACTED"}}

    put_gcs_connection(document, wanted(credentials_mode=mode, key=None))

    assert ("appSecretContent" in document["params"]) is kept


def test_names_the_groups_where_they_are_meant():
    document = new_gcs_connection("gcs")

    put_gcs_connection(document, wanted(usable_by="ALLOWED", details_readable_by="ALLOWED", groups=("data",)))

    assert document["allowedGroups"] == ["data"]
    assert document["detailsReadability"] == {"readableBy": "ALLOWED", "allowedGroups": ["data"]}


@pytest.mark.parametrize("before", [{"params": {}}, {}, {"params": {"appSecretContent": "e:AES:former"}}])
def test_no_difference_shows_a_key(before):
    after = {"params": {"appSecretContent": "hush", "chroot": "/"}}

    shown = [str(without_key(one)) for one in differences(before, after)]

    assert any("appSecretContent" in one or one == "params: added" for one in shown)
    assert not any("hush" in one or "former" in one for one in shown)
    assert "hush" not in repr(wanted(key="hush"))
