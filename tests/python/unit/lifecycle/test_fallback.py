"""Starts that find no machines in a zone, and what they do about it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import (
    ClusterUnhealthy,
    GoogleUnavailable,
    NameTaken,
    OperationTimeout,
    PermissionDenied,
    QuotaExceeded,
    SettingsError,
    StateError,
    Stockout,
)
from gke_clusters.google.compute import Subnetwork
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.fallback import offer_help, sum_up
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.start import start_cluster

FIRST, SECOND, THIRD = "europe-west1-b", "europe-west1-c", "us-central1-a"
STOCKOUT = (Condition("GCE_STOCKOUT", "No machines."),)
QUOTA = (Condition("GCE_QUOTA_EXCEEDED", "Quota 'CPUS' exceeded.  Limit: 8.0 in region europe-west1."),)
GONE = ()


def start(world: Any, *zones: str, **config: Any) -> list[dict[str, Any]]:
    settings = world.settings(fallbackZones=list(zones or (SECOND, THIRD)), **config)
    return start_cluster(settings, world.owner, world.google, world.handover(), world.progress)


def at(zone: str) -> ClusterName:
    return ClusterName("acme", zone, "my-cluster")


def asked(world: Any) -> list[str]:
    """Where clusters were asked for, in order."""
    return [operation.location for operation in world.clusters.operations if operation.kind == "CREATE_CLUSTER"]


def changes(world: Any) -> list[str]:
    return [call for call in world.clusters.calls if call in ("create", "delete")]


class TestAStockout:
    def test_tries_the_next_zone_once_nothing_is_left_in_the_one_before(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        assert start(world)[1]["cluster"]["location"] == SECOND
        assert changes(world) == ["create", "delete", "create"]
        assert list(world.clusters.clusters) == [at(SECOND)]

    def test_tries_the_zones_in_their_order(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT, GONE, STOCKOUT]
        start(world, THIRD, SECOND)
        assert asked(world) == [FIRST, THIRD, SECOND]

    def test_has_one_cluster_at_any_moment(self, world: Any) -> None:
        most = []
        find = world.clusters.find_operation

        def count(*arguments: Any, **fields: Any) -> Any:
            most.append(len(world.clusters.clusters))
            return find(*arguments, **fields)

        world.clusters.find_operation = count
        world.clusters.endings = [STOCKOUT, GONE, STOCKOUT]
        start(world)
        assert max(most) == 1

    def test_notes_the_zone_that_is_being_tried(self, world: Any) -> None:
        noted = []
        create = world.clusters.create_cluster

        def note(name: ClusterName, *arguments: Any) -> Any:
            entry = Journal(world.directory).read()
            noted.append((entry.location, entry.phase) if entry else None)
            return create(name, *arguments)

        world.clusters.create_cluster = note
        world.clusters.endings = [STOCKOUT]
        start(world)
        assert noted == [(FIRST, Phase.CREATING), (SECOND, Phase.CREATING)]
        entry = Journal(world.directory).read()
        assert entry is not None
        assert (entry.cluster, entry.phase) == (at(SECOND), Phase.RUNNING)

    def test_says_which_zone_is_tried_next(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        world.clusters.endings = [STOCKOUT]
        start(world)
        assert f"{SECOND} is tried next" in caplog.text

    def test_lists_each_zone_with_its_reason_where_none_has_machines(self, world: Any) -> None:
        reasons = {
            zone: (Condition("GCE_STOCKOUT", f"Nothing in {zone}."), Condition("RESOURCE_EXHAUSTED", "Of 2, 0 run."))
            for zone in (FIRST, SECOND, THIRD)
        }
        world.clusters.endings = [reasons[FIRST], GONE, reasons[SECOND], GONE, reasons[THIRD], GONE]
        with pytest.raises(Stockout) as caught:
            start(world)
        assert f"{FIRST}, {SECOND}, {THIRD}" in caught.value.cause
        assert caught.value.zones == (FIRST, SECOND, THIRD)
        for zone in reasons:
            assert f"{zone}: [GCE_STOCKOUT] Nothing in {zone}." in str(caught.value.verbatim)
        assert len(str(caught.value.verbatim).splitlines()) == len(reasons)
        assert world.clusters.clusters == {}
        assert not (world.directory / "credential-helper").exists()

    def test_uses_the_subnetwork_of_the_region_of_each_zone(self, world: Any) -> None:
        world.compute.found = (Subnetwork("vpc", "vpc", "us-central1"),)
        world.clusters.endings = [STOCKOUT]
        start(world, THIRD, inheritFromDSSHost=True)
        assert [request.subnetwork for request in world.clusters.sent] == ["sub", "vpc"]

    def test_finds_what_is_wrong_with_the_last_zone_before_the_first_is_tried(self, world: Any) -> None:
        with pytest.raises(SettingsError, match="no subnetwork in us-central1"):
            start(world, THIRD, inheritFromDSSHost=True)
        assert changes(world) == []

    def test_says_each_warning_once(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.endings = [STOCKOUT]
        start(world, isVpcNative=False)
        assert caplog.text.count("VPC-native is unticked") == 1

    def test_names_what_helps_by_its_labels_where_it_is_not_used(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        with pytest.raises(Stockout) as caught:
            start_cluster(world.settings(), world.owner, world.google, world.handover(), world.progress)
        assert '"Fallback zones"' in caught.value.remedy
        assert '"Best-effort creation"' in caught.value.remedy

    @pytest.mark.parametrize(
        ("types", "words"),
        [(["n2-standard-4", "a2-highgpu-1g", "n2-standard-4"], "ask for a2-highgpu-1g, n2-standard-4."), ([""], None)],
    )
    def test_names_the_machines_that_were_asked_for(self, world: Any, types: list[str], words: str | None) -> None:
        world.clusters.endings = [STOCKOUT]
        pools = [{"serviceAccountType": "custom", "machineType": each} for each in types]
        with pytest.raises(Stockout) as caught:
            start_cluster(world.settings(nodePools=pools), world.owner, world.google, world.handover(), world.progress)
        assert words in caught.value.remedy if words else "ask for" not in caught.value.remedy

    def test_names_no_other_machines_where_google_names_its_own(self, world: Any) -> None:
        failure = Stockout("No machines.")
        failure.machine_type = "n2-standard-4"
        offer_help(failure, world.settings())
        assert "ask for" not in failure.remedy

    def test_does_not_offer_what_is_used_already(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT, GONE, STOCKOUT]
        pools = [{"serviceAccountType": "custom", "bestEffortProvisioning": True}]
        with pytest.raises(Stockout) as caught:
            start(world, SECOND, nodePools=pools)
        assert '"Fallback zones"' not in caught.value.remedy
        assert '"Best-effort creation"' not in caught.value.remedy


class TestOtherFailures:
    def test_try_no_other_zone(self, world: Any) -> None:
        world.clusters.endings = [QUOTA]
        with pytest.raises(QuotaExceeded) as caught:
            start(world)
        assert asked(world) == [FIRST]
        assert "Not tried" not in caught.value.remedy

    def test_tell_the_zones_that_were_tried_before(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT, GONE, QUOTA]
        with pytest.raises(QuotaExceeded) as caught:
            start(world)
        assert asked(world) == [FIRST, SECOND]
        assert f"Zones that were tried before: {FIRST}: " in caught.value.remedy

    def test_end_where_the_cluster_of_a_zone_cannot_be_deleted(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        world.clusters.delete_faults = [("before", PermissionDenied("It may not delete."))]
        with pytest.raises(Stockout) as caught:
            start(world)
        assert asked(world) == [FIRST]
        assert "It may not delete." in caught.value.remedy
        assert f"Not tried any more: {SECOND}, {THIRD}." in caught.value.remedy

    def test_try_no_other_zone_after_the_time_limit(self, world: Any) -> None:
        end = world.clusters._end

        def late(operation: Any) -> Any:
            world.now += 3600
            return end(operation)

        world.clusters._end = late
        world.clusters.endings = [STOCKOUT]
        with pytest.raises(Stockout) as caught:
            start(world)
        assert asked(world) == [FIRST]
        assert f"Not tried any more: {SECOND}, {THIRD}." in caught.value.remedy
        assert world.clusters.clusters == {}

    def test_a_time_limit_that_ends_in_the_clean_up_ends_the_start(self, world: Any) -> None:
        end = world.clusters._end

        def late(operation: Any) -> Any:
            world.now += 3600 if operation.kind == "DELETE_CLUSTER" else 0
            return end(operation)

        world.clusters._end = late
        world.clusters.endings = [STOCKOUT]
        with pytest.raises(Stockout, match="Not tried any more"):
            start(world)
        assert asked(world) == [FIRST]

    def test_a_foreign_cluster_in_a_fallback_zone_is_refused_and_not_touched(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(SECOND), labels={}))
        world.clusters.endings = [STOCKOUT]
        with pytest.raises(NameTaken):
            start(world)
        assert list(world.clusters.clusters) == [at(SECOND)]

    def test_an_unknown_fallback_zone_is_refused_before_anything_is_asked_of_gke(self, world: Any) -> None:
        with pytest.raises(SettingsError, match=r"Fallback zones: .*europe-west1-q"):
            start(world, "europe-west1-q")
        assert world.clusters.calls == []


class TestAnEarlierStartWasKilled:
    @pytest.mark.parametrize("journal", [True, False])
    def test_resumes_its_creation_in_a_fallback_zone(self, world: Any, journal: bool) -> None:
        world.clusters.add(world.cluster(at(SECOND), "PROVISIONING"))
        world.clusters.operations.append(world.operation(name=at(SECOND)))
        if journal:
            Journal(world.directory).write(at(SECOND), Phase.CREATING)
        assert start(world)[1]["cluster"]["location"] == SECOND
        assert changes(world) == []

    def test_adopts_what_it_created_in_a_fallback_zone(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(THIRD)))
        assert start(world)[1]["cluster"]["location"] == THIRD
        assert changes(world) == []

    def test_begins_with_the_first_zone_once_the_failed_one_is_deleted(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(SECOND), "ERROR"))
        Journal(world.directory).write(at(SECOND), Phase.CREATING)
        assert start(world)[1]["cluster"]["location"] == FIRST
        assert changes(world) == ["delete", "create"]

    def test_waits_until_a_cluster_in_a_fallback_zone_is_gone(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(SECOND), "STOPPING"))
        world.clusters.operations.append(world.operation("DELETE_CLUSTER", name=at(SECOND)))
        assert start(world)[1]["cluster"]["location"] == FIRST
        assert list(world.clusters.clusters) == [at(FIRST)]

    def test_tries_the_other_zones_after_the_one_that_it_resumed(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(SECOND), "PROVISIONING"))
        world.clusters.operations.append(world.operation(name=at(SECOND)))
        world.clusters.endings = [STOCKOUT, GONE, STOCKOUT]
        assert start(world)[1]["cluster"]["location"] == THIRD
        assert asked(world) == [SECOND, FIRST, THIRD]

    def test_never_deletes_a_broken_cluster_in_a_fallback_zone_that_was_in_use(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(SECOND), "DEGRADED"))
        Journal(world.directory).write(at(SECOND), Phase.RUNNING)
        with pytest.raises(ClusterUnhealthy):
            start(world)
        assert changes(world) == []

    def test_leaves_the_creation_in_a_fallback_zone_to_the_next_start(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        find = world.clusters.find_operation

        def second_never_ends(*arguments: Any, **fields: Any) -> Any:
            return world.clusters.operations[-1] if len(asked(world)) == 2 else find(*arguments, **fields)

        world.clusters.find_operation = second_never_ends
        with pytest.raises(OperationTimeout) as caught:
            start(world)
        assert "Zones that were tried before" in caught.value.remedy
        assert f"--location {SECOND}" in caught.value.remedy
        world.clusters.find_operation = find
        assert start(world)[1]["cluster"]["location"] == SECOND
        assert len(asked(world)) == 2

    def test_says_which_of_two_clusters_it_uses(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.add(world.cluster(at(SECOND), "STOPPING"))
        world.clusters.add(world.cluster(at(THIRD)))
        assert start(world)[1]["cluster"]["location"] == THIRD
        assert f"{at(THIRD)} is used, and {at(SECOND)} is not" in caplog.text
        assert f"clusters delete my-cluster --location {SECOND}" in caplog.text

    def test_creates_nothing_where_a_zone_does_not_say_whether_it_has_a_cluster(self, world: Any) -> None:
        find = world.clusters.find_cluster

        def silent(name: ClusterName) -> Any:
            if name.location == THIRD:
                raise GoogleUnavailable("It did not answer.")
            return find(name)

        world.clusters.find_cluster = silent
        with pytest.raises(GoogleUnavailable):
            start(world)
        assert changes(world) == []

    def test_refuses_a_second_cluster_beside_one_in_no_zone_of_the_dialog(self, world: Any) -> None:
        world.clusters.add(world.cluster(at(THIRD)))
        with pytest.raises(StateError, match="no second one is created"):
            start(world, SECOND)

    def test_says_where_it_could_not_look_for_another_cluster(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.missing_zones = ("asia-east1-a", "asia-east1-b")
        start(world)
        assert "has a cluster in asia-east1-a, asia-east1-b is not known" in caplog.text


class TestTheSumOfSeveralZones:
    def test_keeps_what_google_said_of_the_machines_of_the_last_one(self) -> None:
        last = Stockout("No machines.", resource="pool", remedy="Wait.")
        last.machine_type, last.zones_with_capacity = "n2-standard-4", (THIRD,)
        told = sum_up({FIRST: Stockout("None.")}, SECOND, last, [])
        assert isinstance(told, Stockout)
        assert (told.machine_type, told.zones_with_capacity, told.zones) == ("n2-standard-4", (THIRD,), (FIRST, SECOND))
        assert (told.resource, told.remedy) == ("pool", last.remedy)

    @pytest.mark.parametrize(("verbatim", "words"), [(None, "None."), ("\n \nFirst.\nSecond.", "First.")])
    def test_has_one_line_for_each_of_them(self, verbatim: str | None, words: str) -> None:
        told = sum_up({FIRST: Stockout("None.", verbatim=verbatim)}, SECOND, Stockout("No machines."), [])
        assert told.verbatim == f"{FIRST}: {words}\n{SECOND}: No machines."

    def test_tells_every_zone_that_was_tried_before_another_failure(self) -> None:
        refused = {FIRST: Stockout("None here."), SECOND: Stockout("None there.")}
        told = sum_up(refused, THIRD, QuotaExceeded("Short."), [])
        assert isinstance(told, QuotaExceeded)
        assert f"{FIRST}: None here.; {SECOND}: None there." in told.remedy

    def test_is_the_failure_itself_where_no_zone_was_tried_before(self) -> None:
        failure = Stockout("No machines.")
        assert sum_up({}, FIRST, failure, []) is failure


def test_only_the_places_of_the_dialog_are_looked_at(world: Any) -> None:
    find, looked_at = world.clusters.find_cluster, set()

    def note(name: ClusterName) -> Any:
        looked_at.add(name)
        return find(name)

    world.clusters.find_cluster = note
    start(world)
    assert looked_at == {at(FIRST), at(SECOND), at(THIRD)}
