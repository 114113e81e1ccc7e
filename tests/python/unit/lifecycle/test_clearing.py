"""What is removed from a cluster before the cluster itself is, and what is said where that cannot be."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable
from gke_clusters.google.deadlines import Deadline
from gke_clusters.kube.billed_objects import KubernetesObject
from gke_clusters.lifecycle.clearing import Remembered, clear, remember
from tests.python.unit.lifecycle.contents import FakeContents, made, service, volume


@pytest.fixture
def contents() -> FakeContents:
    return FakeContents()


@pytest.fixture(autouse=True)
def _hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def clear_all(world: Any, contents: FakeContents, seconds: float = 60, **parts: bool) -> bool:
    chosen = {"load_balancers": True, "volumes": True} | parts
    return clear(contents, Deadline(seconds), world.sleep, **chosen)


class TestRemember:
    def test_knows_addresses_and_disks(self, contents: FakeContents) -> None:
        contents.balancers = [service("web", "203.0.113.7"), service("new")]
        contents.provided = [volume("data"), volume("files", driver="filestore.csi.storage.gke.io")]
        remembered = remember(contents)
        assert remembered.addresses == {"203.0.113.7"}
        assert remembered.disks == {"zones/europe-west1-b/disks/pvc-data"}
        assert remembered.rules == {"auidweb", "auidnew"}

    def test_knows_that_it_does_not_know(self, contents: FakeContents, caplog: pytest.LogCaptureFixture) -> None:
        refused = AccessDenied("It is forbidden.", verbatim="services is forbidden")
        contents.faults = {"load_balancers": refused, "volumes": ControlPlaneUnreachable("It does not answer.")}
        assert remember(contents) == Remembered(None, None)
        assert remember(contents).addresses == remember(contents).disks == frozenset()
        assert "load balancers the cluster has" in caplog.text
        assert ": It is forbidden. Answer received: services is forbidden\n" in caplog.text
        assert "volumes the cluster has" in caplog.text
        assert ": It does not answer\n" in caplog.text

    def test_one_thing_unknown_hides_no_other(self, contents: FakeContents) -> None:
        contents.faults = {"load_balancers": AccessDenied("It is forbidden.")}
        contents.provided = [volume("data")]
        assert remember(contents).disks == {"zones/europe-west1-b/disks/pvc-data"}

    def test_after_clearing_only_what_is_kept_is_left_of_the_volumes(self) -> None:
        kept = volume("kept", retained=True)
        assert Remembered((), (volume("data"), kept)).without_cleared_volumes() == Remembered((), (kept,))
        assert Remembered((), None).without_cleared_volumes() == Remembered((), ())


class TestLoadBalancers:
    def test_are_deleted_and_waited_for(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.balancers = [service("web"), service("api")]
        assert clear_all(world, contents)
        assert contents.balancers == []
        assert contents.deleted == ["Service default/web", "Service default/api"]
        assert "Deleting Service default/web before the cluster" in caplog.text
        assert "The load balancers are gone" in caplog.text

    def test_are_left_alone_unless_asked_for(self, world: Any, contents: FakeContents) -> None:
        contents.balancers = [service("web")]
        assert clear_all(world, contents, load_balancers=False)
        assert contents.deleted == []

    def test_that_are_not_there_are_not_spoken_of(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        assert clear_all(world, contents)
        assert "load balancers" not in caplog.text
        assert world.now == 0

    def test_that_do_not_go_are_named_at_the_deadline(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.balancers = [service("web")]
        contents.stuck = {"Service default/web"}
        assert not clear_all(world, contents, 60)
        assert world.now == pytest.approx(60)
        assert "not gone after 1 minutes: Service default/web" in caplog.text

    def test_that_do_not_go_are_all_named(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.balancers = [service("web"), service("api")]
        contents.stuck = {"Service default/web", "Service default/api"}
        clear_all(world, contents, 60)
        assert "not gone after 1 minutes: Service default/web, Service default/api" in caplog.text
        assert "are gone" not in caplog.text

    def test_that_are_going_are_not_deleted_again(self, world: Any, contents: FakeContents) -> None:
        going = service("web")
        contents.balancers = [replace(going, object=replace(going.object, going=True)), service("api")]
        contents.stuck = {"Service default/web", "Service default/api"}
        clear_all(world, contents, 60)
        assert contents.deleted == ["Service default/api"]

    def test_are_asked_to_go_no_longer_than_until_the_deadline(
        self, world: Any, contents: FakeContents, caplog: Any
    ) -> None:
        contents.balancers = [service(f"web-{number}") for number in range(2000)]
        delete = contents.delete

        def slow(target: KubernetesObject) -> None:
            world.sleep(10)
            delete(target)

        contents.delete = slow  # type: ignore[method-assign] # an API server that takes its time
        assert not clear_all(world, contents, 60)
        assert world.now == pytest.approx(60)
        assert len(contents.deleted) == 6
        assert "not gone after 1 minutes" in caplog.text

    def test_that_are_made_again_are_deleted_again_and_said_once(
        self, world: Any, contents: FakeContents, caplog: Any
    ) -> None:
        contents.balancers = [service("web")]
        world_sleep = world.sleep

        def sleep(seconds: float) -> None:
            world_sleep(seconds)
            if world.now < 5:
                contents.balancers = [service("web")]

        world.sleep = sleep
        assert clear_all(world, contents)
        assert len(contents.deleted) > 1
        assert caplog.text.count("Deleting Service default/web") == 1

    @pytest.mark.parametrize("call", ["load_balancers", "delete"])
    def test_that_may_not_be_deleted_are_said_and_nothing_fails(
        self, world: Any, contents: FakeContents, caplog: Any, call: str
    ) -> None:
        contents.balancers = [service("web")]
        contents.claim("data")
        contents.faults = {call: ControlPlaneUnreachable("It does not answer.", verbatim="timeout")}
        assert not clear_all(world, contents)
        assert "load balancers could not be cleared away: It does not answer. Answer received: timeout" in caplog.text

    def test_that_may_not_be_deleted_are_not_waited_for(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.balancers = [service("web")]
        contents.faults = {"delete": AccessDenied("It is forbidden.")}
        assert not clear_all(world, contents)
        assert world.now == 0
        assert "load balancers could not be cleared away: It is forbidden. The stop goes on" in caplog.text

    def test_that_cannot_go_do_not_keep_the_volumes_from_going(self, world: Any, contents: FakeContents) -> None:
        contents.claim("data")
        contents.faults = {"load_balancers": AccessDenied("It is forbidden.")}
        assert not clear_all(world, contents)
        assert contents.provided == []


class TestVolumes:
    def test_go_with_their_claims(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.claim("data")
        assert clear_all(world, contents)
        assert (contents.claimed, contents.provided) == ([], [])
        assert "The persistent volumes are gone" in caplog.text

    def test_are_left_alone_unless_asked_for(self, world: Any, contents: FakeContents) -> None:
        contents.claim("data")
        assert clear_all(world, contents, volumes=False)
        assert contents.deleted == []

    def test_are_given_up_by_stateful_sets_before_and_by_pods_after_their_claims(
        self, world: Any, contents: FakeContents
    ) -> None:
        contents.claim("data")
        contents.makers, contents.users = [made("StatefulSet", "db")], [made("Pod", "db-0")]
        assert clear_all(world, contents)
        assert contents.deleted == ["StatefulSet default/db", "PersistentVolumeClaim default/data", "Pod default/db-0"]

    def test_of_no_claim_cost_no_workload(self, world: Any, contents: FakeContents) -> None:
        contents.makers, contents.users = [made("StatefulSet", "db")], [made("Pod", "db-0")]
        contents.provided = [volume("released-long-ago")]
        assert clear_all(world, contents)
        assert contents.deleted == []

    def test_that_are_retained_are_said_to_be_kept_once(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.claim("data", retained=True)
        contents.claim("other")
        contents.users = [made("Pod", "p")]
        assert clear_all(world, contents)
        assert caplog.text.count("PersistentVolume pvc-data of default/data is kept") == 1

    def test_are_waited_for_after_their_claims(self, world: Any, contents: FakeContents, caplog: Any) -> None:
        contents.claim("data")
        slow = volume("data")
        claims = contents.claims

        def without_claims() -> Any:
            found = claims()
            contents.provided = [volume("released-long-ago"), slow]
            return found

        contents.claims = without_claims  # type: ignore[method-assign]  # the disk is not detached yet
        assert not clear_all(world, contents, 30)
        assert "persistent volumes are not gone after 0.5 minutes: PersistentVolume pvc-data" in caplog.text
