"""Registries, Docker and a DSS that pushes, for the stories about images: nothing leaves the process."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from gke_clusters.errors import DssRefused, GkeClustersError, MetadataServerError
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.google.registries import Repository, RepositoryName
from gke_clusters.google.registry_images import Image
from gke_clusters.lifecycle.registry_access import RegistryAccess

HOST = "us-docker.pkg.dev"
URL = f"{HOST}/p/dss"
PUSHER = "dss@p.iam.gserviceaccount.com"
EXEC_IMAGE = f"{URL}/dku-exec-base-abc:dss-14.2.0"
SPARK_IMAGE = f"{URL}/dku-spark-base-abc:dss-14.2.0"


@dataclass
class Registries:
    """Artifact Registry.

    Attributes:
        repository: the one that there is.
        lacking: what refuses the identity.
        readable: whether the nodes may read it, or why that cannot be told.
    """

    repository: Repository | None = field(default_factory=lambda: Repository("DOCKER", "STANDARD_REPOSITORY", URL))
    lacking: GkeClustersError | None = None
    readable: bool | GkeClustersError = True
    identity: str = PUSHER
    created: list[RepositoryName] = field(default_factory=list)

    def find_repository(self, name):
        return self.repository

    def create_repository(self, name):
        self.created.append(name)
        self.repository = Repository("DOCKER", "STANDARD_REPOSITORY", URL)
        return self.repository

    def require(self, name, permissions):
        if self.lacking:
            raise self.lacking

    def is_reader(self, name, account):
        if isinstance(self.readable, GkeClustersError):
            raise self.readable
        return self.readable


@dataclass
class Images:
    """What the registry holds, by full name."""

    held: dict[str, Image] = field(default_factory=dict)
    tokens: int = 0

    def fresh_token(self):
        self.tokens += 1
        return f"token-{self.tokens}"

    def find(self, name):
        return self.held.get(str(name))


class Host:
    """The DSS host; without an account it is no virtual machine."""

    account: str | None = PUSHER

    def service_account_email(self):
        if self.account is None:
            raise MetadataServerError("The metadata server did not give the service account.")
        return self.account


@dataclass
class Docker:
    """Docker on the DSS host."""

    images: list[str] = field(default_factory=lambda: [EXEC_IMAGE.rpartition("/")[2], SPARK_IMAGE.rpartition("/")[2]])
    kinds: dict[str, str] = field(default_factory=dict)
    failure: GkeClustersError | None = None
    logins: list[tuple[str, str, str]] = field(default_factory=list)

    def check(self):
        if self.failure:
            raise self.failure
        return "28.2.2"

    def login_of(self, host):
        return self.kinds.get(host, "none")

    def log_in(self, host, user, password):
        self.logins.append((host, user, password))
        self.kinds[host] = "kept"

    def has_image(self, name):
        return name in self.images


class Stored:
    """The general settings; `dropped` fields do not stay."""

    name = "general settings"

    def __init__(self, document, dropped=()):
        self.document = document
        self.dropped = dropped
        self.writes = 0

    def read(self):
        return copy.deepcopy(self.document)

    def write(self, document):
        self.writes += 1
        self.document = _without(copy.deepcopy(document), self.dropped)


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _without(each, names) for key, each in value.items() if key not in names}
    return [_without(each, names) for each in value] if isinstance(value, list) else value


class Instance:
    """DSS, which pushes what it is told to, as far as `sends` goes."""

    def __init__(self, images, document, dropped=()):
        self.general_settings = Stored(document, dropped)
        self.base_image_push = self
        self.sends = {EXEC_IMAGE: Image("sha256:e", 1_500_000_000), SPARK_IMAGE: Image("sha256:s", 10)}
        self.failure: DssRefused | None = None
        self.pushed = 0
        self._images = images

    def version(self):
        return "14.2.0"

    def run(self, follow):
        self.pushed += 1
        for part in (0.0, 0.5, 0.5, 1.0):
            follow(part)
        self._images.held.update(self.sends)
        if self.failure:
            raise self.failure


def flat(**fields):
    """General settings of DSS 14 with a configuration of either kind."""
    config = {"name": "gke", "type": "KUBERNETES", "repositoryURL": URL, "prePushMode": "NONE", **fields}
    spark = {"managedKubernetes": True, "repositoryURL": URL, "prePushMode": "NONE"}
    return {
        "containerSettings": {"executionConfigs": [config]},
        "sparkSettings": {"executionConfigs": [{"name": "gke", "kubernetesSettings": spark}]},
    }


def with_builds():
    """General settings of DSS 15 with a build configuration."""
    docker = {"pushConfigs": [{"repositoryURL": URL}]}
    return {
        "containerSettings": {"buildConfigs": [{"name": "gke", "baseImageType": "EXEC", "dockerBuilderConfig": docker}]}
    }


def access(registries, images, host):
    """The clients in one hand."""
    return RegistryAccess(registries, images, host, CredentialsChoice())
