from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable, CredentialsError
from gke_clusters.kube.endpoint_trial import try_endpoint
from gke_clusters.kube.kubeconfig import HelperCommand

CREDENTIAL = (
    '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",'
    '"status":{"token":"ya29.helper","expirationTimestamp":"2100-01-01T00:00:00Z"}}'
)
HELPER = HelperCommand("/bin/sh", ("-c", f"echo '{CREDENTIAL}'"))


@pytest.fixture
def cluster(api_server: Any) -> dict[str, Any]:
    """GKE's JSON of a cluster whose public endpoint is the server."""
    authority = base64.b64encode(Path(api_server.ca_file).read_bytes()).decode()
    return {
        "name": "c",
        "location": "europe-west1-b",
        "endpoint": api_server.host,
        "masterAuth": {"clusterCaCertificate": authority},
    }


def test_an_endpoint_that_answers_is_asked_with_the_token(api_server: Any, cluster: dict[str, Any]) -> None:
    trial = try_endpoint("p", cluster, "public", HELPER)
    assert (trial.kind, trial.server, trial.answers, trial.failure) == (
        "public",
        f"https://{api_server.host}",
        True,
        None,
    )
    assert trial.seconds > 0
    assert [(seen.path, seen.headers["authorization"]) for seen in api_server.requests] == [
        ("/version", "Bearer ya29.helper")
    ]


def test_a_refusal_is_an_answer_too(api_server: Any, cluster: dict[str, Any]) -> None:
    api_server.answer = lambda _: (403, {"message": "no"})
    trial = try_endpoint("p", cluster, "public", None)
    assert trial.answers
    assert isinstance(trial.failure, AccessDenied)
    assert "authorization" not in api_server.requests[0].headers


def test_an_endpoint_that_the_cluster_does_not_offer_is_not_asked(cluster: dict[str, Any]) -> None:
    trial = try_endpoint("p", cluster, "private", HELPER)
    assert (trial.server, trial.answers) == ("", False)
    assert "has no private endpoint" in str(trial.failure)


def test_an_endpoint_that_does_not_answer_says_why(cluster: dict[str, Any]) -> None:
    trial = try_endpoint("p", {**cluster, "endpoint": "127.0.0.1:1"}, "public", HELPER, 1.0)
    assert (trial.server, trial.answers) == ("https://127.0.0.1:1", False)
    assert isinstance(trial.failure, ControlPlaneUnreachable)


def test_a_helper_that_gives_no_token_any_more_is_no_answer(cluster: dict[str, Any]) -> None:
    trial = try_endpoint("p", cluster, "public", HelperCommand("/bin/sh", ("-c", "exit 1")))
    assert not trial.answers
    assert isinstance(trial.failure, CredentialsError)
