"""Deletes what clusters left behind: the commands that a stop of the plugin prints work here as they do on Google's.

A deletion is over at once; its operation can be read and waited for all the same, as clients do.
https://cloud.google.com/compute/docs/reference/rest/v1/zoneOperations
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.compute.provisioned import OwnedBalancer, Provisioned
from sandbox.gcp.compute.requests import allowed, missing, named
from sandbox.gcp.compute.resources import head, link
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.projects import Project

Json = dict[str, Any]
DisksIn = Callable[[str, str], Iterator[Json]]

# The parts of a load balancer that are in a region, as paths name them, and how IAM calls them.
_PARTS = {
    "forwardingRules": "forwardingRules",
    "targetPools": "targetPools",
    "backendServices": "regionBackendServices",
}


class DeletionRoutes:
    """Serves the deletion of disks and of the parts of load balancers, and its operations.

    Args:
        gate: Compute's door.
        provisioned: what clusters have had made.
        disks: returns the disks in a project and zone, those of machines as well.
    """

    def __init__(self, gate: Gate, provisioned: Provisioned, disks: DisksIn) -> None:
        self._gate = gate
        self._provisioned = provisioned
        self._disks = disks
        self._operations: dict[str, Json] = {}

    def routes(self, prefix: str) -> list[Route]:
        """Return the routes below a project's path."""
        zone, region, everywhere = f"{prefix}/zones/{{zone}}", f"{prefix}/regions/{{region}}", f"{prefix}/global"
        operations = [f"{place}/operations/{{name}}" for place in (zone, region, everywhere)]
        return [
            Route(f"{zone}/disks/{{name}}", self._delete_disk, methods=["DELETE"]),
            *(Route(f"{region}/{kind}/{{name}}", self._delete_part, methods=["DELETE"]) for kind in _PARTS),
            Route(f"{everywhere}/firewalls/{{name}}", self._delete_firewall, methods=["DELETE"]),
            *(Route(path, self._get_operation) for path in operations),
            *(Route(f"{path}/wait", self._get_operation, methods=["POST"]) for path in operations),
        ]

    async def _delete_disk(self, request: Request) -> JSONResponse:
        zone, name = named(request, "zone"), request.path_params["name"]
        path = ("zones", zone, "disks", name)
        project = allowed(self._gate, request, "compute.disks.delete", *path)
        found = next((disk for disk in self._disks(project.id, zone) if disk["name"] == name), None)
        if found is None:
            raise missing(project, *path)
        if found.get("users"):
            raise _in_use("disk", project, path, found["users"][0].partition("/v1/")[2])
        self._provisioned.remove_disk(project.id, name)
        return self._done(project, *path)

    async def _delete_part(self, request: Request) -> JSONResponse:
        region, name = named(request, "region"), request.path_params["name"]
        kind = request.url.path.split("/")[-2]
        path = ("regions", region, kind, name)
        project = allowed(self._gate, request, f"compute.{_PARTS[kind]}.delete", *path)
        owned = self._find_part(project, path, kind, name)
        if kind != "forwardingRules" and "forwardingRules" in owned.parts:
            user = f"projects/{project.id}/regions/{region}/forwardingRules/{name}"
            raise _in_use("target_pool" if kind == "targetPools" else "backend_service", project, path, user)
        self._provisioned.remove_part(owned, kind)
        return self._done(project, *path)

    async def _delete_firewall(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        path = ("global", "firewalls", name)
        project = allowed(self._gate, request, "compute.firewalls.delete", *path)
        self._provisioned.remove_part(
            self._find_part(project, path, "firewalls", name.removeprefix("k8s-fw-")), "firewalls"
        )
        return self._done(project, *path)

    def _find_part(self, project: Project, path: tuple[str, ...], kind: str, name: str) -> OwnedBalancer:
        for owned in self._provisioned.balancers(project.id):
            in_place = path[0] == "global" or owned.region == path[1]
            if in_place and owned.balancer.name == name and kind in owned.parts:
                return owned
        raise missing(project, *path)

    def _done(self, project: Project, *path: str) -> JSONResponse:
        name = f"operation-{len(self._operations) + 1:013d}-{zlib.crc32('/'.join(path).encode()):08x}"
        place = path[:1] if path[0] == "global" else path[:2]
        operation = {
            **head("operation", name),
            "operationType": "delete",
            "targetLink": link(project.id, *path),
            "status": "DONE",
            "progress": 100,
            "selfLink": link(project.id, *place, "operations", name),
            **({} if path[0] == "global" else {place[0][:-1]: link(project.id, *place)}),
        }
        self._operations[name] = operation
        return JSONResponse(operation)

    async def _get_operation(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        owner = next((kind for kind in ("zone", "region") if kind in request.path_params), "global")
        place = (f"{owner}s", request.path_params[owner]) if owner != "global" else (owner,)
        project = allowed(self._gate, request, f"compute.{owner}Operations.get", *place, "operations", name)
        operation = self._operations.get(name)
        if operation is None or operation["selfLink"] != link(project.id, *place, "operations", name):
            raise missing(project, *place, "operations", name)
        return JSONResponse(operation)


def _in_use(kind: str, project: Project, path: tuple[str, ...], user: str) -> GoogleError:
    resource = "/".join(("projects", project.id, *path))
    message = f"The {kind} resource '{resource}' is already being used by '{user}'"
    return GoogleError(400, message, reason="resourceInUseByAnotherResource")
