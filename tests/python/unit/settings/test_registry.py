from __future__ import annotations

import pytest

from gke_clusters.settings.registry import RegistryAddress, artifact_registry_address


@pytest.mark.parametrize(
    ("entered", "meant"),
    [
        (
            "europe-west1-docker.pkg.dev/my-project/dss",
            RegistryAddress("europe-west1-docker.pkg.dev", "my-project", "europe-west1", "dss"),
        ),
        (
            "https://us-docker.pkg.dev/my-project/dss/team/",
            RegistryAddress("us-docker.pkg.dev", "my-project", "us", "dss", "/team"),
        ),
        (
            "us-docker.pkg.dev/example.com/my-project/dss",
            RegistryAddress("us-docker.pkg.dev", "example.com:my-project", "us", "dss"),
        ),
        ("gcr.io/my-project", RegistryAddress("gcr.io", "my-project", "us", "gcr.io")),
        ("us.gcr.io/my-project", RegistryAddress("us.gcr.io", "my-project", "us", "us.gcr.io")),
        ("eu.gcr.io/my-project/a/b", RegistryAddress("eu.gcr.io", "my-project", "europe", "eu.gcr.io", "/a/b")),
        (
            "asia.gcr.io/example.com/my-project",
            RegistryAddress("asia.gcr.io", "example.com:my-project", "asia", "asia.gcr.io"),
        ),
    ],
)
def test_tells_which_repository_is_meant(entered, meant):
    assert artifact_registry_address(entered) == meant


@pytest.mark.parametrize(
    "entered",
    [
        "us-docker.pkg.dev/my-project/dss/team",
        "us-docker.pkg.dev/example.com/my-project/dss",
        "eu.gcr.io/my-project/a",
        "gcr.io/example.com/my-project",
    ],
)
def test_names_of_images_begin_with_what_was_entered(entered):
    assert artifact_registry_address(entered).url == entered


def test_knows_the_hosts_of_the_former_registry():
    assert artifact_registry_address("gcr.io/my-project").is_former
    assert not artifact_registry_address("us-docker.pkg.dev/my-project/dss").is_former


@pytest.mark.parametrize(
    ("entered", "why"),
    [
        ("docker.io/library", '"docker.io" is not a host of Artifact Registry'),
        ("localhost:5000/p/r", '"localhost:5000" is not a host of Artifact Registry'),
        ("gcr.io.evil.example/p/r", "is not a host of Artifact Registry"),
        ("us-docker.pkg.dev", "project and repository are needed"),
        ("us-docker.pkg.dev/my-project", "project and repository are needed"),
        ("us-docker.pkg.dev/example.com/my-project", "project and repository are needed"),
        ("eu.gcr.io", "the project is missing"),
        ("eu.gcr.io/example.com", "the project is missing"),
        ("US-docker.pkg.dev/P/r", "give host and path in lowercase"),
    ],
)
def test_refuses_what_is_no_repository_there(entered, why):
    with pytest.raises(ValueError, match=why.replace(".", r"\.")):
        artifact_registry_address(entered)
