"""A few calls to a cluster's Kubernetes API, over the plain request path of the official client.

The client's typed APIs cost half a second and 20 MB at first use, and four times as long per node: everything here is
plain JSON, turned into small data classes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode
from urllib.request import getproxies

from gke_clusters.errors import CredentialsError
from gke_clusters.kube.credential_helper import check_helper
from gke_clusters.kube.failures import CallError, Failure, call_error_of_exception, call_error_of_status
from gke_clusters.kube.kubeconfig import Endpoint, kind_of_host
from gke_clusters.kube.kubeconfig_file import damaged, read_kubeconfig
from gke_clusters.kube.patience import ask_patiently

REQUEST_TIMEOUT_SECONDS = 15.0
_PAGE_SIZE = 500
_CONTINUE_EXPIRED = 410
_SUCCESSES = range(200, 300)

T = TypeVar("T")


@dataclass(frozen=True)
class ResourceAttributes:
    """A question to the API server's authorizer: may I do `verb` on `resource`?

    Attributes:
        verb: such as `create`.
        resource: plural, such as `pods`.
        group: API group, empty for the core one.
        subresource: such as `log`, empty for none.
        namespace: empty for every namespace.
    """

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    namespace: str = ""

    @property
    def full_resource(self) -> str:
        """The resource as kubectl writes it, such as `pods/log` or `roles.rbac.authorization.k8s.io`."""
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{resource}/{self.subresource}" if self.subresource else resource

    def __str__(self) -> str:
        return f"{self.verb} {self.full_resource}"


class KubernetesApi:
    """The API server of one cluster, as the identity of its kubeconfig. Safe to use from several threads."""

    def __init__(self, client: Any, endpoint: Endpoint, request_timeout_seconds: float) -> None:
        self._client = client
        self._timeout_seconds = request_timeout_seconds
        self.endpoint = endpoint

    @classmethod
    def from_kubeconfig(
        cls,
        path: Path,
        *,
        endpoint: Endpoint | None = None,
        request_timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
        token_patience_seconds: float = 0.0,
    ) -> KubernetesApi:
        """Get a token through the kubeconfig's credential helper and make a client; the API server is not called.

        Args:
            path: the kubeconfig; its current context is used.
            endpoint: what the file's server is, for the words of errors; deduced from the address if not given.
            request_timeout_seconds: the longest that one call may take.
            token_patience_seconds: for how long the helper is asked again where it gives no token.

        Raises:
            StateError: the file is missing or damaged.
            CredentialsError: the helper gives no token; its own words are in the error.
        """
        context = read_kubeconfig(path)
        helper = context.helper
        if helper is not None:
            # The client only logs what a helper complains of, and goes on without a token.
            check_helper(helper, patience_seconds=token_patience_seconds)

        from kubernetes import client, config  # noqa: PLC0415 - 0.4 s and 54 MB

        configuration = client.Configuration()
        configuration.retries = False  # whoever calls knows whether and for how long to try again
        # Not every version of the client reads them by itself, and kubectl does.
        proxies = getproxies()
        configuration.proxy, configuration.no_proxy = proxies.get("https"), proxies.get("no")
        try:
            config.load_kube_config(config_file=str(path), client_configuration=configuration, persist_config=False)
        except config.ConfigException as error:
            raise damaged(path, str(error)) from None
        if helper is not None and not configuration.auth_settings():
            raise CredentialsError(
                cause="The credential helper of the cluster gave a token once and then did not.",
                resource=str(path),
                remedy="Start or attach the cluster again.",
            )
        host = context.host
        return cls(
            client.ApiClient(configuration), endpoint or Endpoint(kind_of_host(host), host), request_timeout_seconds
        )

    def version(self, *, patience_seconds: float = 0.0) -> str:
        """The version of Kubernetes, such as `v1.33.5-gke.1080000`.

        Args:
            patience_seconds: for how long to ask again where the server needs a moment.

        Raises:
            ControlPlaneUnreachable: no usable answer.
            AccessDenied: the identity is refused.
        """
        try:
            return str(self._patiently("GET", "/version", patience_seconds).get("gitVersion", ""))
        except CallError as error:
            raise error.for_administrator(self.endpoint) from None

    def items(self, path: str) -> tuple[Mapping[str, Any], ...]:
        """All objects of a list, read page by page: a cluster may have more than one answer should hold.

        Args:
            path: of the list, such as `/api/v1/pods`.

        Raises:
            CallError: no answer, no success, or no JSON object.
        """
        found: list[Mapping[str, Any]] = self.collect(path, list, lambda items, page: items.extend(page))
        return tuple(found)

    def collect(
        self,
        path: str,
        begin: Callable[[], T],
        add: Callable[[T, Sequence[Mapping[str, Any]]], object],
        query: Mapping[str, str | int] | None = None,
    ) -> T:
        """What becomes of all objects of a list, page by page, so that they need not be in memory together.

        Args:
            path: of the list, such as `/api/v1/pods`.
            begin: makes what they are collected in; once more if the list has to be read again.
            add: adds the objects of a page.
            query: what is asked of the list beside, such as a `labelSelector`.

        Raises:
            CallError: no answer, no success, or no JSON object.
        """
        try:
            return self._collect(path, begin(), add, query or {})
        except CallError as error:
            if error.status != _CONTINUE_EXPIRED:
                raise
            # The list grew older than etcd remembers while it was read: begin again.
            return self._collect(path, begin(), add, query or {})

    def access_review(self, attributes: ResourceAttributes, *, patience_seconds: float = 0.0) -> bool:
        """Whether the identity may do that, by a `SelfSubjectAccessReview`.

        https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/

        Args:
            attributes: what to do.
            patience_seconds: for how long to ask again where the server needs a moment; a review changes nothing.

        Raises:
            ControlPlaneUnreachable: no usable answer.
            AccessDenied: the identity may not even ask.
        """
        question = {
            "verb": attributes.verb,
            "resource": attributes.resource,
            "group": attributes.group,
            "subresource": attributes.subresource,
            "namespace": attributes.namespace,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in question.items() if value}},
        }

        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        try:
            answer = self._patiently("POST", path, patience_seconds, body)
        except CallError as error:
            raise error.for_administrator(self.endpoint) from None
        return _mapping(answer.get("status")).get("allowed") is True

    def _patiently(
        self, method: str, path: str, patience_seconds: float, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A call that changes nothing, again where the server needs a moment."""
        return ask_patiently(
            lambda: self.call(method, path, body=body),
            self.endpoint,
            lambda error: patience_seconds if error.failure.passes else 0.0,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """One request, never repeated, and the JSON object of its answer.

        Args:
            method: HTTP method.
            path: such as `/api/v1/nodes`.
            query: parameters of the query.
            body: sent as JSON.
            timeout_seconds: instead of the limit of this object.

        Raises:
            CallError: no answer, no success, or no JSON object.
        """
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the Kubernetes client

        configuration = self._client.configuration
        url = configuration.host + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": "application/json", "User-Agent": self._client.user_agent}
        if body is not None:
            headers["Content-Type"] = "application/json"
        # Renews the token if it is nearly over.
        headers.update({setting["key"]: setting["value"] for setting in configuration.auth_settings().values()})
        try:
            # The pool and not the client's own call: that one's arguments change from version to version.
            response = self._client.rest_client.pool_manager.request(
                method,
                url,
                headers=headers,
                body=None if body is None else json.dumps(body),
                timeout=timeout_seconds or self._timeout_seconds,
            )
        except HTTPError as error:
            raise call_error_of_exception(error) from None
        if response.status not in _SUCCESSES:
            raise call_error_of_status(response.status, response.data)
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise CallError(Failure.UNEXPECTED, f"{method} {path}: the answer is not a JSON object", response.status)
        return answer

    def _collect(
        self,
        path: str,
        collected: T,
        add: Callable[[T, Sequence[Mapping[str, Any]]], object],
        query: Mapping[str, str | int],
    ) -> T:
        query = {"limit": _PAGE_SIZE, **query}
        while True:
            page = self.call("GET", path, query=query)
            add(collected, page.get("items") or ())
            token = _mapping(page.get("metadata")).get("continue")
            if not token:
                return collected
            query = {**query, "continue": token}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
