"""ASGI applications served on free loopback ports inside the sandbox's one event loop."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class TlsFiles:
    """A certificate chain and its private key, both PEM files."""

    certificate: Path
    key: Path


def _unexpected(record: logging.LogRecord) -> bool:
    """Tell whether a server's error is news: a request that ends with its server is not."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


logging.getLogger("uvicorn.error").addFilter(_unexpected)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the process's signals to the sandbox, which runs many of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class LoopbackServer:
    """One application behind one or more free loopback ports.

    The ports are bound at construction, so that addresses can be told before anything answers.

    Args:
        app: the ASGI application.
        tls: serve HTTPS with this certificate; plain HTTP without.
        ports: how many ports to bind.
        port: this very port, which a socket of the caller holds (bound with SO_REUSEPORT, not listening).
    """

    def __init__(self, app: ASGIApp, *, tls: TlsFiles | None = None, ports: int = 1, port: int = 0) -> None:
        self._sockets = [_bind(port) for _ in range(ports)]
        self.ports: list[int] = [bound.getsockname()[1] for bound in self._sockets]
        self.scheme = "https" if tls else "http"
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                access_log=False,
                log_config=None,
                log_level="error",
                server_header=False,
                date_header=True,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
                ssl_certfile=str(tls.certificate) if tls else None,
                ssl_keyfile=str(tls.key) if tls else None,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address of the first port, without a final slash."""
        return f"{self.scheme}://{LOOPBACK}:{self.ports[0]}"

    async def start(self) -> None:
        """Serve, and return once connections are accepted."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the server ended before it started")
            await asyncio.sleep(0.002)

    async def stop(self) -> None:
        """Cut every connection and free the ports; safe to call twice or before `start`."""
        self._server.should_exit = True
        self._server.force_exit = True
        for request in list(self._server.server_state.tasks):
            request.cancel()
        for connection in list(self._server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=5)
        for bound in self._sockets:
            bound.close()


def _bind(port: int) -> socket.socket:
    # Named, because asyncio sets TCP_NODELAY only then; without it every answer after the first waits 40 ms for an ACK.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if port else socket.SO_REUSEADDR, 1)
    bound.bind((LOOPBACK, port))
    bound.listen(256)
    return bound
