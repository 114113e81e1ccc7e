"""IAM policies of buckets: which roles were granted on one, and what these permit.

Roles: https://cloud.google.com/storage/docs/access-control/iam-roles (permissions that the sandbox never asks for are
left out)
"""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.gcp.policies import EVERYBODY, Binding, is_granted, read_bindings
from sandbox.gcp.principals import Principal
from sandbox.gcp.storage.errors import condition_not_met

_OBJECT_VIEWER = ("objects.get", "objects.list", "managedFolders.list")
_OBJECT_USER = (*_OBJECT_VIEWER, "objects.create", "objects.delete", "objects.update", "objects.restore")
_OBJECT_ADMIN = (*_OBJECT_USER, "objects.getIamPolicy", "objects.setIamPolicy")
_BUCKET_READER = ("buckets.get", "objects.list", "managedFolders.list")
_BUCKET_WRITER = (*_BUCKET_READER, "objects.create", "objects.delete")
_BUCKET_OWNER = (*_BUCKET_WRITER, "buckets.getIamPolicy", "buckets.setIamPolicy", "buckets.update")
_ROLES = {
    f"roles/storage.{name}": frozenset(f"storage.{permission}" for permission in permissions)
    for name, permissions in {
        "objectCreator": ("objects.create",),
        "objectViewer": _OBJECT_VIEWER,
        "objectUser": _OBJECT_USER,
        "objectAdmin": _OBJECT_ADMIN,
        "bucketViewer": ("buckets.get", "buckets.list"),
        "admin": (*_OBJECT_ADMIN, *_BUCKET_OWNER, "buckets.delete", "buckets.list"),
        "legacyObjectReader": ("objects.get",),
        "legacyObjectOwner": ("objects.get", "objects.getIamPolicy", "objects.setIamPolicy", "objects.update"),
        "legacyBucketReader": _BUCKET_READER,
        "legacyBucketWriter": _BUCKET_WRITER,
        "legacyBucketOwner": _BUCKET_OWNER,
    }.items()
}


def initial_bindings(project: str, *, uniform: bool) -> list[Binding]:
    """Return what is granted on a new bucket: to those with a basic role in its project."""
    owners = [f"projectEditor:{project}", f"projectOwner:{project}"]
    viewers = [f"projectViewer:{project}"]
    bindings: list[Binding] = [
        {"role": "roles/storage.legacyBucketOwner", "members": owners},
        {"role": "roles/storage.legacyBucketReader", "members": viewers},
    ]
    if uniform:
        # Without access lists of its objects, what these granted has to be granted on the bucket.
        bindings += [
            {"role": "roles/storage.legacyObjectOwner", "members": owners},
            {"role": "roles/storage.legacyObjectReader", "members": viewers},
        ]
    return bindings


def new_etag() -> str:
    """Return an etag that no other is like."""
    # gcloud decodes etags and writes them again in the alphabet of URLs, which must change nothing.
    return base64.b64encode(secrets.token_bytes(6)).decode("ascii").translate({ord("+"): "A", ord("/"): "B"})


@dataclass
class Policy:
    """The policy of one bucket.

    Attributes:
        bucket: its name.
        bindings: `{"role", "members"}` each.
        etag: changes with every change.
    """

    bucket: str
    bindings: list[Binding]
    etag: str = field(default_factory=new_etag)

    def document(self) -> dict[str, Any]:
        """Return the policy as the API shows it."""
        return {
            "kind": "storage#policy",
            "resourceId": f"projects/_/buckets/{self.bucket}",
            "version": 1,
            "etag": self.etag,
            "bindings": self.bindings,
        }

    def replace(self, wanted: dict[str, Any], *, public: bool) -> None:
        """Replace the bindings.

        Args:
            wanted: the new policy.
            public: whether everybody may be granted something.

        Raises:
            GoogleError: 412, the policy was read before its last change, or it grants something to everybody although
                that is prevented; 400, it grants a role that is not one of Cloud Storage's, or to somebody that cannot
                be read.
        """
        if wanted.get("etag") not in (None, "", self.etag):
            raise condition_not_met()
        bindings = read_bindings(wanted, _ROLES)
        if not public and any(member in EVERYBODY for binding in bindings for member in binding["members"]):
            raise condition_not_met(
                "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access "
                "prevention is enforced."
            )
        self.bindings = bindings
        self.etag = new_etag()

    def grants(self, principal: Principal | None, permission: str) -> bool:
        """Tell whether a permission was granted to somebody; None is somebody without credentials."""
        return is_granted(self.bindings, _ROLES, principal, permission)
