"""The sandbox's own interface to its DSS: edits of another administrator, and which general settings a DSS knows.

| request | does |
|---|---|
| `POST /dss/edits` `{"before" or "after": "GET /admin/general-settings", "at", "patch"}` | plans an edit |
| `GET /dss/edits`, `DELETE /dss/edits` | shows what became of the edits, or forgets them |
| `POST /dss/settings-fields` `{"known": [path], "unknown": [path]}` | lets DSS keep other settings |
| `DELETE /dss/settings-fields` | gives back the settings that it knows by itself |
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.instance.edits import Edits, UnusableEditError
from sandbox.dss.instance.general_settings import GeneralSettings
from sandbox.dss.instance.schema import UnknownPlaceError
from sandbox.dss.routing import Handler


class Administration:
    """Serves the interface.

    Args:
        edits: the edits.
        settings: the general settings.
    """

    def __init__(self, edits: Edits, settings: GeneralSettings) -> None:
        self._edits = edits
        self._settings = settings

    def routes(self) -> list[Route]:
        """Return the routes of the sandbox's own interface."""
        return [
            Route("/dss/edits", self._list_edits, methods=["GET"]),
            Route("/dss/edits", _refusing(self._plan_edit), methods=["POST"]),
            Route("/dss/edits", self._forget_edits, methods=["DELETE"]),
            Route("/dss/settings-fields", _refusing(self._set_fields), methods=["POST"]),
            Route("/dss/settings-fields", self._reset_fields, methods=["DELETE"]),
        ]

    async def _list_edits(self, _request: Request) -> Response:
        return JSONResponse({"edits": [edit.as_json() for edit in self._edits.planned]})

    async def _plan_edit(self, request: Request) -> Response:
        return JSONResponse(self._edits.plan(await _body(request)).as_json(), status_code=201)

    async def _forget_edits(self, _request: Request) -> Response:
        self._edits.clear()
        return JSONResponse({})

    async def _set_fields(self, request: Request) -> Response:
        body = await _body(request)
        known, unknown = _paths(body, "known"), _paths(body, "unknown")
        self._settings.know(known, unknown)
        return JSONResponse({"known": known, "unknown": unknown})

    async def _reset_fields(self, _request: Request) -> Response:
        self._settings.know_by_itself()
        return JSONResponse({})


def _refusing(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (UnusableEditError, UnknownPlaceError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return handle


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise UnusableEditError("the body must be JSON") from None
    if not isinstance(body, dict):
        raise UnusableEditError("the body must be a JSON object")
    return body


def _paths(body: dict[str, Any], key: str) -> list[str]:
    paths = body.get(key, [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise UnusableEditError(f"{key} must be a list of paths, such as containerSettings.executionConfigs[].name")
    return paths
