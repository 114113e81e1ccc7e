"""A stop ends with the cluster gone from whatever state it is in, or says why it could not."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import (
    ClusterBusy,
    CredentialsError,
    GoogleUnavailable,
    OperationFailed,
    OperationTimeout,
    PermissionDenied,
    RequestRefused,
)
from gke_clusters.google.deadlines import Deadline
from gke_clusters.lifecycle.deletion import delete_command, delete_until_gone
from gke_clusters.lifecycle.journal import Journal
from tests.python.unit.lifecycle.stopping import BROKEN, started, stop


@pytest.fixture
def data(world: Any) -> dict[str, Any]:
    return started(world)


def test_waits_for_the_very_creation_that_holds_the_cluster(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(status="PROVISIONING"))
    world.clusters.operations.append(world.operation("CREATE_CLUSTER"))
    stop(world, data)
    assert world.clusters.operations[0].done
    assert world.clusters.clusters == {}


def test_deletes_after_a_creation_that_failed_meanwhile(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(status="PROVISIONING"))
    world.clusters.operations.append(world.operation("CREATE_CLUSTER"))
    world.clusters.endings = [BROKEN]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_waits_for_each_upgrade_that_begins_by_itself(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_MASTER"))
    delete, more = world.clusters.delete_cluster, [2, 3]

    def upgraded_again(name: Any) -> Any:
        if more and all(item.done for item in world.clusters.operations):
            world.clusters.operations.append(world.operation("UPGRADE_NODES", more.pop(0)))
        return delete(name)

    world.clusters.delete_cluster = upgraded_again
    stop(world, data)
    assert [item.kind for item in world.clusters.operations].count("UPGRADE_NODES") == 2
    assert world.clusters.clusters == {}


@pytest.mark.parametrize("status", ["ERROR", "DEGRADED", "RECONCILING", "STATUS_UNSPECIFIED"])
def test_deletes_a_cluster_in_whatever_state(world: Any, data: Any, status: str) -> None:
    world.clusters.add(world.cluster(status=status))
    stop(world, data)
    assert world.clusters.clusters == {}


@pytest.mark.parametrize(
    "answer",
    [
        ClusterBusy("It is busy."),
        RequestRefused("It is refused.", verbatim="cluster is being deleted"),
    ],
)
def test_waits_for_a_deletion_that_it_cannot_see(world: Any, data: Any, answer: Exception) -> None:
    world.clusters.add(world.cluster(status="STOPPING"))
    world.clusters.delete_faults = [("before", answer)] * 5
    looks = world.clusters.find_cluster
    seen: list[str] = []

    def gone_after_a_while(name: Any) -> Any:
        seen.append("look")
        if len(seen) > 4:
            world.clusters.clusters.clear()
        return looks(name)

    world.clusters.find_cluster = gone_after_a_while
    stop(world, data)
    assert world.clusters.clusters == {}
    assert world.now > 0


def test_a_refusal_to_delete_what_runs_ends_it(world: Any, data: Any) -> None:
    world.clusters.delete_faults = [("before", RequestRefused("It is refused."))]
    with pytest.raises(RequestRefused):
        stop(world, data)


@pytest.mark.parametrize("refusal", [RequestRefused("It is refused."), PermissionDenied("It may not.")])
def test_a_refusal_to_delete_says_that_the_cluster_is_still_billed(world: Any, data: Any, refusal: Any) -> None:
    world.clusters.delete_faults = [("before", refusal)]
    with pytest.raises(type(refusal)) as caught:
        stop(world, data)
    assert caught.value.remedy.endswith("The cluster is still there and is billed.")


def test_goes_by_the_cluster_where_google_forgets_the_operation(world: Any, data: Any) -> None:
    world.clusters.forgets_operations = True
    stop(world, data)
    assert world.clusters.clusters == {}


def test_outlasts_a_google_that_does_not_answer_for_long(world: Any, data: Any) -> None:
    looks, outage = world.clusters.find_cluster, [GoogleUnavailable("Google was overloaded.")] * 5

    def unavailable_after_the_first(name: Any) -> Any:
        if "delete" in world.clusters.calls and outage:
            raise outage.pop()
        return looks(name)

    world.clusters.find_cluster = unavailable_after_the_first
    stop(world, data)
    assert outage == []
    assert world.clusters.clusters == {}


def test_gives_up_on_a_google_that_does_not_answer_at_the_deadline(world: Any, data: Any) -> None:
    looks = world.clusters.find_cluster

    def unavailable_after_the_first(name: Any) -> Any:
        if "delete" in world.clusters.calls:
            raise GoogleUnavailable("Google was overloaded.")
        return looks(name)

    world.clusters.find_cluster = unavailable_after_the_first
    with pytest.raises(GoogleUnavailable):
        stop(world, data)
    assert world.now == pytest.approx(40 * 60)


@pytest.mark.parametrize("refusal", [CredentialsError("Not accepted."), PermissionDenied("Not allowed.")])
def test_ends_at_once_where_google_takes_its_credentials_no_more(world: Any, data: Any, refusal: Exception) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))

    def refuse(*_: Any, **__: Any) -> Any:
        raise refusal

    world.clusters.find_operation = refuse
    with pytest.raises(type(refusal)):
        stop(world, data)
    assert world.now < 60
    assert Journal(world.directory).read() is not None


def test_a_time_limit_that_passes_while_it_waits_says_that_the_cluster_is_billed(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    world.clusters.find_operation = lambda *_, **__: world.clusters.operations[0]
    with pytest.raises(OperationTimeout, match="not over after 10 minutes") as caught:
        stop(world, data, deleteDeadlineMinutes=10)
    assert "still there and is billed" in caught.value.remedy
    assert world.now == pytest.approx(600)


def test_a_deletion_that_failed_three_times_says_that_the_cluster_is_billed(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed) as caught:
        stop(world, data)
    assert "still there and is billed" in caught.value.remedy


def test_converges_when_told_again_after_a_failure(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed):
        stop(world, data)
    stop(world, data)
    assert world.clusters.clusters == {}


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


def test_finds_what_holds_the_cluster_among_operations_that_are_over(world: Any, data: Any) -> None:
    world.clusters.operations += [
        world.operation("UPGRADE_NODES", 1),
        world.operation("UPGRADE_MASTER", 2, status="DONE"),
    ]
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))]
    stop(world, data)
    assert world.clusters.operations[0].done
    assert world.clusters.calls.count("delete") == 2


def test_asks_for_the_holder_where_the_cluster_is(world: Any, data: Any) -> None:
    find, asked = world.clusters.find_operation, set()

    def note(project: str, location: str, name: str, **fields: Any) -> Any:
        asked.add((project, location))
        return find(project, location, name, **fields)

    world.clusters.find_operation = note
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    stop(world, data)
    assert asked == {("acme", "europe-west1-b")}


@pytest.mark.parametrize("holder", ["operation-1-a", "operation-that-nobody-knows"])
def test_does_not_wait_for_a_holder_that_is_over(world: Any, data: Any, holder: str) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES", status="DONE"))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy.", operation=holder))]
    stop(world, data)
    assert world.clusters.clusters == {}
    assert world.now > 0


def test_pauses_before_it_asks_again_where_the_holder_is_over(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES", status="DONE"))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy.", operation="operation-1-a"))] * 3
    delete, asked = world.clusters.delete_cluster, []

    def note(name: Any) -> Any:
        asked.append(world.now)
        return delete(name)

    world.clusters.delete_cluster = note
    stop(world, data)
    assert len(asked) == len(set(asked)) == 4


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


@pytest.mark.parametrize("failures", [1, 2])
def test_asks_again_after_a_deletion_that_failed(
    world: Any, data: Any, failures: int, caplog: pytest.LogCaptureFixture
) -> None:
    world.clusters.endings = [BROKEN] * failures
    stop(world, data)
    assert world.clusters.calls.count("delete") == failures + 1
    assert caplog.text.count("It could not be deleted.") == failures


def test_believes_a_deletion_that_fails_three_times(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed, match="It could not be deleted"):
        stop(world, data)
    assert (world.directory / "kube_config").exists()


def test_gives_up_at_the_deadline_and_says_that_it_is_billed(world: Any, data: Any) -> None:
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))] * 10_000
    with pytest.raises(OperationTimeout) as caught:
        stop(world, data, deleteDeadlineMinutes=40)
    assert "still there after 40 minutes of deleting; its status is RUNNING" in caught.value.cause
    assert caught.value.resource == world.name.path
    assert caught.value.verbatim is None
    assert "still billed" in caught.value.remedy
    assert "gcloud container operations list --project acme --location europe-west1-b" in caught.value.remedy
    assert world.now == pytest.approx(2400)


def test_repeats_at_the_deadline_what_google_says_of_the_cluster(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(status="ERROR", status_message="It is ill."))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))] * 10_000
    with pytest.raises(OperationTimeout) as caught:
        stop(world, data, deleteDeadlineMinutes=10)
    assert caught.value.verbatim == "It is ill."


class TestOneDeletion:
    """What is deleted by itself, without the story of a stop around it."""

    def delete(self, world: Any, seconds: float = 2400, *, is_target: Any = lambda _: True) -> bool:
        return delete_until_gone(world.google, world.name, world.progress, Deadline(seconds), is_target=is_target)

    @pytest.fixture(autouse=True)
    def _there(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        world.clusters.add(world.cluster())

    def test_says_whether_there_was_anything(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        assert self.delete(world) is True
        assert self.delete(world) is False
        assert caplog.messages.count(f"{world.name} is gone") == 2

    def test_a_cluster_that_is_not_meant_stays(self, world: Any) -> None:
        assert self.delete(world, is_target=lambda found: found.id == "another") is False
        assert world.name in world.clusters.clusters

    def test_the_progress_bar_follows_it(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        self.delete(world)
        assert world.percents == [5, 5, 95]
        assert "DELETE_CLUSTER of my-cluster is DONE (operation-1-a)" in caplog.messages

    def test_one_that_succeeds_is_not_said_to_have_failed(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        self.delete(world)
        assert not any("failed" in message for message in caplog.messages)

    def test_one_that_fails_is_said_with_what_google_said(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.endings = [BROKEN]
        self.delete(world)
        assert "The deletion failed and is asked for again: It could not be deleted." in caplog.messages

    def test_upgrades_that_fail_count_as_no_failed_deletion(self, world: Any) -> None:
        delete, more = world.clusters.delete_cluster, [1, 2, 3, 4]

        def upgraded_again(name: Any) -> Any:
            if more and all(item.done for item in world.clusters.operations):
                world.clusters.operations.append(world.operation("UPGRADE_NODES", more.pop(0)))
                world.clusters.endings = [BROKEN]
            return delete(name)

        world.clusters.delete_cluster = upgraded_again
        assert self.delete(world) is True
        assert more == []

    def test_one_that_google_names_as_the_holder_and_that_failed_counts(self, world: Any) -> None:
        world.clusters.endings = [BROKEN] * 2
        assert self.delete(world) is True
        assert world.clusters.calls.count("delete") == 3

    def test_pauses_by_the_clock_of_the_story(self, world: Any) -> None:
        self.delete(world)
        # The operation is over the second time it is read.
        assert world.now == 1.0

    @pytest.mark.parametrize("fault", [GoogleUnavailable("Google was overloaded.")])
    def test_an_answer_that_is_lost_is_said(self, world: Any, fault: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.delete_faults = [("after", fault)]
        self.delete(world)
        assert "Google was overloaded. Whether the deletion began is looked up" in caplog.messages

    def test_a_google_that_does_not_answer_is_said(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        find, outage = world.clusters.find_cluster, [GoogleUnavailable("Google was overloaded.")]

        def unavailable_once(name: Any) -> Any:
            if outage:
                raise outage.pop()
            return find(name)

        world.clusters.find_cluster = unavailable_once
        self.delete(world)
        assert "Google was overloaded. It is looked at again" in caplog.messages

    def test_what_holds_the_cluster_is_said(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))
        self.delete(world)
        assert "It is busy. Operation operation-1-a" in caplog.messages

    def test_a_deletion_that_cannot_be_seen_is_said(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.add(world.cluster(status="STOPPING"))
        world.clusters.delete_faults = [("before", RequestRefused("No.", verbatim="cluster is being deleted"))]
        self.delete(world)
        assert "It is being deleted already: cluster is being deleted" in caplog.messages

    def test_only_a_deletion_that_runs_is_joined(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="STOPPING"))
        world.clusters.operations += [
            world.operation("DELETE_CLUSTER", 1, status="DONE"),
            world.operation("UPGRADE_NODES", 2, status="DONE"),
        ]
        self.delete(world)
        assert world.clusters.calls.count("delete") == 1

    def test_the_command_that_deletes_by_hand_names_all_that_it_needs(self, world: Any) -> None:
        assert delete_command(world.name) == (
            "It may still be billed; delete it with: gcloud container clusters delete my-cluster"
            " --location europe-west1-b --project acme"
        )
