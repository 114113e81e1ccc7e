"""The Compute Engine API over REST: projects, locations, networks, the DSS host's VM.

https://cloud.google.com/compute/docs/reference/rest/v1
"""

from collections.abc import Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.compute import resources
from sandbox.gcp.compute.filters import matches
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.host import Host
from sandbox.gcp.locations import REGIONS, is_region, is_zone
from sandbox.gcp.principals import Principals
from sandbox.gcp.projects import Project, Projects
from sandbox.traffic import call_of

_PREFIX = "/compute/{version}/projects/{project}"
_PAGE = 500


class ComputeService:
    """Serves the part of Compute that concerns clusters.

    Args:
        principals: who exists.
        projects: the projects that exist.
        host: the DSS host's VM.
    """

    def __init__(self, principals: Principals, projects: Projects, host: Host) -> None:
        self._gate = Gate(principals, projects, "compute.googleapis.com")
        self._host = host
        # A network that a request names is taken to exist from then on.
        self._networks = [host.network]
        self.app = Starlette(
            routes=[
                Route(_PREFIX, self._get_project),
                Route(f"{_PREFIX}/zones", self._list_zones),
                Route(f"{_PREFIX}/zones/{{zone}}", self._get_zone),
                Route(f"{_PREFIX}/zones/{{zone}}/instances", self._list_instances),
                Route(f"{_PREFIX}/zones/{{zone}}/instances/{{name}}", self._get_instance),
                Route(f"{_PREFIX}/regions", self._list_regions),
                Route(f"{_PREFIX}/regions/{{region}}", self._get_region),
                Route(f"{_PREFIX}/regions/{{region}}/subnetworks", self._list_subnetworks),
                Route(f"{_PREFIX}/regions/{{region}}/subnetworks/{{name}}", self._get_subnetwork),
                Route(f"{_PREFIX}/aggregated/subnetworks", self._aggregate_subnetworks),
                Route(f"{_PREFIX}/global/networks", self._list_networks),
                Route(f"{_PREFIX}/global/networks/{{name}}", self._get_network),
                Route("/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            ],
            exception_handlers={GoogleError: compute_error_response},
        )

    async def _get_project(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.projects.get")
        return JSONResponse(resources.project(project.id, project.number))

    async def _list_zones(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.zones.list").id
        found = (resources.zone(project, zone) for zones in REGIONS.values() for zone in zones)
        return _list(request, "compute#zoneList", found)

    async def _get_zone(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.zones.get").id
        return JSONResponse(resources.zone(project, _zone(request)))

    async def _list_instances(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.instances.list")
        here = project == self._host.project and _zone(request) == self._host.zone
        return _list(request, "compute#instanceList", [resources.instance(self._host)] if here else [])

    async def _get_instance(self, request: Request) -> JSONResponse:
        zone, name = request.path_params["zone"], request.path_params["name"]
        project = self._allowed(request, "compute.instances.get", "zones", zone, "instances", name)
        if (project, _zone(request), name) != (self._host.project, self._host.zone, self._host.name):
            raise _missing(project, "zones", zone, "instances", name)
        return JSONResponse(resources.instance(self._host))

    async def _list_regions(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.regions.list").id
        lowered = call_of(request).effect.get("quota")
        return _list(request, "compute#regionList", (resources.region(project, name, lowered) for name in REGIONS))

    async def _get_region(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.regions.get").id
        return JSONResponse(resources.region(project, _region(request), call_of(request).effect.get("quota")))

    async def _list_networks(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.networks.list").id
        return _list(request, "compute#networkList", (resources.network(project, name) for name in self._networks))

    async def _get_network(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        project = self._allowed(request, "compute.networks.get", "global", "networks", name).id
        self._name_network(name)
        return JSONResponse(resources.network(project, name))

    async def _list_subnetworks(self, request: Request) -> JSONResponse:
        project, region = self._allowed(request, "compute.subnetworks.list").id, _region(request)
        found = (resources.subnetwork(project, region, network) for network in self._networks)
        return _list(request, "compute#subnetworkList", found)

    async def _get_subnetwork(self, request: Request) -> JSONResponse:
        region, name = request.path_params["region"], request.path_params["name"]
        project = self._allowed(request, "compute.subnetworks.get", "regions", region, "subnetworks", name).id
        return JSONResponse(resources.subnetwork(project, _region(request), name))

    async def _aggregate_subnetworks(self, request: Request) -> JSONResponse:
        project = self._allowed(request, "compute.subnetworks.list").id
        items = {
            f"regions/{region}": {
                "subnetworks": [resources.subnetwork(project, region, network) for network in self._networks]
            }
            for region in REGIONS
        }
        return JSONResponse({"kind": "compute#subnetworkAggregatedList", "id": request.url.path, "items": items})

    def _allowed(self, request: Request, permission: str, *path: str) -> Project:
        """Return the project if the caller may do this to the resource at the path in it, else to the project."""
        project = self._gate.project(request.path_params["project"])
        self._gate.require(request, permission, "/".join(("projects", project.id, *path)))
        return project

    def _name_network(self, name: str) -> None:
        if name not in self._networks:
            self._networks.append(name)


async def compute_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `GoogleError` as Compute words and shapes it: mostly without a canonical status."""
    assert isinstance(error, GoogleError)  # noqa: S101 - registered for this class only
    response = error.response()
    if error.code == 401:
        return response
    message = error.message
    denied = next((detail["metadata"] for detail in error.details if "permission" in detail.get("metadata", {})), None)
    if denied:
        message = f"Required '{denied['permission']}' permission for '{denied['resource']}'"
    entry = {"message": message, "domain": "global", "reason": error.reason}
    return JSONResponse({"error": {"code": error.code, "message": message, "errors": [entry]}}, status_code=error.code)


async def _unknown(request: Request) -> JSONResponse:
    raise GoogleError(404, f"The requested URL {request.url.path} was not found on this server.")


def _zone(request: Request) -> str:
    zone: str = request.path_params["zone"]
    if not is_zone(zone):
        raise GoogleError(400, f"Invalid value for field 'zone': '{zone}'. Unknown zone.", reason="invalid")
    return zone


def _region(request: Request) -> str:
    region: str = request.path_params["region"]
    if not is_region(region):
        raise GoogleError(400, f"Invalid value for field 'region': '{region}'. Unknown region.", reason="invalid")
    return region


def _missing(project: Project, *path: str) -> GoogleError:
    return GoogleError(404, f"The resource '{'/'.join(('projects', project.id, *path))}' was not found")


def _list(request: Request, kind: str, found: Iterable[dict[str, Any]]) -> JSONResponse:
    """Return the page of the found resources that pass the request's filter."""
    expression = request.query_params.get("filter", "")
    kept = [resource for resource in found if matches(resource, expression)]
    try:
        start = int(request.query_params.get("pageToken") or 0)
        size = int(request.query_params.get("maxResults") or _PAGE)
    except ValueError:
        raise GoogleError(400, "Invalid value for field 'pageToken'.", reason="invalid") from None
    answer: dict[str, Any] = {"kind": kind, "id": request.url.path.partition("/v1/")[2]}
    answer["items"] = kept[start : start + size]
    answer["selfLink"] = f"https://www.googleapis.com{request.url.path}"
    if start + size < len(kept):
        answer["nextPageToken"] = str(start + size)
    return JSONResponse(answer)
