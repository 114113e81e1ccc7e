"""Serves disks and the parts of load balancers: the lists in which what clusters leave behind can be found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.compute import leftovers
from sandbox.gcp.compute.deletions import DeletionRoutes
from sandbox.gcp.compute.filters import matches
from sandbox.gcp.compute.instances import GroupsIn
from sandbox.gcp.compute.provisioned import OwnedBalancer, Provisioned
from sandbox.gcp.compute.requests import allowed, last_part, missing, named, page
from sandbox.gcp.host import Host
from sandbox.gcp.locations import REGIONS

Json = dict[str, Any]
Show = Callable[[str, OwnedBalancer], Json]


@dataclass(frozen=True)
class _Kind:
    """A kind of resource that load balancers consist of.

    Attributes:
        name: plural, as paths and permissions say it.
        resource: singular, as `kind` says it.
        show: shows the part of a load balancer, or None if none has one of the kind.
    """

    name: str
    resource: str
    show: Show | None

    def shown(self, project: str, balancers: Iterator[OwnedBalancer]) -> Iterator[tuple[str, Json]]:
        """Yield region and resource of each load balancer that has one of this kind."""
        for owned in balancers:
            if self.show is not None and self.name in owned.parts:
                yield owned.region, self.show(project, owned)


_REGIONAL = {
    kind.name: kind
    for kind in (
        _Kind("forwardingRules", "forwardingRule", leftovers.forwarding_rule),
        _Kind("targetPools", "targetPool", leftovers.target_pool),
        _Kind("backendServices", "backendService", leftovers.backend_service),
        # Addresses of load balancers are given back once the forwarding rule has them.
        _Kind("addresses", "address", None),
    )
}
# How IAM calls what it does not call as paths do: https://cloud.google.com/compute/docs/access/iam-permissions
_IN_REGIONS = {"backendServices": "regionBackendServices"}
# The global ones belong to Ingress, which is not simulated.
_GLOBAL = {
    "forwardingRules": "globalForwardingRules",
    "backendServices": "backendServices",
    "addresses": "globalAddresses",
}


class LeftoverRoutes:
    """Serves disks, forwarding rules, target pools, backend services, addresses and firewall rules.

    Args:
        gate: Compute's door.
        host: the DSS host's VM, which has a disk, too.
        groups: returns the instance groups in a project and zone; their nodes have boot disks.
        provisioned: what clusters have had made.
    """

    def __init__(self, gate: Gate, host: Host, groups: GroupsIn, provisioned: Provisioned) -> None:
        self._gate = gate
        self._host = host
        self._groups = groups
        self._provisioned = provisioned

    def routes(self, prefix: str) -> list[Route]:
        """Return the routes below a project's path."""
        region = f"{prefix}/regions/{{region}}"
        return [
            Route(f"{prefix}/zones/{{zone}}/disks", self._list_disks),
            Route(f"{prefix}/zones/{{zone}}/disks/{{name}}", self._get_disk),
            Route(f"{prefix}/aggregated/disks", self._aggregate_disks),
            *(Route(f"{region}/{kind}", self._list, name=kind) for kind in _REGIONAL),
            *(Route(f"{region}/{kind}/{{name}}", self._get, name=kind) for kind in _REGIONAL),
            *(Route(f"{prefix}/aggregated/{kind}", self._aggregate, name=kind) for kind in _REGIONAL),
            *(Route(f"{prefix}/global/{kind}", self._list_global) for kind in _GLOBAL),
            Route(f"{prefix}/global/firewalls", self._list_firewalls),
            *DeletionRoutes(self._gate, self._provisioned, self._disks).routes(prefix),
        ]

    async def _list_disks(self, request: Request) -> JSONResponse:
        project, zone = allowed(self._gate, request, "compute.disks.list").id, named(request, "zone")
        return page(request, "compute#diskList", self._disks(project, zone))

    async def _get_disk(self, request: Request) -> JSONResponse:
        zone, name = named(request, "zone"), request.path_params["name"]
        project = allowed(self._gate, request, "compute.disks.get", "zones", zone, "disks", name)
        for disk in self._disks(project.id, zone):
            if disk["name"] == name:
                return JSONResponse(disk)
        raise missing(project, "zones", zone, "disks", name)

    async def _aggregate_disks(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.disks.list").id
        places = {f"zones/{zone}": list(self._disks(project, zone)) for zones in REGIONS.values() for zone in zones}
        return _aggregated(request, "disks", "disk", places)

    def _disks(self, project: str, zone: str) -> Iterator[Json]:
        for owned in self._provisioned.disks(project):
            if owned.disk.zone == zone:
                yield leftovers.disk(project, owned)
        for group in self._groups(project, zone):
            yield from leftovers.boot_disks(project, group)
        if (project, zone) == (self._host.project.id, self._host.zone):
            yield leftovers.host_disk(self._host)

    async def _list(self, request: Request) -> JSONResponse:
        kind = _REGIONAL[last_part(request)]
        permission = f"compute.{_IN_REGIONS.get(kind.name, kind.name)}.list"
        project, region = allowed(self._gate, request, permission).id, named(request, "region")
        found = kind.shown(project, self._provisioned.balancers(project))
        return page(request, f"compute#{kind.resource}List", (shown for place, shown in found if place == region))

    async def _get(self, request: Request) -> JSONResponse:
        region, name = named(request, "region"), request.path_params["name"]
        kind = _REGIONAL[request.url.path.split("/")[-2]]
        path = ("regions", region, kind.name, name)
        project = allowed(self._gate, request, f"compute.{_IN_REGIONS.get(kind.name, kind.name)}.get", *path)
        for place, shown in kind.shown(project.id, self._provisioned.balancers(project.id)):
            if (place, shown["name"]) == (region, name):
                return JSONResponse(shown)
        raise missing(project, *path)

    async def _aggregate(self, request: Request) -> JSONResponse:
        kind = _REGIONAL[last_part(request)]
        project = allowed(self._gate, request, f"compute.{kind.name}.list").id
        places: dict[str, list[Json]] = {"global": [], **{f"regions/{region}": [] for region in REGIONS}}
        for region, shown in kind.shown(project, self._provisioned.balancers(project)):
            places[f"regions/{region}"].append(shown)
        return _aggregated(request, kind.name, kind.resource, places)

    async def _list_global(self, request: Request) -> JSONResponse:
        kind = _REGIONAL[last_part(request)]
        allowed(self._gate, request, f"compute.{_GLOBAL[kind.name]}.list")
        return page(request, f"compute#{kind.resource}List", [])

    async def _list_firewalls(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.firewalls.list").id
        owned = (each for each in self._provisioned.balancers(project) if "firewalls" in each.parts)
        found = (leftovers.firewall(project, each) for each in owned)
        return page(request, "compute#firewallList", found)


def _aggregated(request: Request, plural: str, resource: str, places: dict[str, list[Json]]) -> JSONResponse:
    """Return an aggregated list of those that pass the filter; places that have none say so."""
    expression = request.query_params.get("filter", "")
    kept = {place: [one for one in found if matches(one, expression)] for place, found in places.items()}
    items = {place: {plural: found} if found else {"warning": _none(place)} for place, found in kept.items()}
    return JSONResponse({"kind": f"compute#{resource}AggregatedList", "id": request.url.path, "items": items})


def _none(place: str) -> Json:
    return {
        "code": "NO_RESULTS_ON_PAGE",
        "message": f"There are no results for scope '{place}' on this page.",
        "data": [{"key": "scope", "value": place}],
    }
