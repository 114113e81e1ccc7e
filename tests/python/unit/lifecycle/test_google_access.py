from __future__ import annotations

import json
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from pydantic import SecretStr

from gke_clusters.errors import CredentialsError
from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.lifecycle import google_access
from gke_clusters.lifecycle.google_access import connect, credentials_choice
from gke_clusters.settings.connection import CredentialsSettings


def test_makes_every_client_act_as_the_identity_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[CredentialsChoice] = []
    identity = Authorization(AnonymousCredentials())

    def authorize(choice: CredentialsChoice) -> Authorization:
        asked.append(choice)
        return identity

    monkeypatch.setattr(google_access, "authorize", authorize)
    key = json.dumps({"type": "service_account"})
    monkeypatch.setattr(google_access, "ContainerApi", lambda *arguments: ("GKE", *arguments))
    monkeypatch.setattr(google_access, "ComputeApi", lambda *arguments: ("Compute Engine", *arguments))
    settings = CredentialsSettings("service-account-key", SecretStr(key), "x@p.iam.gserviceaccount.com")
    access: Any = connect(settings, patience_seconds=7)
    assert asked == [CredentialsChoice("service-account-key", key, "x@p.iam.gserviceaccount.com")]
    assert access.credentials == asked[0]
    assert access.clusters == ("GKE", identity, 7)
    assert access.compute == ("Compute Engine", identity, 7)
    assert isinstance(access.host, HostMetadata)


def test_needs_no_key_where_none_is_chosen() -> None:
    settings = CredentialsSettings("application-default", None, None)
    assert credentials_choice(settings) == CredentialsChoice("application-default")


def test_refuses_a_key_that_cannot_be_read() -> None:
    with pytest.raises(CredentialsError):
        connect(CredentialsSettings("service-account-key", SecretStr("/does/not/exist"), None))
