"""Connections: created, listed, edited, deleted, and tested if they are to Cloud Storage."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.errors import bad_request, not_found
from sandbox.dss.instance.connection_fields import conform
from sandbox.dss.instance.gcs import OpeningError, try_out
from sandbox.dss.plugins.passwords import restore
from sandbox.dss.routing import json_body, routes
from sandbox.dss.storage import DataFolder
from sandbox.dss.vault import Vault, redact

SECRET_PARAMS = ("appSecretContent", "password", "secretKey")
"""Parameters of connections that are secrets, whatever the type."""


class Connections:
    """The connections, by name.

    Args:
        data: where they are kept.
        vault: what encrypts the secrets in them.
        environment: the variables that tell where Google's services are.
    """

    def __init__(self, data: DataFolder, vault: Vault, environment: Mapping[str, str]) -> None:
        self._document = data.document("connections")
        self._vault = vault
        self._environment = environment

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        one = "/admin/connections/{name}"
        return routes(
            [
                ("GET", "/admin/connections/", self._list),
                ("POST", "/admin/connections/", self._create),
                ("GET", one, self._show),
                ("PUT", one, self._save),
                ("DELETE", one, self._delete),
                ("GET", "/connections/get-names", self._names),
                ("GET", "/connections/{name}/test", self._test),
                ("GET", "/connections/{name}/info", self._info),
            ]
        )

    def _all(self) -> dict[str, dict[str, Any]]:
        return dict(self._document.read() or {})

    def _get(self, request: Request) -> dict[str, Any]:
        name = request.path_params["name"]
        connection = self._all().get(name)
        if connection is None:
            raise not_found(f"Connection {name}")
        return connection

    def _keep(self, name: str, connection: dict[str, Any] | None) -> None:
        everything = self._all()
        if connection is None:
            del everything[name]
        else:
            everything[name] = _with_secrets(conform(connection), self._vault.encrypt)
        self._document.write(everything)

    async def _list(self, _request: Request) -> Response:
        return JSONResponse({name: _with_secrets(it, redact) for name, it in self._all().items()})

    async def _create(self, request: Request) -> Response:
        wanted = await json_body(request)
        name = wanted.get("name")
        if not isinstance(name, str) or not name or not isinstance(wanted.get("type"), str):
            raise bad_request("A connection needs a name and a type")
        if name in self._all():
            raise bad_request(f"Connection {name} already exists")
        self._keep(name, wanted)
        return JSONResponse({"msg": f"Created connection {name}"})

    async def _show(self, request: Request) -> Response:
        return JSONResponse(_with_secrets(self._get(request), redact))

    async def _save(self, request: Request) -> Response:
        before = self._get(request)
        # What a connection is called and of what type it is stays.
        fixed = {key: before[key] for key in ("name", "type")}
        self._keep(before["name"], {**restore(await json_body(request), before), **fixed})
        return JSONResponse(_with_secrets(self._get(request), redact))

    async def _delete(self, request: Request) -> Response:
        self._keep(self._get(request)["name"], None)
        return Response(status_code=200)

    async def _names(self, request: Request) -> Response:
        wanted = request.query_params.get("type", "all")
        return JSONResponse([name for name, it in self._all().items() if wanted in ("all", it["type"])])

    async def _test(self, request: Request) -> Response:
        connection = _with_secrets(self._get(request), self._vault.decrypt)
        if connection["type"] != "GCS":
            raise bad_request(f"Connections of type {connection['type']} cannot be tested")
        try:
            await asyncio.to_thread(
                try_out, connection["params"], write=connection["allowWrite"], environment=self._environment
            )
        except OpeningError as error:
            # What DSS says beside `connectionOK` is UNCONFIRMED.
            return JSONResponse({"connectionOK": False, "connectionErrorMsg": str(error)})
        return JSONResponse({"connectionOK": True})

    async def _info(self, request: Request) -> Response:
        """Answer with the connection as a recipe gets it, secrets included: administrators may always read them."""
        connection = _with_secrets(self._get(request), self._vault.decrypt)
        told = {name: connection[name] for name in ("name", "type", "params")}
        mode = connection["params"].get("credentialsMode")
        return JSONResponse({**told, "resolvedParams": told["params"], "credentialsMode": mode})


def _with_secrets(connection: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    params = {
        key: change(value) if key in SECRET_PARAMS and isinstance(value, str) else value
        for key, value in (connection.get("params") or {}).items()
    }
    return {**connection, "params": params}
