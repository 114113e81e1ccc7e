"""The clusters, operations and background work of one simulated GKE, behind every method of its API."""

import secrets

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.gcp.compute.provisioned import Provisioned
from sandbox.gcp.container import nodes, versions
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.operations import Operation, Operations
from sandbox.gcp.container.state import ClusterRecord, Clusters
from sandbox.gcp.container.work import Work
from sandbox.gcp.errors import failed_precondition
from sandbox.kubernetes.control_plane import ControlPlanes


class Engine:
    """What the methods share.

    Args:
        clock: how fast simulated time passes.
        control_planes: makes the clusters' Kubernetes API servers.
        provisioned: keeps what clusters have made in Compute Engine.
        faults: what is planned to go wrong inside clusters.

    Attributes:
        clusters: those that exist.
        operations: all so far.
        work: carries operations out.
    """

    def __init__(
        self, clock: Clock, control_planes: ControlPlanes, provisioned: Provisioned, faults: FaultPlan
    ) -> None:
        self.clock = clock
        self.clusters = Clusters()
        self.operations = Operations()
        self.work = Work(clock, self.clusters, control_planes, provisioned, faults)
        self._made = 0

    async def stop(self) -> None:
        """Abandon every operation and stop the control planes of all clusters."""
        await self.work.stop()

    def next_number(self) -> int:
        """Count the clusters."""
        self._made += 1
        return self._made

    @staticmethod
    def new_id() -> str:
        """Return a unique id as GKE gives clusters: 64 hexadecimal digits."""
        return secrets.token_hex(32)

    def begin(self, record: ClusterRecord, kind: str, fault: Json, pool: str = "") -> Operation:
        """Start an operation on a cluster that no other one holds.

        Args:
            record: the cluster.
            kind: the operation's type.
            fault: the effect of a fault that the operation must act out.
            pool: the node pool that it is about.

        Raises:
            GoogleError: 400 FAILED_PRECONDITION, another operation holds the cluster, or it is broken.
        """
        record.require_free()
        if record.resource.get("status") == "ERROR" and kind != "DELETE_CLUSTER":
            raise failed_precondition(f"Cluster {record.name} is in ERROR state: only deleting it is possible.")
        return self.operations.start(Operation(record.project, record.location, kind, record.name, pool, fault=fault))

    def occupy(self, record: ClusterRecord, seconds: float) -> None:
        """Let an operation of GKE's own hold a cluster, as an automatic upgrade of its nodes does, unless one holds it.

        Args:
            record: the cluster.
            seconds: for how long, in real seconds.
        """
        if not record.is_free():
            return
        operation = Operation(record.project, record.location, "UPGRADE_NODES", record.name)
        operation.duration_seconds = seconds * self.clock.speed
        operation.nodes, operation.shows_progress = record.node_count(), True
        self.work.change(record, self.operations.start(operation), lambda: None)

    def upgrade(self, record: ClusterRecord, what: str) -> None:
        """Let GKE upgrade a cluster of its own accord as soon as no other operation holds it.

        Args:
            record: the cluster.
            what: `master` or `nodes`, whose version becomes the control plane's.
        """
        self.work.when_free(record, lambda: self._upgrade(record, what))

    def _upgrade(self, record: ClusterRecord, what: str) -> None:
        cluster = record.resource
        pool = cluster["nodePools"][0] if what == "nodes" and cluster["nodePools"] else None
        kind = "UPGRADE_NODES" if what == "nodes" else "UPGRADE_MASTER"
        operation = Operation(record.project, record.location, kind, record.name, pool["name"] if pool else "")
        operation.nodes, operation.shows_progress = record.node_count(operation.pool), what == "nodes"

        def apply() -> None:
            if what == "master":
                cluster["currentMasterVersion"] = versions.after(cluster["currentMasterVersion"])
            elif pool is not None:
                pool["version"] = cluster["currentMasterVersion"]

        self.work.change(record, self.operations.start(operation), apply, pool)

    def truth(self) -> list[Json]:
        """Return every cluster that exists, as the API shows it."""
        return [record.shown() for record in self.clusters]

    def instance_groups(self, project: str, zone: str) -> list[nodes.InstanceGroup]:
        """Return the managed instance groups of a project (id) in a zone."""
        return [
            group
            for record in self.clusters
            if record.project.id == project
            for group in nodes.instance_groups(record.resource, record.fleet)
            if group.zone == zone
        ]
