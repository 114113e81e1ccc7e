"""The check that each handler makes: a permission on everything, or granted on the one repository."""

from dataclasses import dataclass

from starlette.requests import Request

from sandbox.gcp.access import Gate
from sandbox.gcp.artifact_registry.errors import permission_denied
from sandbox.gcp.artifact_registry.repositories import Repositories, Repository
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.locations import is_region
from sandbox.gcp.principals import Principal

MULTI_REGIONS = ("asia", "europe", "us")
"""The locations that are not regions: https://cloud.google.com/artifact-registry/docs/repositories/repo-locations"""


@dataclass(frozen=True)
class Access:
    """Who may do what.

    Attributes:
        gate: the door of the service.
        repositories: where further permissions are granted.
    """

    gate: Gate
    repositories: Repositories

    def place(self, request: Request, permission: str) -> tuple[str, str]:
        """Return the project and the location of a request, if the caller has the permission there.

        Raises:
            GoogleError: 401 without a good token, 403 without the permission or without such a location.
        """
        caller, project = self.gate.caller(request), self._project(request)
        location = str(request.path_params["location"])
        if not caller.may(permission):
            raise permission_denied(permission, f"projects/{project}/locations/{location}")
        if not is_region(location) and location not in (*MULTI_REGIONS, "-"):
            raise GoogleError(403, f"Permission denied on 'locations/{location}' (or it may not exist).")
        return project, location

    def repository(self, request: Request, permission: str) -> Repository:
        """Return the repository of a request, if the caller has the permission on it.

        Raises:
            GoogleError: 401 without a good token, 403 without the permission, 404 without such a repository.
        """
        caller, project = self.gate.caller(request), self._project(request)
        location, repository = str(request.path_params["location"]), str(request.path_params["repository"])
        if not self.repositories.may(caller, f"artifactregistry.{permission}", project, repository):
            resource = f"projects/{project}/locations/{location}/repositories/{repository}"
            raise permission_denied(f"artifactregistry.{permission}", resource)
        return self.repositories.get(project, location, repository)

    def granted(self, caller: Principal, permissions: list[str], repository: Repository) -> list[str]:
        """Return those permissions that a caller has on a repository."""
        return [
            permission
            for permission in permissions
            if self.repositories.may(caller, permission, repository.project, repository.id)
        ]

    def _project(self, request: Request) -> str:
        name = str(request.path_params["project"])
        project = self.gate.projects.find(name)
        if project is None:
            raise GoogleError(403, f"Permission denied on resource project {name}.")
        return project.id
