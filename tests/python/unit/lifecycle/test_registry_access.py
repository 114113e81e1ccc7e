from __future__ import annotations

import pytest
from google.auth.credentials import AnonymousCredentials

from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.google.registry_images import RegistryImages
from gke_clusters.lifecycle import registry_access
from gke_clusters.lifecycle.registry_access import connect_registry
from gke_clusters.settings.connection import CredentialsSettings


def test_registries_are_asked_as_the_identity_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[CredentialsChoice] = []

    def authorize(choice: CredentialsChoice) -> Authorization:
        asked.append(choice)
        return Authorization(AnonymousCredentials())

    monkeypatch.setattr(registry_access, "authorize", authorize)
    access = connect_registry(CredentialsSettings(impersonate="x@p.iam.gserviceaccount.com"))

    assert asked == [access.credentials]
    assert access.credentials.impersonate == "x@p.iam.gserviceaccount.com"
    assert access.registries.identity
    assert isinstance(access.images, RegistryImages)
    assert isinstance(access.host, HostMetadata)
