"""Failures as DSS answers them: an HTTP status and `{errorType, message, detailedMessage}`."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse


class DssError(Exception):
    """A failure that the client receives in DSS's error shape.

    Args:
        status: HTTP status.
        error_type: DSS's own name of the kind of failure.
        message: the sentence the client sees.
    """

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message

    def response(self) -> JSONResponse:
        """Return the HTTP response."""
        return JSONResponse(
            {
                "errorType": self.error_type,
                "message": self.message,
                "detailedMessage": f"{self.message}, caused by: {self.error_type.rpartition('.')[2]}: {self.message}",
            },
            status_code=self.status,
        )


async def dss_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `DssError` (Starlette exception handler)."""
    assert isinstance(error, DssError)  # noqa: S101 - registered for this class only
    return error.response()


async def http_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a path or a method that the API does not have (Starlette exception handler)."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return DssError(error.status_code, "com.dataiku.dip.server.controllers.HttpError", error.detail).response()


async def unexpected_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer anything else as DSS answers a defect of its own: 500 in the same shape."""
    return DssError(500, f"java.lang.{type(error).__name__}", str(error)).response()


def unauthorized() -> DssError:
    """Return 401 for a missing or unknown API key."""
    return DssError(401, "com.dataiku.dip.exceptions.UnauthorizedException", "Unknown API key or insufficient rights")


def not_found(what: str) -> DssError:
    """Return 404 for something that does not exist; `what` begins the sentence."""
    return DssError(404, "com.dataiku.dip.server.controllers.NotFoundException", f"{what} does not exist")


def bad_request(message: str) -> DssError:
    """Return 400 for input that DSS refuses."""
    return DssError(400, "java.lang.IllegalArgumentException", message)


def failed(message: str) -> DssError:
    """Return 500 for an action that could not be done."""
    return DssError(500, "com.dataiku.dip.exceptions.CodedException", message)
