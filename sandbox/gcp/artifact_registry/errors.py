"""Artifact Registry's errors, which lack the list that older services add.

Recorded bodies:
https://github.com/GoogleCloudPlatform/k8s-config-connector/tree/master/pkg/test/resourcefixture/testdata/basic/artifactregistry
"""

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.gcp import errors
from sandbox.gcp.errors import GoogleError

SERVICE = "artifactregistry.googleapis.com"


async def error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `GoogleError` (Starlette exception handler)."""
    assert isinstance(error, GoogleError)  # noqa: S101 - registered for this class only
    return shape(error)


def shape(error: GoogleError) -> JSONResponse:
    """Return an error as this service tells it."""
    answer = error.response()
    body = error.body()
    del body["error"]["errors"]
    return JSONResponse(body, status_code=error.code, headers=_challenge(answer))


def not_found() -> GoogleError:
    """Return 404, which does not say what was not found."""
    return GoogleError(404, "Requested entity was not found.")


def already_exists() -> GoogleError:
    """Return 409 for a repository."""
    return GoogleError(409, "the repository already exists")


def permission_denied(permission: str, resource: str) -> GoogleError:
    """Return 403 for a missing permission, with the ErrorInfo that names it."""
    named = errors.permission_denied(permission, resource, SERVICE)
    message = f"Permission '{permission}' denied on resource '//{SERVICE}/{resource}' (or it may not exist)."
    return GoogleError(403, message, details=named.details)


def concurrent_policy_change() -> GoogleError:
    """Return 409 for a policy that somebody else has changed: https://cloud.google.com/iam/docs/retry-strategy."""
    return GoogleError(
        409,
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
        status="ABORTED",
    )


def _challenge(answer: JSONResponse) -> dict[str, str] | None:
    challenge = answer.headers.get("WWW-Authenticate")
    return {"WWW-Authenticate": challenge} if challenge else None
