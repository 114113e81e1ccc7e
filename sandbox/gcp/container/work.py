"""What happens after a mutation was accepted: the operation runs its time, then the cluster changes or has failed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from sandbox.clock import Clock
from sandbox.gcp.container import endpoints, failures, nodes
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.operations import Operation
from sandbox.gcp.container.state import ClusterRecord, Clusters
from sandbox.kubernetes.control_plane import ControlPlane, ControlPlaneRequest, ControlPlanes

_log = logging.getLogger(__name__)
_ABORTING_SECONDS = 10.0
_INTERNAL = 13
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
    """

    def __init__(self, clock: Clock, clusters: Clusters, control_planes: ControlPlanes) -> None:
        self._clock = clock
        self._clusters = clusters
        self._control_planes = control_planes
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

        def remove() -> None:
            record.resource["nodePools"].remove(pool)
            record.sizes.pop(pool["name"], None)
            record.instance_errors.pop(pool["name"], None)

        self._begin(record, operation, self._change(record, operation, remove, pool))

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

    def _begin(self, record: ClusterRecord, operation: Operation, work: Coroutine[Any, Any, None]) -> None:
        record.operation = operation
        if record.resource["status"] == "RUNNING":
            record.resource["status"] = "RECONCILING"
        task = asyncio.create_task(self._guarded(record, operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
        failure = self._failure(record, operation)
        if failure is not None and failure.cluster_status == "ERROR":
            await self._wait_for(record, operation, failure)
            record.fail(failure)
            operation.finish({**failure.outcome, "clusterConditions": failure.conditions})
            return
        record.control_plane, _ = await asyncio.gather(
            self._start_control_plane(record), self._clock.sleep(operation.duration_seconds)
        )
        for pool in record.resource["nodePools"]:
            record.sizes[pool["name"]] = 0 if failure else pool.get("initialNodeCount", 0)
        await self._refresh(record)
        if failure is not None:
            record.fail(failure)
            operation.finish({**failure.outcome, "clusterConditions": failure.conditions})
            return
        record.set_status("RUNNING")
        operation.finish()

    async def _start_control_plane(self, record: ClusterRecord) -> ControlPlane:
        return await self._control_planes.start(
            ControlPlaneRequest(
                project=record.project.id,
                location=record.location,
                name=record.name,
                uid=record.resource["id"],
                version=record.resource["currentMasterVersion"],
            )
        )

    async def _delete_cluster(self, record: ClusterRecord, operation: Operation) -> None:
        failure = self._failure(record, operation)
        if failure is not None:
            await self._wait_for(record, operation, failure)
            record.fail(failure)
            operation.finish({**failure.outcome, "clusterConditions": failure.conditions})
            return
        await self._clock.sleep(operation.duration_seconds)
        self._clusters.remove(record)
        if record.control_plane is not None:
            await record.control_plane.stop()
        operation.finish()

    async def _create_pool(self, record: ClusterRecord, pool: Json, operation: Operation) -> None:
        failure = self._failure(record, operation, pool)
        if failure is not None:
            await self._fail_pool(record, pool, operation, failure)
            return
        await self._clock.sleep(operation.duration_seconds)
        record.sizes[pool["name"]] = pool.get("initialNodeCount", 0)
        pool["status"] = "RUNNING"
        await self._refresh(record)
        self._settle(record)
        operation.finish()

    async def _change(
        self, record: ClusterRecord, operation: Operation, apply: Callable[[], None], pool: Json | None
    ) -> None:
        failure = self._failure(record, operation, pool)
        if failure is not None and pool is not None:
            await self._fail_pool(record, pool, operation, failure)
            return
        if failure is not None:
            await self._wait_for(record, operation, failure)
            self._settle(record, failure)
            operation.finish({**failure.outcome, "clusterConditions": failure.conditions})
            return
        await self._pass_time(operation)
        if pool is not None:
            pool["status"] = "RUNNING"
            for trace in ("statusMessage", "conditions"):
                pool.pop(trace, None)
            record.instance_errors.pop(pool["name"], None)
        if not operation.cancelled.is_set():
            apply()
            await self._refresh(record)
        self._settle(record)
        operation.finish()

    async def _pass_time(self, operation: Operation) -> None:
        """Wait until an operation has had its time, or was cancelled and rolled back."""
        ends = {
            asyncio.ensure_future(operation.cancelled.wait()),
            asyncio.ensure_future(self._clock.sleep(operation.duration_seconds)),
        }
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if operation.cancelled.is_set():
            await self._clock.sleep(_ABORTING_SECONDS)

    def _failure(
        self, record: ClusterRecord, operation: Operation, pool: Json | None = None
    ) -> failures.Failure | None:
        pools = record.resource["nodePools"]
        struck: Json = pool or (pools[0] if pools else {"name": "default-pool"})
        zones: list[str] = struck.get("locations") or record.resource["locations"]
        zone = zones[0]
        return failures.planned(
            operation.fault,
            failures.Circumstances(
                project=record.project.id,
                zone=zone,
                instance=nodes.instance_name(nodes.base_name(record.resource, struck["name"], zone), 0),
                nodes=struck.get("initialNodeCount", 0),
                creates_cluster=operation.type == "CREATE_CLUSTER",
            ),
        )

    async def _wait_for(
        self, record: ClusterRecord, operation: Operation, failure: failures.Failure, pool: Json | None = None
    ) -> None:
        """Wait until a failure is certain; what keeps instances from coming up can be seen meanwhile."""
        pools = record.resource["nodePools"]
        struck = pool or (pools[0] if pools else None)
        if failure.instance_error is not None and struck is not None:
            record.instance_errors[struck["name"]] = failure.instance_error
        operation.duration_seconds = max(operation.duration_seconds, failure.after_seconds)
        await self._clock.sleep(failure.after_seconds)

    async def _fail_pool(
        self, record: ClusterRecord, pool: Json, operation: Operation, failure: failures.Failure
    ) -> None:
        status = _POOL_AFTER_FAILURE.get(operation.type, "ERROR")
        await self._wait_for(record, operation, failure, pool)
        pool |= {"status": status, "statusMessage": failure.message, "conditions": failure.conditions}
        self._settle(record, failure)
        operation.finish({**failure.outcome, "nodepoolConditions": failure.conditions})

    async def _refresh(self, record: ClusterRecord) -> None:
        """Make the control plane follow the cluster: its version, nodes and endpoints."""
        control_plane = record.control_plane
        if control_plane is None:
            return
        endpoints.show(record.resource, control_plane)
        await control_plane.set_version(record.resource["currentMasterVersion"])
        await control_plane.set_nodes(nodes.node_specs(record.resource, record.project.id, record.sizes))
        await control_plane.expose(endpoints.exposure(record.resource))

    @staticmethod
    def _settle(record: ClusterRecord, failure: failures.Failure | None = None) -> None:
        """End a change of a cluster; only a fault that says so makes more of its failure."""
        if failure is not None and failure.breaks_cluster:
            record.fail(failure)
        elif record.resource["status"] == "RECONCILING":
            record.resource["status"] = "RUNNING"
