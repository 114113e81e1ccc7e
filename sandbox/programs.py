"""A program that the sandbox runs beside itself: started with a log file, ended for certain."""

import asyncio
from collections.abc import Sequence
from pathlib import Path


class ProgramError(RuntimeError):
    """A program ended before it was ready, or was not ready in time; the end of its log is in the message."""


class Program:
    """One child process whose output goes to a file.

    Args:
        name: what messages call it.
        command: program and arguments; never a shell string, never a secret.
        log: the file that takes its standard output and error.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self._command = command
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def ended(self) -> bool:
        """Whether it is not running any more."""
        return self._process is None or self._process.returncode is not None

    async def start(self) -> None:
        """Start it; it is not necessarily ready."""
        with self._log.open("ab") as output:
            # Its own session, so that Ctrl-C in a terminal reaches the sandbox alone, which stops it in order.
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={},
            )

    async def stop(self, grace_seconds: float = 10) -> None:
        """End it, politely first; safe to call twice."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), grace_seconds)
        except asyncio.TimeoutError:
            self._process.kill()
            await self._process.wait()

    def failure(self, what: str) -> ProgramError:
        """Return the error that says what went wrong, with the end of the log."""
        tail = self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""
        return ProgramError(f"{self.name} {what}:\n{tail}")
