"""Whether a project can be used at all: a token for it, its APIs, and the permissions that the identity has on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.api_core import exceptions as api_exceptions
from google.auth.transport.requests import Request

from gke_clusters.errors import ClusterNotFound, PermissionDenied, RequestRefused
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.endpoints import Service, endpoint
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.retries import read_retry

# A look at a project, not a story that has begun: whoever waits for it had better hear soon that Google is silent.
_PATIENCE_SECONDS: Final = 5.0
_TIMEOUT_SECONDS: Final = 10.0
_PERMISSIONS_AT_ONCE: Final = 100

# A small question to each API, by which it tells whether it is enabled; whether it is answered does not matter.
_QUESTIONS: Final[Mapping[Service, tuple[str, Mapping[str, str]]]] = {
    "artifactregistry": ("/v1/projects/{project}/locations", {"pageSize": "1"}),
    "compute": ("/compute/v1/projects/{project}/zones", {"maxResults": "1", "fields": "id"}),
    "container": ("/v1/projects/{project}/locations/-/clusters", {"fields": "missingZones"}),
    "storage": ("/storage/v1/b", {"maxResults": "1", "fields": "kind"}),
}
APIS: Final = tuple(_QUESTIONS)
"""The services that :meth:`ProjectAccess.require_api` knows a question for."""


class ProjectAccess:
    """The calls that look at a project as a whole. Each raises one of :mod:`gke_clusters.errors`."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    @property
    def identity(self) -> str:
        """Whom Google sees; the e-mail address once there was a token."""
        return self._authorization.identity

    def require_token(self) -> None:
        """Have a token issued.

        Raises:
            CredentialsError: Google gives none for these credentials.
            GoogleUnavailable: Whoever issues them does not answer.
        """
        with translated(Asked("issue an access token", self.identity, "PROJECT", self._authorization)):
            read_retry(_PATIENCE_SECONDS)(self._authorization.credentials.refresh)(Request())

    def require_api(self, service: Service, project: str) -> None:
        """Make sure that an API is enabled in a project, and answers.

        Google says so before it looks at permissions, so none is needed:
        https://cloud.google.com/service-usage/docs/troubleshooting-api-is-disabled

        Args:
            service: One of :data:`APIS`.
            project: Project id.

        Raises:
            ApiNotEnabled: It is not enabled.
            GkeClustersError: It cannot be reached, or the project cannot be used.
        """
        path, parameters = _QUESTIONS[service]
        if service == "storage":
            parameters = {**parameters, "project": project}
        try:
            self._send("GET", service, path.format(project=project), project, parameters=parameters)
        except (ClusterNotFound, RequestRefused):
            return
        except PermissionDenied as denied:
            # Its kinds are about scopes and perimeters, which keep everything out.
            if type(denied) is not PermissionDenied:
                raise

    def missing_permissions(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        """Return which permissions the identity lacks on a project; to ask that takes none.

        https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions

        Args:
            project: Project id.
            permissions: Their names.
        """
        granted: set[str] = set()
        for begin in range(0, len(permissions), _PERMISSIONS_AT_ONCE):
            asked = list(permissions[begin : begin + _PERMISSIONS_AT_ONCE])
            path = f"/v3/projects/{project}:testIamPermissions"
            answer = self._send("POST", "cloudresourcemanager", path, project, body={"permissions": asked})
            granted.update(answer.get("permissions", ()))
        return tuple(each for each in permissions if each not in granted)

    def _send(
        self,
        method: str,
        service: Service,
        path: str,
        project: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            answer = self._authorization.session.request(
                method, endpoint(service) + path, params=parameters, json=body, timeout=_TIMEOUT_SECONDS
            )
            if not answer.ok:
                raise api_exceptions.from_http_response(answer)
            said: dict[str, Any] = answer.json()
            return said

        doing = f"answer a question to {service}.googleapis.com"
        with translated(Asked(doing, f"projects/{project}", project, self._authorization)):
            return read_retry(_PATIENCE_SECONDS)(once)()
