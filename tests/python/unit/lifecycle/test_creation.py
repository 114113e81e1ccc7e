"""One creation, step by step: what is asked of Google, what is noted, and how long is waited in between."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import GoogleUnavailable, NameTaken, OperationFailed, PermissionDenied, Stockout
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import InstanceGroup, NodePool
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.creation import Creation
from gke_clusters.lifecycle.journal import Entry, Journal, Phase
from gke_clusters.lifecycle.other_clusters import foreign
from gke_clusters.specs.cluster import ClusterRequest, create_request
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.ownership import owner_of
from gke_clusters.specs.placement import Placement

STOCKOUT = (Condition("GCE_STOCKOUT", "No machines."),)


def make_request(world: Any, **fields: Any) -> ClusterRequest:
    place = Placement(world.name.project, world.name.location)
    return replace(create_request(world.settings(), place, HostFacts(), world.owner, None), **fields)


def make_creation(world: Any, **fields: Any) -> Creation:
    known = {
        "is_ours": lambda cluster: owner_of(cluster.labels) == world.owner,
        "foreign": foreign,
        "make_request": lambda: make_request(world),
    }
    return Creation(world.name, world.google, Journal(world.directory), world.progress, **{**known, **fields})


def ensure(world: Any, seconds: float = 3600, **fields: Any) -> Any:
    return make_creation(world, **fields).ensure(Deadline(seconds))


def phase(world: Any) -> Phase | None:
    entry = Journal(world.directory).read()
    return entry.phase if entry else None


def test_has_neither_created_nor_found_anything_before_it_is_told_to(world: Any) -> None:
    creation = make_creation(world)
    assert (creation.name, creation.created, creation.in_use) == (world.name, False, False)
    assert world.clusters.calls == []


def test_creates_what_is_not_there(world: Any) -> None:
    creation = make_creation(world)
    found = creation.ensure(Deadline(3600))
    assert found is not None
    assert found.status == "RUNNING"
    assert (creation.created, creation.in_use) == (True, False)


def test_creates_nothing_where_it_only_brings_to_a_rest_what_is_there(world: Any) -> None:
    assert ensure(world, may_create=False) is None
    assert "create" not in world.clusters.calls


def test_sends_the_expert_json_where_the_typed_message_does_not_know_it(world: Any) -> None:
    raw = {"cluster": {"name": "my-cluster", "newestField": True}}
    ensure(world, make_request=lambda: make_request(world, raw=raw))
    assert world.clusters.sent == [raw]


def test_sends_the_typed_message_otherwise(world: Any) -> None:
    request = make_request(world)
    ensure(world, make_request=lambda: request)
    assert world.clusters.sent == [request.typed]


def test_raises_the_last_of_the_answers_that_were_lost(world: Any) -> None:
    lost = [GoogleUnavailable(f"Answer {number} was lost.") for number in range(4)]
    world.clusters.create_faults = [("before", each) for each in lost]
    with pytest.raises(GoogleUnavailable, match="Answer 3 was lost"):
        ensure(world)


def test_counts_lost_answers_anew_after_one_that_arrived(world: Any) -> None:
    create, tries = world.clusters.create_cluster, iter(range(8))

    def lose_most(*arguments: Any) -> Any:
        number = next(tries)
        if number not in (3, 7):
            raise GoogleUnavailable("It was lost.")
        world.clusters.forgets_operations = number == 3
        operation = create(*arguments)
        if number == 3:
            # Somebody deletes it, and Google forgets all about it.
            world.clusters.clusters.clear()
        return operation

    world.clusters.create_cluster = lose_most
    assert ensure(world) is not None
    assert next(tries, None) is None


def test_says_in_the_log_which_answer_was_lost(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.clusters.create_faults = [("after", GoogleUnavailable("The answer was lost."))]
    ensure(world)
    assert "The answer was lost. Whether the cluster is there is looked up" in caplog.messages


def test_is_not_sure_that_nothing_was_created_after_an_answer_that_was_lost(world: Any) -> None:
    world.clusters.create_faults = [
        ("before", GoogleUnavailable("The answer was lost.")),
        ("before", PermissionDenied("It may not.")),
    ]
    creation = make_creation(world)
    with pytest.raises(PermissionDenied):
        creation.ensure(Deadline(3600))
    assert creation.created
    assert phase(world) is Phase.CREATING


def test_is_sure_that_nothing_was_created_after_a_refusal(world: Any) -> None:
    world.clusters.create_faults = [("before", PermissionDenied("It may not."))]
    creation = make_creation(world)
    with pytest.raises(PermissionDenied):
        creation.ensure(Deadline(3600))
    assert creation.created is False
    assert phase(world) is None


def test_a_foreign_cluster_is_none_that_it_created(world: Any) -> None:
    world.clusters.add(world.cluster(labels={}))
    creation = make_creation(world)
    creation.created = True
    with pytest.raises(NameTaken):
        creation.ensure(Deadline(3600))
    assert creation.created is False


def test_notes_the_creation_before_it_asks_for_it(world: Any) -> None:
    create, noted = world.clusters.create_cluster, []

    def note(*arguments: Any) -> Any:
        noted.append(Journal(world.directory).read())
        return create(*arguments)

    world.clusters.create_cluster = note
    ensure(world)
    assert noted == [Entry("acme", "europe-west1-b", "my-cluster", Phase.CREATING)]


def test_follows_the_very_operation_that_google_answered_with(world: Any) -> None:
    ensure(world)
    after = world.clusters.calls[world.clusters.calls.index("create") + 1 :]
    assert after == ["operation", "operation", "get"]


def test_a_creation_that_failed_is_looked_into_even_where_no_pool_is_lacking(world: Any) -> None:
    group = InstanceGroup("acme", "europe-west1-b", "group-1")
    world.clusters.pools_after_create = (NodePool("default", "RUNNING", instance_groups=(group,)),)
    world.clusters.endings = [STOCKOUT]
    with pytest.raises(Stockout):
        ensure(world)
    assert ("errors", "group-1") in world.compute.asked


class TestWaiting:
    @pytest.fixture
    def pauses(self, world: Any) -> list[float]:
        """Each pause that is made, in seconds."""
        made: list[float] = []

        def sleep(seconds: float) -> None:
            made.append(seconds)
            world.now += seconds

        world.sleep = sleep
        return made

    def test_pauses_while_something_else_holds_the_cluster(self, world: Any, pauses: list[float]) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))
        ensure(world)
        # Two looks at the operation, and one at the cluster.
        assert pauses == [0.5] * 3

    def test_looks_at_once_after_an_operation_however_long_it_took(self, world: Any, pauses: list[float]) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))
        find, looks = world.clusters.find_operation, iter(range(100))

        def slow(*arguments: Any, **fields: Any) -> Any:
            return world.clusters.operations[0] if next(looks) < 60 else find(*arguments, **fields)

        world.clusters.find_operation = slow
        ensure(world)
        assert max(pauses) > 5
        assert pauses[-1] == 0.5

    def test_looks_less_often_the_longer_nothing_happens(self, world: Any, pauses: list[float]) -> None:
        world.clusters.add(world.cluster(status="RECONCILING"))
        ensure(world)
        assert pauses[0] == 0.5
        assert max(pauses) > 10

    def test_the_progress_bar_follows_an_operation_that_holds_the_cluster(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))
        ensure(world)
        assert world.percents[-1] == 90

    def test_the_progress_bar_leaves_room_for_the_creation_while_a_former_cluster_is_deleted(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="STOPPING"))
        world.clusters.operations.append(world.operation("DELETE_CLUSTER"))
        create, before = world.clusters.create_cluster, []

        def note(*arguments: Any) -> Any:
            before.extend(world.percents)
            return create(*arguments)

        world.clusters.create_cluster = note
        ensure(world)
        assert max(before) == 8
        assert world.percents[-1] == 90

    def test_the_log_follows_the_creation(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        ensure(world)
        assert "CREATE_CLUSTER of my-cluster is RUNNING (operation-1-a)" in caplog.messages
        assert "CREATE_CLUSTER of my-cluster is DONE (operation-1-a)" in caplog.messages


class TestWhatRuns:
    def test_a_cluster_in_use_is_taken_as_such(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        creation = make_creation(world)
        assert creation.ensure(Deadline(60)) is not None
        assert (creation.created, creation.in_use) == (False, True)

    def test_what_a_cluster_in_use_lacks_is_said_only(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        broken = NodePool("gpu", "ERROR", status_message="No machines.")
        world.clusters.add(world.cluster(pools=(broken,)))
        assert ensure(world) is not None
        assert "The node pool gpu is ERROR: No machines." in caplog.messages

    def test_a_cluster_that_was_never_handed_over_is_judged_by_its_creation_only(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations += [
            world.operation(number=1, status="DONE"),
            world.operation("UPGRADE_MASTER", number=2, status="DONE", failures=STOCKOUT),
        ]
        Journal(world.directory).write(world.name, Phase.CREATING)
        creation = make_creation(world)
        assert creation.ensure(Deadline(60)) is not None
        assert (creation.created, creation.in_use) == (True, False)

    def test_a_creation_that_failed_and_left_nothing_fails_with_its_own_reason(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        end = world.clusters._end

        def vanish(operation: Any) -> Any:
            ended = end(operation)
            world.clusters.clusters.clear()
            return ended

        world.clusters._end = vanish
        with pytest.raises(Stockout, match="No machines"):
            ensure(world)


class TestWhatBecomesOfIt:
    def test_what_is_replaced_is_named_with_its_status_and_reason(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.add(world.cluster(status="ERROR", id="old", status_message="Its nodes never came up."))
        Journal(world.directory).write(world.name, Phase.CREATING)
        ensure(world)
        [said] = [message for message in caplog.messages if "after a failed start" in message]
        assert said.startswith(f"{world.name} is ERROR after a failed start:")
        assert "Its nodes never came up." in said

    def test_what_is_replaced_is_deleted_and_noted_as_failed_until_it_is_gone(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="ERROR", id="old"))
        Journal(world.directory).write(world.name, Phase.CREATING)
        world.clusters.endings = [(Condition("", "It could not be deleted."),)] * 3
        with pytest.raises(OperationFailed):
            ensure(world)
        assert phase(world) is Phase.FAILED

    def test_a_later_cluster_of_that_name_is_not_deleted_in_its_place(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="ERROR", id="old"))
        Journal(world.directory).write(world.name, Phase.CREATING)
        end = world.clusters._end

        def replaced(operation: Any) -> Any:
            ended = end(operation)
            if operation.kind == "DELETE_CLUSTER":
                world.clusters.add(world.cluster(id="new"))
            return ended

        world.clusters._end = replaced
        assert ensure(world).id == "new"
        assert world.clusters.calls.count("delete") == 1

    def test_undoing_says_whether_there_was_anything(self, world: Any) -> None:
        creation = make_creation(world)
        assert creation.undo(600) is False
        world.clusters.add(world.cluster())
        assert creation.undo(600) is True
        assert world.clusters.clusters == {}
        assert phase(world) is None

    def test_undoing_leaves_what_is_not_ours(self, world: Any) -> None:
        world.clusters.add(world.cluster(labels={}))
        assert make_creation(world).undo(600) is False
        assert world.name in world.clusters.clusters

    def test_undoing_that_fails_is_noted(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.clusters.delete_faults = [("before", PermissionDenied("It may not delete."))]
        with pytest.raises(PermissionDenied):
            make_creation(world).undo(600)
        assert phase(world) is Phase.FAILED

    def test_keeping_says_whether_it_is_there_and_notes_it_for_the_next_start(self, world: Any) -> None:
        creation = make_creation(world)
        assert creation.keep() is False
        assert phase(world) is None
        world.clusters.add(world.cluster())
        assert creation.keep() is True
        assert phase(world) is Phase.FAILED

    @pytest.mark.parametrize("ours", [True, False])
    def test_only_ours_is_kept(self, world: Any, *, ours: bool) -> None:
        world.clusters.add(world.cluster(**({} if ours else {"labels": {}})))
        assert make_creation(world).keep() is ours

    def test_what_cannot_be_looked_at_is_taken_to_be_there(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        def refuse(name: ClusterName) -> Any:
            raise PermissionDenied("It may not look.")

        world.clusters.find_cluster = refuse
        assert make_creation(world).keep() is True
        assert phase(world) is Phase.FAILED
        assert "Whether the cluster is still there is not known: It may not look." in caplog.messages


class TestWhetherGoogleIsAtWork:
    @pytest.mark.parametrize(("status", "held"), [("RUNNING", True), ("PENDING", True), ("DONE", False)])
    def test_goes_by_the_operations_that_are_not_over(self, world: Any, status: str, *, held: bool) -> None:
        world.clusters.operations.append(world.operation("UPGRADE_MASTER", status=status))
        assert make_creation(world).is_held() is held

    def test_is_not_held_where_google_does_not_say(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        def overloaded(_: Any) -> Any:
            raise GoogleUnavailable("Google was overloaded.")

        world.clusters.operations_of = overloaded
        assert make_creation(world).is_held() is False
        assert "Whether Google is at work on the cluster is not known: Google was overloaded." in caplog.messages


def test_what_the_journal_says_of_another_place_says_nothing_of_this_one(world: Any) -> None:
    other = ClusterName("acme", "europe-west1-c", "my-cluster")
    Journal(world.directory).write(other, Phase.CREATING)
    world.clusters.add(world.cluster())
    creation = make_creation(world)
    creation.ensure(Deadline(60))
    assert creation.in_use
