"""Buckets of Cloud Storage: whether one exists and where, who may do what in it, and whether that really works.

https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from google.api_core import exceptions as api_exceptions

from gke_clusters.errors import ClusterNotFound, GkeClustersError, GoogleError, PermissionDenied
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.endpoints import endpoint
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.permissions import BUCKET_PERMISSIONS
from gke_clusters.google.retries import read_retry
from gke_clusters.google.roles import member

logger = logging.getLogger(__name__)

ROLE: Final = "roles/storage.objectAdmin"
"""Brings all that is needed on a bucket: https://cloud.google.com/storage/docs/access-control/iam-roles"""

_TIMEOUT_SECONDS: Final = 30.0
_CONTENT: Final = b"Written by DSS to see whether it may write here. It can be deleted.\n"


@dataclass(frozen=True)
class Bucket:
    """A bucket that exists.

    Attributes:
        name: without a scheme.
        location: such as ``EUROPE-WEST1``, ``EU`` or ``EUR4``.
        location_type: ``region``, ``dual-region`` or ``multi-region``.
        chosen_regions: the regions of a dual-region whose maker chose them; else empty.
    """

    name: str
    location: str
    location_type: str
    chosen_regions: tuple[str, ...] = ()


class StorageApi:
    """The calls to Cloud Storage. Each raises one of :mod:`gke_clusters.errors`."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    @property
    def identity(self) -> str:
        """Whom Google sees."""
        return self._authorization.identity

    def find_bucket(self, name: str) -> Bucket | None:
        """Read where a bucket is; None if there is none of that name, in whatever project."""
        # Of all calls that tell the location, this one asks for the least: who may list may see it.
        # https://cloud.google.com/storage/docs/json_api/v1/buckets/getStorageLayout
        try:
            with self._asked("look at the bucket", name):
                found = self._send("GET", f"{_bucket_path(name)}/storageLayout").json()
        except ClusterNotFound:
            return None
        return Bucket(
            name=name,
            location=str(found.get("location", "")),
            location_type=str(found.get("locationType", "")),
            chosen_regions=tuple(found.get("customPlacementConfig", {}).get("dataLocations", ())),
        )

    def require_access(self, bucket: str) -> None:
        """Make sure that the caller may list, read, write and delete objects.

        Raises:
            PermissionDenied: a permission is missing; it says which, and the command that grants them.
        """
        wanted = list(BUCKET_PERMISSIONS)
        with self._asked("ask for the permissions on the bucket", bucket):
            path = f"{_bucket_path(bucket)}/iam/testPermissions"
            granted = self._send("GET", path, params={"permissions": wanted}).json().get("permissions", ())
        lacking = [one for one in wanted if one not in granted]
        if lacking:
            raise PermissionDenied(
                f"{self.identity} lacks {', '.join(lacking)} on the bucket.",
                resource=f"gs://{bucket}",
                remedy=_grant(bucket, self.identity),
            )

    def try_out(self, bucket: str, folder: str) -> None:
        """Write a small object, list, read and delete it.

        Args:
            bucket: name of the bucket.
            folder: path in it that the object gets, without a slash around it; empty for the root.

        Raises:
            GoogleError: what is read is not what was written.
        """
        name = "/".join(filter(None, (folder, f".gke-clusters-{secrets.token_hex(8)}")))
        objects = f"{_bucket_path(bucket)}/o"
        at = f"{objects}/{quote(name, safe='')}"
        try:
            with self._asked("write an object into the bucket", bucket, name):
                # The name is nobody else's, so that it may be sent twice.
                self._send("POST", f"/upload{objects}", params={"uploadType": "media", "name": name}, data=_CONTENT)
            with self._asked("list the objects of the bucket", bucket, name):
                listed = self._send("GET", objects, params={"prefix": name}).json()
            with self._asked("read an object of the bucket", bucket, name):
                read = self._send("GET", at, params={"alt": "media"}).content
        except GkeClustersError:
            self._clear_away(bucket, name, at)
            raise
        with self._asked("delete an object of the bucket", bucket, name):
            self._delete(at)
        if read != _CONTENT or [item.get("name") for item in listed.get("items", ())] != [name]:
            raise GoogleError(
                "The bucket does not give back what was written into it.",
                resource=f"gs://{bucket}/{name}",
                remedy="See whether something between the DSS host and Cloud Storage changes or caches answers.",
            )

    def _clear_away(self, bucket: str, name: str, at: str) -> None:
        """Delete what may have been written; the failure that is being raised says more than that this one fails."""
        try:
            with self._asked("delete an object of the bucket", bucket, name):
                self._delete(at)
        except GkeClustersError as failure:
            logger.warning("gs://%s/%s may be left behind: %s", bucket, name, failure.cause)

    def _delete(self, at: str) -> None:
        try:
            self._send("DELETE", at)
        except api_exceptions.NotFound:
            # Gone by an earlier try whose answer was lost, or never written.
            return

    @contextmanager
    def _asked(self, doing: str, bucket: str, name: str = "") -> Iterator[None]:
        """Translate failures; one of rights says how they are granted on the bucket rather than on its project."""
        resource = f"gs://{bucket}/{name}" if name else f"gs://{bucket}"
        try:
            with translated(Asked(doing, resource, "PROJECT", self._authorization)):
                yield
        except PermissionDenied as denied:
            if type(denied) is PermissionDenied:
                denied.remedy = _grant(bucket, self.identity)
            raise

    def _send(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, data: bytes | None = None
    ) -> Any:
        def once() -> Any:
            answer = self._authorization.session.request(
                method, endpoint("storage") + path, params=params, data=data, timeout=_TIMEOUT_SECONDS
            )
            if not answer.ok:
                raise api_exceptions.from_http_response(answer)
            return answer

        return read_retry()(once)()


def _bucket_path(name: str) -> str:
    return f"/storage/v1/b/{quote(name, safe='')}"


def _grant(bucket: str, identity: str) -> str:
    return (
        f"Grant it {ROLE}: gcloud storage buckets add-iam-policy-binding gs://{bucket}"
        f" --member {member(identity)} --role {ROLE} ; wait two minutes, then run the macro again."
    )
