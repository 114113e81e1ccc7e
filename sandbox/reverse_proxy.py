"""Passes HTTP requests on to a real server that the sandbox runs beside itself."""

import asyncio
import ssl

import aiohttp
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

# Headers of one connection, not of the request: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_OF_A_CONNECTION = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"})


class ReverseProxy:
    """An ASGI application that gives a server's answers, watches included; connection upgrades are not passed.

    Args:
        url: the server, such as `https://127.0.0.1:PORT`.
        ca_certificate: the CA of its certificate, PEM; None for a server of plain HTTP.
    """

    def __init__(self, url: str, ca_certificate: bytes | None = None) -> None:
        self._url = url
        self._ca_certificate = ca_certificate.decode("ascii") if ca_certificate else None
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, until the answer ends or its reader goes away."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        passing = asyncio.create_task(self._pass(scope, body, send))
        leaving = asyncio.create_task(_gone(receive))
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not passing.done():
            passing.cancel()
        await asyncio.wait({passing})
        if not passing.cancelled() and (error := passing.exception()):
            raise error

    async def close(self) -> None:
        """Close every connection to the server."""
        if self._session is not None:
            await self._session.close()

    async def _pass(self, scope: Scope, body: bytes, send: Send) -> None:
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name not in _OF_A_CONNECTION | {b"host", b"content-length"}
        ]
        path = scope["raw_path"].decode("latin-1")
        async with self._client().request(
            scope["method"], f"{self._url}{path}{query}", data=body or None, headers=headers, allow_redirects=False
        ) as answer:
            told = [(name.lower(), value) for name, value in answer.raw_headers]
            # The server that runs this application dates every answer itself.
            kept = [(name, value) for name, value in told if name not in _OF_A_CONNECTION | {b"date"}]
            await send({"type": "http.response.start", "status": answer.status, "headers": kept})
            async for chunk in answer.content.iter_any():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            trusted = ssl.create_default_context(cadata=self._ca_certificate) if self._ca_certificate else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusted, limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
