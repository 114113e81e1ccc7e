"""What happens after a mutation was accepted: the operation runs its time, then the cluster changes or has failed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.gcp.compute.provisioned import Owner, Provisioned
from sandbox.gcp.container import endpoints, passing, strikes
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.failures import STOCKOUT_SECONDS, Failure
from sandbox.gcp.container.operations import Operation
from sandbox.gcp.container.scaling import ScalableGroups
from sandbox.gcp.container.state import ClusterRecord, Clusters
from sandbox.gcp.container.strikes import Strike
from sandbox.kubernetes.control_plane import ControlPlane, ControlPlaneRequest, ControlPlanes

_log = logging.getLogger(__name__)
_INTERNAL = 13
# A guess.
_CONTROLLERS_STOP_SECONDS = 20.0
# A pool that failed to change still has its nodes.
_POOL_AFTER_FAILURE = {
    "SET_NODE_POOL_SIZE": "RUNNING_WITH_ERROR",
    "SET_NODE_POOL_MANAGEMENT": "RUNNING_WITH_ERROR",
    "UPGRADE_NODES": "RUNNING_WITH_ERROR",
    "UPDATE_CLUSTER": "RUNNING_WITH_ERROR",
}


class Work:
    """Carries operations out in the background.

    Args:
        clock: how fast simulated time passes.
        clusters: where deleted clusters are removed from.
        control_planes: makes the clusters' Kubernetes API servers.
        provisioned: keeps what clusters have made in Compute Engine.
        faults: what is planned to go wrong inside clusters.
    """

    def __init__(
        self,
        clock: Clock,
        clusters: Clusters,
        control_planes: ControlPlanes,
        provisioned: Provisioned,
        faults: FaultPlan,
    ) -> None:
        self._clock = clock
        self._clusters = clusters
        self._control_planes = control_planes
        self._provisioned = provisioned
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Abandon every operation that still runs, and stop the control planes of all clusters."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for record in self._clusters:
            if record.control_plane is not None:
                await record.control_plane.stop()

    def create_cluster(self, record: ClusterRecord, operation: Operation) -> None:
        """Create a cluster: PROVISIONING, then RUNNING, or ERROR or DEGRADED."""
        record.set_status("PROVISIONING")
        self._begin(record, operation, self._create_cluster(record, operation))

    async def plant(self, record: ClusterRecord, *, with_control_plane: bool) -> None:
        """Bring up what belongs to a cluster that is there without having been created."""
        if with_control_plane:
            record.control_plane = await self._start_control_plane(record)
            await self._refresh(record)

    def delete_cluster(self, record: ClusterRecord, operation: Operation) -> None:
        """Delete a cluster: STOPPING, then gone, or ERROR."""
        record.set_status("STOPPING")
        self._begin(record, operation, self._delete_cluster(record, operation))

    def create_pool(self, record: ClusterRecord, pool: Json, operation: Operation) -> None:
        """Create a node pool: PROVISIONING, then RUNNING or ERROR."""
        pool["status"] = "PROVISIONING"
        record.resource["nodePools"].append(pool)
        self._begin(record, operation, self._create_pool(record, pool, operation))

    def delete_pool(self, record: ClusterRecord, pool: Json, operation: Operation) -> None:
        """Delete a node pool: STOPPING, then gone, or ERROR."""
        pool["status"] = "STOPPING"
        self._begin(record, operation, self._change(record, operation, lambda: record.remove_pool(pool), pool))

    def change(
        self, record: ClusterRecord, operation: Operation, apply: Callable[[], None], pool: Json | None = None
    ) -> None:
        """Change a cluster, or one of its pools: RECONCILING meanwhile, as before afterwards.

        Args:
            record: the cluster.
            operation: what runs.
            apply: makes the change, called when the operation is over.
            pool: the node pool that it is about.
        """
        if pool is not None:
            pool["status"] = "RECONCILING"
        self._begin(record, operation, self._change(record, operation, apply, pool))

    def resize_pool(self, record: ClusterRecord, pool: Json, size: int, operation: Operation) -> None:
        """Give a node pool another number of nodes in each zone; where machines lack, as many as there are."""
        pool["status"] = "RECONCILING"
        self._begin(record, operation, self._resize_pool(record, operation, lambda: record.resize(pool, size), pool))

    def when_free(self, record: ClusterRecord, begin: Callable[[], None]) -> None:
        """Begin something once no operation holds a cluster, unless that is gone or broken by then."""
        self._spawn(self._when_free(record, begin))

    async def _when_free(self, record: ClusterRecord, begin: Callable[[], None]) -> None:
        while record.operation is not None and not record.is_free():
            await record.operation.finished.wait()
        if record.resource["status"] == "RUNNING":
            begin()

    def _begin(self, record: ClusterRecord, operation: Operation, work: Coroutine[Any, Any, None]) -> None:
        record.operation = operation
        if record.resource["status"] == "RUNNING":
            record.resource["status"] = "RECONCILING"
        # What was stopped before it began is not to complain of it.
        self._spawn(self._guarded(record, operation, work)).add_done_callback(lambda _: work.close())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, record: ClusterRecord, operation: Operation, work: Coroutine[Any, Any, None]) -> None:
        try:
            if operation.fault.get("operation") == "stuck":
                await operation.cancelled.wait()
            await work
        except Exception as error:
            # A defect of the sandbox, or a control plane that did not start: clients must see an operation that ends.
            _log.exception("%s of cluster %s failed", operation.type, record.name)
            message = f"Internal error: {error}"
            if record.resource["status"] == "PROVISIONING":
                record.resource |= {"status": "ERROR", "statusMessage": message}
            self._settle(record)
            operation.finish({"error": {"code": _INTERNAL, "message": message}, "statusMessage": message})

    async def _create_cluster(self, record: ClusterRecord, operation: Operation) -> None:
        strike = strikes.planned(record, operation)
        if strike is not None and strike.breaks("ERROR"):
            await passing.until_failure(self._clock, record, operation, strike)
            self._fail_cluster(record, operation, strike)
            return
        record.control_plane, _ = await asyncio.gather(
            self._start_control_plane(record), passing.until_created(self._clock, record, operation, strike)
        )
        degraded = strike is not None and strike.breaks("DEGRADED")
        for pool in record.resource["nodePools"]:
            record.sizes[pool["name"]] = 0 if degraded else pool.get("initialNodeCount", 0)
        await self._refresh(record)
        if strike is not None and degraded:
            self._fail_cluster(record, operation, strike)
            return
        record.set_status("RUNNING")
        # The autoscaler works on clusters that run.
        await self._refresh_nodes(record)
        self._end_creation(record, strike.pool if strike else None, operation, strike)

    def _end_creation(
        self, record: ClusterRecord, pool: Json | None, operation: Operation, strike: Strike | None
    ) -> None:
        """End a creation that may lack nodes in a pool."""
        if strike is None or pool is None:
            operation.finish()
        elif strike.tolerated:
            operation.finish()
            self._spawn(self._fill(record, pool))
        else:
            strike.mark_pool(pool, "RUNNING_WITH_ERROR")
            operation.finish({**strike.failure.outcome, "nodepoolConditions": strike.failure.conditions})

    async def _fill(self, record: ClusterRecord, pool: Json) -> None:
        """Bring up the other nodes of a pool that was provisioned as well as possible, after a stockout's time."""
        await self._clock.sleep(STOCKOUT_SECONDS)
        record.forget_shortages(pool["name"])
        if record.resource["status"] in ("RUNNING", "RECONCILING"):
            await self._refresh(record)

    @staticmethod
    def _fail_cluster(record: ClusterRecord, operation: Operation, strike: Strike) -> None:
        record.fail(strike.failure)
        if strike.pool is not None and strike.failure.instance_error is not None:
            strike.mark_pool(strike.pool, "ERROR")
        operation.finish({**strike.failure.outcome, "clusterConditions": strike.failure.conditions})

    async def _start_control_plane(self, record: ClusterRecord) -> ControlPlane:
        owner = Owner(
            project=record.project.id,
            location=record.location,
            name=record.name,
            uid=record.resource["id"],
            network=record.resource["network"],
            subnetwork=record.resource["subnetwork"],
            labels=lambda: record.resource.get("resourceLabels", {}),
        )
        return await self._control_planes.start(
            ControlPlaneRequest(
                cloud=self._provisioned.cloud_of(owner),
                clock=self._clock,
                faults=self._faults,
                node_groups=ScalableGroups(record, self._clock, self._faults, self._refresh_nodes),
                project=record.project.id,
                location=record.location,
                name=record.name,
                uid=record.resource["id"],
                version=record.resource["currentMasterVersion"],
            )
        )

    async def _delete_cluster(self, record: ClusterRecord, operation: Operation) -> None:
        strike = strikes.planned(record, operation)
        if strike is not None:
            await passing.until_failure(self._clock, record, operation, strike)
            self._fail_cluster(record, operation, strike)
            return
        # The controllers end long before the cluster is gone: what they have not deleted by then stays behind.
        await self._clock.sleep(_CONTROLLERS_STOP_SECONDS)
        if record.control_plane is not None:
            await record.control_plane.stop()
        await self._clock.sleep(operation.duration_seconds - _CONTROLLERS_STOP_SECONDS)
        self._clusters.remove(record)
        operation.finish()

    async def _create_pool(self, record: ClusterRecord, pool: Json, operation: Operation) -> None:
        strike = strikes.planned(record, operation, pool)
        if strike is not None and not strike.tolerated and not strike.breaks("RUNNING"):
            await self._fail_pool(record, pool, operation, strike)
            return
        await passing.until_created(self._clock, record, operation, strike)
        record.sizes[pool["name"]] = pool.get("initialNodeCount", 0)
        pool["status"] = "RUNNING"
        await self._refresh(record)
        self._settle(record)
        self._end_creation(record, pool, operation, strike)

    async def _resize_pool(
        self, record: ClusterRecord, operation: Operation, apply: Callable[[], None], pool: Json
    ) -> None:
        before = record.sizes.get(pool["name"], 0)
        strike = strikes.planned(record, operation, pool)
        if strike is None or not strike.lacks_machines:
            await self._change(record, operation, apply, pool)
            return
        # The instance groups get their new size at once, and cannot make the machines.
        apply()
        strike = strike.lacking(pool["initialNodeCount"] - before)
        await passing.until_failure(self._clock, record, operation, strike)
        await self._refresh(record)
        self._end_failed(record, pool, operation, strike)

    async def _change(
        self, record: ClusterRecord, operation: Operation, apply: Callable[[], None], pool: Json | None
    ) -> None:
        strike = strikes.planned(record, operation, pool)
        if strike is not None and pool is not None:
            await self._fail_pool(record, pool, operation, strike)
            return
        if strike is not None:
            await passing.until_failure(self._clock, record, operation, strike)
            self._settle(record, strike.failure)
            operation.finish({**strike.failure.outcome, "clusterConditions": strike.failure.conditions})
            return
        await passing.until_changed(self._clock, record, operation)
        if pool is not None:
            pool["status"] = "RUNNING"
            for trace in ("statusMessage", "conditions"):
                pool.pop(trace, None)
            record.forget_shortages(pool["name"])
        if not operation.cancelled.is_set():
            apply()
            await self._refresh(record)
        self._settle(record)
        operation.finish()

    async def _fail_pool(self, record: ClusterRecord, pool: Json, operation: Operation, strike: Strike) -> None:
        await passing.until_failure(self._clock, record, operation, strike)
        self._end_failed(record, pool, operation, strike)

    def _end_failed(self, record: ClusterRecord, pool: Json, operation: Operation, strike: Strike) -> None:
        strike.mark_pool(pool, _POOL_AFTER_FAILURE.get(operation.type, "ERROR"))
        self._settle(record, strike.failure)
        operation.finish({**strike.failure.outcome, "nodepoolConditions": strike.failure.conditions})

    async def _refresh(self, record: ClusterRecord) -> None:
        """Make the control plane follow the cluster: its version, nodes and endpoints."""
        control_plane = record.control_plane
        if control_plane is None:
            return
        endpoints.show(record.resource, control_plane)
        await control_plane.set_version(record.resource["currentMasterVersion"])
        await self._refresh_nodes(record)
        await control_plane.expose(endpoints.exposure(record.resource))

    @staticmethod
    async def _refresh_nodes(record: ClusterRecord) -> None:
        """Make the control plane's nodes follow the cluster."""
        if record.control_plane is not None:
            async with record.changing_nodes:
                await record.control_plane.set_nodes(record.node_specs())

    @staticmethod
    def _settle(record: ClusterRecord, failure: Failure | None = None) -> None:
        """End a change of a cluster; only a fault that says so makes more of its failure."""
        if failure is not None and failure.breaks_cluster:
            record.fail(failure)
        elif record.resource["status"] == "RECONCILING":
            record.resource["status"] = "RUNNING"
