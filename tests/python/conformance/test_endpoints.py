"""The endpoints of a control plane open and close, and the request log tells who asked, on both servers."""

import json
import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.kubernetes.control_plane import Exposure
from tests.python.conformance.servers import Server

pytestmark = pytest.mark.conformance


@pytest.fixture(params=["embedded", "real"])
def server(servers: list[Server], request: pytest.FixtureRequest) -> Iterator[Server]:
    found = next((one for one in servers if one.name == request.param), None)
    if found is None:
        pytest.skip("KUBEBUILDER_ASSETS names no real kube-apiserver and etcd")
    yield found
    found.loop.run(found.plane.expose(Exposure()))


def _nodes(server: Server, address: str, ca_file: str, user: str = "admin") -> int:
    headers = {"Authorization": f"Bearer {server.tokens[user]}"}
    return requests.get(f"https://{address}/api/v1/nodes", headers=headers, verify=ca_file, timeout=10).status_code


def test_the_public_and_private_endpoints_answer_with_a_certificate_of_the_cluster(server: Server) -> None:
    assert _nodes(server, server.plane.public_endpoint, str(server.ca_file)) == 200
    assert _nodes(server, server.plane.private_endpoint, str(server.ca_file)) == 200


def test_the_dns_endpoint_answers_with_a_certificate_that_the_public_trusts(server: Server) -> None:
    server.loop.run(server.plane.expose(Exposure(dns=True)))
    assert _nodes(server, server.plane.dns_endpoint, str(server.public_ca_file)) == 200
    with pytest.raises(requests.exceptions.SSLError):
        _nodes(server, server.plane.dns_endpoint, str(server.ca_file))


def test_the_dns_endpoint_lets_in_only_who_may_connect(server: Server) -> None:
    server.loop.run(server.plane.expose(Exposure(dns=True)))
    assert _nodes(server, server.plane.public_endpoint, str(server.ca_file), "viewer") == 200
    assert _nodes(server, server.plane.dns_endpoint, str(server.public_ca_file), "viewer") == 403
    assert _nodes(server, server.plane.dns_endpoint, str(server.public_ca_file), "stranger") == 401


def test_a_watch_through_the_dns_endpoint_tells_of_changes(server: Server) -> None:
    server.loop.run(server.plane.expose(Exposure(dns=True)))
    headers = {"Authorization": f"Bearer {server.tokens['admin']}"}
    url = f"https://{server.plane.dns_endpoint}/api/v1/namespaces/default/configmaps"
    verify = str(server.public_ca_file)
    query = "?watch=1&fieldSelector=metadata.name%3Dseen"
    with requests.get(url + query, headers=headers, verify=verify, stream=True, timeout=20) as watch:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seen"}}
        assert requests.post(url, json=body, headers=headers, verify=verify, timeout=10).status_code == 201
        event = json.loads(next(watch.iter_lines()))
    requests.delete(f"{url}/seen", headers=headers, verify=verify, timeout=10)
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "seen")


def test_closed_endpoints_refuse_connections_and_the_open_one_still_answers(server: Server) -> None:
    server.loop.run(server.plane.expose(Exposure(public=False, private=False, dns=True)))
    for address in (server.plane.public_endpoint, server.plane.private_endpoint):
        with pytest.raises(requests.exceptions.ConnectionError):
            _nodes(server, address, str(server.ca_file))
    assert _nodes(server, server.plane.dns_endpoint, str(server.public_ca_file)) == 200


def test_the_request_log_tells_who_asked_for_what(server: Server) -> None:
    path = f"/api/v1/namespaces/default/secrets/asked-of-{server.name}"
    headers = {"Authorization": f"Bearer {server.tokens['viewer']}"}
    requests.get(server.url + path, headers=headers, verify=str(server.ca_file), timeout=10)
    # A real server tells its log in batches, shortly after the answer.
    deadline = time.monotonic() + 10
    while not (told := [one for one in server.traffic.exchanges if one.path == path]):
        assert time.monotonic() < deadline, "the request never reached the log"
        time.sleep(0.01)
    assert [(one.service, one.method, one.principal, one.status) for one in told] == [
        ("kubernetes", "GET", "viewer@example.com", 403)
    ]
