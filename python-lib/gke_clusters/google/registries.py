"""Repositories of Artifact Registry: whether one exists, making one, and who may do what in it.

https://cloud.google.com/artifact-registry/docs/reference/rest
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from google.api_core import exceptions as api_exceptions

from gke_clusters.errors import ClusterNotFound, NameTaken, OperationFailed, OperationTimeout, PermissionDenied
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.endpoints import Service, endpoint
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.retries import read_retry
from gke_clusters.google.roles import member

DOWNLOAD: Final = "artifactregistry.repositories.downloadArtifacts"
UPLOAD: Final = "artifactregistry.repositories.uploadArtifacts"
"""https://cloud.google.com/artifact-registry/docs/access-control#permissions"""

logger = logging.getLogger(__name__)

_STANDARD: Final = "STANDARD_REPOSITORY"
_TIMEOUT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 1.0
_CREATION_SECONDS: Final = 300.0

# What predefined and basic roles may download: https://cloud.google.com/artifact-registry/docs/access-control#roles
_READING_ROLES: Final = frozenset(
    {
        *(f"roles/artifactregistry.{role}" for role in ("reader", "writer", "repoAdmin", "admin")),
        *(f"roles/artifactregistry.createOnPush{role}" for role in ("Writer", "RepoAdmin")),
        *(f"roles/{role}" for role in ("viewer", "editor", "owner")),
    }
)
_EVERYBODY: Final = frozenset({"allUsers", "allAuthenticatedUsers"})


@dataclass(frozen=True)
class RepositoryName:
    """Which repository: project id, region or multi-region, id of the repository."""

    project: str
    location: str
    repository: str

    @property
    def place(self) -> str:
        """The project and the location, as the API names them."""
        return f"projects/{self.project}/locations/{self.location}"

    def __str__(self) -> str:
        return f"{self.place}/repositories/{self.repository}"


@dataclass(frozen=True)
class Repository:
    """A repository that exists.

    Attributes:
        format: such as ``DOCKER``.
        mode: such as ``STANDARD_REPOSITORY``, the only one that images can be pushed to.
        registry_uri: host and path that images are pushed to.
    """

    format: str
    mode: str
    registry_uri: str


@dataclass(frozen=True)
class _Call:
    """One request: what it is for in words, and its parts."""

    doing: str
    method: str
    path: str
    service: Service = "artifactregistry"
    body: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] | None = None


class ArtifactRegistryApi:
    """The calls to Artifact Registry. Each raises one of :mod:`gke_clusters.errors`."""

    def __init__(self, authorization: Authorization, sleep: Callable[[float], None] = time.sleep) -> None:
        """Keep how to authenticate, and what waits for a number of seconds."""
        self._authorization = authorization
        self._sleep = sleep

    @property
    def identity(self) -> str:
        """Whom Google sees."""
        return self._authorization.identity

    def find_repository(self, name: RepositoryName) -> Repository | None:
        """Read a repository; None if there is none."""
        try:
            found = self._read(name, _Call("read the repository", "GET", str(name)))
        except ClusterNotFound:
            return None
        default = f"{name.location}-docker.pkg.dev/{name.project.replace(':', '/')}/{name.repository}"
        return Repository(
            format=str(found.get("format", "")),
            mode=str(found.get("mode") or _STANDARD),
            registry_uri=str(found.get("registryUri") or default),
        )

    def create_repository(self, name: RepositoryName) -> Repository:
        """Create a repository for Docker images and wait for it; one that somebody else just made is as good.

        Raises:
            OperationFailed: Google could not create it.
            OperationTimeout: it takes longer than five minutes.
        """
        call = _Call(
            "create the repository",
            "POST",
            f"{name.place}/repositories",
            body={"format": "DOCKER", "description": "Images of Dataiku DSS"},
            parameters={"repositoryId": name.repository},
        )
        try:
            with self._asked(name, call):
                operation = self._send(call)
        except NameTaken:
            logger.info("%s was created meanwhile", name)
        else:
            self._wait(operation, name)
        made = self.find_repository(name)
        if made is None:
            raise OperationFailed("The repository was created and is not there.", resource=str(name))
        return made

    def require(self, name: RepositoryName, permissions: Sequence[str]) -> None:
        """Make sure that the caller has permissions on a repository.

        Raises:
            PermissionDenied: one is missing; it says which, and the command that grants them.
        """
        body = {"permissions": list(permissions)}
        call = _Call("ask for the permissions on the repository", "POST", f"{name}:testIamPermissions", body=body)
        granted = self._read(name, call).get("permissions", ())
        lacking = [one for one in permissions if one not in granted]
        if lacking:
            role = "roles/artifactregistry.writer" if UPLOAD in lacking else "roles/artifactregistry.reader"
            raise PermissionDenied(
                f"{self.identity} lacks {' and '.join(lacking)} on the repository.",
                resource=str(name),
                remedy=f"Grant it {role}: {grant_on_repository(name, self.identity, role)} ; wait two minutes,"
                " then run the macro again.",
            )

    def is_reader(self, name: RepositoryName, account: str) -> bool:
        """Whether the policy of the repository or of its project lets a service account read images.

        False says little: rights may also come from a group, a custom role, a folder or the organization.

        Raises:
            PermissionDenied: a policy may not be read, and the other does not grant it.
        """
        version = {"requestedPolicyVersion": 3}
        doing = "read who may do what"
        unread: PermissionDenied | None = None
        for call in (
            _Call(doing, "GET", f"{name}:getIamPolicy", parameters={"options.requestedPolicyVersion": 3}),
            # https://cloud.google.com/resource-manager/reference/rest/v1/projects/getIamPolicy
            _Call(doing, "POST", f"projects/{name.project}:getIamPolicy", "cloudresourcemanager", {"options": version}),
        ):
            try:
                policy = self._read(name, call)
            except PermissionDenied as refused:
                unread = refused
                continue
            if _grants_reading(policy, account):
                return True
        if unread:
            raise unread
        return False

    def _wait(self, operation: Mapping[str, Any], name: RepositoryName) -> None:
        waited = 0.0
        while not operation.get("done"):
            if waited >= _CREATION_SECONDS:
                raise OperationTimeout("The repository is not there after five minutes.", resource=str(name))
            self._sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
            operation = self._read(name, _Call("follow the creation of the repository", "GET", str(operation["name"])))
        if operation.get("error"):
            raise OperationFailed(
                "Google could not create the repository.",
                resource=str(name),
                verbatim=str(operation["error"].get("message", operation["error"])),
            )

    def _read(self, name: RepositoryName, call: _Call) -> dict[str, Any]:
        """Send what may be sent again."""
        with self._asked(name, call):
            answer: dict[str, Any] = read_retry()(self._send)(call)
            return answer

    def _asked(self, name: RepositoryName, call: _Call) -> AbstractContextManager[None]:
        return translated(Asked(call.doing, str(name), name.project, self._authorization))

    def _send(self, call: _Call) -> dict[str, Any]:
        answer = self._authorization.session.request(
            call.method,
            f"{endpoint(call.service)}/v1/{call.path}",
            params=call.parameters,
            json=call.body,
            timeout=_TIMEOUT_SECONDS,
        )
        if not answer.ok:
            raise api_exceptions.from_http_response(answer)
        document: dict[str, Any] = answer.json()
        return document


def grant_on_repository(name: RepositoryName, identity: str, role: str) -> str:
    """Return the command that grants an identity a role on a repository."""
    return (
        f"gcloud artifacts repositories add-iam-policy-binding {name.repository} --location {name.location}"
        f" --project {name.project} --member {member(identity)} --role {role}"
    )


def _grants_reading(policy: Mapping[str, Any], account: str) -> bool:
    whom = {member(account), *_EVERYBODY}
    return any(
        binding.get("role") in _READING_ROLES
        and not binding.get("condition")
        and not whom.isdisjoint(binding.get("members", ()))
        for binding in policy.get("bindings", ())
    )
