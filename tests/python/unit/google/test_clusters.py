from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import container_v1

from gke_clusters.errors import ClusterBusy, ClusterNotFound, GoogleUnavailable, NameTaken
from gke_clusters.google.clusters import ContainerApi
from gke_clusters.google.credentials import Authorization, CredentialsChoice, authorize
from gke_clusters.google.names import ClusterName

ROOT = "https://container.googleapis.com/v1/"
NAME = ClusterName("p", "europe-west1-b", "c")
CLUSTER = {
    "name": "c",
    "location": "europe-west1-b",
    "status": "RUNNING",
    "id": "abc",
    "createTime": "2026-01-01T00:00:00+00:00",
    "selfLink": ROOT + "projects/p/zones/europe-west1-b/clusters/c",
    "resourceLabels": {"team": "ds"},
    "statusMessage": "Fine.",
    "nodePools": [{"name": "cpu"}],
    "conditions": [{"code": "GCE_STOCKOUT", "message": "No machines."}],
    "controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": False}},
}
OPERATION = {
    "name": "operation-1-a",
    "operationType": "CREATE_CLUSTER",
    "status": "RUNNING",
    "targetLink": ROOT + "projects/123/zones/europe-west1-b/clusters/c",
}


@pytest.fixture
def api(authorization: Authorization) -> ContainerApi:
    return ContainerApi(authorization)


def error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"status": code, "json": {"error": {"code": code, "status": status, "message": message}}}


@responses.activate
def test_reads_a_cluster(api: ContainerApi) -> None:
    responses.get(ROOT + NAME.path, json=CLUSTER)
    cluster = api.get_cluster(NAME)
    assert cluster.name == NAME
    assert (cluster.status, cluster.id, cluster.create_time) == ("RUNNING", "abc", "2026-01-01T00:00:00+00:00")
    assert cluster.self_link == CLUSTER["selfLink"]
    assert cluster.labels == {"team": "ds"}
    assert [item.code for item in cluster.conditions] == ["GCE_STOCKOUT"]
    assert cluster.status_message == "Fine."
    assert [pool.name for pool in cluster.pools] == ["cpu"]


@responses.activate
def test_keeps_googles_answer_with_enums_as_names_and_what_is_false(api: ContainerApi) -> None:
    responses.get(ROOT + NAME.path, json=CLUSTER)
    resource = api.get_cluster(NAME).resource
    assert resource["status"] == "RUNNING"
    assert resource["selfLink"] == CLUSTER["selfLink"]
    assert resource["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]["enabled"] is False
    json.dumps(resource)


@responses.activate
def test_reads_a_cluster_of_a_status_and_with_fields_that_are_not_known(api: ContainerApi) -> None:
    responses.get(ROOT + NAME.path, json=CLUSTER | {"status": 4711, "fieldOfTomorrow": {"x": 1}})
    assert api.get_cluster(NAME).status == "4711"


@responses.activate
def test_finds_nothing_where_google_knows_no_such_cluster(api: ContainerApi) -> None:
    responses.get(ROOT + NAME.path, **error(404, "NOT_FOUND", "Not found: c."))
    assert api.find_cluster(NAME) is None


@pytest.mark.parametrize("field", ["location", "name"])
@responses.activate
def test_names_a_cluster_as_it_was_asked_for_whatever_the_answer_leaves_out(api: ContainerApi, field: str) -> None:
    """Else a deletion of `locations//clusters/c` is answered by 404, which would pass for gone."""
    responses.get(ROOT + NAME.path, json={key: value for key, value in CLUSTER.items() if key != field})
    assert api.get_cluster(NAME).name == NAME


@responses.activate
def test_raises_for_a_missing_cluster_that_must_be_there(api: ContainerApi) -> None:
    responses.get(ROOT + NAME.path, **error(404, "NOT_FOUND", "Not found: c."))
    with pytest.raises(ClusterNotFound):
        api.get_cluster(NAME)


@pytest.mark.parametrize("code", [429, 500, 503])
@responses.activate
def test_repeats_a_read_while_google_is_overloaded(api: ContainerApi, code: int) -> None:
    responses.get(ROOT + NAME.path, **error(code, "UNAVAILABLE", "Try again."))
    responses.get(ROOT + NAME.path, body=requests.exceptions.ConnectionError("reset"))
    responses.get(ROOT + NAME.path, json=CLUSTER)
    assert api.get_cluster(NAME).name == NAME


@responses.activate
def test_lists_clusters_of_every_location_with_the_zones_that_did_not_answer(api: ContainerApi) -> None:
    responses.get(
        ROOT + "projects/p/locations/-/clusters", json={"clusters": [CLUSTER], "missingZones": ["europe-west1-c"]}
    )
    listed = api.list_clusters("p")
    assert [cluster.name for cluster in listed.clusters] == [NAME]
    assert listed.missing_zones == ("europe-west1-c",)


@responses.activate
def test_creates_with_what_is_typed(api: ContainerApi) -> None:
    posted = responses.post(ROOT + "projects/p/locations/europe-west1-b/clusters", json=OPERATION)
    operation = api.create_cluster(NAME, container_v1.Cluster(name="c", network="vpc"))
    assert (operation.name, operation.kind, operation.location) == ("operation-1-a", "CREATE_CLUSTER", "europe-west1-b")
    assert json.loads(posted.calls[0].request.body)["cluster"] == {"name": "c", "network": "vpc"}


@responses.activate
def test_creates_with_fields_that_the_typed_message_does_not_know(api: ContainerApi) -> None:
    posted = responses.post(
        ROOT + "projects/p/locations/europe-west1-b/clusters", json=OPERATION | {"fieldOfTomorrow": 1}
    )
    raw = {"cluster": {"name": "c", "fieldOfTomorrow": {"x": 1}}}
    assert api.create_cluster(NAME, container_v1.Cluster(name="c"), raw).name == "operation-1-a"
    assert json.loads(posted.calls[0].request.body)["cluster"] == raw["cluster"]


@pytest.mark.parametrize("raw", [None, {"cluster": {"name": "c"}}])
@responses.activate
def test_says_that_the_name_is_taken(api: ContainerApi, raw: dict[str, Any] | None) -> None:
    responses.post(
        ROOT + "projects/p/locations/europe-west1-b/clusters", **error(409, "ALREADY_EXISTS", "Already exists: c.")
    )
    with pytest.raises(NameTaken):
        api.create_cluster(NAME, container_v1.Cluster(name="c"), raw)


@pytest.mark.parametrize("failure", [error(503, "UNAVAILABLE", "x"), {"body": requests.exceptions.ReadTimeout("slow")}])
@responses.activate
def test_never_sends_a_creation_twice(api: ContainerApi, failure: dict[str, Any]) -> None:
    posted = responses.post(ROOT + "projects/p/locations/europe-west1-b/clusters", **failure)
    with pytest.raises(GoogleUnavailable):
        api.create_cluster(NAME, container_v1.Cluster(name="c"))
    assert posted.call_count == 1


@responses.activate
def test_deletes(api: ContainerApi) -> None:
    responses.delete(ROOT + NAME.path, json=OPERATION | {"operationType": "DELETE_CLUSTER"})
    assert api.delete_cluster(NAME).kind == "DELETE_CLUSTER"


@responses.activate
def test_says_what_holds_a_cluster_that_is_to_be_deleted(api: ContainerApi) -> None:
    message = "Operation operation-9-f is currently creating cluster c. Please wait and try again once it is done."
    responses.delete(ROOT + NAME.path, **error(400, "FAILED_PRECONDITION", message))
    with pytest.raises(ClusterBusy) as caught:
        api.delete_cluster(NAME)
    assert caught.value.operation == "operation-9-f"


@responses.activate
def test_reads_an_operation(api: ContainerApi) -> None:
    responses.get(ROOT + "projects/p/locations/europe-west1-b/operations/operation-1-a", json=OPERATION)
    operation = api.find_operation("p", "europe-west1-b", "operation-1-a")
    assert operation is not None
    assert (operation.cluster, operation.location) == (NAME.name, NAME.location)


@responses.activate
def test_finds_no_operation_that_google_forgot(api: ContainerApi) -> None:
    responses.get(
        ROOT + "projects/p/locations/europe-west1-b/operations/operation-1-a", **error(404, "NOT_FOUND", "Not found.")
    )
    assert api.find_operation("p", "europe-west1-b", "operation-1-a") is None


@responses.activate
def test_says_that_operations_may_be_missing_where_a_zone_did_not_answer(
    api: ContainerApi, caplog: pytest.LogCaptureFixture
) -> None:
    responses.get(
        ROOT + "projects/p/locations/europe-west1-b/operations",
        json={"operations": [OPERATION], "missingZones": ["europe-west1-c"]},
    )
    assert [operation.name for operation in api.operations_of(NAME)] == ["operation-1-a"]
    assert "europe-west1-c did not answer" in caplog.text


@responses.activate
def test_lists_the_operations_on_a_cluster_the_newest_first(api: ContainerApi) -> None:
    responses.get(
        ROOT + "projects/p/locations/europe-west1-b/operations",
        json={
            "operations": [
                OPERATION | {"name": "operation-1-a", "startTime": "2026-01-01T00:00:00Z"},
                OPERATION | {"name": "operation-2-b", "startTime": "2026-01-02T00:00:00Z"},
                OPERATION | {"name": "operation-3-c", "targetLink": ROOT + "projects/1/zones/z/clusters/other"},
                {"name": "operation-4-d", "operationType": 4711, "status": 4711, "targetLink": "elsewhere"},
            ]
        },
    )
    assert [operation.name for operation in api.operations_of(NAME)] == ["operation-2-b", "operation-1-a"]


@responses.activate
def test_asks_where_gclouds_variable_says(authorization: Authorization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER", "http://127.0.0.1:9/container/")
    responses.get("http://127.0.0.1:9/container/v1/" + NAME.path, json=CLUSTER)
    assert ContainerApi(authorization).get_cluster(NAME).name == NAME


@responses.activate
def test_gets_the_token_of_a_key_where_the_key_says() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    email = "robot@p.iam.gserviceaccount.com"
    key = {"type": "service_account", "client_email": email, "private_key": pem.decode()}
    key["token_uri"] = "http://127.0.0.1:9/token"
    responses.post(key["token_uri"], json={"access_token": "one", "expires_in": 3600})
    read = responses.get(ROOT + NAME.path, json=CLUSTER)
    # What Google's library asks for beside a token, in the background, is no part of this.
    responses.get(re.compile("https://iamcredentials.googleapis.com/.*"), status=404)
    ContainerApi(authorize(CredentialsChoice("service-account-key", json.dumps(key)))).get_cluster(NAME)
    assert read.calls[0].request.headers["authorization"] == "Bearer one"


def test_says_whom_google_sees(api: ContainerApi, authorization: Authorization) -> None:
    assert api.identity == authorization.identity


@responses.activate
def test_asks_no_longer_than_it_was_made_to(authorization: Authorization) -> None:
    responses.add(responses.GET, re.compile(".*"), status=503, json={})
    impatient = ContainerApi(authorization, 0.01)
    for ask in (impatient.get_cluster, impatient.operations_of, lambda name: impatient.list_clusters(name.project)):
        with pytest.raises(GoogleUnavailable):
            ask(NAME)
