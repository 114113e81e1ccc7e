"""How long a start may take, and its clean-up after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import ControlPlaneUnreachable, OperationTimeout, StateError, Stockout
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.clean_up import CLEAN_UP_SECONDS
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
