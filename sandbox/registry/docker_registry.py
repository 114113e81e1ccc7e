"""Images kept by Debian's `docker-registry`, the reference implementation, run as a process beside the sandbox.

Configuration: https://distribution.github.io/distribution/about/configuration/
"""

import asyncio
import json
import re
import secrets
import shutil
import time
from pathlib import Path

from starlette.types import Receive, Scope, Send

from sandbox.dss.storage import private_folder, write_text
from sandbox.programs import Program
from sandbox.registry.tokens import ISSUER, TokenAuthority
from sandbox.reverse_proxy import ReverseProxy
from sandbox.servers import LOOPBACK

PROGRAM = "docker-registry"
_STARTING_SECONDS = 60
_LISTENING = re.compile(rf"listening on {re.escape(LOOPBACK)}:(\d+)")


class DockerRegistry:
    """The program, and the way to it.

    Args:
        program: its path.
        folder: for its configuration, its log and the images; emptied at the start.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "registry.log"
        self._configuration = folder / "config.yml"
        self._program = Program(PROGRAM, [program, "serve", str(self._configuration)], self._log)
        self._proxy: ReverseProxy | None = None

    async def start(self, tokens: TokenAuthority) -> None:
        """Start the program and wait until it answers.

        Raises:
            ProgramError: it ended, or did not answer in ten seconds.
        """
        # What Artifact Registry knows of images is as old as the sandbox; older ones would be there unseen.
        shutil.rmtree(self._folder, ignore_errors=True)
        private_folder(self._folder)
        certificate = self._folder / "tokens.pem"
        certificate.write_bytes(tokens.certificate)
        # JSON is YAML. Port 0: the system chooses a free one, which the log tells.
        settings = {
            "version": 0.1,
            "log": {"level": "info", "formatter": "json", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self._folder / "images")},
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": {"addr": f"{LOOPBACK}:0", "relativeurls": True, "secret": secrets.token_hex(16)},
            "auth": {
                "token": {
                    "realm": tokens.realm,
                    "service": tokens.service,
                    "issuer": ISSUER,
                    "rootcertbundle": str(certificate),
                }
            },
        }
        write_text(self._configuration, json.dumps(settings, indent=2))
        await self._program.start()
        self._proxy = ReverseProxy(f"http://{LOOPBACK}:{await self._port()}")

    async def stop(self) -> None:
        """End the program."""
        if self._proxy is not None:
            await self._proxy.close()
        await self._program.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if self._proxy is None:
            raise RuntimeError("the registry has not been started")
        await self._proxy(scope, receive, send)

    async def _port(self) -> int:
        deadline = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < deadline and not self._program.ended:
            told = _LISTENING.search(self._log.read_text(errors="replace"))
            if told:
                return int(told[1])
            await asyncio.sleep(0.005)
        raise self._program.failure("did not start")
