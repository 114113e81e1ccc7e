"""The sandbox's own interface (`SANDBOX_ADMIN_URL`): faults to come, requests seen, clusters that exist, principals.

| request | does |
|---|---|
| `POST /faults` `{"service", "effect", "method", "path", "times"}` | plans a fault |
| `GET /faults`, `DELETE /faults` | shows or clears the faults still to come |
| `GET /requests[?service=S][&since=SECONDS]` | every request so far; `since` counts from the epoch |
| `GET /clusters` | every cluster that exists, as the GKE REST resource |
| `POST /clusters` | plants clusters, see `sandbox.gcp.container.planting` |
| `POST /permissions` `{"email", "permissions"}` | sets what a principal may do; `null` gives back the first ones |
| `POST /service-account-keys` `{"email", "permissions"}` | makes a service account and returns a key file for it |
| `POST /authorized-users` `{"email", "permissions"}` | makes a user and returns the file of a user's login |
| `POST /tokens` `{"email", "lifetime_seconds"}` | returns a token; `null` never expires, 0 has expired already |
| `POST /token-lifetime` `{"seconds"}` | sets how long later tokens are good; `null` gives back an hour |

Simulated services add routes of their own, below their names.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.faults import UnusableFaultError
from sandbox.gcp.principals import LIFETIME_SECONDS, Principals
from sandbox.gcp.service_accounts import ServiceAccountKeys
from sandbox.traffic import Traffic


class UnusableRequestError(ValueError):
    """A request whose body is not what its path asks for."""


class Admin:
    """Serves the sandbox's own interface.

    Args:
        traffic: the request log and the fault plan.
        principals: who exists.
        keys: makes service-account keys.
        clusters: returns every cluster that exists, as GKE REST resources.
        more: the routes of simulated services.
    """

    def __init__(
        self,
        traffic: Traffic,
        principals: Principals,
        keys: ServiceAccountKeys,
        clusters: Callable[[], list[dict[str, Any]]],
        more: Iterable[Route] = (),
    ) -> None:
        self._traffic = traffic
        self._principals = principals
        self._keys = keys
        self._clusters = clusters
        self._first_permissions: dict[str, frozenset[str]] = {}
        self.app = Starlette(
            routes=[
                Route("/", self._index),
                Route("/faults", self._faults, methods=["GET"]),
                Route("/faults", self._add_fault, methods=["POST"]),
                Route("/faults", self._clear_faults, methods=["DELETE"]),
                Route("/requests", self._requests),
                Route("/clusters", self._all_clusters, methods=["GET"]),
                Route("/permissions", self._set_permissions, methods=["POST"]),
                Route("/service-account-keys", self._create_key, methods=["POST"]),
                Route("/authorized-users", self._create_user, methods=["POST"]),
                Route("/tokens", self._create_token, methods=["POST"]),
                Route("/token-lifetime", self._set_token_lifetime, methods=["POST"]),
                *more,
            ],
            exception_handlers={
                UnusableRequestError: _refuse,
                UnusableFaultError: _refuse,
                HTTPException: _unknown_path,
            },
        )

    async def _index(self, _request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "clusters": len(self._clusters()),
                "faults": sum(fault.times > 0 for fault in self._traffic.faults.faults),
                "requests": len(self._traffic.exchanges),
                "paths": sorted({route.path for route in self.app.routes if isinstance(route, Route)}),
            }
        )

    async def _faults(self, _request: Request) -> JSONResponse:
        pending = [vars(fault) for fault in self._traffic.faults.faults if fault.times > 0]
        return JSONResponse({"faults": pending})

    async def _add_fault(self, request: Request) -> JSONResponse:
        fault = self._traffic.faults.add(await _body(request))
        return JSONResponse(vars(fault), status_code=201)

    async def _clear_faults(self, _request: Request) -> JSONResponse:
        self._traffic.faults.clear()
        self._traffic.down_until.clear()
        return JSONResponse({})

    async def _requests(self, request: Request) -> JSONResponse:
        service = request.query_params.get("service")
        try:
            since = float(request.query_params.get("since", 0))
        except ValueError:
            raise UnusableRequestError("since must be a number of seconds") from None
        chosen = [
            exchange.as_json()
            for exchange in self._traffic.exchanges
            if service in (None, exchange.service) and exchange.time >= since
        ]
        return JSONResponse({"requests": chosen})

    async def _all_clusters(self, _request: Request) -> JSONResponse:
        return JSONResponse({"clusters": self._clusters()})

    async def _set_permissions(self, request: Request) -> JSONResponse:
        body = await _body(request)
        email = _email(body)
        known = self._principals.get(email)
        if known is not None:
            self._first_permissions.setdefault(email, known.permissions)
        permissions: Iterable[str] | None = _permissions(body, nullable=True)
        if permissions is None:
            if known is None:
                raise UnusableRequestError(f"there is no principal {email}")
            permissions = self._first_permissions[email]
        principal = self._principals.add(email, permissions)
        return JSONResponse({"email": email, "permissions": sorted(principal.permissions)})

    async def _create_key(self, request: Request) -> JSONResponse:
        body = await _body(request)
        email = _email(body)
        self._principals.add(email, _permissions(body) or ())
        # An RSA key takes long enough to make that other services would notice.
        return JSONResponse(await asyncio.to_thread(self._keys.create, email), status_code=201)

    async def _create_user(self, request: Request) -> JSONResponse:
        body = await _body(request)
        email = _email(body)
        self._principals.add(email, _permissions(body) or ())
        return JSONResponse(self._keys.create_user(email), status_code=201)

    async def _create_token(self, request: Request) -> JSONResponse:
        body = await _body(request)
        email, lifetime = _email(body), body.get("lifetime_seconds", 3600)
        if lifetime is not None and not _is_number(lifetime):
            raise UnusableRequestError("lifetime_seconds must be a number or null")
        if self._principals.get(email) is None:
            raise UnusableRequestError(f"there is no principal {email}")
        return JSONResponse({"token": self._principals.issue(email, lifetime).value}, status_code=201)

    async def _set_token_lifetime(self, request: Request) -> JSONResponse:
        seconds = (await _body(request)).get("seconds", LIFETIME_SECONDS)
        if seconds is None:
            seconds = LIFETIME_SECONDS
        if not _is_number(seconds) or seconds <= 0:
            raise UnusableRequestError("seconds must be a positive number or null")
        self._principals.lifetime_seconds = seconds
        return JSONResponse({"seconds": seconds})


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _unknown_path(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    told = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse({"error": told}, status_code=error.status_code, headers=error.headers)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body(), parse_constant=_no_number)
    except ValueError:
        raise UnusableRequestError("the body must be JSON") from None
    if not isinstance(body, dict):
        raise UnusableRequestError("the body must be a JSON object")
    return body


def _email(body: dict[str, Any]) -> str:
    email = body.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise UnusableRequestError("email must be an email address")
    return email


def _permissions(body: dict[str, Any], *, nullable: bool = False) -> list[str] | None:
    permissions = body.get("permissions", None if nullable else [])
    if permissions is None and nullable:
        return None
    if not isinstance(permissions, list) or not all(isinstance(one, str) for one in permissions):
        raise UnusableRequestError("permissions must be a list of IAM permissions")
    return permissions
