"""Is the API server of a cluster reachable from here? Asked after a start or an attach, patiently."""

import logging
import time

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.kube.api import REQUEST_TIMEOUT_SECONDS, KubernetesApi
from gke_clusters.kube.failures import CallError

# A control plane answers within seconds of the end of its operation, and a new DNS name takes longest.
DEADLINE_SECONDS = 60.0
# An API server that has just started may refuse for a moment what it will allow: its roles are not loaded yet.
REFUSAL_GRACE_SECONDS = 3.0

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 3.0

_log = logging.getLogger(__name__)


def probe(api: KubernetesApi, deadline_seconds: float = DEADLINE_SECONDS) -> str:
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
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        left_seconds = deadline_seconds - (time.monotonic() - started)
        try:
            answer = api.call("GET", "/version", timeout_seconds=max(1.0, min(REQUEST_TIMEOUT_SECONDS, left_seconds)))
        except CallError as error:
            allowed_seconds = deadline_seconds if error.failure.passes else 0.0
            if error.failure.is_refusal:
                allowed_seconds = min(deadline_seconds, REFUSAL_GRACE_SECONDS)
            waited_seconds = time.monotonic() - started
            if waited_seconds + pause_seconds > allowed_seconds:
                raise _unreachable(api, error, waited_seconds) from None
            _log.info("The %s %s; trying again", api.endpoint, error.failure.value)
        else:
            return str(answer.get("gitVersion", ""))
        time.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)


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
