from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import google.auth
import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import compute_engine
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.auth.transport.requests import Request

from gke_clusters.errors import CredentialsError
from gke_clusters.google.credentials import SCOPES, Authorization, CredentialsChoice, authorize

EMAIL = "robot@p.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def key(private_key: str) -> dict[str, Any]:
    return {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": private_key,
        "client_email": EMAIL,
        "token_uri": "http://127.0.0.1:9/token",
    }


def with_key(text: str, impersonate: str | None = None) -> CredentialsChoice:
    return CredentialsChoice("service-account-key", text, impersonate)


def test_accepts_a_key_as_json(key: dict[str, Any]) -> None:
    authorization = authorize(with_key(json.dumps(key)))
    assert authorization.identity == EMAIL
    assert getattr(authorization.credentials, "scopes", None) == SCOPES


def test_accepts_a_key_as_a_path(key: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    assert authorize(with_key(f" {path} ")).identity == EMAIL


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"type": "authorized_user"}, "is not a service-account key"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n"}, "incomplete or damaged"),
        ({"token_uri": None, "client_email": None}, "incomplete or damaged"),
    ],
)
def test_refuses_a_key_that_cannot_work(key: dict[str, Any], change: dict[str, Any], cause: str) -> None:
    usable = {name: value for name, value in (key | change).items() if value is not None}
    with pytest.raises(CredentialsError, match=cause) as caught:
        authorize(with_key(json.dumps(usable)))
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ['{"private_key": "SECRET", ', '{"private_key": "SECRET"'])
def test_never_quotes_a_key_that_is_not_json(text: str) -> None:
    with pytest.raises(CredentialsError, match="not JSON") as caught:
        authorize(with_key(text))
    assert "SECRET" not in str(caught.value)


def test_says_why_a_key_file_cannot_be_read_without_quoting_what_was_given(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="cannot be read") as caught:
        authorize(with_key(str(tmp_path / "SECRET")))
    assert caught.value.verbatim == "No such file or directory"
    assert "SECRET" not in str(caught.value)


def test_says_that_a_binary_file_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "key.p12"
    path.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(CredentialsError, match="cannot be read") as caught:
        authorize(with_key(str(path)))
    assert caught.value.verbatim == "UnicodeDecodeError"


@pytest.mark.parametrize("text", ["", "  ", None])
def test_asks_for_the_key_that_is_missing(text: str | None) -> None:
    with pytest.raises(CredentialsError, match="gives none"):
        authorize(CredentialsChoice("service-account-key", text))


def test_shows_no_key_in_its_representation() -> None:
    assert "SECRET" not in repr(with_key("SECRET"))


def test_takes_application_default_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def default(scopes: Any) -> tuple[AnonymousCredentials, None]:
        asked.append(scopes)
        return AnonymousCredentials(), None

    monkeypatch.setattr(google.auth, "default", default)
    assert "Application Default Credentials" in authorize(CredentialsChoice()).identity
    assert asked == [SCOPES]


class TestNoApplicationDefaultCredentials:
    PROJECT = "http://metadata.google.internal/computeMetadata/v1/project/project-id"

    @pytest.fixture
    def loads(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What each look of google-auth gives; it finds nothing where there is no more."""
        given: list[Any] = []

        def default(scopes: Any) -> tuple[Any, None]:
            found = given.pop(0) if given else None
            if found is None:
                raise DefaultCredentialsError("none were found")
            return found, None

        monkeypatch.setattr(google.auth, "default", default)
        return given

    @responses.activate
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ({"status": 429, "body": "slow down"}, "HTTP 429 slow down"),
            ({"body": requests.exceptions.ConnectionError("cut")}, "cut"),
        ],
    )
    def test_says_what_kept_the_metadata_server_and_what_to_do(
        self, loads: list[Any], answer: dict[str, Any], reason: str
    ) -> None:
        responses.get(self.PROJECT, headers={"Metadata-Flavor": "Google"}, **answer)
        with pytest.raises(CredentialsError) as caught:
            authorize(CredentialsChoice())
        assert caught.value.verbatim == f"none were found The metadata server: {reason}"
        assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.remedy

    @responses.activate
    def test_looks_again_where_the_metadata_server_only_blinked(self, loads: list[Any]) -> None:
        loads += [None, AnonymousCredentials()]
        responses.get(self.PROJECT, body="p", headers={"Metadata-Flavor": "Google"})
        assert authorize(CredentialsChoice()).credentials

    @responses.activate
    def test_believes_that_there_are_none_where_the_metadata_server_answers(self, loads: list[Any]) -> None:
        responses.get(self.PROJECT, body="p", headers={"Metadata-Flavor": "Google"})
        with pytest.raises(CredentialsError) as caught:
            authorize(CredentialsChoice())
        assert caught.value.verbatim == "none were found"


def test_knows_the_account_of_the_host_only_after_its_first_token() -> None:
    credentials = compute_engine.Credentials()
    assert Authorization(credentials).identity == "the service account of the DSS host"
    credentials._service_account_email = EMAIL
    assert Authorization(credentials).identity == EMAIL


def test_keeps_mutual_tls_with_the_metadata_server_off_unless_asked_for(
    key: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GCE_METADATA_MTLS_MODE", raising=False)
    authorize(with_key(json.dumps(key)))
    assert os.environ["GCE_METADATA_MTLS_MODE"] == "none"
    monkeypatch.setenv("GCE_METADATA_MTLS_MODE", "strict")
    authorize(with_key(json.dumps(key)))
    assert os.environ["GCE_METADATA_MTLS_MODE"] == "strict"


@responses.activate
def test_impersonates_where_gclouds_variable_says(key: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", "http://127.0.0.1:8/")
    target = "target@p.iam.gserviceaccount.com"
    responses.post("http://127.0.0.1:9/token", json={"access_token": "one", "expires_in": 3600})
    responses.post(
        f"http://127.0.0.1:8/v1/projects/-/serviceAccounts/{target}:generateAccessToken",
        json={"accessToken": "two", "expireTime": "2099-01-01T00:00:00Z"},
    )
    authorization = authorize(with_key(json.dumps(key), target))
    assert authorization.identity == target
    authorization.credentials.refresh(Request())
    assert authorization.credentials.token == "two"


def test_tells_the_dss_host_from_every_other_identity() -> None:
    assert Authorization(compute_engine.Credentials()).is_host
    assert not Authorization(AnonymousCredentials()).is_host
