"""Why a call to a Kubernetes API server failed, by the exception or the status, and what to do about it."""

import json
import re
from enum import Enum
from http import HTTPStatus

from gke_clusters.errors import AccessDenied, AdmissionRefused, ControlPlaneUnreachable, GkeClustersError
from gke_clusters.kube.kubeconfig import Endpoint

_VERBATIM_LIMIT = 500
# Rules refuse with the status of a missing role or with another. A role that is missing is told from them by the user,
# whom the authorizer names: in https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/apiserver/pkg
# endpoints/handlers/responsewriters/errors.go, against admission/errors.go and admission/plugin/webhook/errors.
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
_UNADMITTED = re.compile(r' is forbidden: (?!User ")|^admission webhook ".*" denied the request')


class Failure(Enum):
    """The kinds of failure; the value says it in a sentence after "it"."""

    TIMEOUT = "did not answer in time"
    REFUSED = "refused the connection"
    UNRESOLVED = "has a name that the DSS host cannot resolve"
    RESET = "cut the connection"
    PROXY = "could not be reached through the proxy"
    TLS = "did not prove its identity (TLS)"
    UNAUTHENTICATED = "did not accept the token (HTTP 401)"
    FORBIDDEN = "refused the request (HTTP 403)"
    UNADMITTED = "applies a rule that forbids the request"
    BUSY = "answered that it is not ready or overloaded"
    UNEXPECTED = "answered something that is not expected of a Kubernetes API server"

    @property
    def passes(self) -> bool:
        """Whether a control plane that has just been made may get over it by itself."""
        return self in _PASSING

    @property
    def is_refusal(self) -> bool:
        """Whether the server answered and refused the identity."""
        return self in (Failure.UNAUTHENTICATED, Failure.FORBIDDEN)


_PASSING = frozenset({Failure.TIMEOUT, Failure.REFUSED, Failure.UNRESOLVED, Failure.RESET, Failure.PROXY, Failure.BUSY})


class CallError(Exception):
    """Raised inside this room when a call to the API server gives no usable answer.

    Attributes:
        failure: its kind.
        verbatim: what the server or the network said.
        status: the HTTP status, 0 if there was no answer.
    """

    def __init__(self, failure: Failure, verbatim: str, status: int = 0) -> None:
        super().__init__(f"{failure.name}: {verbatim}")
        self.failure = failure
        self.verbatim = verbatim
        self.status = status

    def for_administrator(self, endpoint: Endpoint) -> GkeClustersError:
        """The same as an error with a remedy: `AccessDenied`, `AdmissionRefused`, or else unreachable."""
        if self.failure is Failure.FORBIDDEN:
            return AccessDenied(
                cause="The Kubernetes API server refused a request (HTTP 403).",
                resource=str(endpoint),
                verbatim=self.verbatim,
            )
        if self.failure is Failure.UNADMITTED:
            return AdmissionRefused(
                cause=f"The Kubernetes API server {self.failure.value} (HTTP {self.status}).",
                resource=str(endpoint),
                verbatim=self.verbatim,
            )
        return self.unreachable(endpoint)

    def unreachable(self, endpoint: Endpoint) -> ControlPlaneUnreachable:
        """The same as the answer to a probe."""
        unreachable = ControlPlaneUnreachable(
            cause=f"The Kubernetes API server {self.failure.value}.",
            resource=str(endpoint),
            verbatim=self.verbatim or None,
            remedy=_remedy(self.failure, endpoint),
        )
        unreachable.answered = bool(self.status)
        return unreachable


def call_error_of_exception(error: Exception) -> CallError:
    """Recognise what urllib3 raises: https://urllib3.readthedocs.io/en/stable/reference/urllib3.exceptions.html."""
    from urllib3 import exceptions  # noqa: PLC0415 - comes with the Kubernetes client, which is imported where used

    reason = error.reason if isinstance(error, exceptions.MaxRetryError) and error.reason else error
    kinds: tuple[tuple[type[Exception], Failure], ...] = (
        (exceptions.ProxyError, Failure.PROXY),
        (exceptions.SSLError, Failure.TLS),
        (exceptions.NameResolutionError, Failure.UNRESOLVED),
        (exceptions.NewConnectionError, Failure.REFUSED),
        (exceptions.TimeoutError, Failure.TIMEOUT),
    )
    failure = next((failure for kind, failure in kinds if isinstance(reason, kind)), Failure.RESET)
    return CallError(failure, _shortened(str(reason) or type(reason).__name__))


def call_error_of_status(status: int, body: bytes) -> CallError:
    """Recognise an answer that is not a success, with the message of its Kubernetes `Status` if it is one."""
    message = _message(body)
    if status == HTTPStatus.UNAUTHORIZED:
        failure = Failure.UNAUTHENTICATED
    elif status in _REFUSALS and _UNADMITTED.search(message):
        failure = Failure.UNADMITTED
    elif status == HTTPStatus.FORBIDDEN:
        failure = Failure.FORBIDDEN
    elif status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        failure = Failure.BUSY
    else:
        failure = Failure.UNEXPECTED
    return CallError(failure, _shortened(f"HTTP {status} {message}"), status)


def _message(body: bytes) -> str:
    text = body.decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        return text
    message = document.get("message") if isinstance(document, dict) else None
    return str(message or text)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _VERBATIM_LIMIT else line[:_VERBATIM_LIMIT] + "…"


def _remedy(failure: Failure, endpoint: Endpoint) -> str:
    if failure is Failure.FORBIDDEN and endpoint.kind == "dns":
        return f"{_REMEDIES[failure]} The DNS endpoint asks for the permission container.clusters.connect."
    return _REMEDIES.get(failure) or _NETWORK_REMEDIES[endpoint.kind]


_LATER = "Wait a minute and try again; if it stays so, look at the cluster in the Google Cloud console."
_REMEDIES = {
    Failure.UNAUTHENTICATED: "Check the credentials of the GKE connection and the clock of the DSS host, then start or "
    "attach again: the identity must have a role in the project of the cluster.",
    Failure.FORBIDDEN: "Grant roles/container.developer on the project to the identity of the GKE connection.",
    Failure.TLS: "If a proxy between the DSS host and Google replaces certificates, exclude the endpoint from it "
    "(NO_PROXY) or name the file of its authorities in SSL_CERT_FILE. If the cluster was created again, attach it "
    "again.",
    Failure.PROXY: "Correct HTTPS_PROXY of the DSS host, or exclude the endpoint from the proxy with NO_PROXY.",
    Failure.BUSY: _LATER,
    Failure.UNEXPECTED: _LATER,
}
# For what remains: timeouts, refusals, names. https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation
_NETWORK_REMEDIES = {
    "public": "Add the address from which the DSS host goes out to the authorized networks of the cluster, allow TCP "
    "443 out of its network, or choose the DNS endpoint.",
    "private": "The private endpoint answers in the VPC of the cluster and in networks routed to it; from another "
    "region it needs global access of the control plane. Give the DSS host a route to it, add its address to the "
    "authorized networks, or choose the DNS endpoint.",
    "dns": "The DSS host must resolve names under gke.goog and reach them on TCP 443, through a proxy if there is one. "
    "Check its DNS, firewall and proxy, or choose an IP endpoint.",
}
