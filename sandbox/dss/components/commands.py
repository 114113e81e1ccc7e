"""Commands that the backend itself runs, such as kubectl: no shell, and no process left behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a command answered: its exit status and its output."""

    status: int
    output: str
    errors: str


async def run_command(command: Sequence[str], environment: Mapping[str, str]) -> Outcome:
    """Run a command to its end; cancelling kills it and whatever it started.

    Raises:
        OSError: the program cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return Outcome(process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace"))
