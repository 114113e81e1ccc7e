from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import (
    OperationFailed,
    PermissionDenied,
    StateError,
)
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.stop import detach_cluster, stop_cluster
from gke_clusters.settings.stop import parse_stop
from gke_clusters.specs.ownership import Ownership
from tests.python.unit.lifecycle.stopping import BROKEN, started, stop


def labels_of(install: str, cluster: str) -> dict[str, str]:
    return Ownership.of(install, cluster).labels


@pytest.fixture
def data(world: Any) -> dict[str, Any]:
    return started(world)


@pytest.mark.parametrize("nothing", [None, {}])
def test_deletes_nothing_and_asks_nothing_without_data(
    world: Any, nothing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def fail() -> Any:
        raise AssertionError("no credentials are needed")

    world.clusters.add(world.cluster())
    stop_cluster(nothing, world.owner, parse_stop({}), fail, world.directory, world.progress)
    assert world.clusters.calls == []
    assert "nothing is deleted" in caplog.text


def test_deletes_and_waits_until_it_is_gone(world: Any, data: Any) -> None:
    stop(world, data)
    assert world.clusters.clusters == {}
    assert world.clusters.calls.count("delete") == 1
    assert world.percents[-1] == 100


def test_says_what_it_does(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stop(world, data)
    assert f"Looking at {world.name} as {world.clusters.identity}" in caplog.text
    assert "left behind in Compute Engine" in caplog.text
    assert f"{world.name} is stopped" in caplog.text


def test_leaves_nothing_in_the_working_directory(world: Any, data: Any) -> None:
    stop(world, data)
    assert list(world.directory.iterdir()) == []


def test_says_what_is_still_billed(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    labels = {"goog-k8s-cluster-name": "my-cluster", "goog-k8s-cluster-location": "europe-west1-b"}
    world.compute.resources = {"disks": [{"name": "pvc-1", "zone": "zones/europe-west1-b", "labels": labels}]}
    stop(world, data)
    assert "gcloud compute disks delete pvc-1 --zone europe-west1-b --project acme" in caplog.text


def test_says_what_is_still_billed_of_a_cluster_that_somebody_deleted(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.clusters.clusters.clear()
    stop(world, data)
    assert f"{world.name} is gone already" in caplog.text
    assert "left no disk" in caplog.text


def test_is_done_whatever_goes_wrong_with_the_report(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.compute.resources = {"disks": [{"labels": "not a mapping"}]}
    stop(world, data)
    assert world.percents[-1] == 100
    assert "What the cluster left behind could not be looked up: 'str' object has no attribute" in caplog.text


def test_may_be_told_twice(world: Any, data: Any) -> None:
    stop(world, data)
    stop(world, data)
    assert world.clusters.calls.count("delete") == 1


def test_deletes_what_1_5_1_saved_without_id_and_without_our_labels(world: Any) -> None:
    found = world.clusters.add(world.cluster(labels={"goog-partner-solution": "x"}))
    stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": found.self_link}})
    assert world.clusters.clusters == {}


def test_never_deletes_by_data_of_1_5_1_what_another_dss_cluster_owns(world: Any) -> None:
    found = world.clusters.add(world.cluster(labels=Ownership.of("another-install", "x").labels))
    with pytest.raises(StateError) as caught:
        stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": found.self_link}})
    assert "delete" not in world.clusters.calls
    assert "started: id unknown, created unknown;" in str(caught.value.verbatim)


def test_never_deletes_by_the_name_alone(world: Any) -> None:
    world.clusters.add(world.cluster(labels={}))
    with pytest.raises(StateError):
        stop(world, {"project": "acme", "cluster": {"name": "my-cluster", "location": "europe-west1-b"}})
    assert "delete" not in world.clusters.calls


def test_says_without_data_what_an_earlier_start_may_have_left(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    Journal(world.directory).write(world.name, Phase.RUNNING)
    (world.directory / "kube_config").write_text("x")
    stop(world, None)
    assert world.clusters.calls == []
    assert f"at work on {world.name}" in caplog.text
    assert "gcloud container clusters delete my-cluster --location europe-west1-b --project acme" in caplog.text
    assert not (world.directory / "kube_config").exists()


def test_deletes_although_another_operation_was_cancelled(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES", status="ABORTING"))
    stop(world, data)
    assert world.clusters.clusters == {}


def test_stops_although_its_own_files_cannot_be_removed(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (world.directory / "kube_config").unlink()
    (world.directory / "kube_config" / "not-a-file").mkdir(parents=True)
    stop(world, data)
    assert world.clusters.clusters == {}
    assert "kube_config cannot be removed" in caplog.text


def test_never_deletes_a_later_cluster_of_the_same_name(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(id="id-2"))
    with pytest.raises(StateError) as caught:
        stop(world, data)
    assert "delete" not in world.clusters.calls
    assert caught.value.resource == world.name.path
    assert caught.value.verbatim == (
        "started: id id-1, created 2026-01-01T00:00:00Z; there now: id id-2, created 2026-01-01T00:00:00Z"
    )
    assert "gcloud container clusters delete my-cluster --location europe-west1-b --project acme" in caught.value.remedy


def test_is_done_if_a_later_cluster_takes_the_name_while_it_waits(world: Any, data: Any) -> None:
    ended = world.clusters._end

    def replaced(operation: Any) -> Any:
        done = ended(operation)
        world.clusters.add(world.cluster(id="id-2"))
        return done

    world.clusters._end = replaced
    stop(world, data)
    assert world.clusters.clusters[world.name].id == "id-2"
    assert world.clusters.calls.count("delete") == 1


def test_notes_the_deletion_while_it_lasts(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed):
        stop(world, data)
    entry = Journal(world.directory).read()
    assert entry is not None
    assert entry.phase.value == "deleting"


class TestEditedData:
    def test_finds_the_very_cluster_by_its_id_where_the_location_is_wrong(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        cluster = {"name": "my-cluster", "location": "europe-west1-c", "id": "id-1"}
        stop(world, {"project": "acme", "cluster": cluster})
        assert world.clusters.clusters == {}
        assert f"is not {ClusterName('acme', 'europe-west1-c', 'my-cluster')} but {world.name}" in caplog.text

    def test_forgets_and_reports_what_the_very_cluster_left_where_the_location_is_wrong(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        Journal(world.directory).write(world.name, Phase.RUNNING)
        labels = {"goog-k8s-cluster-name": "my-cluster", "goog-k8s-cluster-location": "europe-west1-b"}
        world.compute.resources = {"disks": [{"name": "pvc-1", "zone": "zones/europe-west1-b", "labels": labels}]}
        cluster = {"name": "my-cluster", "location": "europe-west1-c", "id": "id-1"}
        stop(world, {"project": "acme", "cluster": cluster})
        assert Journal(world.directory).read() is None
        assert "gcloud compute disks delete pvc-1" in caplog.text

    def test_deletes_no_cluster_with_another_id_at_another_location(self, world: Any, data: Any) -> None:
        cluster = {"name": "my-cluster", "location": "europe-west1-c", "id": "id-2"}
        stop(world, {"project": "acme", "cluster": cluster})
        assert "delete" not in world.clusters.calls

    def test_says_which_zones_it_could_not_look_at(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.clusters.clear()
        world.clusters.missing_zones = ("europe-west1-c", "europe-west1-d")
        stop(world, data)
        assert "in one of these zones is not known: europe-west1-c, europe-west1-d" in caplog.text

    def test_believes_that_it_is_gone_where_clusters_may_not_be_listed(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.clusters.clear()

        def refuse(project: str) -> Any:
            raise PermissionDenied("It may not list clusters.")

        world.clusters.list_clusters = refuse
        stop(world, data)
        assert "at another location could not be looked up: It may not list clusters" in caplog.text

    def test_does_not_look_elsewhere_for_a_cluster_of_1_5_1_without_id(self, world: Any, data: Any) -> None:
        world.clusters.clusters.clear()
        link = world.cluster().self_link
        stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": link}})
        assert "list" not in world.clusters.calls

    @pytest.mark.parametrize("labels", [labels_of("install-2", "my-cluster"), labels_of("install-1", "another")])
    def test_never_deletes_what_another_dss_cluster_owns(self, world: Any, data: Any, labels: Any) -> None:
        world.clusters.add(world.cluster(labels=labels))
        with pytest.raises(StateError, match="belongs to another DSS cluster") as caught:
            stop(world, data, contents=AssertionError("it was looked into"))
        assert "delete" not in world.clusters.calls
        assert caught.value.resource == world.name.path
        assert labels["dss-cluster-id"] in str(caught.value.verbatim)
        assert labels["dss-install-id"] in str(caught.value.verbatim)
        assert f"this is: installation {world.owner.install}" in str(caught.value.verbatim)
        assert "gcloud container clusters delete my-cluster" in caught.value.remedy

    def test_deletes_the_very_cluster_although_its_labels_were_removed(self, world: Any, data: Any) -> None:
        world.clusters.add(world.cluster(labels={}))
        stop(world, data)
        assert world.clusters.clusters == {}


def test_detaching_deletes_nothing_but_our_own_files(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    detach_cluster(data, world.directory)
    assert world.clusters.calls == []
    assert list(world.directory.iterdir()) == []
    assert "Detached my-cluster" in caplog.text


@pytest.mark.parametrize("data", [None, {}, {"cluster": None}, ["x"]])
def test_detaching_needs_no_data(world: Any, data: Any) -> None:
    detach_cluster(data, world.directory)


class TestALaterStartWasAtWorkElsewhere:
    """DSS keeps the data of the last start that it saw succeed, and only the journal knows of the later one."""

    LATER = ClusterName("other", "us-central1-a", "my-cluster")

    @pytest.fixture
    def data(self, world: Any, data: dict[str, Any]) -> dict[str, Any]:
        world.clusters.add(world.cluster(self.LATER))
        Journal(world.directory).write(self.LATER, Phase.CREATING)
        return data

    @pytest.mark.parametrize("is_gone", [True, False])
    def test_the_journal_goes_on_telling_of_it(self, world: Any, data: Any, *, is_gone: bool) -> None:
        if is_gone:
            del world.clusters.clusters[world.name]
        stop(world, data, deleteVolumes=True)
        entry = Journal(world.directory).read()
        assert list(world.clusters.clusters) == [self.LATER]
        assert entry is not None
        assert (entry.cluster, entry.phase) == (self.LATER, Phase.CREATING)

    def test_the_log_says_how_to_delete_it(self, world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
        stop(world, data)
        assert "gcloud container clusters delete my-cluster --location us-central1-a --project other" in caplog.text


class TestTheLog:
    @pytest.fixture(autouse=True)
    def _hear_everything(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)

    def test_tells_the_steps_of_a_stop(self, world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
        stop(world, data)
        said = [
            f"Looking at {world.name} as {world.clusters.identity}",
            "Looking at the load balancers and volumes in the cluster",
            f"{world.name} is gone",
            "Looking for what the cluster left behind in Compute Engine",
            f"{world.name} is stopped",
        ]
        assert [message for message in caplog.messages if message in said] == said
        assert [world.percents[0], *world.percents[-2:]] == [1, 97, 100]

    def test_says_that_it_was_gone_already(self, world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.clusters.clear()
        stop(world, data)
        assert f"{world.name} is gone already" in caplog.messages

    def test_says_that_nothing_is_deleted_without_data(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        stop(world, None)
        assert caplog.messages == ["DSS has no data of a start, so nothing is deleted"]

    def test_says_what_kept_it_from_looking_for_the_rest(
        self, world: Any, data: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: Any) -> None:
            raise RuntimeError("odd")

        monkeypatch.setattr("gke_clusters.lifecycle.stop.report_leftovers", fail)
        stop(world, data)
        assert "What the cluster left behind could not be looked up: odd" in caplog.messages
        assert world.percents[-1] == 100

    def test_says_what_kept_it_from_looking_into_the_cluster(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        stop(world, data, contents=RuntimeError("odd"))
        assert world.clusters.clusters == {}
        assert any(message.endswith("The stop goes on. odd") for message in caplog.messages)

    def test_says_why_it_does_not_look_into_a_cluster_that_does_not_answer(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.add(world.cluster(status="ERROR"))
        stop(world, data, contents=AssertionError("it was looked into"))
        assert "The cluster is ERROR, so what is in it can neither be looked at nor cleared away" in caplog.messages


def test_looks_for_what_is_left_where_the_data_says_once_it_is_gone(world: Any, data: Any, caplog: Any) -> None:
    world.clusters.clusters.clear()
    labels = {"goog-k8s-cluster-name": "my-cluster", "goog-k8s-cluster-location": "europe-west1-b"}
    world.compute.resources = {"disks": [{"name": "pvc-1", "zone": "zones/europe-west1-b", "labels": labels}]}
    stop(world, data)
    assert "gcloud compute disks delete pvc-1 --zone europe-west1-b --project acme" in caplog.text


def test_the_journal_of_the_very_cluster_is_kept_while_it_is_deleted_where_the_location_is_wrong(
    world: Any, data: Any
) -> None:
    Journal(world.directory).write(world.name, Phase.RUNNING)
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed):
        stop(world, {"project": "acme", "cluster": {"name": "my-cluster", "location": "europe-west1-c", "id": "id-1"}})
    entry = Journal(world.directory).read()
    assert entry is not None
    assert (entry.cluster, entry.phase) == (world.name, Phase.DELETING)


def test_a_refusal_says_how_to_get_rid_of_both(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(id="id-2"))
    with pytest.raises(StateError) as caught:
        stop(world, data)
    assert caught.value.remedy.startswith("Mark the DSS cluster as stopped (force stop).")
    assert caught.value.cause.endswith("nothing was deleted.")


@pytest.mark.parametrize("data", [None, {"cluster": {"name": ""}}, {"cluster": "x"}])
def test_detaching_says_what_it_detached_as_far_as_that_is_known(world: Any, data: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    detach_cluster(data, world.directory)
    assert caplog.messages == ["Detached the cluster; the GKE cluster itself stays as it is"]
