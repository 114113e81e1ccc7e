"""Addresses of image repositories as they are entered: which repository of Artifact Registry is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gke_clusters.settings import rules
from gke_clusters.settings.rules import quoted

# https://cloud.google.com/artifact-registry/docs/docker/names
_HOST: Final = re.compile(r"(?P<location>[a-z]+(-[a-z]+[0-9]+)?)-docker\.pkg\.dev")
_EXAMPLE: Final = "europe-west1-docker.pkg.dev/my-project/dss"

# Hosts of the former Container Registry. Artifact Registry serves each from a repository that bears the host's name:
# https://cloud.google.com/artifact-registry/docs/transition/gcr-repositories
_FORMER_HOSTS: Final = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}


@dataclass(frozen=True)
class RegistryAddress:
    """A repository, and where in it images go.

    Attributes:
        host: that images are pushed to.
        project: id of the project, with its domain before a colon where it has one.
        location: region or multi-region.
        repository: id of the repository.
        path: what comes after the repository in the names of images, each part after a slash; mostly empty.
    """

    host: str
    project: str
    location: str
    repository: str
    path: str = ""

    @property
    def is_former(self) -> bool:
        """Whether it is a host of the former Container Registry."""
        return self.host in _FORMER_HOSTS

    @property
    def repository_url(self) -> str:
        """Host and path of the repository."""
        place = f"{self.host}/{self.project.replace(':', '/')}"
        return place if self.is_former else f"{place}/{self.repository}"

    @property
    def url(self) -> str:
        """What the names of the images begin with."""
        return self.repository_url + self.path


def artifact_registry_address(text: str) -> RegistryAddress:
    """Read the address of a repository.

    Raises:
        ValueError: the host is not one of Artifact Registry, or a part is missing; the message follows a label.
    """
    host, *parts = rules.registry_url(text).split("/")
    found = _HOST.fullmatch(host)
    if found is None and host not in _FORMER_HOSTS:
        raise ValueError(f"{quoted(host)} is not a host of Artifact Registry; give an address such as {_EXAMPLE}")
    if parts and "." in parts[0]:
        # https://cloud.google.com/artifact-registry/docs/docker/names#domain
        domain, *parts = parts
        parts[:1] = [f"{domain}:{parts[0]}"] if parts else []
    if found is None and parts:
        project, *rest = parts
        return RegistryAddress(host, project, _FORMER_HOSTS[host], host, _path(rest))
    if found is None:
        raise ValueError(f"the project is missing after the host, such as {host}/my-project")
    if len(parts) < 2:  # noqa: PLR2004 - project and repository
        raise ValueError(f"project and repository are needed after the host, such as {host}/my-project/dss")
    project, repository, *rest = parts
    return RegistryAddress(host, project, found["location"], repository, _path(rest))


def _path(parts: list[str]) -> str:
    return "".join(f"/{part}" for part in parts)
