"""Clusters that are there at once, as the sandbox's own interface plants them: large worlds without a long wait.

`POST /clusters` `{"clusters": [{"location", "cluster", "project", "createTime", "control_plane"}]}`

`cluster` is what a create request says of it. It is RUNNING when the request is answered, with no operation behind it.
Unless `control_plane` is true it has no Kubernetes API server and no endpoint, so that two thousand of them cost no
more than their documents. `project` is the DSS host's, and `createTime` is now, unless another is named. Either all are
planted or none.
"""

from datetime import datetime, timezone
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.clock import Clock
from sandbox.gcp.access import json_body
from sandbox.gcp.container import schema, validation
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.engine import Engine
from sandbox.gcp.container.state import ClusterRecord
from sandbox.gcp.errors import GoogleError, already_exists, invalid_argument
from sandbox.gcp.projects import Project, Projects

_FIELDS = {"location", "cluster", "project", "createTime", "control_plane"}


class Planting:
    """Serves the interface.

    Args:
        engine: where the clusters go.
        projects: the projects that exist.
    """

    def __init__(self, engine: Engine, projects: Projects) -> None:
        self._engine = engine
        self._projects = projects

    def routes(self) -> list[Route]:
        """Return the routes of the sandbox's own interface."""
        return [Route("/clusters", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> JSONResponse:
        try:
            planted = self._read(await json_body(request))
        except GoogleError as error:
            return JSONResponse({"error": error.message}, status_code=error.code)
        for record, _ in planted:
            self._engine.clusters.add(record)
        for record, with_control_plane in planted:
            await self._engine.work.plant(record, with_control_plane=with_control_plane)
        return JSONResponse({"clusters": [record.resource["selfLink"] for record, _ in planted]}, status_code=201)

    def _read(self, body: Json) -> list[tuple[ClusterRecord, bool]]:
        """Return the clusters that a request describes, and whether each gets a control plane."""
        wanted = body.get("clusters")
        if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
            raise invalid_argument("clusters must be a list of objects")
        taken = {record.path for record in self._engine.clusters}
        planted = []
        for one in wanted:
            record = self._record(one)
            if record.path in taken:
                raise already_exists(record.path)
            taken.add(record.path)
            planted.append((record, bool(one.get("control_plane", False))))
        return planted

    def _record(self, wanted: Json) -> ClusterRecord:
        if unknown := sorted(wanted.keys() - _FIELDS):
            raise invalid_argument(f"a cluster to plant has {', '.join(sorted(_FIELDS))}, not {', '.join(unknown)}")
        project = self._project(wanted.get("project"))
        location = str(wanted.get("location", ""))
        given = schema.read("Cluster", wanted.get("cluster"))
        validation.check_cluster(given, location)
        place = Place(project, location, self._engine.next_number(), self._engine.new_id())
        record = ClusterRecord(project, complete_cluster(given, place))
        record.resource["createTime"] = _time(wanted.get("createTime"))
        record.sizes = {pool["name"]: pool.get("initialNodeCount", 0) for pool in record.resource["nodePools"]}
        record.set_status("RUNNING")
        return record

    def _project(self, named: Any) -> Project:
        if named is None:
            return next(iter(self._projects))
        project = self._projects.find(str(named))
        if project is None:
            raise invalid_argument(f"there is no project {named}")
        return project


def _time(text: Any) -> str:
    if text is None:
        return Clock.now().isoformat(timespec="seconds")
    try:
        # The letter Z is understood from Python 3.11 on only.
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise invalid_argument(f"createTime {text!r} is no time, such as 2026-01-31T12:00:00Z") from None
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds")
