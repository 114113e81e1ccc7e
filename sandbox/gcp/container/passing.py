"""How the time of an operation passes: until a failure is certain, until a creation or a change is done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sandbox.clock import Clock
from sandbox.gcp.container import endpoints
from sandbox.gcp.container.operations import Operation
from sandbox.gcp.container.state import ClusterRecord
from sandbox.gcp.container.strikes import Strike
from sandbox.gcp.locations import is_zone
from sandbox.kubernetes.control_plane import Exposure

_ABORTING_SECONDS = 10.0
_CLOSED = Exposure(public=False, private=False, dns=False)


async def until_failure(clock: Clock, record: ClusterRecord, operation: Operation, strike: Strike) -> None:
    """Wait until a failure is certain; what keeps instances from coming up can be seen meanwhile."""
    failure = strike.failure
    operation.duration_seconds = max(operation.duration_seconds, failure.after_seconds)
    await clock.sleep(failure.told_after_seconds)
    strike.show(record, operation)
    await clock.sleep(failure.after_seconds - failure.told_after_seconds)


async def until_created(clock: Clock, record: ClusterRecord, operation: Operation, strike: Strike | None) -> None:
    """Wait as long as a creation takes that leaves something behind, whatever that lacks."""
    if strike is None:
        await clock.sleep(operation.duration_seconds)
    elif strike.tolerated:
        told = min(strike.failure.told_after_seconds, operation.duration_seconds)
        await clock.sleep(told)
        strike.show(record, operation)
        await clock.sleep(operation.duration_seconds - told)
    else:
        await until_failure(clock, record, operation, strike)


async def until_changed(clock: Clock, record: ClusterRecord, operation: Operation) -> None:
    """Wait until a change has had its time, or was cancelled and rolled back."""
    async with _downtime(record, operation):
        ends = {
            asyncio.ensure_future(operation.cancelled.wait()),
            asyncio.ensure_future(clock.sleep(operation.duration_seconds)),
        }
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if operation.cancelled.is_set():
            await clock.sleep(_ABORTING_SECONDS)


@contextlib.asynccontextmanager
async def _downtime(record: ClusterRecord, operation: Operation) -> AsyncIterator[None]:
    """Keep the only control plane of a zonal cluster away while it is upgraded.

    https://cloud.google.com/kubernetes-engine/docs/concepts/types-of-clusters#zonal_clusters
    """
    down = record.control_plane if operation.type == "UPGRADE_MASTER" and is_zone(record.location) else None
    if down is not None:
        await down.expose(_CLOSED)
    yield
    if down is not None:
        await down.expose(endpoints.exposure(record.resource))
