"""Long-running operations: their life cycle, progress and how GKE shows them."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.gcp.container import links
from sandbox.gcp.container.documents import Json
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.projects import Project

# Seconds of the real service; creation, deletion of a cluster, creation of a pool and the upgrade are observed ones.
DURATIONS_SECONDS = {
    "CREATE_CLUSTER": 378.0,
    "DELETE_CLUSTER": 240.0,
    "CREATE_NODE_POOL": 67.0,
    "DELETE_NODE_POOL": 90.0,
    "UPGRADE_MASTER": 548.0,
    "UPGRADE_NODES": 150.0,
    "SET_NODE_POOL_SIZE": 30.0,
    "SET_NODE_POOL_MANAGEMENT": 3.0,
    "UPDATE_CLUSTER": 6.0,
    "SET_LABELS": 3.0,
}

# Totals of the phases of a creation; the health check is never complete, not even of a healthy cluster.
_CREATE_PHASES = (("CLUSTER_CONFIGURING", 8, 8, 0.25), ("CLUSTER_DEPLOYING", 12, 12, 0.9))
# The answer to the request itself carries no metrics yet.
_FIRST_METRICS = 0.01
_HEALTH_CHECKS, _HEALTH_CHECKS_TOTAL = 1, 2


@dataclass
class Operation:
    """One operation.

    Attributes:
        project: the project of its cluster.
        location: zone or region.
        type: such as `CREATE_CLUSTER`.
        cluster: the cluster's name.
        pool: the node pool's name when the operation is about one.
        duration_seconds: how long it takes in simulated seconds.
        nodes: how many nodes an UPGRADE_NODES goes through.
        shows_progress: whether it has progress metrics.
        fault: the effect of a fault that makes it fail or never end.
        outcome: the fields that a failure adds: `error`, `statusMessage`, conditions.
    """

    project: Project
    location: str
    type: str
    cluster: str
    pool: str = ""
    duration_seconds: float = 0.0
    nodes: int = 0
    shows_progress: bool = False
    fault: Json = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"operation-{time.time_ns() // 1_000_000}-{uuid.uuid4()}")
    status: str = "PENDING"
    detail: str = ""
    start_time: str = field(default_factory=Clock.timestamp)
    end_time: str = ""
    outcome: Json = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self, outcome: Json | None = None) -> None:
        """End it, with the fields of a failure if it failed."""
        self.outcome = outcome or {}
        self.status = "DONE"
        self.end_time = Clock.timestamp()
        self.finished.set()

    @property
    def doing(self) -> str:
        """What it is doing, in the wording of the error that others get meanwhile."""
        return {
            "CREATE_CLUSTER": "creating cluster",
            "DELETE_CLUSTER": "deleting cluster",
            "UPGRADE_MASTER": "upgrading cluster",
            "CREATE_NODE_POOL": "creating a node pool for cluster",
            "DELETE_NODE_POOL": "deleting a node pool for cluster",
        }.get(self.type, "")

    def refusal(self) -> GoogleError:
        """Return the error of a mutation that must wait for this operation."""
        message = (
            f"Operation {self.name} is currently {self.doing} {self.cluster}. "
            "Please wait and try again once it is done."
            if self.doing
            else f"Cluster is running incompatible operation {self.name}."
        )
        return GoogleError(400, message, status="FAILED_PRECONDITION", reason="failedPrecondition")

    def resource(self, speed: float) -> Json:
        """Return the operation as the API shows it.

        Args:
            speed: the clock's, to know how far it is.
        """
        target = links.cluster_link(self.project.number, self.location, self.cluster)
        shown: Json = {
            "name": self.name,
            "zone": self.location,
            "operationType": self.type,
            "status": self.status,
            "detail": self.detail,
            "selfLink": links.operation_link(self.project, self.location, self.name),
            "targetLink": f"{target}/nodePools/{self.pool}" if self.pool else target,
            "startTime": self.start_time,
            "endTime": self.end_time,
            **self.outcome,
        }
        if metrics := self._metrics(self._fraction(speed)):
            shown["progress"] = {"metrics": metrics}
        return {name: value for name, value in shown.items() if value not in ("", None)}

    def _fraction(self, speed: float) -> float:
        if self.status == "DONE":
            return 1.0
        return min(0.99, (time.monotonic() - self.started) * speed / max(self.duration_seconds, 0.001))

    def _metrics(self, fraction: float) -> list[Json]:
        if fraction < _FIRST_METRICS:
            return []
        if self.type == "CREATE_CLUSTER":
            numbers: list[tuple[str, int]] = []
            for name, reached, total, until in _CREATE_PHASES:
                numbers += [(name, int(reached * min(1.0, fraction / until))), (f"{name}_TOTAL", total)]
            numbers += [
                ("CLUSTER_HEALTHCHECKING", _HEALTH_CHECKS if fraction > 0.9 else 0),
                ("CLUSTER_HEALTHCHECKING_TOTAL", _HEALTH_CHECKS_TOTAL),
            ]
        elif self.type == "UPGRADE_NODES" and self.shows_progress:
            done = int(self.nodes * fraction)
            numbers = [
                ("NODES_TOTAL", self.nodes),
                ("NODES_FAILED", 0),
                ("NODES_COMPLETE", done),
                ("NODES_DONE", done),
                ("NODE_PDB_DELAY_SECONDS", 0),
            ]
        else:
            return []
        return [{"name": name, "intValue": str(number)} for name, number in numbers]


class Operations:
    """Every operation so far; those that ended remain."""

    def __init__(self) -> None:
        self._all: dict[str, Operation] = {}

    def start(self, operation: Operation) -> Operation:
        """Keep a new operation and start it."""
        operation.duration_seconds = operation.duration_seconds or DURATIONS_SECONDS.get(operation.type, 5.0)
        operation.status = "RUNNING"
        self._all[operation.name] = operation
        return operation

    def find(self, project: Project, location: str, name: str) -> Operation:
        """Return an operation.

        Raises:
            GoogleError: 404, there is none of that name there.
        """
        found = self._all.get(name)
        if found is None or found.project != project or location not in ("-", found.location):
            raise GoogleError(404, f"Not found: {links.location_path(project.id, location)}/operations/{name}.")
        return found

    def of(self, project: Project, location: str) -> Iterator[Operation]:
        """Yield the operations of a project in a location, or everywhere for `-`."""
        for operation in self._all.values():
            if operation.project == project and location in ("-", operation.location):
                yield operation
