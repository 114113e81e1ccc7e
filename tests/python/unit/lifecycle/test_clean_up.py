"""How long a start may take, and its clean-up after it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import (
    ControlPlaneUnreachable,
    GkeClustersError,
    GoogleUnavailable,
    OperationTimeout,
    PermissionDenied,
    StateError,
    Stockout,
)
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.clean_up import CLEAN_UP_SECONDS, clean_up, inspect_command
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.start import start_cluster

STOCKOUT = (Condition("GCE_STOCKOUT", "No machines."),)


def start(world: Any, **config: Any) -> list[dict[str, Any]]:
    return start_cluster(world.settings(**config), world.owner, world.google, world.handover(), world.progress)


def never_ends(world: Any, kind: str) -> None:
    """Let operations of a kind go on for ever."""
    find = world.clusters.find_operation

    def stuck(*arguments: Any, **fields: Any) -> Any:
        newest = world.clusters.operations[-1]
        return newest if newest.kind == kind else find(*arguments, **fields)

    world.clusters.find_operation = stuck


def test_a_start_ends_at_the_time_limit_of_the_dialog(world: Any) -> None:
    never_ends(world, "CREATE_CLUSTER")
    with pytest.raises(OperationTimeout, match="20 minutes"):
        start(world, createDeadlineMinutes=20)
    assert world.now == pytest.approx(20 * 60)


def test_a_clean_up_that_takes_too_long_ends_and_says_what_is_still_there(world: Any) -> None:
    never_ends(world, "DELETE_CLUSTER")
    world.clusters.endings = [STOCKOUT]
    with pytest.raises(Stockout) as caught:
        start(world)
    assert CLEAN_UP_SECONDS <= world.now < CLEAN_UP_SECONDS + 60
    assert "DELETE_CLUSTER of my-cluster is not over after 10 minutes" in caught.value.remedy
    assert "gcloud container clusters delete my-cluster --location europe-west1-b" in caught.value.remedy
    entry = Journal(world.directory).read()
    assert entry is not None
    assert entry.phase is Phase.FAILED


def test_what_an_earlier_start_left_elsewhere_takes_its_part_of_the_time_limit(world: Any) -> None:
    left = ClusterName("acme", "us-central1-a", "old")
    world.clusters.add(world.cluster(left))
    Journal(world.directory).write(left, Phase.CREATING)
    never_ends(world, "DELETE_CLUSTER")
    with pytest.raises(StateError, match="is not over after 15 minutes"):
        start(world, createDeadlineMinutes=15)
    assert world.now < 16 * 60
    assert "create" not in world.clusters.calls


def test_begins_no_creation_once_the_time_limit_is_over(world: Any) -> None:
    find = world.clusters.find_cluster

    def slow(name: ClusterName) -> Any:
        world.now += 11 * 60
        return find(name)

    world.clusters.find_cluster = slow
    with pytest.raises(OperationTimeout, match="Google shows no such cluster"):
        start(world, createDeadlineMinutes=10)
    assert "create" not in world.clusters.calls


def test_what_a_failed_creation_left_takes_its_part_of_the_time_limit(world: Any) -> None:
    world.clusters.add(world.cluster(status="ERROR"))
    Journal(world.directory).write(world.name, Phase.CREATING)
    never_ends(world, "DELETE_CLUSTER")
    with pytest.raises(OperationTimeout):
        start(world, createDeadlineMinutes=15)
    assert world.now < 16 * 60


def test_waits_for_the_control_plane_no_longer_than_is_left(world: Any) -> None:
    end = world.clusters._end

    def slow(operation: Any) -> Any:
        world.now += 9 * 60
        return end(operation)

    world.clusters._end = slow
    start(world, createDeadlineMinutes=10)
    assert world.control_plane.patience_seconds == pytest.approx(60, abs=5)


def test_repeats_what_a_control_plane_said_that_did_not_answer_within_the_time_limit(world: Any) -> None:
    def probe(patience_seconds: float) -> str:
        world.now += 3600
        raise ControlPlaneUnreachable("No answer.", verbatim="connection refused")

    world.control_plane.probe = probe
    with pytest.raises(OperationTimeout) as caught:
        start(world)
    assert caught.value.verbatim == "connection refused"


def test_waits_for_the_control_plane_two_minutes_at_most(world: Any) -> None:
    start(world)
    assert world.control_plane.patience_seconds == 120


def test_leaves_a_cluster_that_did_not_answer_within_the_time_limit_to_the_next_start(world: Any) -> None:
    def probe(patience_seconds: float) -> str:
        world.now += 3600
        raise ControlPlaneUnreachable("No answer.")

    world.control_plane.probe = probe
    with pytest.raises(OperationTimeout, match="60 minutes of the start were over") as caught:
        start(world)
    assert caught.value.verbatim == "No answer."
    assert caught.value.resource == world.name.path
    assert "delete" not in world.clusters.calls
    entry = Journal(world.directory).read()
    assert entry is not None
    assert entry.phase is Phase.CREATING


@pytest.mark.parametrize("status", ["RUNNING", "RECONCILING", "ERROR"])
def test_the_next_start_replaces_what_a_killed_clean_up_left(world: Any, status: str) -> None:
    world.control_plane.fault = ControlPlaneUnreachable("No answer.")

    def killed(name: ClusterName) -> None:
        raise KeyboardInterrupt

    delete, world.clusters.delete_cluster = world.clusters.delete_cluster, killed
    with pytest.raises(KeyboardInterrupt):
        start(world)
    world.clusters.delete_cluster = delete
    world.control_plane.fault = None
    world.clusters.add(replace(world.clusters.clusters[world.name], status=status, id="left"))
    assert start(world)[1]["cluster"]["id"] == "id-1"


def test_a_stop_that_was_killed_leaves_a_cluster_that_the_next_start_uses(world: Any) -> None:
    world.clusters.add(world.cluster(id="in-use"))
    Journal(world.directory).write(world.name, Phase.DELETING)
    assert start(world)[1]["cluster"]["id"] == "in-use"


class Creation:
    """What a start created, as the clean-up sees it; an exception in place of a word is raised."""

    name = ClusterName("acme", "europe-west1-b", "my-cluster")

    def __init__(self, *, created: bool = True, there: bool | Exception = True) -> None:
        self.created = created
        self.there = there
        self.done: list[Any] = []

    def _tell(self, what: Any) -> bool:
        self.done.append(what)
        if isinstance(self.there, Exception):
            raise self.there
        return self.there

    def undo(self, seconds: float) -> bool:
        return self._tell(("undo", seconds))

    def keep(self) -> bool:
        return self._tell("keep")


class TestWhatBecomesOfIt:
    DELETE = "gcloud container clusters delete my-cluster --location europe-west1-b --project acme"

    def after(self, creation: Any, failure: GkeClustersError | None = None, *, keep: bool = False) -> tuple[bool, str]:
        """Whether nothing is left, and what the failure advises besides what it did before."""
        failure = failure or Stockout("No machines.", remedy="Wait.")
        is_gone = clean_up(creation, failure, keep=keep)
        return is_gone, " ".join(failure.remedy.splitlines())

    def test_nothing_is_done_and_nothing_is_left_where_nothing_was_created(self) -> None:
        creation = Creation(created=False)
        assert self.after(creation) == (True, "Wait.")
        assert creation.done == []

    @pytest.mark.parametrize("kind", [OperationTimeout, GoogleUnavailable])
    @pytest.mark.parametrize("keep", [True, False])
    def test_what_may_go_on_by_itself_is_left_to_the_next_start(self, kind: Any, *, keep: bool) -> None:
        creation = Creation()
        is_gone, remedy = self.after(creation, kind("It took too long.", remedy="Wait."), keep=keep)
        assert is_gone is False
        assert remedy.startswith("Wait. The cluster may exist by now.")
        assert self.DELETE in remedy
        assert creation.done == []

    @pytest.mark.parametrize(
        ("there", "words"),
        [
            (True, "What this start had created was deleted again."),
            (False, "Nothing that this start asked for is there."),
        ],
    )
    def test_what_was_created_is_deleted_within_ten_minutes(
        self, words: str, caplog: pytest.LogCaptureFixture, *, there: bool
    ) -> None:
        creation = Creation(there=there)
        assert self.after(creation) == (True, f"Wait. {words}")
        assert creation.done == [("undo", 600)]
        [record] = caplog.records
        assert record.levelno == logging.ERROR
        assert record.getMessage().startswith("The start failed, and what it may have created is deleted: No machines.")

    def test_a_deletion_that_google_refuses_is_told_with_its_reason(self, caplog: pytest.LogCaptureFixture) -> None:
        is_gone, remedy = self.after(Creation(there=PermissionDenied("It may not delete.")))
        assert is_gone is False
        assert remedy.startswith("Wait. The cluster could not be deleted again: It may not delete.")
        assert self.DELETE in remedy
        assert caplog.records[-1].getMessage().startswith("The clean-up failed as well: It may not delete.")
        assert caplog.records[-1].exc_info is None

    def test_a_deletion_that_fails_oddly_is_told_with_where_it_failed(self, caplog: pytest.LogCaptureFixture) -> None:
        is_gone, remedy = self.after(Creation(there=RuntimeError("odd")))
        assert is_gone is False
        assert remedy.startswith("Wait. The cluster could not be deleted again.")
        assert self.DELETE in remedy
        assert caplog.records[-1].getMessage() == "The clean-up failed as well"
        assert caplog.records[-1].exc_info is not None

    def test_what_is_kept_comes_with_the_ways_to_look_at_it_and_to_delete_it(self) -> None:
        creation = Creation()
        is_gone, remedy = self.after(creation, keep=True)
        assert is_gone is False
        assert remedy.startswith(f"Wait. The cluster was kept for inspection: {inspect_command(creation.name)}")
        assert "The next start replaces it." in remedy
        assert self.DELETE in remedy
        assert creation.done == ["keep"]

    def test_what_is_to_be_kept_and_gone_leaves_nothing(self) -> None:
        assert self.after(Creation(there=False), keep=True) == (
            True,
            "Wait. There was nothing to keep: Google has removed it.",
        )

    def test_the_ways_to_look_at_it_name_all_that_they_need(self) -> None:
        words = inspect_command(Creation.name)
        assert "gcloud container clusters describe my-cluster --location europe-west1-b --project acme" in words
        assert "/kubernetes/clusters/details/europe-west1-b/my-cluster/details?project=acme" in words
