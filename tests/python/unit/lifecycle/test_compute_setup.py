"""How the parts of the set-up hang together; each part is proved where it is told."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from gke_clusters.errors import DssRefused, Problem, SettingsError
from gke_clusters.lifecycle import compute_setup
from gke_clusters.lifecycle.image_repository import ImageRepository
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.settings.set_up_compute import parse_set_up_compute

OWN = "127.0.0.1:5000/my-project/dss"
RUNNING = {
    "state": "RUNNING",
    "data": {
        "project": "p",
        "schema_version": 2,
        "cluster": {"id": "1", "name": "c", "location": "us-central1-a"},
    },
}


class Store:
    """The general settings of DSS."""

    name = "general settings"

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        return dict(self.document)

    def write(self, document: dict[str, Any]) -> None:
        self.document = document


class Parts:
    """What each part is asked, and how it ends."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.failing: dict[str, Exception] = {}
        self.cluster: dict[str, Any] = RUNNING
        self.stored = Store()

    def _told(self, part: str, what: Any) -> list[Step]:
        self.asked[part] = what
        if part in self.failing:
            raise self.failing[part]
        return [Step(part, Outcome.CHANGED)]

    def prepare_repository(self, settings: Any, _google: Any, taken: Any) -> ImageRepository:
        taken.steps += self._told("repository", settings)
        return ImageRepository(OWN, frozenset({OWN}))

    def registration_steps(self, settings: Any, placement: Any, stored: Any) -> tuple[list[Step], list[str]]:
        if not settings.preview:
            stored.write({"registered": settings.registry_url})
        return self._told("registration", (settings, placement)), ["a note"]

    def push_to_repository(self, _settings: Any, repository: Any, _google: Any, instance: Any, *others: Any) -> None:
        others[-1].take("images", lambda: (Outcome.CHANGED, ()))
        self.asked["images"] = repository
        self.asked["settings pushed by"] = instance.general_settings.read()

    def set_metastore(self, _stored: Any, *, preview: bool) -> list[Step]:
        return self._told("metastore", preview)

    def gcs_connection_steps(self, settings: Any, *_others: Any) -> list[Step]:
        return self._told("bucket", settings)

    def project_steps(self, settings: Any, *_others: Any) -> list[Step]:
        return self._told("projects", settings)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    told = Parts()
    for name in (
        "prepare_repository",
        "registration_steps",
        "push_to_repository",
        "set_metastore",
        "gcs_connection_steps",
        "project_steps",
    ):
        monkeypatch.setattr(compute_setup, name, getattr(told, name))
    return told


def set_up(parts: Parts, **fields: Any) -> str:
    config = {
        "clusterId": "my-cluster",
        "connectionInfo": {"projectId": "my-project"},
        "registryUrl": "europe-west1-docker.pkg.dev/my-project/dss",
        "bucket": "my-bucket",
        "projects": ["CHURN"],
        **fields,
    }
    instance: Any = SimpleNamespace(
        general_settings=parts.stored, base_image_push=None, read_cluster_settings=lambda _id: parts.cluster
    )
    anything: Any = None
    setup = parse_set_up_compute(config, {})
    return compute_setup.set_up_compute(setup, instance, anything, anything, anything, Progress())


def rows(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<td>([^<]+)</td>\s*<td><span class="outcome [^"]+">([^<]+)<', page)


def test_every_part_is_told_in_order(parts: Parts) -> None:
    page = set_up(parts)

    assert rows(page) == [
        ("Cluster my-cluster", "done"),
        ("repository", "changed"),
        ("registration", "changed"),
        ("images", "changed"),
        ("metastore", "changed"),
        ("bucket", "changed"),
        ("projects", "changed"),
    ]
    assert "a note" in page
    assert "Mend what failed" not in page


def test_configurations_push_to_where_the_repository_says(parts: Parts) -> None:
    set_up(parts)

    settings, placement = parts.asked["registration"]
    assert settings.registry_url == OWN
    assert placement is None
    assert parts.asked["images"].url == OWN


def test_a_preview_of_the_push_goes_by_the_configurations_that_would_be_there(parts: Parts) -> None:
    set_up(parts, preview=True)

    assert parts.asked["settings pushed by"] == {"registered": OWN}
    assert parts.stored.document == {}


def test_what_is_not_asked_for_is_skipped(parts: Parts) -> None:
    page = set_up(parts, bucket="", projects=[])

    assert rows(page)[-2:] == [("GCS connection", "skipped"), ("Projects", "skipped")]


@pytest.mark.parametrize("part", ["bucket"])
def test_a_part_that_fails_keeps_no_other_from_being_told(parts: Parts, part: str) -> None:
    parts.failing[part] = DssRefused("DSS refused to do that.")

    page = set_up(parts)

    assert [outcome for _title, outcome in rows(page)].count("failed") == 1
    assert rows(page)[-1] == ("projects", "changed")
    assert "Mend what failed and run this again" in page


def test_a_part_that_is_refused_by_its_field_says_so(parts: Parts) -> None:
    parts.failing["bucket"] = SettingsError([Problem("Bucket", "my-bucket does not exist")])

    page = set_up(parts)

    assert ("Connection gcs", "failed") in rows(page)
    assert "Bucket: my-bucket does not exist" in page
    assert "it changed nothing" in page
    assert "nothing was created" not in page


def test_no_image_is_pushed_to_a_repository_that_cannot_be_used(parts: Parts) -> None:
    parts.failing["repository"] = SettingsError([Problem("Image registry", "it does not exist")])

    page = set_up(parts)

    assert rows(page)[1:4] == [
        ("Repository europe-west1-docker.pkg.dev/my-project/dss", "failed"),
        ("registration", "changed"),
        ("images", "skipped"),
    ]
    assert "Image registry: it does not exist" in page
    settings, _placement = parts.asked["registration"]
    assert settings.registry_url == "europe-west1-docker.pkg.dev/my-project/dss"


@pytest.mark.parametrize("cluster", [{"state": "NONE"}, {**RUNNING, "state": "STARTING"}, {"state": "RUNNING"}])
def test_a_cluster_that_is_not_started_is_said_and_the_rest_is_set_up(parts: Parts, cluster: dict[str, Any]) -> None:
    parts.cluster = cluster

    page = set_up(parts)

    assert rows(page)[0] == ("Cluster my-cluster", "failed")
    assert "my-cluster is not started." in page
    assert [outcome for _title, outcome in rows(page)[1:]] == ["changed"] * 6


def test_the_progress_of_a_part_fills_its_share() -> None:
    reported: list[int] = []
    whole = Progress(reported.append)

    part = whole.within(20, 40)
    part.step(50, "half of it")
    part.step(100, "all of it")

    assert reported == [30, 40]
