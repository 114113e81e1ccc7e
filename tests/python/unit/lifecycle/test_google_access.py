from __future__ import annotations

import json

import pytest
from google.auth.credentials import AnonymousCredentials
from pydantic import SecretStr

from gke_clusters.errors import CredentialsError
from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.lifecycle import google_access
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.settings.connection import CredentialsSettings


def test_makes_every_client_act_as_the_identity_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[CredentialsChoice] = []

    def authorize(choice: CredentialsChoice) -> Authorization:
        asked.append(choice)
        return Authorization(AnonymousCredentials())

    monkeypatch.setattr(google_access, "authorize", authorize)
    key = json.dumps({"type": "service_account"})
    access = connect(CredentialsSettings("service-account-key", SecretStr(key), "x@p.iam.gserviceaccount.com"))
    assert asked == [CredentialsChoice("service-account-key", key, "x@p.iam.gserviceaccount.com")]
    assert access.credentials == asked[0]
    assert access.clusters.identity


def test_refuses_a_key_that_cannot_be_read() -> None:
    with pytest.raises(CredentialsError):
        connect(CredentialsSettings("service-account-key", SecretStr("/does/not/exist"), None))
