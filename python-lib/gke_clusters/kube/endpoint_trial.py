"""Which endpoints of a control plane answer from here, each asked by itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from gke_clusters.errors import ControlPlaneUnreachable, GkeClustersError
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.kubeconfig import ClusterAccess, EndpointKind, HelperCommand, render_kubeconfig

TRIAL_TIMEOUT_SECONDS: Final = 5.0
"""An endpoint that answers at all does so in less than a second; a firewall that drops packets never does."""

ENDPOINT_KINDS: Final[tuple[EndpointKind, ...]] = ("public", "private", "dns")

_NO_HELPER: Final = HelperCommand("")


@dataclass(frozen=True)
class EndpointTrial:
    """What became of a question to an endpoint.

    Attributes:
        kind: Which endpoint.
        server: Its address as a URL; empty where the cluster does not offer it.
        answers: Whether an API server answered, be it with a refusal.
        seconds: How long it took.
        failure: Why there was no good answer, or why it is not offered.
    """

    kind: EndpointKind
    server: str = ""
    answers: bool = False
    seconds: float = 0.0
    failure: GkeClustersError | None = None


def try_endpoint(
    project: str,
    cluster: Mapping[str, Any],
    kind: EndpointKind,
    helper: HelperCommand | None,
    timeout_seconds: float = TRIAL_TIMEOUT_SECONDS,
) -> EndpointTrial:
    """Ask one endpoint for the version of Kubernetes, once.

    Args:
        project: Project id.
        cluster: GKE's JSON of the cluster.
        kind: Which endpoint.
        helper: Whose token to bring; None to come without, which shows as well whether somebody answers.
        timeout_seconds: The longest that the connection, and then the answer, may take.
    """
    try:
        access = ClusterAccess.of(project, cluster, kind)
    except ControlPlaneUnreachable as not_offered:
        return EndpointTrial(kind, failure=not_offered)
    document = yaml.safe_load(render_kubeconfig(access, helper or _NO_HELPER))
    if helper is None:
        document["users"][0]["user"] = {}
    # No secret is in it. The official client takes the certificate of an authority from files only.
    with tempfile.TemporaryDirectory(prefix="gke-endpoint-") as folder:
        path = Path(folder) / "kubeconfig"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        try:
            api = KubernetesApi.from_kubeconfig(path, endpoint=access.endpoint, request_timeout_seconds=timeout_seconds)
        except GkeClustersError as failure:
            return EndpointTrial(kind, access.endpoint.server, failure=failure)
        started = time.monotonic()
        try:
            api.call("GET", "/version")
        except CallError as error:
            seconds = time.monotonic() - started
            why = error.for_administrator(access.endpoint)
            return EndpointTrial(kind, access.endpoint.server, bool(error.status), seconds, why)
        return EndpointTrial(kind, access.endpoint.server, True, time.monotonic() - started)
