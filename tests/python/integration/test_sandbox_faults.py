"""Faults as each service's own client meets them, and what the log tells about DSS."""

import time
from pathlib import Path

import dataikuapi
import pytest
import requests


def test_a_fault_of_dss_has_the_shape_of_dss(sandbox):
    client = dataikuapi.DSSClient(sandbox.dss_url, sandbox.dss_api_key)
    with (
        sandbox.faults({"service": "dss", "effect": {"status": 503}}),
        pytest.raises(dataikuapi.utils.DataikuException, match="currently unavailable"),
    ):
        client.list_plugins()


def test_a_fault_of_the_metadata_server_is_text(sandbox):
    address = f"http://{sandbox.metadata_host}/computeMetadata/v1/project/project-id"
    with sandbox.faults({"service": "metadata", "effect": {"status": 503}}):
        answer = requests.get(address, headers={"Metadata-Flavor": "Google"}, timeout=60)
    assert (answer.status_code, answer.headers["Metadata-Flavor"]) == (503, "Google")
    assert "text" in answer.headers["Content-Type"]


def test_a_fault_of_compute_has_no_canonical_status(sandbox):
    address = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/global/networks"
    with sandbox.faults({"service": "compute", "effect": {"permission": "compute.networks.list"}}):
        error = sandbox.call(address).json()["error"]
    assert error["message"] == "Required 'compute.networks.list' permission for 'projects/sandbox-project'"
    assert "status" not in error


def test_a_fault_of_an_api_server_is_a_status_object(sandbox, unique_name):
    name = unique_name("faulty")
    cluster = sandbox.create_cluster("us-central1-b", name, controlPlaneEndpointsConfig=_OPEN_DNS)
    endpoint = cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    bundle = sandbox.exports["SSL_CERT_FILE"]
    with sandbox.faults({"service": "kubernetes", "path": "/version", "effect": {"status": 429}}):
        answer = sandbox.call(f"https://{endpoint}/version", verify=bundle)
    sandbox.delete_cluster("us-central1-b", name)
    assert answer.status_code == 429
    assert (answer.json()["kind"], answer.json()["reason"]) == ("Status", "TooManyRequests")


_OPEN_DNS = {"dnsEndpointConfig": {"allowExternalTraffic": True}}


def test_a_service_that_does_not_exist_cannot_be_struck(sandbox):
    wanted = {"service": "containers", "effect": {"status": 503}}
    answer = requests.post(f"{sandbox.admin_url}/faults", json=wanted, timeout=60)
    assert answer.status_code == 400
    assert "unknown service containers" in answer.json()["error"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/faults", 405)])
def test_admin_answers_an_unknown_request_in_json(sandbox, method, path, status):
    answer = requests.request(method, sandbox.admin_url + path, timeout=60)
    assert answer.status_code == status
    assert path in answer.json()["error"]


def test_admin_does_not_take_what_is_no_number(sandbox):
    body = b'{"service": "iam", "effect": {"delay": NaN}}'
    assert requests.post(f"{sandbox.admin_url}/faults", data=body, timeout=60).status_code == 400


def test_request_log_names_the_user_of_an_api_key(sandbox):
    since = time.time()
    dataikuapi.DSSClient(sandbox.dss_url, sandbox.dss_api_key).list_plugins()
    requests.get(f"{sandbox.dss_url}/dip/publicapi/plugins/", timeout=60)
    seen = [each for each in sandbox.requests(service="dss", since=since) if each["path"].endswith("/plugins/")]
    assert [(each["principal"], each["status"]) for each in seen[-2:]] == [("admin", 200), (None, 401)]


def test_no_secret_is_in_the_request_log(sandbox):
    text = requests.get(f"{sandbox.admin_url}/requests", timeout=60).text
    assert sandbox.dss_api_key not in text
    assert Path(sandbox.exports["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text() not in text


def _host_token(sandbox):
    address = f"http://{sandbox.metadata_host}/computeMetadata/v1/instance/service-accounts/default/token"
    return requests.get(address, headers={"Metadata-Flavor": "Google"}, timeout=60).json()


def test_the_metadata_server_replaces_a_token_that_expired_early(sandbox):
    zones = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones"
    token = _host_token(sandbox)["access_token"]
    with sandbox.faults({"service": "compute", "effect": {"expire_tokens": True}}):
        first = sandbox.call(zones, token=token).status_code
    second = sandbox.call(zones, token=token).status_code
    renewed = _host_token(sandbox)["access_token"]
    assert (first, second, sandbox.call(zones, token=renewed).status_code) == (200, 401, 200)


def test_an_api_server_refuses_a_token_that_expired_early(sandbox, unique_name):
    name = unique_name("expired")
    cluster = sandbox.create_cluster("us-central1-b", name, controlPlaneEndpointsConfig=_OPEN_DNS)
    endpoint = cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    token = _host_token(sandbox)["access_token"]

    def ask():
        address, bundle = f"https://{endpoint}/api/v1/nodes", sandbox.exports["SSL_CERT_FILE"]
        return sandbox.call(address, token=token, verify=bundle)

    with sandbox.faults({"service": "kubernetes", "effect": {"expire_tokens": True}}):
        first = ask()
    second = ask()
    sandbox.delete_cluster("us-central1-b", name)
    assert (first.status_code, second.status_code) == (200, 401)


def test_tokens_can_be_given_a_short_life(sandbox):
    def set_lifetime(seconds):
        return requests.post(f"{sandbox.admin_url}/token-lifetime", json={"seconds": seconds}, timeout=60)

    held = _host_token(sandbox)["expires_in"]
    try:
        assert set_lifetime(0).status_code == 400
        assert set_lifetime(60).json() == {"seconds": 60}
        with sandbox.faults({"service": "compute", "effect": {"expire_tokens": True}}):
            zones = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones"
            sandbox.call(zones, token=_host_token(sandbox)["access_token"])
        assert _host_token(sandbox)["expires_in"] <= 60 < held
    finally:
        assert set_lifetime(None).json() == {"seconds": 3599}
