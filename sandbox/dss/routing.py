"""Requests as DSS reads them: JSON without a Content-Type, booleans as `True` or `true`, a final `/` or none."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.dss.errors import bad_request

Handler = Callable[[Request], Awaitable[Response]]


async def json_body(request: Request) -> dict[str, Any]:
    """Return the request's JSON object, whatever its Content-Type; an empty body is an empty object.

    Raises:
        DssError: the body is not a JSON object.
    """
    raw = await request.body()
    return json_object(raw, "The request body") if raw else {}


def json_object(text: str | bytes, what: str) -> dict[str, Any]:
    """Return a JSON object.

    Args:
        text: the JSON.
        what: what it is, to begin the sentence of a refusal.

    Raises:
        DssError: it is not a JSON object.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise bad_request(f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise bad_request(f"{what} is not a JSON object")
    return value


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean of the query string."""
    value = request.query_params.get(name)
    return default if value is None else value.lower() == "true"


def routes(table: list[tuple[str, str, Handler]]) -> list[Route]:
    """Return the routes of `(method, path, handler)` rows, each path also with a final slash."""
    return [
        Route(spelling, handler, methods=[method])
        for method, path, handler in table
        for spelling in (path.rstrip("/"), path.rstrip("/") + "/")
    ]
