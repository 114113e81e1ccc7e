import json

import pytest

from sandbox.gcp import errors


def error_of(failure):
    return json.loads(failure.response().body)["error"]


@pytest.mark.parametrize(
    ("failure", "code", "status", "reason"),
    [
        (errors.not_found("projects/p"), 404, "NOT_FOUND", "notFound"),
        (errors.already_exists("projects/p"), 409, "ALREADY_EXISTS", "alreadyExists"),
        (errors.invalid_argument("x"), 400, "INVALID_ARGUMENT", "badRequest"),
        (errors.failed_precondition("x"), 400, "FAILED_PRECONDITION", "failedPrecondition"),
        (errors.unauthenticated(), 401, "UNAUTHENTICATED", "authError"),
        (errors.permission_denied("a.b.c", "projects/p"), 403, "PERMISSION_DENIED", "forbidden"),
        (errors.GoogleError(503, "x"), 503, "UNAVAILABLE", "backendError"),
    ],
)
def test_body_says_code_status_and_reason(failure, code, status, reason):
    error = error_of(failure)
    assert (error["code"], error["status"], error["errors"][0]["reason"]) == (code, status, reason)
    assert failure.response().status_code == code


def test_denial_names_permission_and_resource():
    detail = error_of(errors.permission_denied("container.clusters.get", "projects/p", "x.googleapis.com"))["details"][
        0
    ]
    assert detail["reason"] == "IAM_PERMISSION_DENIED"
    assert detail["domain"] == "x.googleapis.com"
    assert detail["metadata"] == {"permission": "container.clusters.get", "resource": "projects/p"}


def test_challenge_comes_with_401_only():
    assert "www-authenticate" in errors.unauthenticated().response().headers
    assert "www-authenticate" not in errors.not_found("x").response().headers
