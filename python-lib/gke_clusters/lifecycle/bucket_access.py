"""The clients of Cloud Storage, in one hand. Tests hand over others of the same shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gke_clusters.google.credentials import CredentialsChoice, authorize
from gke_clusters.google.storage import Bucket, StorageApi
from gke_clusters.lifecycle.google_access import credentials_choice
from gke_clusters.settings.connection import CredentialsSettings


class Storage(Protocol):
    """Cloud Storage as one identity, as :class:`gke_clusters.google.storage.StorageApi` offers it."""

    @property
    def identity(self) -> str:
        """Whom Google sees."""

    def find_bucket(self, name: str) -> Bucket | None:
        """Read where a bucket is; None if there is none of that name."""

    def require_access(self, bucket: str) -> None:
        """Make sure that the caller may list, read, write and delete objects."""

    def try_out(self, bucket: str, folder: str) -> None:
        """Write a small object, list, read and delete it."""


@dataclass(frozen=True)
class BucketAccess:
    """Cloud Storage as two identities, which may be the same.

    Attributes:
        look: as whom buckets are looked at.
        connect: makes the client of another identity, the one that the connection of DSS has.
    """

    look: Storage
    connect: Callable[[CredentialsChoice], Storage]


def connect_storage(settings: CredentialsSettings) -> BucketAccess:
    """Load the credentials of a GKE connection and make the clients.

    Raises:
        CredentialsError: The credentials cannot be used.
    """
    return BucketAccess(look=_storage_as(credentials_choice(settings)), connect=_storage_as)


def _storage_as(choice: CredentialsChoice) -> StorageApi:
    return StorageApi(authorize(choice))
