import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.kube import probe as probe_module
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.kubeconfig import Endpoint
from gke_clusters.kube.probe import probe


@pytest.fixture
def api(api_server: Any, tmp_path: Path) -> KubernetesApi:
    return KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))


def test_a_server_that_answers_tells_its_version(api: KubernetesApi, api_server: Any) -> None:
    assert probe(api, 10) == "v1.33.5-gke.1080000"
    assert len(api_server.requests) == 1


@pytest.mark.parametrize("trouble", [(503, {}), None, (403, {}), (401, {})])
def test_a_server_that_needs_a_moment_is_waited_for(api: KubernetesApi, api_server: Any, trouble: Any) -> None:
    api_server.answer = lambda _: trouble if len(api_server.requests) < 3 else (200, {"gitVersion": "v1"})
    assert probe(api, 10) == "v1"
    assert len(api_server.requests) == 3


def test_a_port_that_opens_later_is_waited_for(api_server: Any, tmp_path: Path) -> None:
    port, api_server.port = api_server.port, 1
    with socket.create_server(("127.0.0.1", 0)) as closed:
        api_server.port = closed.getsockname()[1]
    api = KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))
    attempted = threading.Event()
    call = api.call

    def call_and_open(*arguments: Any, **keywords: Any) -> Any:
        try:
            return call(*arguments, **keywords)
        finally:
            attempted.set()
            api._client.configuration.host = f"https://127.0.0.1:{port}"

    api.call = call_and_open  # type: ignore[method-assign]
    assert probe(api, 10) == "v1.33.5-gke.1080000"
    assert attempted.is_set()


def test_the_deadline_ends_the_patience_and_is_told(api: KubernetesApi, api_server: Any) -> None:
    api_server.answer = lambda _: (503, {"message": "starting"})
    with pytest.raises(ControlPlaneUnreachable) as raised:
        probe(api, 2)
    # A busy machine gets nearer to the deadline than an idle one.
    assert re.search(r"overloaded, in [12] s of trying\.", raised.value.cause)
    assert raised.value.verbatim == "HTTP 503 starting"
    assert raised.value.resource == f"public endpoint https://{api_server.host}"


def test_one_attempt_is_made_even_without_time(api: KubernetesApi, api_server: Any) -> None:
    assert probe(api, 0) == "v1.33.5-gke.1080000"


def test_what_waiting_cannot_cure_is_said_at_once(api: KubernetesApi, api_server: Any) -> None:
    api_server.answer = lambda _: (404, {"message": "not a cluster"})
    with pytest.raises(ControlPlaneUnreachable, match="not a cluster"):
        probe(api, 60)
    assert len(api_server.requests) == 1


def test_a_refusal_is_not_waited_for_until_the_deadline(
    api: KubernetesApi, api_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_module, "REFUSAL_GRACE_SECONDS", 0.3)
    api_server.answer = lambda _: (401, {"message": "Unauthorized"})
    with pytest.raises(ControlPlaneUnreachable, match="HTTP 401"):
        probe(api, 600)
    assert len(api_server.requests) == 2


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (Failure.TIMEOUT, "public", "authorized networks"),
        (Failure.REFUSED, "private", "VPC of the cluster"),
        (Failure.UNRESOLVED, "dns", "gke.goog"),
        (Failure.FORBIDDEN, "dns", "container.clusters.connect"),
        (Failure.FORBIDDEN, "public", "roles/container.developer"),
        (Failure.TLS, "dns", "SSL_CERT_FILE"),
        (Failure.PROXY, "public", "NO_PROXY"),
        (Failure.UNAUTHENTICATED, "public", "credentials of the GKE connection"),
        (Failure.BUSY, "public", "Wait a minute"),
    ],
)
def test_the_remedy_fits_the_failure_and_the_endpoint(failure: Failure, kind: Any, words: str) -> None:
    error = CallError(failure, "").unreachable(Endpoint(kind, "host"))
    assert words in error.remedy
    assert failure.value in error.cause


def test_the_permission_of_the_dns_endpoint_is_named_for_that_one_alone() -> None:
    error = CallError(Failure.FORBIDDEN, "").unreachable(Endpoint("public", "host"))
    assert "container.clusters.connect" not in error.remedy
