"""The HTTP face of the simulated GKE: who may call what, and which method a request is."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.gcp.access import Gate, json_body
from sandbox.gcp.compute.provisioned import Provisioned
from sandbox.gcp.container import cluster_methods, links, pool_methods, read_methods, schema
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.engine import Engine
from sandbox.gcp.container.methods import Caller, Method
from sandbox.gcp.container.nodes import InstanceGroup
from sandbox.gcp.container.planting import Planting
from sandbox.gcp.errors import GoogleError, google_error_response, permission_denied
from sandbox.gcp.partial_answers import partial
from sandbox.gcp.principals import Principals
from sandbox.gcp.projects import Projects
from sandbox.kubernetes.control_plane import ControlPlanes
from sandbox.traffic import call_of

_SERVICE = "container.googleapis.com"
# All that a client could send; a method that no path has is answered as an unknown path is.
_HTTP_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# By HTTP method, kind of target and verb.
_METHODS: dict[tuple[str, str, str], Method] = {
    **read_methods.METHODS,
    **cluster_methods.METHODS,
    **pool_methods.METHODS,
}


class ContainerService:
    """GKE's API v1, and v1beta1 with the same meaning.

    Args:
        clock: how fast simulated time passes.
        principals: whose tokens are accepted.
        projects: the projects that exist.
        control_planes: makes the clusters' Kubernetes API servers.
        provisioned: keeps what clusters have made in Compute Engine.
        faults: what is planned to go wrong inside clusters.

    Attributes:
        app: the ASGI application.
        administration: its routes in the sandbox's own interface.
    """

    def __init__(
        self,
        clock: Clock,
        principals: Principals,
        projects: Projects,
        control_planes: ControlPlanes,
        provisioned: Provisioned,
        faults: FaultPlan | None = None,
    ) -> None:
        self._gate = Gate(principals, projects, _SERVICE)
        self._engine = Engine(clock, control_planes, provisioned, faults or FaultPlan())
        self.administration = Planting(self._engine, projects).routes()
        self.app = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=_HTTP_METHODS)],
            exception_handlers={GoogleError: google_error_response},
        )

    async def stop(self) -> None:
        """Abandon every operation and stop the control planes of all clusters."""
        await self._engine.stop()

    def truth(self) -> list[Json]:
        """Return every cluster that exists, whatever its status, as the API shows it."""
        return self._engine.truth()

    def instance_groups(self, project: str, zone: str) -> list[InstanceGroup]:
        """Return the managed instance groups of a project (id) in a zone."""
        return self._engine.instance_groups(project, zone)

    def normalise(self, method: str, path: str, body: Any) -> Any:
        """Return a request body with its enum numbers as names, for the request log."""
        found = _find(method, path)
        return schema.with_enum_names(found[1].request, body) if found and found[1].request else body

    async def _answer(self, request: Request) -> JSONResponse:
        principal = self._gate.caller(request)
        # A HEAD is a GET of which only the headers are sent.
        found = _find("GET" if request.method == "HEAD" else request.method, request.url.path)
        if found is None:
            raise GoogleError(404, f"The requested URL {request.url.path} was not found on this server.")
        target, method = found
        project = self._gate.project(target.project)
        resource = f"projects/{project.id}"
        if target.cluster:
            resource = links.cluster_path(project.id, target.location, target.cluster)
        if not principal.may(method.permission):
            raise permission_denied(method.permission, resource, _SERVICE)
        body = schema.read(method.request, await json_body(request)) if method.request else {}
        caller = Caller(principal, project, target, call_of(request).effect, request.query_params)
        if "busy" in caller.effect:
            self._engine.occupy(read_methods.record_of(self._engine, caller), float(caller.effect["busy"]))
        answer = method.run(self._engine, caller, body)
        if "upgrade" in caller.effect:
            self._engine.upgrade(read_methods.record_of(self._engine, caller), str(caller.effect["upgrade"]))
        if _wants_numbers(request) and method.response:
            answer = schema.with_enum_numbers(method.response, answer)
        return JSONResponse(partial(answer, request.query_params))


def _find(http_method: str, path: str) -> tuple[links.Target, Method] | None:
    target = links.parse(path)
    if target is None:
        return None
    # The old form of an update is a POST on `.../update`, today's a PUT.
    if target.verb == "update":
        method = _METHODS.get(("PUT", target.kind, ""))
    else:
        method = _METHODS.get((http_method, target.kind, target.verb))
    return (target, method) if method else None


def _wants_numbers(request: Request) -> bool:
    return "enum-encoding=int" in (request.query_params.get("$alt") or request.query_params.get("alt") or "")
