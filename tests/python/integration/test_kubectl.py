"""A day with kubectl, told by each version that the Google Cloud CLI brings."""

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.python.conformance.servers import VERSIONS, Server, kubectl_of, running

Run = Callable[..., str]

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx:1.25", "ports": [{"containerPort": 80}]}]},
        },
    },
}

pytestmark = pytest.mark.kubectl


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("kubectl")) as servers:
        yield next(server for server in servers if server.name == "embedded")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    version = str(request.param)
    if kubectl_of(version) is None:
        pytest.skip(f"kubectl {version} is not on this machine")
    return version


@pytest.fixture
def run(cluster: Server, version: str, tmp_path: Path) -> Run:
    kubectl = kubectl_of(version)
    assert kubectl

    def run(
        arguments: str,
        *,
        stdin: object = None,
        code: int = 0,
        user: str = "admin",
    ) -> str:
        done = subprocess.run(
            [kubectl, *arguments.split()],
            input=json.dumps(stdin) if stdin else None,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            env={"KUBECONFIG": str(cluster.kubeconfigs[user]), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr

    return run


@pytest.fixture
def namespace(run: Run, version: str) -> Iterator[str]:
    name = f"day-{version.replace('.', '-')}"
    run(f"create namespace {name}")
    yield name
    # Ends only when every object in it is gone.
    run(f"delete namespace {name} --timeout=120s")


def test_deploys_changes_and_removes_a_workload(run: Run, namespace: str) -> None:
    at = f"-n {namespace}"
    assert run(f"apply {at} -f -", stdin=DEPLOYMENT) == "deployment.apps/web created\n"
    assert run(f"apply {at} -f -", stdin=DEPLOYMENT) == "deployment.apps/web unchanged\n"
    assert "successfully rolled out" in run(f"rollout status {at} deployment/web --timeout=120s")
    changed = json.loads(json.dumps(DEPLOYMENT))
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.26"
    assert run(f"apply {at} -f -", stdin=changed) == "deployment.apps/web configured\n"
    assert "condition met" in run(f"wait {at} --for=condition=Available deployment/web --timeout=120s")
    run(f"scale {at} deployment/web --replicas=1")
    assert "successfully rolled out" in run(f"rollout status {at} deployment/web --timeout=120s")
    assert "nginx:1.26" in run(f"get {at} deployments -o wide")
    run(f"label {at} deployment/web tier=front")
    run(f"annotate {at} deployment/web note=kept")
    assert "tier=front" in run(f"get {at} deployment/web --show-labels")
    assert "runs its entrypoint" in run(f"logs {at} deployment/web")
    assert "NewReplicaSetAvailable" in run(f"describe {at} deployment web")
    run(f"delete {at} deployment/web --timeout=120s")
    assert "NotFound" in run(f"get {at} deployment/web", code=1)


def test_applies_on_the_server_and_tells_conflicts(run: Run, namespace: str) -> None:
    at = f"-n {namespace}"
    mine = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}}
    assert run(f"apply {at} --server-side -f -", stdin=mine) == "configmap/settings serverside-applied\n"
    theirs = {**mine, "data": {"a": "2"}}
    refused = run(f"apply {at} --server-side --field-manager=other -f -", stdin=theirs, code=1)
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .data.a' in refused
    run(f"apply {at} --server-side --field-manager=other --force-conflicts -f -", stdin=theirs)
    assert run(f"get {at} configmap/settings -o jsonpath={{.data.a}}") == "2"


def test_creates_objects_and_refuses_mistakes(run: Run, namespace: str) -> None:
    at = f"-n {namespace}"
    run(f"create {at} configmap c --from-literal=a=b")
    assert 'configmaps "c" already exists' in run(f"create {at} configmap c --from-literal=a=b", code=1)
    run(f"create {at} secret generic s --from-literal=a=b")
    run(f"create {at} serviceaccount robot")
    assert run(f"create {at} token robot").count(".") == 2
    run(f"create {at} role reader --verb=get --resource=pods")
    run(f"create {at} rolebinding reader --role=reader --serviceaccount={namespace}:robot")
    robot = f"--as=system:serviceaccount:{namespace}:robot"
    assert run(f"auth can-i {at} get pods {robot}") == "yes\n"
    assert run(f"auth can-i {at} delete pods {robot}", code=1) == "no\n"
    run(f"run {at} p --image=busybox -- sleep 9")
    assert "condition met" in run(f"wait {at} pod/p --for=condition=Ready --timeout=120s")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "q"}, "spec": {"containerz": []}}
    assert 'unknown field "spec.containerz"' in run(f"create {at} -f -", stdin=pod, code=1)


def test_explains_lists_and_refuses_by_permission(run: Run, namespace: str) -> None:
    asked = {
        "nodes": lambda: run("get nodes"),
        "explain": lambda: run("explain deployment.spec.replicas"),
        "resources": lambda: run("api-resources --api-group=apps"),
        "can-i": lambda: run("auth can-i create pods"),
        "pods": lambda: run("get pods -A -o wide", user="viewer"),
        "refused": lambda: run(f"create -n {namespace} configmap c", user="viewer", code=1),
    }
    # Six reads at once: each kubectl spends most of its time starting.
    with ThreadPoolExecutor(max_workers=2) as pool:
        told = {name: pool.submit(ask) for name, ask in asked.items()}
        answers = {name: future.result() for name, future in told.items()}
    assert answers["nodes"].count(" Ready ") == 3
    assert "FIELD: replicas <integer>" in answers["explain"]
    assert "statefulsets" in answers["resources"]
    assert answers["can-i"] == "yes\n"
    assert "kube-dns" in answers["pods"]
    assert 'User "viewer@example.com" cannot create resource "configmaps"' in answers["refused"]
    assert 'requires one of ["container.configMaps.create"] permission(s).' in answers["refused"]
