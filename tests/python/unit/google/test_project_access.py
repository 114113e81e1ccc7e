from __future__ import annotations

import json

import pytest
import requests
import responses
from google.auth.exceptions import RefreshError

from gke_clusters.errors import (
    ApiNotEnabled,
    BillingDisabled,
    CredentialsError,
    GoogleUnavailable,
    ScopesInsufficient,
)
from gke_clusters.google.permissions import PERMISSIONS
from gke_clusters.google.project_access import APIS, ProjectAccess
from tests.python.unit.google.answers import refusal

TEST = "https://cloudresourcemanager.googleapis.com/v3/projects/p:testIamPermissions"
QUESTIONS = {
    "artifactregistry": "https://artifactregistry.googleapis.com/v1/projects/p/locations",
    "compute": "https://compute.googleapis.com/compute/v1/projects/p/zones",
    "container": "https://container.googleapis.com/v1/projects/p/locations/-/clusters",
    "storage": "https://storage.googleapis.com/storage/v1/b",
}


@pytest.fixture(autouse=True)
def _no_override(monkeypatch):
    for name in ("ARTIFACTREGISTRY", "CLOUDRESOURCEMANAGER", "STORAGE"):
        monkeypatch.delenv(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}", raising=False)


@pytest.fixture
def access(authorization, monkeypatch):
    monkeypatch.setattr("gke_clusters.google.project_access._PATIENCE_SECONDS", 0.05)
    return ProjectAccess(authorization)


def refused(code, status, message, **fields):
    body = refusal(code, status, message, **fields).response.content
    return {"status": code, "body": body, "content_type": "application/json"}


def test_knows_a_question_for_every_api():
    assert set(APIS) == set(QUESTIONS)


@responses.activate
@pytest.mark.parametrize("service", APIS)
def test_an_api_that_answers_is_enabled(access, service):
    responses.get(QUESTIONS[service], json={})

    access.require_api(service, "p")

    assert (responses.calls[0].request.params.get("project") == "p") is (service == "storage")


@responses.activate
@pytest.mark.parametrize(
    ("code", "status"), [(403, "PERMISSION_DENIED"), (404, "NOT_FOUND"), (400, "INVALID_ARGUMENT")]
)
def test_an_api_that_refuses_the_question_is_enabled_too(access, code, status):
    responses.get(QUESTIONS["compute"], **refused(code, status, "no"))

    access.require_api("compute", "p")


@responses.activate
@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("SERVICE_DISABLED", ApiNotEnabled),
        ("BILLING_DISABLED", BillingDisabled),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", ScopesInsufficient),
    ],
)
def test_what_keeps_everything_out_is_raised(access, reason, kind):
    metadata = {"service": "container.googleapis.com"}
    responses.get(QUESTIONS["container"], **refused(403, "PERMISSION_DENIED", "no", reason=reason, metadata=metadata))

    with pytest.raises(kind, match=r"container\.googleapis\.com"):
        access.require_api("container", "p")


@responses.activate
def test_an_api_that_cannot_be_reached_is_not_taken_for_enabled(access):
    responses.get(QUESTIONS["storage"], body=requests.ConnectionError("no route"))

    with pytest.raises(GoogleUnavailable):
        access.require_api("storage", "p")


@responses.activate
def test_asks_for_permissions_a_hundred_at_a_time_and_returns_those_that_are_missing(access):
    asked = []

    def answer(request):
        batch = json.loads(request.body)["permissions"]
        asked.append(batch)
        return (200, {}, json.dumps({"permissions": [each for each in batch if each != "container.pods.get"]}))

    responses.add_callback("POST", TEST, answer)

    assert access.missing_permissions("p", PERMISSIONS) == ("container.pods.get",)
    assert [each for batch in asked for each in batch] == list(PERMISSIONS)
    assert max(map(len, asked)) <= 100


@responses.activate
def test_whoever_has_none_of_them_lacks_them_all(access):
    responses.post(TEST, json={})

    assert access.missing_permissions("p", ("a.b.c", "d.e.f")) == ("a.b.c", "d.e.f")


def test_a_token_that_is_refused_is_a_failure_of_the_credentials(access, authorization, monkeypatch):
    def refuse(_request):
        raise RefreshError("invalid_grant: Account has been deleted", {"error": "invalid_grant"})

    monkeypatch.setattr(authorization.credentials, "refresh", refuse)

    with pytest.raises(CredentialsError):
        access.require_token()


def test_a_token_that_is_given_says_nothing(access, authorization, monkeypatch):
    asked = []
    monkeypatch.setattr(authorization.credentials, "refresh", asked.append)

    access.require_token()

    assert len(asked) == 1
    assert access.identity == authorization.identity
