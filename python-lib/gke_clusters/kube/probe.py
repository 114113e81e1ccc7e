"""Is the API server of a cluster reachable from here? Asked after a start or an attach, patiently."""

import time
from typing import Any

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.kube.api import REQUEST_TIMEOUT_SECONDS, KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.patience import ask_patiently

# An API server that has just started may refuse for a moment what it will allow: its roles are not loaded yet.
REFUSAL_GRACE_SECONDS = 3.0


def probe(api: KubernetesApi, deadline_seconds: float) -> str:
    """Ask the API server for its version until it answers.

    Args:
        api: the cluster.
        deadline_seconds: how long to try; one attempt is always made.

    Returns:
        The version of Kubernetes, such as `v1.33.5-gke.1080000`.

    Raises:
        ControlPlaneUnreachable: it did not answer; says which endpoint was tried, why and what to do. What no waiting
            can cure (a certificate, a refused identity) is raised without waiting for the deadline.
    """
    started = time.monotonic()

    def ask() -> dict[str, Any]:
        left_seconds = deadline_seconds - (time.monotonic() - started)
        return api.call("GET", "/version", timeout_seconds=max(1.0, min(REQUEST_TIMEOUT_SECONDS, left_seconds)))

    def patience_seconds(error: CallError) -> float:
        if error.failure.is_refusal:
            return min(deadline_seconds, REFUSAL_GRACE_SECONDS)
        return deadline_seconds if error.failure.passes else 0.0

    try:
        answer = ask_patiently(ask, api.endpoint, patience_seconds)
    except CallError as error:
        raise _unreachable(api, error, time.monotonic() - started) from None
    return str(answer.get("gitVersion", ""))


def _unreachable(api: KubernetesApi, error: CallError, waited_seconds: float) -> ControlPlaneUnreachable:
    unreachable = error.unreachable(api.endpoint)
    if waited_seconds < 1:
        return unreachable
    return ControlPlaneUnreachable(
        cause=f"{unreachable.cause[:-1]}, in {waited_seconds:.0f} s of trying.",
        resource=unreachable.resource,
        verbatim=unreachable.verbatim,
        remedy=unreachable.remedy,
    )
