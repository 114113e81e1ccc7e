"""What a start does about clusters beside its own: whose they are, which it uses, and what it leaves alone."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import GoogleUnavailable, PermissionDenied, StateError
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.other_clusters import clear_leftover, find_own, foreign, require_no_other
from gke_clusters.specs.ownership import Ownership

FIRST, SECOND, THIRD = (
    ClusterName("acme", zone, "my-cluster") for zone in ("europe-west1-b", "europe-west1-c", "us-central1-a")
)
OTHERS = Ownership.of("install-2", "theirs").labels


def command(name: ClusterName) -> str:
    return f"gcloud container clusters delete my-cluster --location {name.location} --project acme"


class TestAClusterOfOthers:
    def test_is_said_to_be_whose_it_is(self, world: Any) -> None:
        refusal = foreign(world.cluster(labels=OTHERS))
        assert "A cluster named my-cluster exists already" in refusal.cause
        assert "it belongs to the DSS cluster theirs of the DSS installation install-2." in refusal.cause
        assert refusal.cause.endswith("Nothing was touched.")

    def test_is_said_to_be_of_nobody_known_without_labels(self, world: Any) -> None:
        assert "it was not created by this plugin, or by its version 1.5.1." in foreign(world.cluster(labels={})).cause

    def test_may_be_attached_by_its_name_and_location(self, world: Any) -> None:
        refusal = foreign(world.cluster(labels={}))
        assert refusal.resource == FIRST.path
        assert refusal.remedy.startswith("Choose another name; or")
        assert refusal.remedy.endswith("with the name my-cluster and the location europe-west1-b.")


class TestTheOwnOneInOneOfSeveralPlaces:
    def find(self, world: Any) -> ClusterName | None:
        return find_own((FIRST, SECOND, THIRD), world.owner, world.google)

    def test_is_none_where_there_is_none(self, world: Any) -> None:
        world.clusters.add(world.cluster(FIRST, labels=OTHERS))
        assert self.find(world) is None

    def test_is_found_in_any_of_them(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.add(world.cluster(FIRST, labels=OTHERS))
        world.clusters.add(world.cluster(THIRD))
        assert self.find(world) == THIRD
        assert caplog.messages == []

    def test_is_not_the_one_that_goes_away_by_itself(self, world: Any) -> None:
        world.clusters.add(world.cluster(FIRST, status="STOPPING"))
        world.clusters.add(world.cluster(SECOND))
        assert self.find(world) == SECOND

    def test_is_the_one_that_goes_away_where_there_is_no_other(self, world: Any) -> None:
        world.clusters.add(world.cluster(FIRST, status="STOPPING"))
        assert self.find(world) == FIRST

    def test_leaves_each_further_one_with_the_command_that_deletes_it(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in (FIRST, SECOND, THIRD):
            world.clusters.add(world.cluster(name))
        assert self.find(world) == FIRST
        assert len(caplog.messages) == 2
        for message, extra in zip(caplog.messages, (SECOND, THIRD), strict=True):
            assert f"{FIRST} is used, and {extra} is not." in message
            assert command(extra) in message


class TestASecondOneElsewhere:
    def require(self, world: Any) -> None:
        require_no_other(FIRST, world.owner, world.google)

    def test_is_refused_with_both_ways_out(self, world: Any) -> None:
        world.clusters.add(world.cluster(THIRD))
        with pytest.raises(StateError) as caught:
            self.require(world)
        assert caught.value.cause == (
            "This DSS cluster has a cluster already, in us-central1-a; no second one is created."
        )
        assert caught.value.resource == THIRD.path
        assert "set the zone or region of the connection back to us-central1-a" in caught.value.remedy
        assert command(THIRD) in caught.value.remedy

    @pytest.mark.parametrize("fields", [{"labels": OTHERS}, {"labels": {}}, {"status": "STOPPING"}])
    def test_is_none_that_is_of_others_or_going_away(self, world: Any, fields: Any) -> None:
        world.clusters.add(world.cluster(THIRD, **fields))
        self.require(world)

    def test_is_looked_for_behind_those_that_do_not_matter(self, world: Any) -> None:
        world.clusters.add(world.cluster(FIRST))
        world.clusters.add(world.cluster(SECOND, labels=OTHERS))
        world.clusters.add(world.cluster(THIRD))
        with pytest.raises(StateError, match="in us-central1-a"):
            self.require(world)

    @pytest.mark.parametrize("refusal", [PermissionDenied("It may not list."), GoogleUnavailable("No answer.")])
    def test_is_not_looked_for_where_google_does_not_let_it(
        self, world: Any, refusal: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(project: str) -> Any:
            assert project == "acme"
            raise refusal

        world.clusters.list_clusters = refuse
        self.require(world)
        assert caplog.messages == [f"Whether this DSS cluster has a cluster elsewhere is not checked: {refusal.cause}"]

    def test_may_be_in_a_zone_that_did_not_answer(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.missing_zones = ("us-east1-b", "us-east1-c")
        self.require(world)
        [message] = caplog.messages
        assert "has a cluster in us-east1-b, us-east1-c is not known" in message

    def test_needs_no_word_where_all_zones_answered(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        self.require(world)
        assert caplog.messages == []


class TestWhatAnInterruptedStartLeft:
    def clear(self, world: Any, seconds: float = 3600) -> Journal:
        journal = Journal(world.directory)
        clear_leftover({FIRST}, world.owner, world.google, journal, world.progress, Deadline(seconds))
        return journal

    @pytest.mark.parametrize("phase", [Phase.CREATING, Phase.DELETING, Phase.FAILED])
    def test_is_deleted_and_forgotten(self, world: Any, phase: Phase, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING)
        world.clusters.add(world.cluster(THIRD))
        Journal(world.directory).write(THIRD, phase)
        assert self.clear(world).read() is None
        assert world.clusters.clusters == {}
        assert caplog.messages == [
            f"An earlier start failed or was interrupted and left {THIRD}, which is deleted first"
        ]
        assert world.percents[-1] == 95

    def test_stays_where_it_is_in_use_and_comes_with_the_command(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.add(world.cluster(THIRD))
        Journal(world.directory).write(THIRD, Phase.RUNNING)
        assert self.clear(world).read() is not None
        assert world.clusters.calls == []
        [message] = caplog.messages
        assert message.startswith(f"This DSS cluster used {THIRD} before.")
        assert command(THIRD) in message

    def test_is_left_to_the_start_where_it_is_what_the_start_is_about(self, world: Any) -> None:
        Journal(world.directory).write(FIRST, Phase.CREATING)
        assert self.clear(world).read() is not None
        assert world.clusters.calls == []

    def test_is_nothing_without_a_journal(self, world: Any) -> None:
        assert self.clear(world).read() is None
        assert world.clusters.calls == []

    def test_is_not_deleted_where_it_is_not_ours(self, world: Any) -> None:
        world.clusters.add(world.cluster(THIRD, labels=OTHERS))
        Journal(world.directory).write(THIRD, Phase.CREATING)
        assert self.clear(world).read() is None
        assert THIRD in world.clusters.clusters

    def test_stops_the_start_where_it_cannot_be_deleted(self, world: Any) -> None:
        world.clusters.add(world.cluster(THIRD))
        Journal(world.directory).write(THIRD, Phase.CREATING)
        refusal = PermissionDenied("It may not delete.", verbatim="HTTP 403")
        world.clusters.delete_faults = [("before", refusal)]
        with pytest.raises(StateError) as caught:
            self.clear(world)
        assert caught.value.cause.startswith("An earlier start of this DSS cluster left a cluster in us-central1-a")
        assert caught.value.cause.endswith("It may not delete.")
        assert (caught.value.resource, caught.value.verbatim) == (THIRD.path, "HTTP 403")
        assert caught.value.remedy.startswith("Start again once that is mended.")
        assert command(THIRD) in caught.value.remedy
        assert f"remove {world.directory / 'gke_cluster_journal.json'} and start again." in caught.value.remedy
        assert caught.value.__cause__ is refusal
        entry = Journal(world.directory).read()
        assert entry is not None
        assert entry.phase is Phase.CREATING
