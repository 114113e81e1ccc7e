"""A Google service in which nothing exists: every authenticated request is answered 404 in Google's shape."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.errors import GoogleError, google_error_response

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class AbsentResources:
    """Serves 404 to whoever may ask, 401 to the others.

    Args:
        gate: its door.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.app = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=_METHODS)],
            exception_handlers={GoogleError: google_error_response},
        )

    async def _answer(self, request: Request) -> JSONResponse:
        self._gate.caller(request)
        raise GoogleError(404, f"Requested entity was not found: {request.url.path}")
