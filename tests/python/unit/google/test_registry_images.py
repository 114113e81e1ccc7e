from __future__ import annotations

import hashlib
import json

import pytest
import requests
import responses
from google.auth.credentials import Credentials

from gke_clusters.errors import CredentialsError, GkeClustersError, GoogleError, PermissionDenied
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.registry_images import Image, ImageName, RegistryImages, registry_address

HOST = "europe-west1-docker.pkg.dev"
NAME = ImageName(HOST, "my-project/dss/base", "1.0")
MANIFEST = f"https://{HOST}/v2/my-project/dss/base/manifests/1.0"
REALM = f"https://{HOST}/v2/token"
CHALLENGE = {"WWW-Authenticate": f'Bearer realm="{REALM}",service="{HOST}",scope="repository:x:pull"'}
CONTENT = {"config": {"size": 1000}, "layers": [{"size": 20}, {"size": 3}]}


class Fresh(Credentials):
    """Credentials that get a new token at each refresh."""

    def __init__(self):
        super().__init__()
        self.refreshed = 0

    def refresh(self, request):
        self.refreshed += 1
        self.token = f"ya29.token-{self.refreshed}"


@pytest.fixture
def credentials():
    return Fresh()


@pytest.fixture
def images(credentials):
    return RegistryImages(Authorization(credentials))


def serve(address=MANIFEST, content=CONTENT, **headers):
    """Serve a manifest to whoever bears the token of the registry."""
    bearer = responses.matchers.header_matcher({"Authorization": "Bearer short"})
    return responses.get(address, json=content, headers=headers, match=[bearer])


def ask_for_a_token(**how):
    responses.get(MANIFEST, status=401, headers=CHALLENGE)
    return responses.get(REALM, **({"json": {"token": "short"}} | how))


@responses.activate
def test_goes_dockers_way_and_tells_digest_and_size(images):
    token = ask_for_a_token()
    manifest = serve(**{"Docker-Content-Digest": "sha256:abc"})

    assert images.find(NAME) == Image("sha256:abc", 1023)
    asked = token.calls[0].request
    assert asked.params == {"service": HOST, "scope": "repository:my-project/dss/base:pull"}
    assert asked.headers["Authorization"] == requests.auth._basic_auth_str("oauth2accesstoken", "ya29.token-1")
    assert "*/*" in manifest.calls[0].request.headers["Accept"]


@responses.activate
def test_a_manifest_without_a_digest_gets_that_of_its_bytes(images):
    ask_for_a_token(json={"access_token": "short"})
    serve()

    digest = hashlib.sha256(json.dumps(CONTENT).encode()).hexdigest()
    assert images.find(NAME) == Image(f"sha256:{digest}", 1023)


@responses.activate
def test_an_image_for_several_platforms_has_the_size_of_all(images):
    ask_for_a_token()
    serve(content={"manifests": [{"digest": "sha256:a"}, {"digest": "sha256:b"}, {"digest": "sha256:gone"}]})
    root = MANIFEST.rpartition("/")[0]
    serve(f"{root}/sha256:a")
    serve(f"{root}/sha256:b")
    responses.get(f"{root}/sha256:gone", status=404)

    found = images.find(NAME)

    assert found is not None
    assert found.size_bytes == 2046


@responses.activate
def test_an_image_that_is_not_there_is_none(images):
    responses.get(MANIFEST, status=404, json={"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]})

    assert images.find(NAME) is None


@responses.activate
def test_a_token_that_is_still_good_is_used_again(images, credentials):
    credentials.token = "ya29.kept"
    token = ask_for_a_token()
    serve()

    images.find(NAME)

    assert credentials.refreshed == 0
    assert "Basic" in token.calls[0].request.headers["Authorization"]


@responses.activate
def test_who_may_not_read_it_learns_why(images):
    denied = {
        "errors": [{"code": "DENIED", "message": "Permission 'artifactregistry.repositories.downloadArtifacts' denied"}]
    }
    ask_for_a_token(status=403, json=denied)

    with pytest.raises(PermissionDenied) as refused:
        images.find(NAME)

    assert "DENIED" in refused.value.verbatim
    assert "roles/artifactregistry.reader" in refused.value.remedy


@responses.activate
@pytest.mark.parametrize(
    "challenge",
    [
        {"WWW-Authenticate": 'Bearer realm="https://evil.example/token",service="x"'},
        {"WWW-Authenticate": f'Bearer realm="http://{HOST}/v2/token",service="x"'},
        {"WWW-Authenticate": 'Basic realm="x"'},
        {},
    ],
)
def test_googles_token_goes_to_the_registry_itself_only(images, credentials, challenge):
    responses.get(MANIFEST, status=401, headers=challenge)

    with pytest.raises(GoogleError, match="where its tokens are to be had"):
        images.find(NAME)
    assert credentials.refreshed == 0


@responses.activate
def test_a_registry_that_is_overloaded_is_asked_again(images):
    responses.get(MANIFEST, status=503, body="busy")
    responses.get(MANIFEST, json=CONTENT)

    assert images.find(NAME) is not None


@responses.activate
@pytest.mark.parametrize("body", ["<html>", "[]"])
def test_something_else_in_place_of_the_registry_is_told(images, body):
    responses.get(MANIFEST, body=body)

    with pytest.raises(GoogleError, match="not JSON"):
        images.find(NAME)


def test_each_login_of_docker_gets_a_token_of_its_own(images):
    assert [images.fresh_token(), images.fresh_token()] == ["ya29.token-1", "ya29.token-2"]


def test_credentials_that_give_no_token_are_named(images, credentials, monkeypatch):
    from google.auth.exceptions import RefreshError

    def refresh(_request):
        raise RefreshError("invalid_grant")

    monkeypatch.setattr(credentials, "refresh", refresh)
    with pytest.raises(GkeClustersError) as refused:
        images.fresh_token()
    assert isinstance(refused.value, CredentialsError)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("us-docker.pkg.dev", "https://us-docker.pkg.dev"),
        ("10.0.0.1:5000", "https://10.0.0.1:5000"),
        ("localhost.evil.example", "https://localhost.evil.example"),
    ],
)
def test_is_asked_in_plain_text_on_loopback_only(host, address):
    assert registry_address(host) == address


@pytest.mark.parametrize("text", ["h:1/a/b:t", "us-docker.pkg.dev/p/r/i:dss-14.0.1"])
def test_reads_the_name_of_an_image(text):
    assert str(ImageName.parse(text)) == text


def test_an_image_without_a_tag_is_the_latest():
    assert ImageName.parse("h:1/a/b") == ImageName("h:1", "a/b", "latest")
