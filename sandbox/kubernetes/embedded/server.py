"""The API server's front: who calls, may they, and which part answers."""

import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.kubernetes.embedded import discovery
from sandbox.kubernetes.embedded.authentication import Authenticator, User
from sandbox.kubernetes.embedded.authorization import Authorizer
from sandbox.kubernetes.embedded.content import accepts, answer
from sandbox.kubernetes.embedded.handlers import Handlers
from sandbox.kubernetes.embedded.openapi import OpenApi
from sandbox.kubernetes.embedded.paths import read_path
from sandbox.kubernetes.embedded.registry import Registry
from sandbox.kubernetes.embedded.statuses import StatusError, no_such_resource
from sandbox.traffic import bearer

_HEALTH = {"/healthz", "/livez", "/readyz"}
_CHECKS = (
    "ping",
    "log",
    "etcd",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/apiservice-registration-controller",
    "shutdown",
)


class ApiServer:
    """The ASGI application of one cluster.

    Args:
        registry: the cluster's objects.
        authenticator: tells who calls.
        authorizer: tells what they may do.
        version: Kubernetes version without a leading `v`.
    """

    def __init__(self, registry: Registry, authenticator: Authenticator, authorizer: Authorizer, version: str) -> None:
        self.version = version
        self._registry = registry
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._handlers = Handlers(registry, authenticator, authorizer)
        self._openapi = OpenApi(registry.catalogue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except StatusError as error:
            response = answer(error.body(), error.code)
            if error.code == 429:
                response.headers["Retry-After"] = "1"
        response.headers["Audit-Id"] = str(uuid.uuid4())
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        user = self._authenticator.identify(bearer(request.scope))
        user = self._impersonated(request, user)
        path = request.url.path
        attributes = read_path(request.method, path, request.query_params)
        self._authorizer.require(user, attributes)
        if attributes.resource:
            return await self._handlers.answer(request, attributes, user)
        return await self._about_itself(request, path.rstrip("/") or "/")

    def _impersonated(self, request: Request, user: User) -> User:
        name = request.headers.get("impersonate-user")
        if not name:
            return user
        groups = tuple(request.headers.getlist("impersonate-group"))
        kind, target = ("users", name)
        if name.startswith("system:serviceaccount:"):
            kind, target = "serviceaccounts", name.rpartition(":")[2]
        for plural, one in ((kind, target), *(("groups", group) for group in groups)):
            attributes = read_path("POST", f"/api/v1/{plural}", {})
            asked = type(attributes)("impersonate", "", "", "v1", plural, "", "", one)
            self._authorizer.require(user, asked)
        return User(name, (*groups, "system:authenticated"))

    async def _about_itself(self, request: Request, path: str) -> Response:
        if path in _HEALTH or path.rpartition("/")[0] in _HEALTH:
            return _health(path, request.query_params)
        if path == "/version":
            return answer(discovery.version_info(self.version))
        if path.startswith("/openapi/"):
            return await self._openapi.answer(request, path)
        found = self._discovered(request, path)
        if found is None:
            raise no_such_resource()
        if isinstance(found, Response):
            return found
        return answer(found)

    def _discovered(self, request: Request, path: str) -> Response | dict[str, Any] | None:
        catalogue = self._registry.catalogue
        parts = path.strip("/").split("/")
        if parts in (["api"], ["apis"]):
            return self._roots(request, core=parts == ["api"])
        if parts[0] == "api" and len(parts) == 2:
            return discovery.resource_list(catalogue, "", parts[1])
        if parts[0] == "apis" and len(parts) == 2:
            return discovery.group(catalogue, parts[1])
        if parts[0] == "apis" and len(parts) == 3:
            return discovery.resource_list(catalogue, parts[1], parts[2])
        if path == "/":
            return {"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]}
        return None

    def _roots(self, request: Request, *, core: bool) -> Response | dict[str, Any]:
        catalogue = self._registry.catalogue
        form = _aggregated_form(request)
        if form:
            response = answer(discovery.aggregated(catalogue, form, core=core))
            told = f"application/json;g=apidiscovery.k8s.io;v={form};as=APIGroupDiscoveryList"
            response.headers["Content-Type"] = told
            response.headers["Vary"] = "Accept"
            return response
        return discovery.api_versions(request.headers.get("host", "")) if core else discovery.group_list(catalogue)


def _aggregated_form(request: Request) -> str:
    for entry in accepts(request):
        if entry["media"] != "application/json" and entry["media"] != "*/*":
            continue
        if entry.get("as") == "APIGroupDiscoveryList" and entry.get("v") in {"v2", "v2beta1"}:
            return entry["v"]
        if "as" not in entry:
            return ""
    return ""


def _health(path: str, query: Mapping[str, str]) -> Response:
    if "verbose" not in query:
        return PlainTextResponse("ok")
    name = path.strip("/").partition("/")[0]
    lines = [f"[+]{check} ok" for check in _CHECKS]
    return PlainTextResponse("\n".join([*lines, f"{name} check passed", ""]))
