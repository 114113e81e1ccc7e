"""Cloud Storage's errors, which have neither the status nor the details of other services' errors.

Recorded bodies:
https://github.com/GoogleCloudPlatform/k8s-config-connector/tree/master/pkg/test/resourcefixture/testdata/basic/storage
Codes and reasons: https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.gcp.errors import GoogleError

_REASONS = {400: "invalid", 401: "required", 409: "conflict", 412: "conditionNotMet"}


async def error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `GoogleError` (Starlette exception handler)."""
    assert isinstance(error, GoogleError)  # noqa: S101 - registered for this class only
    return shape(error)


def shape(error: GoogleError) -> JSONResponse:
    """Return an error as this service tells it."""
    told = {"message": error.message, "domain": "global", "reason": _REASONS.get(error.code, error.reason)}
    if error.reason == "authError":
        # A token that is no good, in contrast to none at all.
        told |= {"reason": "authError", "locationType": "header", "location": "Authorization"}
    body = {"error": {"code": error.code, "message": error.message, "errors": [told]}}
    challenge = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'} if error.code == 401 else None
    return JSONResponse(body, status_code=error.code, headers=challenge)


def invalid_credentials() -> GoogleError:
    """Return 401 for a token that is unknown or expired."""
    return GoogleError(401, "Invalid Credentials")


def forbidden(caller: str | None, permission: str) -> GoogleError:
    """Return 403 for a missing permission, or 401 if nobody called; None stands for nobody."""
    kind = "object" if permission == "storage.objects.get" else "bucket"
    if permission in ("storage.buckets.create", "storage.buckets.list"):
        kind = "project"
    owner = "Google Cloud" if kind == "project" else "Google Cloud Storage"
    message = (
        f"{caller or 'Anonymous caller'} does not have {permission} access to the {owner} {kind}. "
        f"Permission '{permission}' denied on resource (or it may not exist)."
    )
    return GoogleError(403, message) if caller else GoogleError(401, message, reason="required")


def no_such_bucket() -> GoogleError:
    """Return 404 for a bucket."""
    return GoogleError(404, "The specified bucket does not exist.")


def no_such_object(bucket: str, name: str) -> GoogleError:
    """Return 404 for an object."""
    return GoogleError(404, f"No such object: {bucket}/{name}")


def invalid(message: str) -> GoogleError:
    """Return 400."""
    return GoogleError(400, message, reason="invalid")


def conflict(message: str) -> GoogleError:
    """Return 409."""
    return GoogleError(409, message, reason="conflict")


def condition_not_met(message: str = "At least one of the pre-conditions you specified did not hold.") -> GoogleError:
    """Return 412."""
    return GoogleError(412, message, reason="conditionNotMet")
