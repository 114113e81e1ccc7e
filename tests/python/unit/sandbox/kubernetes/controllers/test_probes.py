from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates import CertificateAuthority
from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.logs import container_log
from sandbox.kubernetes.controllers.pod_status import ended
from sandbox.kubernetes.controllers.probes import is_probe, run_probe

PROGRAM = (Path(__file__).resolve().parents[6] / "resource" / "network_probe.py").read_text()
REPORT = "/dev/termination-log"


def pod(host: str, port: int, program: str = PROGRAM, protocol: str = "http") -> Object:
    target = {"host": host, "port": port, "protocol": protocol, "timeout_seconds": 2}
    container = {"name": "probe", "command": ["python3", "-c", program], "args": [json.dumps(target), REPORT]}
    running = {"startedAt": "2026-01-01T00:00:00Z"}
    return {
        "metadata": {"name": "p", "namespace": "n", "uid": "1"},
        "spec": {"containers": [{**container, "terminationMessagePath": REPORT}]},
        "status": {"containerStatuses": [{"name": "probe", "state": {"running": running}}]},
    }


def checks(host: str, port: int, protocol: str = "http") -> dict[str, Any]:
    result = asyncio.run(run_probe(pod(host, port, protocol=protocol)))
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.message.splitlines()]
    return {f"{line['check']} {line.get('family', '')}".strip(): line for line in lines}


class Answers(http.server.BaseHTTPRequestHandler):
    body = b'{"errorType": "com.example.Unauthorized"}'

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving(body: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    handler = type("Handler", (Answers,), {"body": body})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context:
            # The handshake is left to the thread of each connection.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("body", "dss"), [(Answers.body, True), (b"<html>nginx", False)])
def test_an_answer_over_http_is_told_from_one_of_something_else(body: bytes, dss: bool) -> None:
    with serving(body) as port:
        found = checks("127.0.0.1", port)

    assert found["resolve"]["addresses"] == ["127.0.0.1"]
    assert (found["tcp IPv4"]["outcome"], found["tcp IPv6"]["outcome"]) == ("ok", "none")
    assert (found["http"]["outcome"], found["http"]["status"], found["http"]["dss"]) == ("ok", 401, dss)


def test_a_backend_with_a_certificate_of_its_own_making_is_spoken_to(tmp_path: Path) -> None:
    files = CertificateAuthority.create("backend").issue(tmp_path, "backend", ["dss.internal"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with serving(Answers.body, context) as port:
        assert checks("127.0.0.1", port, "https")["http"]["dss"] is True


def test_a_server_without_tls_where_tls_is_spoken_is_odd() -> None:
    with serving(Answers.body) as port:
        assert checks("127.0.0.1", port, "https")["http"]["outcome"] == "odd"


def test_a_port_on_which_nobody_listens_refuses() -> None:
    with socket.socket() as held:
        # Bound and not listening: nobody else can listen there meanwhile.
        held.bind(("127.0.0.1", 0))
        found = checks("127.0.0.1", held.getsockname()[1])
    assert found["tcp IPv4"]["outcome"] == "refused"
    assert "http" not in found


def test_a_server_that_closes_without_a_word_speaks_no_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close_each() -> None:
            for _ in range(2):
                server.accept()[0].close()

        thread = threading.Thread(target=close_each)
        thread.start()
        found = checks("127.0.0.1", server.getsockname()[1])
        thread.join()
    assert found["http"]["outcome"] in ("reset", "odd")


def test_the_network_of_pods_ends_at_loopback() -> None:
    assert checks("10.1.2.3", 80)["tcp IPv4"]["outcome"] == "timeout"
    assert checks("dss.example", 80)["resolve"]["outcome"] == "failed"


def test_only_that_very_program_is_run() -> None:
    assert is_probe(pod("h", 1))
    assert not is_probe(pod("h", 1, f"{PROGRAM}\n"))
    twice = pod("h", 1)
    twice["spec"]["containers"] *= 2
    assert not is_probe(twice)
    elsewhere = pod("h", 1)
    elsewhere["spec"]["containers"][0]["args"][1] = "/elsewhere"
    assert not is_probe(elsewhere)
    assert not is_probe({"spec": {"containers": [{"name": "c"}]}})


def test_the_log_of_a_probe_that_has_ended_is_its_report() -> None:
    running = pod("h", 1)
    over = {**running, "status": ended(running, 0, "the report\n")}

    assert over["status"]["phase"] == "Succeeded"
    assert container_log(over, "") == "the report\n"
    assert container_log(running, "").startswith("container probe of n/p runs")
    assert ended(running, 1, "")["containerStatuses"][0]["state"]["terminated"]["reason"] == "Error"
