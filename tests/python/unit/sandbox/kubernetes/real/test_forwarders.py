import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from sandbox.kubernetes.real.forwarders import Forwarder
from sandbox.servers import LOOPBACK


@contextlib.asynccontextmanager
async def _echoing() -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _echo(port: int, said: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(said)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def test_an_open_endpoint_passes_bytes_both_ways() -> None:
    async def story() -> None:
        async with _echoing() as target:
            forwarder = Forwarder(target)
            await forwarder.open()
            assert await _echo(forwarder.port, b"hello") == b"hello"
            await forwarder.stop()

    asyncio.run(story())


def test_a_closed_endpoint_refuses_connections_and_opens_again_on_its_port() -> None:
    async def story() -> None:
        async with _echoing() as target:
            forwarder = Forwarder(target)
            with pytest.raises(ConnectionRefusedError):
                await _echo(forwarder.port, b"early")
            for _ in range(2):
                await forwarder.open()
                assert await _echo(forwarder.port, b"hello") == b"hello"
                await forwarder.close()
                with pytest.raises(ConnectionRefusedError):
                    await _echo(forwarder.port, b"late")
            await forwarder.stop()

    asyncio.run(story())


def test_closing_cuts_connections_that_are_open() -> None:
    async def story() -> None:
        async with _echoing() as target:
            forwarder = Forwarder(target)
            await forwarder.open()
            reader, writer = await asyncio.open_connection(LOOPBACK, forwarder.port)
            writer.write(b"x")
            assert await reader.read(1) == b"x"
            await forwarder.close()
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            await forwarder.stop()

    asyncio.run(story())


def test_a_connection_to_a_server_that_is_away_is_cut() -> None:
    async def story() -> None:
        async with _echoing() as target:
            pass
        forwarder = Forwarder(target)
        await forwarder.open()
        with contextlib.suppress(ConnectionResetError):
            assert await _echo(forwarder.port, b"hello") == b""
        await forwarder.stop()

    asyncio.run(story())
