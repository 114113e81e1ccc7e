"""The macro *Push base images* as an administrator runs it, on both shapes of the general settings."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from tests.python.integration.conftest import Dss, Sandbox

MACRO = "pyrunnable_gke-clusters_push-base-images"
PROJECT = "BASE_IMAGES"
LOCATION = "us-central1"
# The first image is refused half way, when its manifest comes.
INTERRUPTED = {
    "service": "registry",
    "method": "PUT",
    "path": "*/manifests/*",
    "times": 1,
    "effect": {"status": 503},
}


class Stage:
    """A DSS with a repository of its own."""

    def __init__(self, sandbox: Sandbox, dss: Dss, repository: str) -> None:
        self.sandbox = sandbox
        self.client = dss.client
        self.entered = f"{LOCATION}-docker.pkg.dev/{sandbox.project}/{repository}"
        place = f"{sandbox.url('artifactregistry')}/v1/projects/{sandbox.project}/locations/{LOCATION}"
        self._repository = f"{place}/repositories/{repository}"

    def run(self, **params: Any) -> str:
        """Run the macro and return its page."""
        macro = self.client.get_project(PROJECT).get_macro(MACRO)
        params = {"registryUrl": self.entered, **params}
        return str(macro.get_result(macro.run(params=params, wait=True), as_type="string"))

    def create(self) -> None:
        """Create the repository, and return when it is there."""
        place, _, identifier = self._repository.rpartition("/")
        answer = self.sandbox.call(f"{place}?repositoryId={identifier}", "POST", json={"format": "DOCKER"})
        operation = f"{self.sandbox.url('artifactregistry')}/v1/{answer.json()['name']}"
        while not self.sandbox.call(operation).json().get("done"):
            time.sleep(0.02)

    @property
    def uri(self) -> str:
        """The repository's own address."""
        return str(self.sandbox.call(self._repository).json()["registryUri"])

    def images(self) -> list[str]:
        """What the repository holds, as Artifact Registry tells it, without digests."""
        held = self.sandbox.call(f"{self._repository}/dockerImages").json().get("dockerImages", [])
        return sorted(f"{image['uri'].partition('@')[0].rpartition('/')[2]}:{image['tags'][0]}" for image in held)

    def settings(self) -> str:
        """The general settings, byte for byte."""
        return json.dumps(self.client.get_general_settings().get_raw())

    def forget(self, name: str) -> None:
        """Let DSS push there no more."""
        settings = self.client.get_general_settings()
        builds = settings.get_raw()["containerSettings"]["buildConfigs"]
        builds[:] = [build for build in builds if build["name"] != name]
        settings.save()

    def configure(self, name: str) -> None:
        """Let DSS push to the repository, as the administrator does on the screen of the settings."""
        settings = self.client.get_general_settings()
        containers = settings.get_raw()["containerSettings"]
        if "buildConfigs" in containers:
            push = {"pushConfigs": [{"repositoryURL": self.uri}]}
            build = {"name": name, "baseImageType": "EXEC", "imageBuilderType": "DOCKER", "dockerBuilderConfig": push}
            containers["buildConfigs"].append(build)
        else:
            containers["executionConfigs"].append({"name": name, "type": "KUBERNETES", "repositoryURL": self.uri})
        settings.save()


def outcomes(page: str) -> list[str]:
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


@pytest.fixture
def newer(sandbox: Sandbox, dss: Dss, unique_name: Any) -> Stage:
    """The worker's DSS, which speaks the newer settings."""
    if PROJECT not in dss.client.list_project_keys():
        dss.client.create_project(PROJECT, PROJECT, "admin")
    return Stage(sandbox, dss, unique_name("images"))


@pytest.fixture
def configured(newer: Stage, unique_name: Any) -> Iterator[str]:
    """The name of a build configuration that is removed in the end."""
    name = unique_name("push")
    yield name
    newer.forget(name)


@pytest.fixture
def older(tmp_path: Path, plugin_archive: Path) -> Iterator[Stage]:
    """A DSS that speaks the older settings."""
    running = Sandbox(tmp_path, "--dss-version", "14")
    instance = Dss(running)
    instance.install(plugin_archive)
    instance.client.create_project(PROJECT, PROJECT, "admin")
    yield Stage(running, instance, "images")
    running.stop()


def test_brings_the_base_images_to_a_repository_and_goes_on_where_it_failed(newer: Stage, configured: str) -> None:
    with pytest.raises(DataikuException, match=r"Image registry: .* does not exist"):
        newer.run()
    created = newer.run(createRepository=True)
    newer.configure(configured)
    before = newer.settings()
    with newer.sandbox.faults(INTERRUPTED):
        failed = newer.run()
    first = newer.run()
    second = newer.run()

    assert outcomes(created)[:4] == ["changed", "done", "done", "skipped"]
    assert f"the image registry {newer.uri}" in created
    assert outcomes(failed)[-2:] == ["failed", "failed"]
    assert "DSS could not push the base images" in failed
    assert "The registry does not have" in failed
    assert outcomes(first)[-2:] == ["changed", "done"]
    [image] = newer.images()
    assert f"{image}: sha256:" in first
    # DSS 15 keeps no script.
    assert outcomes(second) == ["done", "done", "done", "done", "done", "skipped", "done", "done"]
    assert newer.settings() == before
    assert "ya29." not in created + failed + first + second


def test_later_pushes_of_an_older_dss_log_docker_in_by_themselves(older: Stage) -> None:
    older.create()
    older.configure("gke")
    first = older.run()
    registered = older.settings()
    [config] = older.client.get_general_settings().get_raw()["containerSettings"]["executionConfigs"]
    script = Path(config["prePushScript"])
    (script.parents[3] / "home" / ".docker" / "config.json").unlink()
    later = older.client.push_base_images().wait_for_result()
    second = older.run()

    assert outcomes(first) == ["done", "done", "done", "done", "changed", "changed", "changed", "done"]
    assert (script.stat().st_mode & 0o777, script.parent.stat().st_mode & 0o777) == (0o700, 0o700)
    assert later["messages"]["error"] is False, later
    assert outcomes(second) == ["done"] * 8
    assert older.settings() == registered
