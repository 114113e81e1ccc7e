"""The buckets that exist; their names are shared by all projects.

https://cloud.google.com/storage/docs/json_api/v1/buckets
"""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.gcp.projects import Project
from sandbox.gcp.storage.errors import conflict, invalid, no_such_bucket
from sandbox.gcp.storage.locations import location_type
from sandbox.gcp.storage.policies import Policy, initial_bindings, new_etag

# https://cloud.google.com/storage/docs/buckets#naming, without the rules of names with dots
_NAME = re.compile(r"(?!goog)(?!.*google)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_KEPT = (
    "autoclass",
    "billing",
    "cors",
    "customPlacementConfig",
    "encryption",
    "hierarchicalNamespace",
    "labels",
    "lifecycle",
    "logging",
    "retentionPolicy",
    "rpo",
    "softDeletePolicy",
    "storageClass",
    "versioning",
    "website",
)
# Until then uniform access may be taken back:
# https://cloud.google.com/storage/docs/uniform-bucket-level-access
_LOCK = timedelta(days=90)
_SOFT_DELETE_SECONDS = 7 * 24 * 3600


class Bucket:
    """One bucket.

    Args:
        project: whose it is.
        wanted: the resource that its maker asks for.

    Raises:
        GoogleError: 400, it has no good name or location.
    """

    def __init__(self, project: Project, wanted: dict[str, Any]) -> None:
        name = wanted.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid(f"Invalid bucket name: '{name or ''}'")
        self.name = name
        self.project = project
        self.location = str(wanted.get("location") or "US").upper()
        self._kind = location_type(self.location, pair="customPlacementConfig" in wanted)
        self._fields: dict[str, Any] = {}
        self._uniform: str | None = None
        self._public_access_prevention = "inherited"
        self.metageneration = 0
        self.created = self.updated = _now()
        self.change(wanted)
        self.policy = Policy(name, initial_bindings(project.id, uniform=self.uniform))

    @property
    def uniform(self) -> bool:
        """Whether IAM alone decides who may read and write its objects."""
        return self._uniform is not None

    @property
    def may_be_public(self) -> bool:
        """Whether everybody may be granted something on it."""
        return self._public_access_prevention != "enforced"

    def change(self, wanted: dict[str, Any]) -> None:
        """Change what a resource names: null takes a field away, labels are changed one by one."""
        access = wanted.get("iamConfiguration") or {}
        uniform = (access.get("uniformBucketLevelAccess") or access.get("bucketPolicyOnly") or {}).get("enabled")
        if uniform is not None and uniform != self.uniform:
            self._uniform = _now(_LOCK) if uniform else None
        self._public_access_prevention = access.get("publicAccessPrevention") or self._public_access_prevention
        given = {name: wanted[name] for name in _KEPT if name in wanted}
        if given.get("labels"):
            labels = self._fields.get("labels", {}) | given["labels"]
            given["labels"] = {key: value for key, value in labels.items() if value is not None}
        self._fields |= given
        self._fields = {key: value for key, value in self._fields.items() if value not in (None, {})}
        self.metageneration += 1
        self.updated = _now()
        self._etag = new_etag()

    def document(self) -> dict[str, Any]:
        """Return the bucket as the API shows it, without the access lists that uniform access does without."""
        uniform: dict[str, Any] = {"enabled": self.uniform}
        if self._uniform:
            uniform["lockedTime"] = self._uniform
        document = {
            "kind": "storage#bucket",
            "selfLink": f"https://www.googleapis.com/storage/v1/b/{self.name}",
            "id": self.name,
            "name": self.name,
            "projectNumber": self.project.number,
            "metageneration": str(self.metageneration),
            "location": self.location,
            "storageClass": "STANDARD",
            "etag": self._etag,
            "timeCreated": self.created,
            "updated": self.updated,
            "softDeletePolicy": {
                "retentionDurationSeconds": str(_SOFT_DELETE_SECONDS),
                "effectiveTime": self.created,
            },
            "iamConfiguration": {
                "bucketPolicyOnly": uniform,
                "uniformBucketLevelAccess": uniform,
                "publicAccessPrevention": self._public_access_prevention,
            },
            "locationType": self._kind,
        }
        if self._kind != "region":
            document["rpo"] = "DEFAULT"
        return document | self._fields


class Buckets:
    """Every bucket, by name."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def get(self, name: str) -> Bucket:
        """Return a bucket.

        Raises:
            GoogleError: 404, there is none of that name.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            raise no_such_bucket()
        return bucket

    def of(self, project: Project) -> list[Bucket]:
        """Return the buckets of a project by name."""
        return sorted((one for one in self._buckets.values() if one.project == project), key=lambda one: one.name)

    def add(self, bucket: Bucket) -> None:
        """Add a bucket.

        Raises:
            GoogleError: 409, there is one of that name, in whatever project.
        """
        there = self._buckets.get(bucket.name)
        if there is not None and there.project == bucket.project:
            raise conflict("Your previous request to create the named bucket succeeded and you already own it.")
        if there is not None:
            raise conflict(
                "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                "system. Please select a different name and try again."
            )
        self._buckets[bucket.name] = bucket

    def remove(self, bucket: Bucket) -> None:
        """Forget a bucket."""
        self._buckets.pop(bucket.name, None)


def _now(later: timedelta = timedelta()) -> str:
    return (datetime.now(timezone.utc) + later).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
