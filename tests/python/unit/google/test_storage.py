from __future__ import annotations

import json
import re

import pytest
import responses

from gke_clusters.errors import GoogleError, PermissionDenied, ScopesInsufficient
from gke_clusters.google.permissions import BUCKET_PERMISSIONS
from gke_clusters.google.storage import Bucket, StorageApi

BUCKET = "https://storage.googleapis.com/storage/v1/b/my-data"
UPLOAD = "https://storage.googleapis.com/upload/storage/v1/b/my-data/o"
OBJECT = re.compile(rf"{BUCKET}/o/dss%2F\.gke-clusters-[0-9a-f]+")
GRANT = "gcloud storage buckets add-iam-policy-binding gs://my-data --member MEMBER --role roles/storage.objectAdmin"


@pytest.fixture(autouse=True)
def _no_override(monkeypatch):
    monkeypatch.delenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", raising=False)


@pytest.fixture
def api(authorization):
    return StorageApi(authorization)


def refused(code, reason, message="no"):
    error = {"code": code, "message": message, "errors": [{"domain": "global", "reason": reason, "message": message}]}
    return {"status": code, "json": {"error": error}}


@pytest.fixture
def bucket():
    """A bucket that gives back what is written into it."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        held = {}

        def write(request):
            held[request.params["name"]] = request.body
            return (200, {}, "{}")

        def listed(request):
            names = [{"name": name} for name in held if name.startswith(request.params["prefix"])]
            return (200, {}, json.dumps({"items": names}))

        def deleted(_request):
            held.clear()
            return (204, {}, "")

        mock.add_callback("POST", UPLOAD, write)
        mock.add_callback("GET", f"{BUCKET}/o", listed)
        mock.add_callback("GET", OBJECT, lambda _request: (200, {}, next(iter(held.values()))))
        mock.add_callback("DELETE", OBJECT, deleted)
        mock.held = held
        yield mock


@responses.activate
def test_reads_where_a_bucket_is(api):
    responses.get(f"{BUCKET}/storageLayout", json={"location": "US-CENTRAL1", "locationType": "region"})

    assert api.find_bucket("my-data") == Bucket("my-data", "US-CENTRAL1", "region")


@responses.activate
def test_reads_the_regions_of_a_dual_region(api):
    layout = {
        "location": "US",
        "locationType": "dual-region",
        "customPlacementConfig": {"dataLocations": ["US-EAST1", "US-WEST1"]},
    }
    responses.get(f"{BUCKET}/storageLayout", json=layout)

    assert api.find_bucket("my-data").chosen_regions == ("US-EAST1", "US-WEST1")


@responses.activate
def test_a_bucket_that_is_not_there_is_none(api):
    responses.get(f"{BUCKET}/storageLayout", **refused(404, "notFound"))

    assert api.find_bucket("my-data") is None


@responses.activate
def test_asks_where_the_override_of_gcloud_says(api, monkeypatch):
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", "https://storage.example/storage/v1/")
    asked = responses.get("https://storage.example/storage/v1/b/my-data/storageLayout", json={"location": "EU"})

    api.find_bucket("my-data")

    assert asked.call_count == 1


@responses.activate
def test_who_may_not_look_learns_the_command_that_grants_it_on_the_bucket(api):
    message = "x does not have storage.objects.list access. Permission 'storage.objects.list' denied on resource."
    responses.get(f"{BUCKET}/storageLayout", **refused(403, "forbidden", message))

    with pytest.raises(PermissionDenied) as denied:
        api.find_bucket("my-data")

    assert GRANT in denied.value.remedy
    assert "storage.objects.list" in str(denied.value)


@responses.activate
def test_access_scopes_are_not_cured_by_a_role(api):
    responses.get(
        f"{BUCKET}/storageLayout", **refused(403, "forbidden", "Request had insufficient authentication scopes.")
    )

    with pytest.raises(ScopesInsufficient) as denied:
        api.find_bucket("my-data")

    assert "set-service-account" in denied.value.remedy


@responses.activate
def test_asks_again_where_google_is_overloaded(api):
    responses.get(f"{BUCKET}/storageLayout", **refused(503, "backendError"))
    responses.get(f"{BUCKET}/storageLayout", json={"location": "EU"})

    assert api.find_bucket("my-data").location == "EU"


@responses.activate
def test_a_missing_permission_is_named_with_the_command_that_grants_it(api):
    granted = ["storage.objects.list", "storage.objects.get"]
    responses.get(f"{BUCKET}/iam/testPermissions", json={"permissions": granted})

    with pytest.raises(PermissionDenied, match=r"lacks storage\.objects\.create, storage\.objects\.delete") as denied:
        api.require_access("my-data")

    assert GRANT in denied.value.remedy
    assert denied.value.resource == "gs://my-data"


@responses.activate
def test_who_has_the_permissions_goes_on(api):
    asked = responses.get(f"{BUCKET}/iam/testPermissions", json={"permissions": list(BUCKET_PERMISSIONS)})

    api.require_access("my-data")

    assert asked.calls[0].request.params["permissions"] == list(BUCKET_PERMISSIONS)


def test_an_object_is_written_listed_read_and_deleted(api, bucket):
    api.try_out("my-data", "dss")

    assert [call.request.method for call in bucket.calls] == ["POST", "GET", "GET", "DELETE"]
    assert bucket.held == {}


@responses.activate
def test_an_object_at_the_root_has_no_slash(api):
    written = responses.post(UPLOAD, **refused(403, "forbidden"))
    responses.delete(re.compile(f"{BUCKET}/o/.*"), **refused(404, "notFound"))

    with pytest.raises(PermissionDenied):
        api.try_out("my-data", "")

    assert written.calls[0].request.params["name"].startswith(".gke-clusters-")


def test_an_object_that_reads_otherwise_is_a_failure_and_does_not_stay(api, bucket):
    bucket.replace(responses.GET, OBJECT, body=b"other")

    with pytest.raises(GoogleError, match="does not give back"):
        api.try_out("my-data", "dss")

    assert bucket.held == {}


def test_an_object_that_cannot_be_read_does_not_stay(api, bucket):
    bucket.replace(responses.GET, OBJECT, **refused(403, "forbidden"))

    with pytest.raises(PermissionDenied, match="read an object"):
        api.try_out("my-data", "dss")

    assert bucket.held == {}


def test_an_object_that_stays_behind_is_named_beside_the_first_failure(api, bucket, caplog):
    bucket.replace(responses.GET, OBJECT, **refused(403, "forbidden"))
    bucket.replace(responses.DELETE, OBJECT, **refused(403, "forbidden"))

    with pytest.raises(PermissionDenied, match="read an object"):
        api.try_out("my-data", "dss")

    assert "gs://my-data/dss/.gke-clusters-" in caplog.text


def test_a_deletion_whose_answer_was_lost_is_done(api, bucket):
    bucket.replace(responses.DELETE, OBJECT, **refused(404, "notFound"))

    api.try_out("my-data", "dss")
