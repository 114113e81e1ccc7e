"""The Compute Engine API over REST: projects, locations, networks, instances and instance groups.

https://cloud.google.com/compute/docs/reference/rest/v1
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.compute import resources
from sandbox.gcp.compute.instances import GroupsIn, InstanceRoutes
from sandbox.gcp.compute.leftover_routes import LeftoverRoutes
from sandbox.gcp.compute.provisioned import Provisioned
from sandbox.gcp.compute.requests import allowed, compute_error_response, named, page, unknown
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.host import Host
from sandbox.gcp.locations import REGIONS
from sandbox.traffic import call_of

_PREFIX = "/compute/{version}/projects/{project}"


class ComputeService:
    """Serves the part of Compute that concerns clusters.

    Args:
        gate: its door.
        host: the DSS host's VM.
        groups: returns the instance groups of GKE's node pools in a project and zone.
        provisioned: what clusters have had made.
    """

    def __init__(self, gate: Gate, host: Host, groups: GroupsIn, provisioned: Provisioned) -> None:
        self._gate = gate
        # A network that a request names is taken to exist from then on.
        self._networks = [host.network]
        self.app = Starlette(
            routes=[
                Route(_PREFIX, self._get_project),
                Route(f"{_PREFIX}/zones", self._list_zones),
                Route(f"{_PREFIX}/zones/{{zone}}", self._get_zone),
                *InstanceRoutes(self._gate, host, groups).routes(_PREFIX),
                *LeftoverRoutes(self._gate, host, groups, provisioned).routes(_PREFIX),
                Route(f"{_PREFIX}/regions", self._list_regions),
                Route(f"{_PREFIX}/regions/{{region}}", self._get_region),
                Route(f"{_PREFIX}/regions/{{region}}/subnetworks", self._list_subnetworks),
                Route(f"{_PREFIX}/regions/{{region}}/subnetworks/{{name}}", self._get_subnetwork),
                Route(f"{_PREFIX}/aggregated/subnetworks", self._aggregate_subnetworks),
                Route(f"{_PREFIX}/global/networks", self._list_networks),
                Route(f"{_PREFIX}/global/networks/{{name}}", self._get_network),
                Route("/{path:path}", unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            ],
            exception_handlers={GoogleError: compute_error_response},
        )

    async def _get_project(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.projects.get")
        return JSONResponse(resources.project(project.id, project.number))

    async def _list_zones(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.zones.list").id
        found = (resources.zone(project, zone) for zones in REGIONS.values() for zone in zones)
        return page(request, "compute#zoneList", found)

    async def _get_zone(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.zones.get").id
        return JSONResponse(resources.zone(project, named(request, "zone")))

    async def _list_regions(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.regions.list").id
        lowered = call_of(request).effect.get("quota")
        return page(request, "compute#regionList", (resources.region(project, name, lowered) for name in REGIONS))

    async def _get_region(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.regions.get").id
        return JSONResponse(resources.region(project, named(request, "region"), call_of(request).effect.get("quota")))

    async def _list_networks(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.networks.list").id
        return page(request, "compute#networkList", (resources.network(project, name) for name in self._networks))

    async def _get_network(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        project = allowed(self._gate, request, "compute.networks.get", "global", "networks", name).id
        self._name_network(name)
        return JSONResponse(resources.network(project, name))

    async def _list_subnetworks(self, request: Request) -> JSONResponse:
        project, region = allowed(self._gate, request, "compute.subnetworks.list").id, named(request, "region")
        found = (resources.subnetwork(project, region, network) for network in self._networks)
        return page(request, "compute#subnetworkList", found)

    async def _get_subnetwork(self, request: Request) -> JSONResponse:
        region, name = request.path_params["region"], request.path_params["name"]
        project = allowed(self._gate, request, "compute.subnetworks.get", "regions", region, "subnetworks", name).id
        return JSONResponse(resources.subnetwork(project, named(request, "region"), name))

    async def _aggregate_subnetworks(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.subnetworks.list").id
        items = {
            f"regions/{region}": {
                "subnetworks": [resources.subnetwork(project, region, network) for network in self._networks]
            }
            for region in REGIONS
        }
        return JSONResponse({"kind": "compute#subnetworkAggregatedList", "id": request.url.path, "items": items})

    def _name_network(self, name: str) -> None:
        if name not in self._networks:
            self._networks.append(name)
