"""A cluster's endpoints: ports that keep their number while nothing answers behind them."""

import asyncio
import contextlib
import socket

from starlette.types import ASGIApp

from sandbox.servers import LOOPBACK, LoopbackServer, TlsFiles


class Door:
    """One port that can be opened and closed.

    A socket that is bound but never listens holds the port's number for as long as the door exists; while the door is
    closed the kernel refuses connections.
    """

    def __init__(self, app: ASGIApp, tls: TlsFiles) -> None:
        self._app = app
        self._tls = tls
        self._held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind((LOOPBACK, 0))
        self.port: int = self._held.getsockname()[1]
        self._server: LoopbackServer | None = None

    async def open(self) -> None:
        """Answer from now on."""
        if self._server is None:
            self._server = LoopbackServer(self._app, tls=self._tls, port=self.port)
            await self._server.start()

    async def close(self) -> None:
        """Refuse connections from now on, and cut those that are open."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def release(self) -> None:
        """Close for good and give the port back."""
        with contextlib.suppress(asyncio.CancelledError):
            await self.close()
        self._held.close()
