"""The sandbox's command line and its own interface."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from sandbox.environment import apply_environment
from sandbox.process import ROOT, SandboxProcess

GCLOUD_SERVICES = (
    *("CONTAINER", "COMPUTE", "SERVICEUSAGE", "ARTIFACTREGISTRY"),
    *("IAM", "IAMCREDENTIALS", "CLOUDRESOURCEMANAGER", "STORAGE"),
)


@pytest.fixture
def process(tmp_path):
    """A sandbox of this test's own."""
    running = SandboxProcess(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_exports_every_variable_that_clients_need(sandbox):
    expected = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}" for service in GCLOUD_SERVICES} | {
        *("CLOUDSDK_CONFIG", "CLOUDSDK_CORE_PROJECT", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"),
        *("CLOUDSDK_CORE_DISABLE_PROMPTS", "GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT", "NO_PROXY"),
        *("SSL_CERT_FILE", "DKU_DSS_URL", "DKU_API_KEY", "SANDBOX_ADMIN_URL", "SANDBOX_PROJECT_NUMBER"),
    }
    assert expected <= sandbox.exports.keys()
    assert sandbox.exports["SANDBOX_PROJECT_NUMBER"] == "123456789012"
    assert sandbox.exports["CLOUDSDK_CORE_PROJECT"] == "sandbox-project"


def test_endpoints_are_bare_loopback_addresses(sandbox):
    for service in GCLOUD_SERVICES:
        address = urlsplit(sandbox.exports[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}"])
        assert (address.scheme, address.hostname, address.path) == ("http", "127.0.0.1", "/")


def test_environment_file_is_sourced_by_a_posix_shell(sandbox):
    script = '. "$1" && echo "$CLOUDSDK_CORE_PROJECT ${GOOGLE_APPLICATION_CREDENTIALS-unset}"'
    outer = os.environ | {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json"}
    command = ["sh", "-c", script, "sh", str(sandbox.folder / "env")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=outer)
    assert shown.stdout == "sandbox-project unset\n"


def test_files_with_secrets_are_their_owners_alone(sandbox):
    token = Path(sandbox.exports["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"])
    for path in (sandbox.folder / "env", token):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700


def test_certificate_bundle_holds_the_systems_authorities_and_its_own(sandbox):
    bundle = Path(sandbox.exports["SSL_CERT_FILE"]).read_text()
    assert bundle.count("BEGIN CERTIFICATE") > 50


def test_leaves_nothing_behind_after_sigterm(tmp_path):
    process = SandboxProcess(tmp_path)
    ports = [urlsplit(value).port for value in process.exports.values() if value.startswith("http://")]
    assert process.stop() == []
    assert process.process.returncode == 0
    for port in ports:
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0


def test_ends_on_an_interrupt_too(process):
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(timeout=60) == 0


def test_ends_while_a_client_waits_for_an_answer(process):
    faults = f"{process.admin_url}/faults"
    requests.post(faults, json={"service": "metadata", "effect": {"delay": 60}}, timeout=60)
    with socket.create_connection(("127.0.0.1", int(process.exports["GCE_METADATA_HOST"].split(":")[1]))) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + 60
        while requests.get(faults, timeout=60).json()["faults"]:
            assert time.monotonic() < deadline, "the request did not arrive"
        assert process.stop() == []


def test_leaves_nothing_behind_while_dss_starts_a_cluster(slow_dss, inline):
    sandbox, dss = slow_dss
    config = {
        "connectionInfo": inline({"projectId": sandbox.project, "zone": "us-central1-a"}),
        "nodePools": [inline({"machineType": "n2-standard-4", "numNodes": 1})],
    }
    cluster = dss.cluster("cut-short", "create-gke-cluster", config)
    outcome = []

    def start():
        # Whether the client still gets an answer or finds the connection cut is not the point here.
        try:
            outcome.append(cluster.start())
        except Exception as error:
            outcome.append(error)

    started = threading.Thread(target=start)
    started.start()
    deadline = time.monotonic() + 120
    while not sandbox.clusters():
        assert time.monotonic() < deadline, "GKE was not asked for a cluster"
        time.sleep(0.02)
    assert psutil.Process(sandbox.process.pid).children(recursive=True)
    assert sandbox.stop() == []
    started.join(timeout=60)
    assert isinstance(outcome[0], Exception)


def test_temporary_state_folder_is_removed(tmp_path):
    env_file = tmp_path / "env"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "sandbox", "up", "--env-file", str(env_file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout.readline() == "sandbox ready\n"
        state = Path(apply_environment(env_file.read_text(), {})["CLOUDSDK_CONFIG"]).parent
        assert state.parent == tmp_path
        assert state.is_dir()
        process.terminate()
    assert process.returncode == 0
    assert not state.exists()


def test_does_not_read_what_another_sandbox_exported(sandbox, tmp_path):
    misleading = sandbox.env | {"SSL_CERT_FILE": "/nowhere.pem", "CLOUDSDK_CORE_PROJECT": "other-project"}
    process = SandboxProcess(tmp_path, environment=misleading)
    try:
        assert process.exports["CLOUDSDK_CORE_PROJECT"] == "sandbox-project"
        assert Path(process.exports["SSL_CERT_FILE"]).read_text().count("BEGIN CERTIFICATE") > 50
    finally:
        process.stop()


def test_more_projects_can_be_asked_for(tmp_path):
    process = SandboxProcess(tmp_path, ["--project", "shared-vpc=998877665544", "--project", "another-one"])
    try:
        token = Path(process.exports["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
        address = process.exports["CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER"] + "v1/projects"
        answer = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
        numbers = {project["projectId"]: project["projectNumber"] for project in answer["projects"]}
    finally:
        process.stop()
    assert numbers["sandbox-project"] == "123456789012"
    assert numbers["shared-vpc"] == "998877665544"
    assert numbers["another-one"].isdigit()


@pytest.mark.parametrize(
    "arguments",
    [
        ["up"],
        ["up", "--env-file", "e", "--speed", "0"],
        ["up", "--env-file", "e", "--project", "a=b"],
        ["down"],
        ["up", "--env-file", "e", "--state-dir", "/dev/null/x"],
    ],
    ids=["no file", "speed", "project number", "unknown command", "state folder"],
)
def test_refuses_unusable_arguments(arguments, tmp_path):
    command = [sys.executable, "-m", "sandbox", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert finished.returncode == 2
    assert finished.stderr.strip()
    assert "Traceback" not in finished.stderr
    assert not list(tmp_path.iterdir())


def test_admin_lists_what_it_offers(sandbox):
    index = requests.get(sandbox.admin_url, timeout=60).json()
    assert {"/faults", "/requests", "/clusters"} <= set(index["paths"])


def test_request_log_tells_who_asked_for_what(sandbox):
    sandbox.call(f"{sandbox.url('cloudresourcemanager')}/v1/projects/sandbox-project?alt=json")
    seen = sandbox.requests(service="cloudresourcemanager")[-1]
    assert seen["method"] == "GET"
    assert (seen["path"], seen["query"]) == ("/v1/projects/sandbox-project", "alt=json")
    assert seen["principal"] == "admin@sandbox.example"
    assert seen["status"] == 200
    assert abs(seen["time"] - time.time()) < 60
    assert seen["body"] is None


def test_request_log_keeps_bodies(sandbox):
    address = f"{sandbox.url('cloudresourcemanager')}/v1/projects/sandbox-project:testIamPermissions"
    sandbox.call(address, "POST", json={"permissions": ["container.clusters.get"]})
    assert sandbox.requests(service="cloudresourcemanager")[-1]["body"] == {"permissions": ["container.clusters.get"]}


def test_request_log_can_start_at_a_time(sandbox):
    sandbox.call(f"{sandbox.url('storage')}/storage/v1/b/early")
    since = time.time()
    sandbox.call(f"{sandbox.url('storage')}/storage/v1/b/late")
    assert [seen["path"] for seen in sandbox.requests(service="storage", since=since)] == ["/storage/v1/b/late"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", b"not json"),
        ("/faults", b"[]"),
        ("/faults", b'{"service": "container"}'),
        ("/faults", b'{"service": "container", "effect": {"explode": true}}'),
        ("/faults", b'{"service": "container", "effect": {"status": 503}, "times": 0}'),
        ("/permissions", b'{"email": "nobody"}'),
        ("/permissions", b'{"email": "nobody@sandbox.example", "permissions": null}'),
        ("/service-account-keys", b'{"email": "a@b.example", "permissions": "all"}'),
        ("/tokens", b'{"email": "nobody@sandbox.example"}'),
        ("/tokens", b'{"email": "admin@sandbox.example", "lifetime_seconds": "long"}'),
    ],
)
def test_admin_says_what_is_wrong_with_a_body(sandbox, path, body):
    answer = requests.post(sandbox.admin_url + path, data=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_fault_answers_with_a_status_as_often_as_asked(sandbox):
    address = f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts"
    fault = {"service": "iam", "method": "GET", "path": "/v1/*", "times": 2, "effect": {"status": 503}}
    with sandbox.faults(fault):
        statuses = [sandbox.call(address).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]


def test_cleared_fault_strikes_no_more(sandbox):
    address = f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts"
    with sandbox.faults({"service": "iam", "times": 9, "effect": {"status": 500}}):
        assert sandbox.call(address).status_code == 500
    assert sandbox.call(address).status_code == 200


def test_permission_fault_names_the_permission(sandbox):
    fault = {"service": "container", "effect": {"status": 403, "permission": "container.clusters.list"}}
    with sandbox.faults(fault):
        answer = sandbox.call(f"{sandbox.container_url}/v1/projects/sandbox-project/locations/-/clusters")
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (403, "PERMISSION_DENIED")
    assert error["details"][0]["reason"] == "IAM_PERMISSION_DENIED"
    assert error["details"][0]["metadata"]["permission"] == "container.clusters.list"


def test_quota_fault_says_what_is_short(sandbox):
    with sandbox.faults({"service": "container", "effect": {"status": 403, "quota": "SSD_TOTAL_GB"}}):
        answer = sandbox.call(f"{sandbox.container_url}/v1/projects/sandbox-project/locations/-/clusters")
    assert answer.status_code == 403
    assert 'resource "SSD_TOTAL_GB": request requires' in answer.json()["error"]["message"]


@pytest.mark.parametrize(("moment", "acted"), [("before", False), ("after", True)])
def test_reset_cuts_the_connection_before_or_after_the_service_acted(sandbox, unique_name, moment, acted):
    networks = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/global/networks"
    # Compute takes a network that a request names to exist from then on: that is what it does here.
    name, start = unique_name("vpc"), time.time()
    with (
        sandbox.faults({"service": "compute", "effect": {"reset": moment}}),
        pytest.raises(requests.exceptions.ConnectionError),
    ):
        sandbox.call(f"{networks}/{name}")
    [seen] = sandbox.requests(service="compute", since=start)
    assert seen["status"] == 0
    known = [network["name"] for network in sandbox.call(networks).json()["items"]]
    assert (name in known) == acted


def test_service_that_is_down_cuts_every_connection_until_it_is_back(sandbox):
    address = f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts"
    with sandbox.faults({"service": "iam", "effect": {"down": 600}}):
        for _ in range(2):
            with pytest.raises(requests.exceptions.ConnectionError):
                sandbox.call(address)
        assert sandbox.call(f"{sandbox.url('storage')}/b").status_code == 404
    assert sandbox.call(address).status_code == 200


def test_delay_holds_the_answer_back(sandbox):
    start = time.monotonic()
    with sandbox.faults({"service": "iam", "effect": {"delay": 0.3}}):
        assert sandbox.call(f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts").status_code == 200
    assert time.monotonic() - start >= 0.3


def test_permissions_can_be_taken_and_given_back(sandbox):
    address = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones"
    token = sandbox.access_token(sandbox.host_email)
    with sandbox.permissions(sandbox.host_email, ["compute.regions.list"]):
        assert sandbox.call(address, token=token).status_code == 403
    assert sandbox.call(address, token=token).status_code == 200
