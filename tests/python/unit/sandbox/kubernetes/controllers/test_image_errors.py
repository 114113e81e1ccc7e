"""The words of pulls that fail."""

import pytest

from sandbox.kubernetes.controllers.image_errors import Image, pull_error

BASE = "us-central1-docker.pkg.dev/p/dss/base:1"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.11", "docker.io/library/python:3.11"),
        ("bitnami/spark:3", "docker.io/bitnami/spark:3"),
        (BASE, BASE),
        ("127.0.0.1:5000/p/r/image", "127.0.0.1:5000/p/r/image:latest"),
        ("localhost/image:1", "localhost/image:1"),
        ("quay.io/a/b:1@sha256:00ff", "quay.io/a/b@sha256:00ff"),
    ],
)
def test_an_image_is_named_in_full(text: str, name: str) -> None:
    assert str(Image.parse(text)) == name


def test_a_refusal_of_artifact_registry_is_one_of_its_token_server() -> None:
    resolving = f'failed to pull and unpack image "{BASE}": failed to resolve reference "{BASE}"'
    assert pull_error("denied", BASE) == (
        f"{resolving}: failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
        "https://us-central1-docker.pkg.dev/v2/token?scope=repository%3Ap%2Fdss%2Fbase%3Apull"
        "&service=us-central1-docker.pkg.dev: 403 Forbidden"
    )


def test_docker_hub_does_not_say_whether_a_repository_exists() -> None:
    assert "pull access denied, repository does not exist or may require authorization" in pull_error("denied", "a/b")


def test_a_tag_that_is_not_there_is_not_found() -> None:
    error = pull_error("missing", BASE)
    assert error.startswith("rpc error: code = NotFound desc = failed to pull and unpack image")
    assert error.endswith(f"{BASE}: not found")


@pytest.mark.parametrize(
    ("image", "url", "address"),
    [
        ("python:3.11", "https://registry-1.docker.io/v2/library/python/manifests/3.11", "44.208.254.194:443"),
        ("10.1.2.3:5000/a/b:1", "https://10.1.2.3:5000/v2/a/b/manifests/1", "10.1.2.3:5000"),
        ("ghcr.io/a/b:1", "https://ghcr.io/v2/a/b/manifests/1", "142.251.10.82:443"),
    ],
)
def test_a_registry_out_of_reach_is_a_time_out(image: str, url: str, address: str) -> None:
    error = pull_error("unreachable", image)
    assert error.startswith("rpc error: code = DeadlineExceeded desc = ")
    assert error.endswith(f'failed to do request: Head "{url}": dial tcp {address}: i/o timeout')
