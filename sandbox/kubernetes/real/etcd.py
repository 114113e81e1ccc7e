"""The one etcd that every real control plane of a sandbox shares, each under its own key prefix."""

import asyncio
import contextlib
import socket
from pathlib import Path

import aiohttp

from sandbox.programs import Program
from sandbox.servers import LOOPBACK

_ATTEMPTS = 3
_READY_SECONDS = 60.0


class Etcd:
    """An etcd server on loopback that keeps its data in a folder.

    Args:
        program: the `etcd` executable.
        folder: where data and log go; made if missing.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._running: Program | None = None
        self.url = ""

    async def start(self) -> None:
        """Start it and return once it answers.

        Raises:
            ProgramError: it does not become healthy.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for attempt in range(1, _ATTEMPTS + 1):
            client, peer = free_port(), free_port()
            self.url = f"http://{LOOPBACK}:{client}"
            running = self._command(client, peer)
            await running.start()
            if await self._healthy(running):
                self._running = running
                return
            await running.stop()
            # etcd cannot take over a bound socket, so another process may have taken the port in between.
            if attempt == _ATTEMPTS:
                raise running.failure("did not become healthy")

    async def stop(self) -> None:
        """End it; every API server must have ended before."""
        if self._running is not None:
            await self._running.stop()

    def _command(self, client: int, peer: int) -> Program:
        peer_url = f"http://{LOOPBACK}:{peer}"
        return Program(
            "etcd",
            [
                str(self._program),
                f"--data-dir={self._folder / 'data'}",
                f"--listen-client-urls={self.url}",
                f"--advertise-client-urls={self.url}",
                f"--listen-peer-urls={peer_url}",
                f"--initial-advertise-peer-urls={peer_url}",
                f"--initial-cluster=default={peer_url}",
                # A simulated cluster does not outlive the sandbox: nothing is gained by waiting for the disk.
                "--unsafe-no-fsync",
            ],
            self._folder / "etcd.log",
        )

    async def _healthy(self, running: Program) -> bool:
        deadline = asyncio.get_running_loop().time() + _READY_SECONDS
        async with aiohttp.ClientSession() as session:
            while asyncio.get_running_loop().time() < deadline and not running.ended:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/health") as answer:
                        if answer.status == 200:
                            return True
                await asyncio.sleep(0.05)
        return False


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
