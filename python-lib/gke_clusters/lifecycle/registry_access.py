"""The clients of image registries, in one hand. Tests hand over others of the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gke_clusters.google.credentials import CredentialsChoice, authorize
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.google.registries import ArtifactRegistryApi, Repository, RepositoryName
from gke_clusters.google.registry_images import Image, ImageName, RegistryImages
from gke_clusters.lifecycle.google_access import Host, credentials_choice
from gke_clusters.settings.connection import CredentialsSettings


class Registries(Protocol):
    """Artifact Registry, as :class:`gke_clusters.google.registries.ArtifactRegistryApi` offers it."""

    @property
    def identity(self) -> str:
        """Whom Google sees."""

    def find_repository(self, name: RepositoryName) -> Repository | None:
        """Read a repository; None if there is none."""

    def create_repository(self, name: RepositoryName) -> Repository:
        """Create a repository and wait for it."""

    def require(self, name: RepositoryName, permissions: Sequence[str]) -> None:
        """Make sure that the caller has permissions on a repository."""

    def is_reader(self, name: RepositoryName, account: str) -> bool:
        """Whether a policy lets a service account read images."""


class Images(Protocol):
    """Registries, as :class:`gke_clusters.google.registry_images.RegistryImages` offers them."""

    def fresh_token(self) -> str:
        """Return an access token that was just issued."""

    def find(self, name: ImageName) -> Image | None:
        """Look up an image; None if there is none of that name."""


@dataclass(frozen=True)
class RegistryAccess:
    """Everything that a story asks of registries, as one identity.

    Attributes:
        registries: Artifact Registry.
        images: what is in the repositories.
        host: facts about the DSS host.
        credentials: how the identity was chosen; Docker's login does the same.
    """

    registries: Registries
    images: Images
    host: Host
    credentials: CredentialsChoice


def connect_registry(settings: CredentialsSettings) -> RegistryAccess:
    """Load the credentials of a connection and make the clients.

    Raises:
        CredentialsError: The credentials cannot be used.
    """
    choice = credentials_choice(settings)
    authorization = authorize(choice)
    return RegistryAccess(ArtifactRegistryApi(authorization), RegistryImages(authorization), HostMetadata(), choice)
