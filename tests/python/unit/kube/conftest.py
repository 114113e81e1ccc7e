"""A small HTTPS server that answers as a test says, and a kubeconfig for it."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.certificates import CertificateAuthority


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


Answer = tuple[int, Any]


@dataclass
class ApiServer:
    """`answer` decides; `requests` is what was asked."""

    port: int
    ca_file: Path
    answer: Callable[[Request], Answer | None]
    requests: list[Request] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def kubeconfig(self, path: Path, user: dict[str, Any] | None = None, ca_file: Path | None = None) -> Path:
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [
                {
                    "name": "k",
                    "cluster": {
                        "server": f"https://{self.host}",
                        "certificate-authority": str(ca_file or self.ca_file),
                    },
                }
            ],
            "users": [{"name": "u", "user": {"token": "secret-token"} if user is None else user}],
        }
        path.write_text(yaml.safe_dump(document))
        return path


@pytest.fixture
def api_server(tmp_path: Path) -> Iterator[ApiServer]:
    authority = CertificateAuthority.create("test")
    files = authority.issue(tmp_path / "tls", "server", ["127.0.0.1", "localhost"])
    ca_file = tmp_path / "ca.crt"
    ca_file.write_bytes(authority.pem)
    state = ApiServer(0, ca_file, lambda _: (200, {"gitVersion": "v1.33.5-gke.1080000"}))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            state.requests.append(request)
            answer = state.answer(request)
            if answer is None:  # cut
                self.close_connection = True
                return
            status, document = answer
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = answer  # noqa: N815 - names of http.server
        do_POST = answer  # noqa: N815
        do_PUT = answer  # noqa: N815
        do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of http.server
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # clients that refuse the certificate or stop waiting are the subject of tests

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
