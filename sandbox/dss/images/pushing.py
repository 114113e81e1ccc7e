"""DSS's *Push base images*: what the settings ask for, pushed by the host's own Docker."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.dss.components.commands import Outcome, run_command
from sandbox.dss.futures import Futures, Progress
from sandbox.dss.images.base_images import BaseImages
from sandbox.dss.images.plan import Push, pushes
from sandbox.dss.messages import failure, success
from sandbox.dss.routing import routes

_TITLE = "Push base images"


class _PushError(Exception):
    """One push failed; the message says at what and in whose words."""


class BaseImagePushes:
    """Serves the action.

    Args:
        names: names base images.
        settings: gives the general settings.
        environment: gives the variables of the backend's own commands.
        futures: where the work goes on.
    """

    def __init__(
        self,
        names: BaseImages,
        settings: Callable[[], Mapping[str, Any]],
        environment: Callable[[], Mapping[str, str]],
        futures: Futures,
    ) -> None:
        self._names = names
        self._settings = settings
        self._environment = environment
        self._futures = futures

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        return routes([("POST", "/admin/container-exec/actions/push-base-images", self._start)])

    async def _start(self, _request: Request) -> Response:
        return await self._futures.answer(self._futures.start(_TITLE, self._push_all))

    async def _push_all(self, progress: Progress) -> dict[str, Any]:
        """Push until something fails, which DSS tells in an ordinary result."""
        wanted = pushes(self._settings(), self._names.name)
        progress.target, progress.unit = len(wanted), "RECORDS"
        for push in wanted:
            try:
                await self._push(push)
            except _PushError as error:
                return {"messages": failure(f"Failed to push {push.target}", str(error))}
            progress.current += 1
        return {"messages": success()}

    async def _push(self, push: Push) -> None:
        await self._prepare(push)
        await self._run("docker", "tag", push.image, push.target)
        await self._run("docker", "push", push.target)

    async def _prepare(self, push: Push) -> None:
        """Run the hook that comes before a push.

        Raises:
            _PushError: it failed, or is not one that this host has.
        """
        if push.hook == "NONE":
            return
        if push.hook != "CUSTOM":
            raise _PushError(f"The pre-push hook {push.hook} is not simulated")
        if not Path(push.script).is_absolute() or not os.access(push.script, os.X_OK):
            raise _PushError(f"The pre-push script {push.script!r} is not the absolute path of a program")
        await self._run(push.script)

    async def _run(self, *command: str) -> None:
        outcome = await self._outcome(command)
        if outcome.status:
            said = outcome.errors.strip() or outcome.output.strip()
            raise _PushError(f"{' '.join(command)} ended with status {outcome.status}: {said}")

    async def _outcome(self, command: tuple[str, ...]) -> Outcome:
        try:
            return await run_command(command, self._environment())
        except OSError as error:
            raise _PushError(f"{command[0]} cannot be run: {error}") from error
