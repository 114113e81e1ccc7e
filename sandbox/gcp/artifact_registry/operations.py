"""Long-running operations: https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.operations."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from sandbox.clock import Clock
from sandbox.gcp.artifact_registry.errors import not_found

_METADATA = {"@type": "type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata"}
_SECONDS = 4.0


class Operations:
    """Every operation so far.

    Args:
        clock: how long each takes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._operations: dict[str, dict[str, Any]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def start(self, place: str, work: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        """Begin an operation in a location and return it, not done.

        Args:
            place: `projects/P/locations/L`.
            work: done at the end; returns the response, with its type.
        """
        name = f"{place}/operations/{uuid.uuid4()}"
        operation: dict[str, Any] = {"name": name, "metadata": _METADATA}
        self._operations[name] = operation
        task = asyncio.create_task(self._run(operation, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return dict(operation)

    def get(self, name: str) -> dict[str, Any]:
        """Return an operation.

        Raises:
            GoogleError: 404, there is none of that name.
        """
        if name not in self._operations:
            raise not_found()
        return self._operations[name]

    async def stop(self) -> None:
        """Let no operation go on."""
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _run(self, operation: dict[str, Any], work: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> None:
        await self._clock.sleep(_SECONDS)
        operation["response"] = await work()
        operation["done"] = True
