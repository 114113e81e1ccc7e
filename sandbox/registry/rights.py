"""What the registry asks of Artifact Registry: which repositories there are, and who may do what in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sandbox.gcp.principals import Principal
from sandbox.registry.errors import denied, unauthenticated
from sandbox.registry.names import PERMISSIONS, ImageName


class Repositories(Protocol):
    """The repositories, by project and id."""

    def exists(self, project: str, repository: str) -> bool:
        """Tell whether there is such a repository."""

    def resource(self, project: str, repository: str) -> str:
        """Return the resource name that errors give, also of a repository that does not exist."""

    def may(self, principal: Principal | None, permission: str, project: str, repository: str) -> bool:
        """Tell whether IAM grants a permission on a repository; None is somebody without credentials."""


@dataclass(frozen=True)
class Rights:
    """Decides on actions.

    Attributes:
        repositories: where the permissions are.
    """

    repositories: Repositories

    def require(self, principal: Principal | None, name: ImageName, actions: Iterable[str]) -> None:
        """Let actions on an image pass.

        Raises:
            RegistryError: 403, one of them is not permitted. Artifact Registry gives no smaller token instead.
        """
        for action in actions:
            permission = PERMISSIONS[action]
            if not self.repositories.may(principal, permission, name.project, name.repository):
                resource = self.repositories.resource(name.project, name.repository)
                raise denied(permission, resource) if principal else unauthenticated(permission, resource)

    def permitted(self, principal: Principal | None, name: ImageName) -> list[str]:
        """Return every action that is permitted on an image."""
        return [
            action
            for action, permission in PERMISSIONS.items()
            if self.repositories.may(principal, permission, name.project, name.repository)
        ]
