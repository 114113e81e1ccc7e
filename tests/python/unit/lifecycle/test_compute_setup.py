"""How the parts of the set-up hang together; each part is proved where it is told."""

from __future__ import annotations

import logging
import re
from types import SimpleNamespace
from typing import Any

import pytest

from gke_clusters.errors import DssRefused, Problem, SettingsError
from gke_clusters.lifecycle import compute_setup
from gke_clusters.lifecycle.image_repository import ImageRepository
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registration import Stage
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.settings.set_up_compute import parse_set_up_compute
from tests.python.unit.lifecycle.checklists import notes_of, steps_of, title_of

OWN = "127.0.0.1:5000/my-project/dss"
RUNNING = {
    "state": "RUNNING",
    "data": {
        "project": "p",
        "schema_version": 2,
        "cluster": {"id": "1", "name": "c", "location": "us-central1-a"},
    },
}


PUSH, REGISTRY, STORAGE, AROUND = object(), object(), object(), object()


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
        self.lines = [Step("Host: Docker", Outcome.DONE)]
        self.push_fails = False
        self.stored = Store()

    def _told(self, part: str, what: Any) -> list[Step]:
        self.asked[part] = what
        if part in self.failing:
            raise self.failing[part]
        return [Step(part, Outcome.CHANGED)]

    def read_cluster_settings(self, cluster_id: str) -> dict[str, Any]:
        self.asked["cluster"] = cluster_id
        if "cluster" in self.failing:
            raise self.failing["cluster"]
        return self.cluster

    def prepare_repository(self, settings: Any, google: Any, taken: Any) -> ImageRepository:
        self.asked["repository in"] = google
        taken.steps += self._told("repository", settings)
        return ImageRepository(OWN, frozenset({OWN}))

    def prerequisite_steps(self, connection: Any, around: Any, progress: Progress) -> list[Step]:
        self.asked["prerequisites"] = (connection, around)
        progress.step(100, "All was checked")
        return self.lines

    def registration_steps(
        self, settings: Any, placement: Any, stored: Any, stages: Any
    ) -> tuple[list[Step], list[str]]:
        [stage] = stages
        if stage is Stage.DEFAULTS:
            self.asked["defaults on"] = stored.read()
            return self._told("defaults", settings), ["a note"]
        if not settings.preview:
            stored.write({"registered": settings.registry_url})
        if "configurations" in self.failing:
            return [Step.failed("General settings of DSS", DssRefused("DSS refused to save."))], []
        return self._told("registration", (settings, placement)), ["a note"]

    def push_to_repository(self, settings: Any, repository: Any, _google: Any, instance: Any, *others: Any) -> None:
        self.asked["images of"] = settings
        self.asked["pushed by"] = instance.base_image_push
        others[-1].take("images", self._push)
        self.asked["images"] = repository
        others[-2].step(50, "The images")
        self.asked["settings pushed by"] = instance.general_settings.read()

    def _push(self) -> Any:
        if self.push_fails:
            raise DssRefused("DSS could not push.")
        return Outcome.CHANGED, ()

    def set_metastore(self, stored: Any, *, preview: bool) -> list[Step]:
        self.asked["metastore of"] = stored
        return self._told("metastore", preview)

    def gcs_connection_steps(
        self, settings: Any, storage: Any, instance: Any, progress: Progress, *, keep_what_is_there: bool
    ) -> list[Step]:
        self.asked["bucket of"] = instance
        self.asked["kept"] = keep_what_is_there
        self.asked["bucket in"] = storage
        for percent in (0, 100):
            progress.step(percent, "The bucket")
        return self._told("bucket", settings)

    def project_steps(self, settings: Any, instance: Any, progress: Progress) -> list[Step]:
        self.asked["projects of"] = instance
        for percent in (0, 99):
            progress.step(percent, "The projects")
        return self._told("projects", settings)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    told = Parts()
    for name in (
        "prepare_repository",
        "prerequisite_steps",
        "registration_steps",
        "push_to_repository",
        "set_metastore",
        "gcs_connection_steps",
        "project_steps",
    ):
        monkeypatch.setattr(compute_setup, name, getattr(told, name))
    return told


def set_up(parts: Parts, progress: Progress | None = None, **fields: Any) -> str:
    config = {
        "clusterId": "my-cluster",
        "connectionInfo": {"projectId": "my-project"},
        "registryUrl": "europe-west1-docker.pkg.dev/my-project/dss",
        "bucket": "my-bucket",
        "projects": ["CHURN"],
        **fields,
    }
    instance: Any = SimpleNamespace(
        general_settings=parts.stored, base_image_push=PUSH, read_cluster_settings=parts.read_cluster_settings
    )
    anything: Any = None
    registry: Any = REGISTRY
    storage: Any = STORAGE
    setup = parse_set_up_compute(config, {})
    around: Any = AROUND
    return compute_setup.set_up_compute(setup, instance, registry, storage, anything, around, progress or Progress())


def rows(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<td>([^<]+)</td>\s*<td><span class="outcome [^"]+">([^<]+)<', page)


def test_every_part_is_told_in_order(parts: Parts) -> None:
    page = set_up(parts)

    assert rows(page) == [
        ("Cluster my-cluster", "done"),
        ("Prerequisites", "done"),
        ("repository", "changed"),
        ("registration", "changed"),
        ("images", "changed"),
        ("metastore", "changed"),
        ("bucket", "changed"),
        ("defaults", "changed"),
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

    assert rows(page)[-3:] == [("GCS connection", "skipped"), ("defaults", "changed"), ("Projects", "skipped")]


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

    assert rows(page)[2:5] == [
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
    assert [outcome for _title, outcome in rows(page)[2:]] == ["changed"] * 7


def test_the_progress_of_a_part_fills_its_share() -> None:
    reported: list[int] = []
    whole = Progress(reported.append)

    part = whole.within(20, 40)
    part.step(50, "half of it")
    part.step(100, "all of it")

    assert reported == [30, 40]


def test_the_page_bears_the_name_of_the_cluster_and_says_where_it_runs(parts: Parts) -> None:
    page = set_up(parts)

    assert title_of(page) == "Compute on my-cluster"
    assert steps_of(page)[0] == (
        "Cluster my-cluster",
        "done",
        ["It runs: projects/p/locations/us-central1-a/clusters/c."],
    )
    assert parts.asked["cluster"] == "my-cluster"


def test_what_to_do_about_a_cluster_that_is_not_started_is_said(parts: Parts) -> None:
    parts.cluster = {"state": "NONE"}

    [_title, _outcome, lines] = steps_of(set_up(parts))[0]

    assert lines[:2] == ["my-cluster is not started.", "Resource: DSS cluster my-cluster"]
    assert lines[-1].startswith("What to do: Start it before compute is used")


def test_a_cluster_that_dss_does_not_show_is_a_failed_step_and_stands_in_the_log(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    parts.failing["cluster"] = DssRefused("DSS refused to read the cluster.")

    page = set_up(parts)

    assert rows(page)[0] == ("Cluster my-cluster", "failed")
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("Cluster my-cluster: DSS refused to read the cluster.")
    assert rows(page) == [("Cluster my-cluster", "failed")]
    assert notes_of(page) == ["Nothing was changed: all of it would be for this cluster."]
    assert set(parts.asked) == {"cluster"}


@pytest.mark.parametrize(("part", "title"), [("metastore", "Metastore"), ("bucket", "Connection gcs")])
def test_a_part_that_cannot_be_begun_is_named(parts: Parts, part: str, title: str) -> None:
    parts.failing[part] = DssRefused("DSS refused to do that.")

    steps = {title: (outcome, lines) for title, outcome, lines in steps_of(set_up(parts))}

    outcome, [cause, *_] = steps[title]
    assert (outcome, cause) == ("failed", "DSS refused to do that.")


def test_what_is_not_asked_for_says_so(parts: Parts) -> None:
    bucket, _defaults, projects = steps_of(set_up(parts, bucket="", projects=[]))[-3:]

    assert bucket == ("GCS connection", "skipped", ["It was not asked for."])
    assert projects == ("Projects", "skipped", ["It was not asked for."])


def test_nothing_has_to_be_mended_where_nothing_failed(parts: Parts) -> None:
    assert notes_of(set_up(parts, bucket="")) == ["a note"]


def test_the_right_of_the_nodes_on_a_new_bucket_is_named(parts: Parts) -> None:
    [_note, nodes] = notes_of(set_up(parts))

    assert "needs roles/storage.objectAdmin on gs://my-bucket too" in nodes


def test_what_to_mend_stands_before_the_other_notes(parts: Parts) -> None:
    parts.failing["bucket"] = DssRefused("DSS refused to do that.")

    first, *others = notes_of(set_up(parts))

    assert first == "Mend what failed and run this again: what is done is not done twice."
    assert others == ["a note"]


def test_images_skipped_for_the_sake_of_the_repository_say_so(parts: Parts) -> None:
    parts.failing["repository"] = SettingsError([Problem("Image registry", "it does not exist")])

    steps = {title: lines for title, _outcome, lines in steps_of(set_up(parts))}

    assert steps["images"] == ["The repository cannot be used."]
    assert parts.asked["images"].exists is False


def unsent(page: str) -> dict[str, list[str]]:
    return {title: lines for title, outcome, lines in steps_of(page) if outcome == "skipped"}


def test_nothing_is_sent_to_configurations_whose_images_are_not_there(parts: Parts) -> None:
    parts.push_fails = True

    page = set_up(parts)

    why = ["The images are not there: “images” failed."]
    assert unsent(page) == {"Defaults": why, "Projects": why}
    assert parts.asked.keys().isdisjoint({"defaults", "projects"})
    assert ("bucket", "changed") in rows(page)


def test_nothing_is_sent_to_configurations_that_could_not_be_made(parts: Parts) -> None:
    parts.failing["configurations"] = DssRefused("DSS refused to save.")

    page = set_up(parts)

    why = ["The configurations are not there."]
    assert unsent(page) == {"Defaults": why, "Projects": why}


def test_defaults_that_are_not_asked_for_say_so_whatever_failed(parts: Parts) -> None:
    parts.push_fails = True

    page = set_up(parts, makeDefault=False, makeDefaultCluster=False)

    assert ("defaults", "changed") in rows(page)
    assert set(unsent(page)) == {"Projects"}


def test_a_preview_of_the_defaults_goes_by_the_configurations_that_would_be_there(parts: Parts) -> None:
    set_up(parts, preview=True)

    assert parts.asked["defaults on"] == {"registered": OWN}


def test_a_connection_that_is_there_is_kept(parts: Parts) -> None:
    set_up(parts)

    assert parts.asked["kept"] is True


def test_prerequisites_that_are_amiss_are_named_and_stop_nothing(parts: Parts) -> None:
    parts.lines += [
        Step("Host: kubectl", Outcome.WARNING, ("There is no kubectl.", "What to do: install it.")),
        Step.failed("Project: API compute", DssRefused("It is not enabled.")),
        Step("Host: disks", Outcome.SKIPPED),
    ]

    page = set_up(parts)

    assert steps_of(page)[1] == (
        "Prerequisites",
        "warning",
        [
            "2 of 4 are well.",
            "Host: kubectl: There is no kubectl. What to do: install it.",
            "Project: API compute: It is not enabled.",
            "What to do about them: the macro “Check prerequisites” says it.",
        ],
    )
    assert [outcome for _title, outcome in rows(page)[2:]] == ["changed"] * 7
    connection, around = parts.asked["prerequisites"]
    assert (connection.project_id, around) == ("my-project", AROUND)


def running_with(*accounts: Any) -> dict[str, Any]:
    pools = [{"name": "p", "config": {"serviceAccount": account} if account else {}} for account in accounts]
    return {**RUNNING, "data": {**RUNNING["data"], "cluster": {**RUNNING["data"]["cluster"], "nodePools": pools}}}


@pytest.mark.parametrize(
    ("accounts", "given", "taken"),
    [
        (("nodes@p", "nodes@p"), "", "nodes@p"),
        (("nodes@p",), "given@p.iam.gserviceaccount.com", "given@p.iam.gserviceaccount.com"),
        (("default",), "", None),
        (("nodes@p", "others@p"), "", None),
        ((None,), "", None),
        ((), "", None),
    ],
)
def test_the_account_that_pulls_is_that_of_the_nodes(
    parts: Parts, accounts: tuple[Any, ...], given: str, taken: str | None
) -> None:
    parts.cluster = running_with(*accounts)

    set_up(parts, nodeServiceAccount=given)

    assert parts.asked["repository"].node_service_account == taken
    assert parts.asked["images of"].node_service_account == taken


@pytest.mark.parametrize("preview", [True, False])
def test_each_part_is_asked_of_dss_itself_and_of_the_dialog(parts: Parts, *, preview: bool) -> None:
    set_up(parts, preview=preview)

    assert parts.asked["metastore"] is preview
    assert parts.asked["images of"].preview is preview
    assert parts.asked["pushed by"] is PUSH
    assert parts.asked["repository"].preview is preview
    assert parts.asked["repository in"] is REGISTRY
    assert parts.asked["bucket in"] is STORAGE
    assert parts.asked["metastore of"] is parts.stored
    assert parts.asked["bucket"].preview is preview
    assert parts.asked["projects"].preview is preview
    assert parts.asked["projects of"].general_settings is parts.stored
    assert parts.asked["bucket of"].general_settings is parts.stored


@pytest.mark.parametrize(
    ("preview", "last"), [(True, "Nothing was changed"), (False, "Compute is set up as far as the page says")]
)
def test_tells_the_log_and_the_progress_bar_how_far_it_is(
    parts: Parts, caplog: pytest.LogCaptureFixture, *, preview: bool, last: str
) -> None:
    caplog.set_level(logging.INFO)
    percents: list[int] = []

    set_up(parts, Progress(percents.append), preview=preview)

    assert caplog.messages == [
        "Setting up compute on my-cluster",
        "All was checked",
        "Setting the configurations",
        "The images",
        "Setting the metastore catalog",
        *["The bucket"] * 2,
        *["The projects"] * 2,
        last,
    ]
    assert percents == [1, 10, 15, 47, 70, 75, 85, 85, 99, 100]
