"""The nodes as a real API server reaches them: one kubelet endpoint for all, behind a proxy as on GKE.

GKE's API servers reach nodes through a Konnectivity proxy, so that node addresses need not be routable from them:
https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/. The proxy here answers HTTP CONNECT on a unix
socket and sends every connection to the one endpoint.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.kubernetes.client import ApiError, Object
from sandbox.kubernetes.controllers.logs import NoSuchContainerError, container_log, excerpt
from sandbox.kubernetes.real.forwarders import pass_through
from sandbox.servers import LOOPBACK

PodLookup = Callable[[str, str], Awaitable[Object]]


def kubelet_app(find_pod: PodLookup) -> Starlette:
    """Return the application that answers what an API server asks a kubelet.

    Args:
        find_pod: returns the Pod of a namespace and a name, or raises `ApiError`.
    """

    async def container_logs(request: Request) -> PlainTextResponse:
        wanted, options = request.path_params, request.query_params
        try:
            pod = await find_pod(wanted["namespace"], wanted["pod"])
            log = container_log(pod, wanted["container"])
        except (ApiError, NoSuchContainerError) as error:
            return PlainTextResponse(str(error), status_code=404)
        tail, limit = options.get("tailLines"), options.get("limitBytes")
        return PlainTextResponse(
            excerpt(log, tail_lines=int(tail) if tail else None, limit_bytes=int(limit) if limit else None)
        )

    return Starlette(routes=[Route("/containerLogs/{namespace}/{pod}/{container}", container_logs)])


class NodeProxy:
    """Takes an API server's connections to any node to the kubelet endpoint.

    Args:
        socket: path of the unix socket to listen on.
        kubelet_port: where the kubelet endpoint listens on loopback.
    """

    def __init__(self, socket: Path, kubelet_port: int) -> None:
        self._socket = socket
        self._kubelet_port = kubelet_port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._accept, self._socket)

    async def stop(self) -> None:
        """Cut every connection; safe to call before `start`."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        self._socket.unlink(missing_ok=True)

    def write_config(self, file: Path) -> Path:
        """Write the egress configuration that names this proxy, and return its file."""
        connection = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": str(self._socket)}}}
        file.write_text(
            json.dumps(
                {
                    "apiVersion": "apiserver.k8s.io/v1beta1",
                    "kind": "EgressSelectorConfiguration",
                    "egressSelections": [{"name": "cluster", "connection": connection}],
                }
            )
        )
        return file

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs the callback of a server as a task
        self._connections.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await reader.readuntil(b"\r\n\r\n")
                far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._kubelet_port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await pass_through(reader, writer, far_reader, far_writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()
