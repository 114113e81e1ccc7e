"""Compute's instances, instance groups and machine types: the DSS host's VM, and what GKE makes for node pools."""

from collections.abc import Callable, Iterable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.compute import resources
from sandbox.gcp.compute.requests import allowed, missing, page, zone_named
from sandbox.gcp.container import machines
from sandbox.gcp.container.nodes import InstanceGroup
from sandbox.gcp.host import Host
from sandbox.gcp.locations import REGIONS
from sandbox.gcp.projects import Project

GroupsIn = Callable[[str, str], Iterable[InstanceGroup]]
# A machine type that follows its family's rule exists when it is named; these are the ones that a list shows.
_LISTED = [
    f"{family}-{kind}-{cpus}"
    for family in ("e2", "n1", "n2", "n2d", "c3")
    for kind in ("standard", "highmem", "highcpu")
    for cpus in (4, 8, 16, 32)
]


class InstanceRoutes:
    """Serves instances, managed instance groups and machine types.

    Args:
        gate: Compute's door.
        host: the DSS host's VM.
        groups: returns the instance groups in a project and zone.
    """

    def __init__(self, gate: Gate, host: Host, groups: GroupsIn) -> None:
        self._gate = gate
        self._host = host
        self._groups = groups

    def routes(self, prefix: str) -> list[Route]:
        """Return the routes below a project's path."""
        zone = f"{prefix}/zones/{{zone}}"
        managers = f"{zone}/instanceGroupManagers"
        return [
            Route(f"{zone}/instances", self._list_instances),
            Route(f"{zone}/instances/{{name}}", self._get_instance),
            Route(managers, self._list_managers),
            Route(f"{managers}/{{name}}", self._get_manager),
            Route(f"{managers}/{{name}}/listManagedInstances", self._list_managed, methods=["POST"]),
            Route(f"{managers}/{{name}}/listErrors", self._list_errors),
            Route(f"{prefix}/aggregated/instanceGroupManagers", self._aggregate_managers),
            Route(f"{zone}/machineTypes", self._list_machine_types),
            Route(f"{zone}/machineTypes/{{name}}", self._get_machine_type),
        ]

    async def _list_instances(self, request: Request) -> JSONResponse:
        project, zone = allowed(self._gate, request, "compute.instances.list"), zone_named(request)
        found = [resources.instance(self._host)] if self._is_here(project, zone) else []
        found += [
            resources.node(project.id, group, name)
            for group in self._groups(project.id, zone)
            for name in group.instances
        ]
        return page(request, "compute#instanceList", found)

    async def _get_instance(self, request: Request) -> JSONResponse:
        zone, name = request.path_params["zone"], request.path_params["name"]
        project = allowed(self._gate, request, "compute.instances.get", "zones", zone, "instances", name)
        if self._is_here(project, zone_named(request)) and name == self._host.name:
            return JSONResponse(resources.instance(self._host))
        for group in self._groups(project.id, zone):
            if name in group.instances:
                return JSONResponse(resources.node(project.id, group, name))
        raise missing(project, "zones", zone, "instances", name)

    async def _list_managers(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.instanceGroupManagers.list")
        groups = self._groups(project.id, zone_named(request))
        found = (resources.group_manager(project.id, group) for group in groups)
        return page(request, "compute#instanceGroupManagerList", found)

    async def _aggregate_managers(self, request: Request) -> JSONResponse:
        project = allowed(self._gate, request, "compute.instanceGroupManagers.list").id
        items = {
            f"zones/{zone}": {"instanceGroupManagers": managers}
            for zone in _every_zone()
            if (managers := [resources.group_manager(project, group) for group in self._groups(project, zone)])
        }
        return JSONResponse({"kind": "compute#instanceGroupManagerAggregatedList", "items": items})

    async def _get_manager(self, request: Request) -> JSONResponse:
        project, group = self._group(request)
        return JSONResponse(resources.group_manager(project.id, group))

    async def _list_managed(self, request: Request) -> JSONResponse:
        project, group = self._group(request)
        return JSONResponse({"managedInstances": resources.managed_instances(project.id, group)})

    async def _list_errors(self, request: Request) -> JSONResponse:
        project, group = self._group(request)
        return JSONResponse({"items": resources.group_errors(project.id, group)})

    async def _list_machine_types(self, request: Request) -> JSONResponse:
        project, zone = allowed(self._gate, request, "compute.machineTypes.list").id, zone_named(request)
        found = (
            resources.machine_type(project, zone, name, machine)
            for name in _LISTED
            if (machine := machines.find(name)) is not None
        )
        return page(request, "compute#machineTypeList", found)

    async def _get_machine_type(self, request: Request) -> JSONResponse:
        zone, name = zone_named(request), request.path_params["name"]
        project = allowed(self._gate, request, "compute.machineTypes.get")
        machine = machines.find(name)
        if machine is None:
            raise missing(project, "zones", zone, "machineTypes", name)
        return JSONResponse(resources.machine_type(project.id, zone, name, machine))

    def _group(self, request: Request) -> tuple[Project, InstanceGroup]:
        zone, name = zone_named(request), request.path_params["name"]
        path = ("zones", zone, "instanceGroupManagers", name)
        project = allowed(self._gate, request, "compute.instanceGroupManagers.get", *path)
        for group in self._groups(project.id, zone):
            if group.name == name:
                return project, group
        raise missing(project, *path)

    def _is_here(self, project: Project, zone: str) -> bool:
        return project == self._host.project and zone == self._host.zone


def _every_zone() -> Iterator[str]:
    for zones in REGIONS.values():
        yield from zones
