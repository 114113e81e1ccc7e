"""IAM policies of repositories: which roles were granted on one, and what these permit.

Roles: https://cloud.google.com/artifact-registry/docs/access-control#roles
"""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.gcp.artifact_registry.errors import concurrent_policy_change
from sandbox.gcp.policies import Binding, is_granted, read_bindings
from sandbox.gcp.principals import Principal

_READER = (
    "repositories.get",
    "repositories.list",
    "repositories.downloadArtifacts",
    "dockerimages.get",
    "dockerimages.list",
    "packages.get",
    "packages.list",
    "versions.get",
    "versions.list",
    "tags.get",
    "tags.list",
    "locations.get",
    "locations.list",
)
_WRITER = (*_READER, "repositories.uploadArtifacts", "tags.create", "tags.update")
_REPOSITORY_ADMIN = (
    *_WRITER,
    "repositories.deleteArtifacts",
    "packages.delete",
    "versions.delete",
    "tags.delete",
)
_ADMIN = (
    *_REPOSITORY_ADMIN,
    "repositories.create",
    "repositories.delete",
    "repositories.update",
    "repositories.getIamPolicy",
    "repositories.setIamPolicy",
)
_ROLES = {
    f"roles/artifactregistry.{name}": frozenset(f"artifactregistry.{permission}" for permission in permissions)
    for name, permissions in {
        "reader": _READER,
        "writer": _WRITER,
        "repoAdmin": _REPOSITORY_ADMIN,
        "admin": _ADMIN,
    }.items()
}
_EMPTY_ETAG = "ACAB"


@dataclass
class Policy:
    """The policy of one repository.

    Attributes:
        bindings: `{"role", "members"}` each.
        etag: changes with every change.
    """

    bindings: list[Binding] = field(default_factory=list)
    etag: str = _EMPTY_ETAG

    def document(self) -> dict[str, Any]:
        """Return the policy as the API shows it."""
        if not self.bindings:
            return {"etag": self.etag}
        return {"version": 1, "etag": self.etag, "bindings": self.bindings}

    def replace(self, wanted: dict[str, Any]) -> None:
        """Replace the bindings.

        Raises:
            GoogleError: 409, the policy was read before its last change; 400, it grants a role that is not one of
                Artifact Registry's, or to somebody that cannot be read.
        """
        if wanted.get("etag") not in (None, "", self.etag):
            raise concurrent_policy_change()
        self.bindings = read_bindings(wanted, _ROLES)
        self.etag = base64.b64encode(secrets.token_bytes(8)).decode("ascii")

    def grants(self, principal: Principal | None, permission: str) -> bool:
        """Tell whether a permission was granted to somebody; None is somebody without credentials."""
        return is_granted(self.bindings, _ROLES, principal, permission)
