from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import ClusterBusy, GoogleUnavailable, OperationFailed, OperationTimeout, StateError
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.stop import detach_cluster, stop_cluster
from gke_clusters.specs.ownership import Ownership

BROKEN = (Condition("", "It could not be deleted."),)


def stop(world: Any, data: Any, **fields: Any) -> None:
    stop_cluster(data, lambda: world.google, world.directory, world.progress, **fields)


@pytest.fixture
def data(world: Any) -> dict[str, Any]:
    cluster = world.clusters.add(world.cluster())
    world.directory.mkdir()
    (world.directory / "kube_config").write_text("x")
    return {"kube_config_path": "kube_config", "project": "acme", "cluster": dict(cluster.resource)}


@pytest.mark.parametrize("nothing", [None, {}])
def test_deletes_nothing_and_asks_nothing_without_data(world: Any, nothing: Any) -> None:
    def fail() -> Any:
        raise AssertionError("no credentials are needed")

    world.clusters.add(world.cluster())
    stop_cluster(nothing, fail, world.directory, world.progress)
    assert world.clusters.calls == []


def test_deletes_and_waits_until_it_is_gone(world: Any, data: Any) -> None:
    stop(world, data)
    assert world.clusters.clusters == {}
    assert world.clusters.calls.count("delete") == 1
    assert world.percents[-1] == 100


def test_leaves_nothing_in_the_working_directory(world: Any, data: Any) -> None:
    stop(world, data)
    assert list(world.directory.iterdir()) == []


def test_says_what_may_still_be_billed(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stop(world, data)
    assert "gcloud compute disks list --project acme" in caplog.text


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
    with pytest.raises(StateError):
        stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": found.self_link}})
    assert "delete" not in world.clusters.calls


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
    assert "id-1" in (caught.value.verbatim or "")
    assert "id-2" in (caught.value.verbatim or "")


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


def test_waits_for_the_very_operation_that_holds_the_cluster(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    stop(world, data)
    assert world.clusters.operations[0].done
    assert world.clusters.calls.count("delete") == 2
    assert world.clusters.clusters == {}


def test_finds_what_holds_the_cluster_where_google_does_not_name_it(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_does_not_wait_for_a_holder_that_is_over(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES", status="DONE"))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy.", operation="operation-1-a"))]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_joins_a_deletion_that_is_under_way(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(status="STOPPING"))
    world.clusters.operations.append(world.operation("DELETE_CLUSTER"))
    stop(world, data)
    assert "delete" not in world.clusters.calls
    assert world.clusters.clusters == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_settles_a_lost_answer_by_looking(world: Any, data: Any, when: str) -> None:
    world.clusters.delete_faults = [(when, GoogleUnavailable("The answer was lost."))]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_is_done_if_it_vanishes_between_look_and_deletion(world: Any, data: Any) -> None:
    delete = world.clusters.delete_cluster

    def vanish(name: Any) -> Any:
        world.clusters.clusters.clear()
        return delete(name)

    world.clusters.delete_cluster = vanish
    stop(world, data)


def test_asks_again_after_a_deletion_that_failed(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN]
    stop(world, data)
    assert world.clusters.calls.count("delete") == 2


def test_believes_a_deletion_that_fails_three_times(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed, match="It could not be deleted"):
        stop(world, data)
    assert (world.directory / "kube_config").exists()


def test_gives_up_at_the_deadline_and_says_that_it_is_billed(world: Any, data: Any) -> None:
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))] * 10_000
    with pytest.raises(OperationTimeout) as caught:
        stop(world, data, deadline_seconds=60)
    assert "still billed" in caught.value.remedy
    assert world.now == pytest.approx(60)


def test_notes_the_deletion_while_it_lasts(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed):
        stop(world, data)
    entry = Journal(world.directory).read()
    assert entry is not None
    assert entry.phase.value == "deleting"


def test_detaching_deletes_nothing_but_our_own_files(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    detach_cluster(data, world.directory)
    assert world.clusters.calls == []
    assert list(world.directory.iterdir()) == []
    assert "Detached my-cluster" in caplog.text


@pytest.mark.parametrize("data", [None, {}, {"cluster": None}, ["x"]])
def test_detaching_needs_no_data(world: Any, data: Any) -> None:
    detach_cluster(data, world.directory)
