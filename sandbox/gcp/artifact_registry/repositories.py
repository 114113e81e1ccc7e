"""The repositories that exist.

https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.gcp.artifact_registry.errors import already_exists, not_found
from sandbox.gcp.artifact_registry.policies import Policy
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.principals import Principal

KEPT = (
    "format",
    "mode",
    "description",
    "labels",
    "kmsKeyName",
    "dockerConfig",
    "cleanupPolicies",
    "cleanupPolicyDryRun",
)
"""The fields of a repository that its maker decides on."""


@dataclass
class Repository:
    """One repository of container images.

    Attributes:
        project: id of its project.
        location: a region such as `us-central1`, or a multi-region such as `us`.
        id: its last name.
        fields: what its maker decided on.
        policy: who was granted what on it.
        created: when it was made, as the API writes it.
        updated: when it was changed last.
    """

    project: str
    location: str
    id: str
    fields: dict[str, Any]
    policy: Policy = field(default_factory=Policy)
    created: str = field(default_factory=Clock.timestamp)
    updated: str = field(default_factory=Clock.timestamp)

    @property
    def name(self) -> str:
        """The resource name."""
        return f"projects/{self.project}/locations/{self.location}/repositories/{self.id}"

    def document(self) -> dict[str, Any]:
        """Return the repository as an operation's response shows it."""
        return {
            "name": self.name,
            "mode": "STANDARD_REPOSITORY",
            **self.fields,
            "satisfiesPzi": True,
            "vulnerabilityScanningConfig": {
                "enablementState": "SCANNING_DISABLED",
                "enablementStateReason": "API containerscanning.googleapis.com is not enabled.",
                "lastEnableTime": self.created,
            },
        }

    def described(self, registry_host: str, size_bytes: int) -> dict[str, Any]:
        """Return the repository as reading it shows it, with the address and the size of its images."""
        described = self.document() | {
            "createTime": self.created,
            "updateTime": self.updated,
            "registryUri": f"{registry_host}/{self.project}/{self.id}",
        }
        return described | ({"sizeBytes": str(size_bytes)} if size_bytes else {})


class Repositories:
    """Every repository, by project and id.

    Real registries have a host for each location. Here one host serves all, so that an id is taken in all of them.
    """

    def __init__(self) -> None:
        self._repositories: dict[tuple[str, str], Repository] = {}
        self._coming: set[tuple[str, str]] = set()

    def in_location(self, project: str, location: str) -> list[Repository]:
        """Return the repositories of a project in one location, or in all of them for `-`, by name."""
        found = [
            repository
            for repository in self._repositories.values()
            if repository.project == project and location in (repository.location, "-")
        ]
        return sorted(found, key=lambda repository: repository.name)

    def get(self, project: str, location: str, repository: str) -> Repository:
        """Return a repository.

        Raises:
            GoogleError: 404, there is none of that name.
        """
        found = self._repositories.get((project, repository))
        if found is None or found.location != location:
            raise not_found()
        return found

    def reserve(self, repository: Repository) -> None:
        """Take the name of a repository that will be added.

        Raises:
            GoogleError: 409, there is one of that name; 501, there is one of that id in another location.
        """
        key = (repository.project, repository.id)
        found = self._repositories.get(key)
        if found is not None and found.location != repository.location:
            raise GoogleError(501, f"The sandbox keeps one repository of an id, and {found.name} has this one.")
        if found is not None or key in self._coming:
            raise already_exists()
        self._coming.add(key)

    def add(self, repository: Repository) -> None:
        """Add a repository whose name was taken."""
        self._coming.discard((repository.project, repository.id))
        self._repositories[repository.project, repository.id] = repository

    def remove(self, repository: Repository) -> None:
        """Delete a repository."""
        self._repositories.pop((repository.project, repository.id), None)

    def exists(self, project: str, repository: str) -> bool:
        """Tell whether a project has a repository of this id."""
        return (project, repository) in self._repositories

    def resource(self, project: str, repository: str) -> str:
        """Return the resource name of a repository, also of one that does not exist."""
        found = self._repositories.get((project, repository))
        return found.name if found else f"projects/{project}/locations/-/repositories/{repository}"

    def may(self, principal: Principal | None, permission: str, project: str, repository: str) -> bool:
        """Tell whether IAM grants a permission, on everything or on the repository."""
        if principal is not None and principal.may(permission):
            return True
        found = self._repositories.get((project, repository))
        return found is not None and found.policy.grants(principal, permission)
