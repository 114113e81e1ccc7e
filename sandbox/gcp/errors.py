"""Google's JSON errors: the body that every service answers a failure with.

Shape: https://cloud.google.com/apis/design/errors and the recorded GKE traffic.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

_REASONS = {
    400: "badRequest",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "alreadyExists",
    429: "rateLimitExceeded",
    500: "backendError",
    503: "backendError",
}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GoogleError(Exception):
    """A failure that the client receives as an HTTP status and Google's error body.

    Args:
        code: HTTP status.
        message: the sentence the client sees.
        status: canonical name such as `NOT_FOUND`; the usual one of the HTTP status by default.
        reason: `errors[].reason`; the usual one of the HTTP status by default.
        details: typed details such as ErrorInfo.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: str | None = None,
        reason: str | None = None,
        details: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or _STATUSES.get(code, "UNKNOWN")
        self.reason = reason or _REASONS.get(code, "backendError")
        self.details = details or []

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "errors": [{"message": self.message, "domain": "global", "reason": self.reason}],
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def response(self) -> JSONResponse:
        """Return the HTTP response."""
        headers = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'} if self.code == 401 else None
        return JSONResponse(self.body(), status_code=self.code, headers=headers)


async def google_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `GoogleError` (Starlette exception handler)."""
    assert isinstance(error, GoogleError)  # noqa: S101 - registered for this class only
    return error.response()


def not_found(resource: str) -> GoogleError:
    """Return 404 for a resource path, in GKE's wording."""
    return GoogleError(404, f"Not found: {resource}.")


def already_exists(resource: str) -> GoogleError:
    """Return 409 for a resource path, in GKE's wording."""
    return GoogleError(409, f"Already exists: {resource}.")


def invalid_argument(message: str) -> GoogleError:
    """Return 400 INVALID_ARGUMENT."""
    return GoogleError(400, message)


def failed_precondition(message: str) -> GoogleError:
    """Return 400 FAILED_PRECONDITION."""
    return GoogleError(400, message, status="FAILED_PRECONDITION", reason="failedPrecondition")


def unauthenticated() -> GoogleError:
    """Return 401 for a missing, unknown or expired token."""
    return GoogleError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_EXPIRED",
                "domain": "googleapis.com",
                "metadata": {},
            }
        ],
    )


def permission_denied(permission: str, resource: str, service: str = "container.googleapis.com") -> GoogleError:
    """Return 403 for a missing IAM permission, with the ErrorInfo that names it."""
    return GoogleError(
        403,
        f'Required "{permission}" permission(s) for "{resource}".',
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": service,
                "metadata": {"permission": permission, "resource": resource},
            }
        ],
    )
