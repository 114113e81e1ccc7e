"""Compute's instances, instance groups and machine types: the DSS host's VM, and what GKE makes for node pools."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.compute import resources
from sandbox.gcp.compute.requests import allowed, last_part, missing, named, page
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


@dataclass(frozen=True)
class _Kind:
    """A kind of resource that exists in a zone because of a node pool.

    Attributes:
        name: plural, as paths and permissions say it.
        resource: singular, as `kind` says it.
        of_group: shows a project's resources of this kind for one instance group.
    """

    name: str
    resource: str
    of_group: Callable[[str, InstanceGroup], list[dict[str, Any]]]


_KINDS = {
    kind.name: kind
    for kind in (
        _Kind("instances", "instance", resources.nodes),
        _Kind("instanceGroups", "instanceGroup", lambda project, group: [resources.group(project, group)]),
        # GKE scales node pools itself; gcloud asks for these beside the managers.
        _Kind("autoscalers", "autoscaler", lambda _project, _group: []),
        _Kind(
            "instanceGroupManagers",
            "instanceGroupManager",
            lambda project, group: [resources.group_manager(project, group)],
        ),
    )
}


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
            *(Route(f"{zone}/{kind}", self._list, name=kind) for kind in _KINDS),
            *(Route(f"{prefix}/aggregated/{kind}", self._aggregate, name=kind) for kind in _KINDS),
            Route(f"{zone}/instances/{{name}}", self._get_instance),
            Route(f"{managers}/{{name}}", self._get_manager),
            Route(f"{managers}/{{name}}/listManagedInstances", self._list_managed, methods=["POST"]),
            Route(f"{managers}/{{name}}/listErrors", self._list_errors),
            Route(f"{zone}/machineTypes", self._list_machine_types),
            Route(f"{zone}/machineTypes/{{name}}", self._get_machine_type),
        ]

    async def _list(self, request: Request) -> JSONResponse:
        kind = _KINDS[last_part(request)]
        project, zone = allowed(self._gate, request, f"compute.{kind.name}.list"), named(request, "zone")
        return page(request, f"compute#{kind.resource}List", self._found(kind, project, zone))

    async def _aggregate(self, request: Request) -> JSONResponse:
        kind = _KINDS[last_part(request)]
        project = allowed(self._gate, request, f"compute.{kind.name}.list")
        zones = (zone for zones in REGIONS.values() for zone in zones)
        items = {f"zones/{zone}": {kind.name: found} for zone in zones if (found := self._found(kind, project, zone))}
        return JSONResponse({"kind": f"compute#{kind.resource}AggregatedList", "items": items})

    def _found(self, kind: "_Kind", project: Project, zone: str) -> list[dict[str, Any]]:
        """Return everything of a kind in a zone."""
        found = [shown for group in self._groups(project.id, zone) for shown in kind.of_group(project.id, group)]
        if kind.name == "instances" and self._is_here(project, zone):
            found.append(resources.instance(self._host))
        return found

    async def _get_instance(self, request: Request) -> JSONResponse:
        zone, name = request.path_params["zone"], request.path_params["name"]
        project = allowed(self._gate, request, "compute.instances.get", "zones", zone, "instances", name)
        if self._is_here(project, named(request, "zone")) and name == self._host.name:
            return JSONResponse(resources.instance(self._host))
        for group in self._groups(project.id, zone):
            if name in group.instances:
                return JSONResponse(resources.node(project.id, group, name))
        raise missing(project, "zones", zone, "instances", name)

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
        project, zone = allowed(self._gate, request, "compute.machineTypes.list").id, named(request, "zone")
        found = (
            resources.machine_type(project, zone, name, machine)
            for name in _LISTED
            if (machine := machines.find(name)) is not None
        )
        return page(request, "compute#machineTypeList", found)

    async def _get_machine_type(self, request: Request) -> JSONResponse:
        zone, name = named(request, "zone"), request.path_params["name"]
        project = allowed(self._gate, request, "compute.machineTypes.get")
        machine = machines.find(name)
        if machine is None:
            raise missing(project, "zones", zone, "machineTypes", name)
        return JSONResponse(resources.machine_type(project.id, zone, name, machine))

    def _group(self, request: Request) -> tuple[Project, InstanceGroup]:
        zone, name = named(request, "zone"), request.path_params["name"]
        path = ("zones", zone, "instanceGroupManagers", name)
        project = allowed(self._gate, request, "compute.instanceGroupManagers.get", *path)
        for group in self._groups(project.id, zone):
            if group.name == name:
                return project, group
        raise missing(project, *path)

    def _is_here(self, project: Project, zone: str) -> bool:
        return project == self._host.project and zone == self._host.zone
