"""A cluster's objects without its servers."""

from pathlib import Path

import pytest

from sandbox.certificates import CertificateAuthority
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.embedded.authentication import Authenticator
from sandbox.kubernetes.embedded.authorization import Authorizer
from sandbox.kubernetes.embedded.kinds import Catalogue, ResourceType
from sandbox.kubernetes.embedded.registry import Registry, Write
from sandbox.kubernetes.embedded.seed import seed
from sandbox.kubernetes.embedded.store import Object, Store


class Cluster:
    """A registry with short ways to what tests do all the time, in the namespace `default`."""

    def __init__(self) -> None:
        self.store = Store()
        self.catalogue = Catalogue()
        self.registry = Registry(self.store, self.catalogue)
        self.principals = Principals()
        seed(self.registry)
        self.authorizer = Authorizer(self.principals, self.store)
        authority = CertificateAuthority.create("cluster")
        self.authenticator = Authenticator(self.principals, self.store, authority, "https://issuer")
        self.create("v1", "serviceaccounts", {"metadata": {"name": "default"}})

    def kind(self, api_version: str, plural: str) -> ResourceType:
        group, _, version = api_version.rpartition("/")
        found = self.catalogue.find(group, version, plural)
        assert found is not None
        return found

    def create(self, api_version: str, plural: str, item: Object, manager: str = "test") -> Object:
        kind = self.kind(api_version, plural)
        return self.registry.create(kind, self.home(kind), item, Write(manager))

    def patch(
        self, api_version: str, plural: str, name: str, patch: object, patch_type: str, manager: str = "test"
    ) -> Object:
        kind = self.kind(api_version, plural)
        return self.registry.patch(kind, self.home(kind), name, patch, patch_type, Write(manager))

    def apply(self, api_version: str, plural: str, item: Object, manager: str, *, force: bool = False) -> Object:
        kind = self.kind(api_version, plural)
        write = Write(manager, force=force)
        return self.registry.apply(kind, self.home(kind), item["metadata"]["name"], item, write)[0]

    @staticmethod
    def home(kind: ResourceType) -> str:
        return "default" if kind.namespaced else ""


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def pod() -> Object:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main", "image": "busybox"}]}}


@pytest.fixture
def deployment() -> Object:
    return {
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.25"}]},
            },
        },
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
