from __future__ import annotations

import pytest
from google.auth.credentials import AnonymousCredentials

from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.lifecycle import bucket_access
from gke_clusters.settings.connection import CredentialsSettings


@pytest.fixture
def choices(monkeypatch):
    seen = []

    def authorize(choice):
        seen.append(choice)
        return Authorization(AnonymousCredentials())

    monkeypatch.setattr(bucket_access, "authorize", authorize)
    return seen


def test_buckets_are_looked_at_with_the_credentials_of_the_gke_connection(choices):
    bucket_access.connect_storage(CredentialsSettings(impersonate="a@p.iam.gserviceaccount.com"))

    assert choices == [CredentialsChoice(impersonate="a@p.iam.gserviceaccount.com")]


def test_the_rights_of_another_identity_are_asked_for_as_itself(choices):
    key = CredentialsChoice("service-account-key", "/key.json")

    bucket_access.connect_storage(CredentialsSettings()).connect(key)

    assert choices == [CredentialsChoice(), key]
