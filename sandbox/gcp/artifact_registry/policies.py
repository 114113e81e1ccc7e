"""IAM policies of repositories: which roles were granted on one, and what these permit.

Roles: https://cloud.google.com/artifact-registry/docs/access-control#roles
"""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.gcp.artifact_registry.errors import concurrent_policy_change
from sandbox.gcp.errors import invalid_argument
from sandbox.gcp.principals import Principal

_PREFIX = "artifactregistry."
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
    "roles/artifactregistry.reader": frozenset(_READER),
    "roles/artifactregistry.writer": frozenset(_WRITER),
    "roles/artifactregistry.repoAdmin": frozenset(_REPOSITORY_ADMIN),
    "roles/artifactregistry.admin": frozenset(_ADMIN),
}
_EMPTY_ETAG = "ACAB"
_EVERYBODY = ("allUsers", "allAuthenticatedUsers")


@dataclass
class Policy:
    """The policy of one repository.

    Attributes:
        bindings: `{"role", "members"}` each.
        etag: changes with every change.
    """

    bindings: list[dict[str, Any]] = field(default_factory=list)
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
        bindings = [
            {"role": item.get("role"), "members": item.get("members", [])} for item in wanted.get("bindings", [])
        ]
        for binding in bindings:
            if binding["role"] not in _ROLES:
                raise invalid_argument(f"Role {binding['role']} is not supported for this resource.")
            for member in binding["members"]:
                if member not in _EVERYBODY and ":" not in member:
                    raise invalid_argument(f"Invalid member: '{member}'")
        self.bindings = [binding for binding in bindings if binding["members"]]
        self.etag = base64.b64encode(secrets.token_bytes(8)).decode("ascii")

    def grants(self, principal: Principal | None, permission: str) -> bool:
        """Tell whether a permission was granted to somebody; None is somebody without credentials."""
        names = {"allUsers"}
        if principal is not None:
            names |= {"allAuthenticatedUsers", f"user:{principal.email}", f"serviceAccount:{principal.email}"}
        return any(
            permission.removeprefix(_PREFIX) in _ROLES[binding["role"]] and names & set(binding["members"])
            for binding in self.bindings
        )
