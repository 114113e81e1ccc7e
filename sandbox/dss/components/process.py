"""Fresh Python processes for plugin components, each its own process group, none of which outlives the sandbox."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.dss.futures import Progress
from sandbox.dss.storage import private_folder

_DRIVER = Path(__file__).resolve().parent.parent / "driver" / "component_call.py"
_LINE_LIMIT_BYTES = 64 * 1024 * 1024
_GRACE_SECONDS = 5.0


class ComponentError(Exception):
    """The component raised, broke the contract or ended without an answer.

    Args:
        kind: the exception's class, or a word for what happened.
        message: its text.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Launch:
    """How the process of one call is started.

    Attributes:
        python: the interpreter of the plugin's code env.
        folder: its working directory.
        log: where its output is added.
        environment: every variable it gets.
    """

    python: Path
    folder: Path
    log: Path
    environment: Mapping[str, str]


async def run(launch: Launch, call: dict[str, Any], progress: Progress) -> Any:
    """Run one call and return its result; cancelling kills the process and whatever it started.

    Args:
        launch: how the process is started.
        call: what the driver reads from its standard input.
        progress: kept up to date while the component works.

    Raises:
        ComponentError: the component failed.
    """
    private_folder(launch.folder)
    private_folder(launch.log.parent)
    reading, writing = os.pipe()
    try:
        with launch.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                launch.python,
                _DRIVER,
                str(writing),
                cwd=launch.folder,
                env=dict(launch.environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(writing,),
                start_new_session=True,
            )
    except OSError as error:
        os.close(reading)
        raise ComponentError("the process cannot be started", str(error)) from error
    finally:
        os.close(writing)
    try:
        try:
            result = await _converse(process, reading, call, progress)
        except ComponentError:
            await _leave(process)
            raise
        await _leave(process)
        return result
    finally:
        await _kill(process)


async def _converse(process: asyncio.subprocess.Process, reading: int, call: dict[str, Any], progress: Progress) -> Any:
    lines = asyncio.StreamReader(limit=_LINE_LIMIT_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(reading, "rb")
    )
    try:
        assert process.stdin is not None  # noqa: S101 - asked for as a pipe
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(call).encode() + b"\n")
            await process.stdin.drain()
        while line := await lines.readline():
            report = json.loads(line)
            if "error" in report:
                raise ComponentError(report["error"]["type"], report["error"]["message"])
            if "result" in report:
                return report["result"]
            _update(progress, report)
    finally:
        transport.close()
    raise ComponentError("the process ended without an answer", f"exit status {await process.wait()}")


def _update(progress: Progress, report: dict[str, Any]) -> None:
    if "target" in report:
        progress.target, progress.unit = report["target"], report["unit"]
    elif "progress" in report:
        progress.current = report["progress"]


async def _leave(process: asyncio.subprocess.Process) -> None:
    """Let a process that has answered end by itself, for a while."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(process.wait(), timeout=_GRACE_SECONDS)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the process and of everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
