from __future__ import annotations

import json

import pytest
import responses

from gke_clusters.errors import (
    GoogleUnavailable,
    OperationFailed,
    OperationTimeout,
    PermissionDenied,
)
from gke_clusters.google.registries import (
    DOWNLOAD,
    UPLOAD,
    ArtifactRegistryApi,
    Repository,
    RepositoryName,
    grant_on_repository,
)

NAME = RepositoryName("my-project", "europe-west1", "dss")
PLACE = "https://artifactregistry.googleapis.com/v1/projects/my-project/locations/europe-west1"
REPOSITORY = f"{PLACE}/repositories/dss"
URI = "europe-west1-docker.pkg.dev/my-project/dss"
PROJECT_POLICY = "https://cloudresourcemanager.googleapis.com/v1/projects/my-project:getIamPolicy"
ACCOUNT = "nodes@my-project.iam.gserviceaccount.com"
OPERATION = "projects/my-project/locations/europe-west1/operations/1"


@pytest.fixture
def waits():
    return []


@pytest.fixture
def api(authorization, waits):
    return ArtifactRegistryApi(authorization, waits.append)


def refused(code, status):
    return {"status": code, "json": {"error": {"code": code, "status": status, "message": "no"}}}


@responses.activate
def test_reads_a_repository(api):
    responses.get(REPOSITORY, json={"format": "DOCKER", "mode": "REMOTE_REPOSITORY", "registryUri": "127.0.0.1:1/p/r"})

    assert api.find_repository(NAME) == Repository("DOCKER", "REMOTE_REPOSITORY", "127.0.0.1:1/p/r")


@responses.activate
def test_knows_the_address_of_a_repository_that_does_not_tell_it(api):
    name = RepositoryName("example.com:my-project", "us", "dss")
    responses.get(
        "https://artifactregistry.googleapis.com/v1/projects/example.com:my-project/locations/us/repositories/dss",
        json={"format": "DOCKER"},
    )

    assert api.find_repository(name) == Repository(
        "DOCKER", "STANDARD_REPOSITORY", "us-docker.pkg.dev/example.com/my-project/dss"
    )


@responses.activate
def test_a_repository_that_is_not_there_is_none(api):
    responses.get(REPOSITORY, **refused(404, "NOT_FOUND"))

    assert api.find_repository(NAME) is None


@responses.activate
def test_a_read_is_repeated_where_google_is_overloaded(api):
    responses.get(REPOSITORY, **refused(503, "UNAVAILABLE"))
    responses.get(REPOSITORY, json={"format": "DOCKER", "registryUri": URI})

    assert api.find_repository(NAME) is not None


@responses.activate
def test_creates_a_repository_for_images_and_waits_for_it(api, waits):
    created = responses.post(f"{PLACE}/repositories", json={"name": OPERATION})
    responses.get(f"https://artifactregistry.googleapis.com/v1/{OPERATION}", json={"name": OPERATION})
    responses.get(f"https://artifactregistry.googleapis.com/v1/{OPERATION}", json={"name": OPERATION, "done": True})
    responses.get(REPOSITORY, json={"format": "DOCKER", "registryUri": URI})

    assert api.create_repository(NAME).registry_uri == URI
    [asked] = created.calls
    assert asked.request.params == {"repositoryId": "dss"}
    assert json.loads(asked.request.body)["format"] == "DOCKER"
    assert len(waits) == 2


@responses.activate
def test_a_repository_that_was_made_meanwhile_is_as_good(api):
    responses.post(f"{PLACE}/repositories", **refused(409, "ALREADY_EXISTS"))
    responses.get(REPOSITORY, json={"format": "DOCKER", "registryUri": URI})

    assert api.create_repository(NAME).registry_uri == URI


@responses.activate
def test_a_creation_is_not_repeated(api):
    created = responses.post(f"{PLACE}/repositories", **refused(503, "UNAVAILABLE"))

    with pytest.raises(GoogleUnavailable):
        api.create_repository(NAME)
    assert created.call_count == 1


@responses.activate
def test_who_may_not_create_it_learns_the_role(api):
    body = {"code": 403, "status": "PERMISSION_DENIED"}
    body["message"] = (
        "Permission 'artifactregistry.repositories.create' denied on resource '//x' (or it may not exist)."
    )
    responses.post(f"{PLACE}/repositories", status=403, json={"error": body})

    with pytest.raises(PermissionDenied) as denied:
        api.create_repository(NAME)

    assert "roles/artifactregistry.admin" in denied.value.remedy


@responses.activate
def test_a_creation_that_fails_says_why(api):
    failed = {"name": OPERATION, "done": True, "error": {"code": 9, "message": "no key"}}
    responses.post(f"{PLACE}/repositories", json=failed)

    with pytest.raises(OperationFailed, match="no key"):
        api.create_repository(NAME)


@responses.activate
def test_a_creation_without_end_is_given_up(api, waits):
    responses.post(f"{PLACE}/repositories", json={"name": OPERATION})
    responses.get(f"https://artifactregistry.googleapis.com/v1/{OPERATION}", json={"name": OPERATION})

    with pytest.raises(OperationTimeout):
        api.create_repository(NAME)
    assert sum(waits) == 300


@responses.activate
def test_a_repository_that_is_gone_after_its_creation_is_a_failure(api):
    responses.post(f"{PLACE}/repositories", json={"name": OPERATION, "done": True})
    responses.get(REPOSITORY, **refused(404, "NOT_FOUND"))

    with pytest.raises(OperationFailed, match="is not there"):
        api.create_repository(NAME)


@responses.activate
@pytest.mark.parametrize(
    ("granted", "lacking", "role"),
    [
        ([DOWNLOAD], [UPLOAD], "roles/artifactregistry.writer"),
        ([UPLOAD], [DOWNLOAD], "roles/artifactregistry.reader"),
        ([], [UPLOAD, DOWNLOAD], "roles/artifactregistry.writer"),
    ],
)
def test_a_missing_permission_is_named_with_the_command_that_grants_it(api, granted, lacking, role):
    responses.post(f"{REPOSITORY}:testIamPermissions", json={"permissions": granted} if granted else {})

    with pytest.raises(PermissionDenied) as denied:
        api.require(NAME, [UPLOAD, DOWNLOAD])

    assert all(one in str(denied.value) for one in lacking)
    assert "repositories add-iam-policy-binding dss --location europe-west1 --project my-project" in denied.value.remedy
    assert role in denied.value.remedy
    assert api.identity in str(denied.value)


@responses.activate
def test_who_has_the_permissions_goes_on(api):
    responses.post(f"{REPOSITORY}:testIamPermissions", json={"permissions": [UPLOAD, DOWNLOAD]})

    api.require(NAME, [UPLOAD, DOWNLOAD])


def policy(role, *members, **more):
    return {"json": {"bindings": [{"role": role, "members": list(members), **more}]}}


@responses.activate
@pytest.mark.parametrize("whom", [f"serviceAccount:{ACCOUNT}", "allUsers", "allAuthenticatedUsers"])
def test_the_policy_of_the_repository_grants_reading(api, whom):
    responses.get(f"{REPOSITORY}:getIamPolicy", **policy("roles/artifactregistry.reader", whom))

    assert api.is_reader(NAME, ACCOUNT)


@responses.activate
def test_the_policy_of_the_project_grants_reading(api):
    responses.get(f"{REPOSITORY}:getIamPolicy", **refused(403, "PERMISSION_DENIED"))
    responses.post(PROJECT_POLICY, **policy("roles/editor", f"serviceAccount:{ACCOUNT}"))

    assert api.is_reader(NAME, ACCOUNT)


@responses.activate
@pytest.mark.parametrize(
    "given",
    [
        policy("roles/storage.admin", f"serviceAccount:{ACCOUNT}"),
        policy("roles/artifactregistry.reader", "serviceAccount:other@x.iam.gserviceaccount.com"),
        policy("roles/artifactregistry.reader", f"serviceAccount:{ACCOUNT}", condition={"expression": "x"}),
        {"json": {}},
    ],
)
def test_no_policy_grants_reading(api, given):
    responses.get(f"{REPOSITORY}:getIamPolicy", **given)
    responses.post(PROJECT_POLICY, json={})

    assert not api.is_reader(NAME, ACCOUNT)


@responses.activate
def test_a_policy_that_may_not_be_read_leaves_it_open(api):
    responses.get(f"{REPOSITORY}:getIamPolicy", json={})
    responses.post(PROJECT_POLICY, **refused(403, "PERMISSION_DENIED"))

    with pytest.raises(PermissionDenied):
        api.is_reader(NAME, ACCOUNT)


def test_the_command_that_grants_a_role_is_whole():
    assert grant_on_repository(NAME, ACCOUNT, "roles/artifactregistry.reader") == (
        "gcloud artifacts repositories add-iam-policy-binding dss --location europe-west1 --project my-project"
        f" --member serviceAccount:{ACCOUNT} --role roles/artifactregistry.reader"
    )
