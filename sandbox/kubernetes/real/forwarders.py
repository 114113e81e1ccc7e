"""Loopback ports that pass TCP through to an API server, so that each endpoint can be opened and closed by itself."""

import asyncio
import contextlib
import socket

from sandbox.servers import LOOPBACK

_CHUNK_BYTES = 65536


class Forwarder:
    """One port, bound for its whole life, that passes connections on while it is open and refuses them while closed.

    Args:
        target: the port of the API server on loopback.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        # Bound without listening: the port stays ours, and a connection to it is refused.
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]

    async def open(self) -> None:
        """Accept connections."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, sock=_bound(self.port))

    async def close(self) -> None:
        """Cut every connection and refuse new ones."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        if server is not None:
            await server.wait_closed()

    async def stop(self) -> None:
        """Close for good and free the port."""
        await self.close()
        self._reserved.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs the callback of a server as a task
        self._connections.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await pass_through(reader, writer, *await asyncio.open_connection(LOOPBACK, self._target))
        finally:
            self._connections.discard(task)
            writer.transport.abort()


async def pass_through(
    near_reader: asyncio.StreamReader,
    near_writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Copy bytes both ways until both sides have ended; closes the far side."""
    try:
        await asyncio.gather(_copy(near_reader, far_writer), _copy(far_reader, near_writer))
    finally:
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Both sockets of a forwarder share the port; the reserving one never listens, so it takes no connection.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((LOOPBACK, port))
    return bound
