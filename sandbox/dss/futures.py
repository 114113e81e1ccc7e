"""Long-running tasks as the public API shows them: a job id to poll, progress, a result or a failure, abort."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.errors import DssError, failed, not_found
from sandbox.dss.routing import flag, routes

_KEPT = 500
_PROMPT_SECONDS = 0.1


@dataclass
class Progress:
    """How far a task is.

    Attributes:
        current: what is done, in `unit`.
        target: what there is to do, or None when it is not known.
        unit: `SIZE`, `FILES`, `RECORDS` or `NONE`.
    """

    current: float = 0
    target: float | None = None
    unit: str = "NONE"


@dataclass
class Future:
    """One task.

    Attributes:
        job_id: its name in the API.
        title: what it does, for a person.
        progress: how far it is.
        started_at: seconds since the epoch.
    """

    job_id: str
    title: str
    progress: Progress = field(default_factory=Progress)
    started_at: float = field(default_factory=time.time)
    _task: "asyncio.Task[Any] | None" = None

    @property
    def task(self) -> "asyncio.Task[Any]":
        """The asyncio task behind it."""
        if self._task is None:
            raise RuntimeError("the task has not begun")
        return self._task

    @property
    def done(self) -> bool:
        """Whether it ended, in whatever way."""
        return self.task.done()

    @property
    def failure(self) -> DssError | None:
        """Why it failed or that it was aborted; None while it runs and after success."""
        if not self.done:
            return None
        if self.task.cancelled():
            return failed(f"{self.title}: aborted")
        error = self.task.exception()
        if error is None or isinstance(error, DssError):
            return error
        return failed(f"{self.title}: {type(error).__name__}: {error}")

    def state(self) -> dict[str, Any]:
        """Return the state, without the result."""
        progress = {"name": self.title, "cur": self.progress.current, "unit": self.progress.unit}
        if self.progress.target is not None:
            progress["target"] = self.progress.target
        return {
            "jobId": self.job_id,
            "hasResult": False,
            "alive": not self.done,
            "aborted": self.done and self.task.cancelled(),
            "unknown": False,
            "startTime": int(self.started_at * 1000),
            "runningTime": int((time.time() - self.started_at) * 1000),
            "payload": {"displayName": self.title},
            "progress": {"states": [progress]},
        }


class Futures:
    """Every task of the instance."""

    def __init__(self) -> None:
        self._futures: dict[str, Future] = {}

    def start(self, title: str, work: Callable[[Progress], Coroutine[Any, Any, Any]]) -> Future:
        """Start a task that goes on when the request that asked for it is gone."""
        future = Future(secrets.token_urlsafe(8), title)
        future._task = asyncio.create_task(work(future.progress))  # noqa: SLF001 - the one place that sets it
        # A failure is told to whoever asks for the result; nobody may ask.
        future.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._futures[future.job_id] = future
        self._forget_old()
        return future

    def _forget_old(self) -> None:
        ended = [job_id for job_id, future in self._futures.items() if future.done]
        for job_id in ended[: max(0, len(self._futures) - _KEPT)]:
            del self._futures[job_id]

    async def answer(self, future: Future) -> Response:
        """Answer an action with its task: the result itself when it comes promptly, else the job id to poll.

        Raises:
            DssError: the task already failed.
        """
        await asyncio.wait({future.task}, timeout=_PROMPT_SECONDS)
        if future.failure:
            raise future.failure
        if future.done:
            return JSONResponse({"hasResult": True, "alive": False, "aborted": False, "result": future.task.result()})
        return JSONResponse(future.state())

    async def outcome(self, future: Future) -> Any:
        """Wait for a task and return its result; the task goes on when the waiting ends early.

        Raises:
            DssError: the task failed or was aborted.
        """
        await self.ended(future)
        if future.failure:
            raise future.failure
        return future.task.result()

    async def ended(self, future: Future) -> None:
        """Wait for a task, however it ends."""
        await asyncio.wait({future.task})

    async def stop(self) -> None:
        """Abort every task and wait until all have ended."""
        running = [future.task for future in self._futures.values() if not future.done]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        return routes(
            [
                ("GET", "/futures/", self._list),
                ("GET", "/futures/{job_id}", self._show),
                ("DELETE", "/futures/{job_id}", self._abort),
            ]
        )

    def find(self, job_id: str) -> Future:
        """Return a task by its job id.

        Raises:
            DssError: there is none.
        """
        future = self._futures.get(job_id)
        if future is None:
            raise not_found(f"Future {job_id}")
        return future

    async def _list(self, _request: Request) -> Response:
        return JSONResponse([future.state() for future in self._futures.values() if not future.done])

    async def _show(self, request: Request) -> Response:
        future = self.find(request.path_params["job_id"])
        if future.failure:
            raise future.failure
        state = future.state()
        if future.done:
            state["hasResult"] = True
            if not flag(request, "peek"):
                state["result"] = future.task.result()
        return JSONResponse(state)

    async def _abort(self, request: Request) -> Response:
        await abort(self.find(request.path_params["job_id"]).task)
        return Response(status_code=200)


async def abort(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait until it has cleaned up."""
    task.cancel()
    await asyncio.wait({task})
