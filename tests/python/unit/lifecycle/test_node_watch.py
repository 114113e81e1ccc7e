"""What a start says of machines that do not come up, while it still waits for them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import ApiNotEnabled, GoogleUnavailable, PermissionDenied
from gke_clusters.google.node_pools import InstanceGroup, NodePool
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.node_watch import NodeWatch

GROUP = InstanceGroup("acme", "europe-west1-b", "grp-cpu")
POOL = NodePool("cpu", "PROVISIONING", "n2-highmem-8", instance_groups=(GROUP,))
NO_MACHINES = Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "Instance 'a' creation failed: no machines.")


class Waiting:
    """A creation that is waited for."""

    def __init__(self, world: Any, *pools: NodePool) -> None:
        world.clusters.add(world.cluster(status="PROVISIONING", pools=pools or (POOL,)))
        self.world = world
        self.watch = NodeWatch(world.name, world.google)

    def minutes(self, number: float = 1, **fields: Any) -> None:
        operation: Operation = replace(self.world.operation(), **fields)
        self.world.now += number * 60
        self.watch.follow(operation)

    @property
    def asked(self) -> list[tuple[str, ...]]:
        return [asked for asked in self.world.compute.asked if asked[0] == "errors"]


@pytest.fixture
def waiting(world: Any) -> Waiting:
    world.compute.errors = {"grp-cpu": (NO_MACHINES,)}
    return Waiting(world)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_says_early_that_google_has_no_machines(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    waiting.minutes()
    (warning,) = warnings(caplog)
    assert waiting.world.compute.patience_seconds == 5
    assert "Google has no n2-highmem-8 in europe-west1-b for the node pool cpu" in warning
    assert "until about 35 minutes have passed" in warning
    assert "[ZONE_RESOURCE_POOL_EXHAUSTED] Instance 'a' creation failed: no machines." in warning
    assert "If it stays so: Choose another zone" in warning


def test_says_it_once_whichever_machine_it_is(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    waiting.minutes()
    waiting.world.compute.errors = {"grp-cpu": (replace(NO_MACHINES, message="Instance 'b'"), NO_MACHINES)}
    waiting.minutes()
    assert len(warnings(caplog)) == 1
    assert len(waiting.watch.errors) == 1


def test_says_what_is_new(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    waiting.minutes()
    quota = Condition("QUOTA_EXCEEDED", "Quota 'CPUS' exceeded.  Limit: 8.0 in region europe-west1.")
    waiting.world.compute.errors = {"grp-cpu": (NO_MACHINES, quota)}
    waiting.minutes()
    assert "A quota has no room for the node pool cpu (n2-highmem-8)" in warnings(caplog)[1]


def test_repeats_what_it_does_not_know_without_advice(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    waiting.world.compute.errors = {"grp-cpu": (Condition("", "Odd."),)}
    waiting.minutes()
    assert warnings(caplog) == ["Nodes of the pool cpu do not come up in europe-west1-b. Compute Engine says: Odd."]


def test_names_no_machine_type_that_google_does_not_name(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.compute.errors = {"grp-cpu": (NO_MACHINES,)}
    Waiting(world, replace(POOL, machine_type="")).minutes()
    assert "Google has no machines of that type" in warnings(caplog)[0]


def test_looks_once_a_minute_of_waiting_and_not_before(waiting: Waiting) -> None:
    waiting.minutes(0.9)
    assert waiting.asked == []
    waiting.minutes(0.2)
    waiting.minutes(0.9)
    assert len(waiting.asked) == 1
    waiting.minutes(0.2)
    assert len(waiting.asked) == 2


def test_does_not_look_once_the_creation_is_over(waiting: Waiting) -> None:
    waiting.minutes(status="DONE")
    assert waiting.asked == []


def test_asks_a_bounded_number_of_groups(world: Any) -> None:
    groups = tuple(replace(GROUP, name=f"grp-{number}") for number in range(50))
    waiting = Waiting(world, replace(POOL, instance_groups=groups))
    waiting.minutes()
    assert len(waiting.asked) == 20


@pytest.mark.parametrize("refusal", [PermissionDenied("It lacks compute.x."), ApiNotEnabled("It lacks compute.x.")])
def test_asks_no_more_where_it_may_not_and_says_so_once(
    waiting: Waiting, caplog: pytest.LogCaptureFixture, refusal: Exception
) -> None:
    waiting.world.compute.errors_fault = refusal
    waiting.minutes()
    waiting.minutes()
    assert len(waiting.asked) == 1
    assert warnings(caplog) == ["What keeps nodes from coming up is not looked up: It lacks compute.x."]


@pytest.mark.parametrize("fault", [GoogleUnavailable("It blinks."), RuntimeError("odd")])
def test_fails_nothing_and_asks_again_later(
    waiting: Waiting, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    waiting.world.compute.errors_fault = fault
    waiting.minutes()
    assert warnings(caplog) == []
    waiting.world.compute.errors_fault = None
    waiting.minutes()
    assert len(warnings(caplog)) == 1


def test_survives_that_the_cluster_does_not_show_yet(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    waiting.world.clusters.clusters.clear()
    waiting.minutes()
    assert warnings(caplog) == []


def test_says_what_the_words_of_google_itself_mean(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    waiting = Waiting(world)
    detail = "Not all instances running in IGM after 1m. Current errors: [GCE_STOCKOUT]: Instance 'a' failed."
    waiting.minutes(detail=detail)
    waiting.minutes(detail=detail.replace("1m", "2m"))
    (warning,) = warnings(caplog)
    assert warning.startswith(f"The creation goes on and may fail: {detail} Choose another zone")


@pytest.mark.parametrize("detail", ["", "Deploying the control plane."])
def test_says_nothing_of_words_that_mean_no_trouble(world: Any, caplog: pytest.LogCaptureFixture, detail: str) -> None:
    Waiting(world).minutes(detail=detail)
    assert warnings(caplog) == []


def test_does_not_say_again_what_the_machines_have_said(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    waiting.minutes(detail="Current errors: [GCE_STOCKOUT]: Instance 'a' failed.")
    assert len(warnings(caplog)) == 1


def test_remembers_what_it_found_with_pool_and_zone(waiting: Waiting) -> None:
    waiting.minutes()
    waiting.world.compute.errors = {}
    waiting.watch.look()
    assert waiting.watch.errors == (
        Condition(
            "ZONE_RESOURCE_POOL_EXHAUSTED",
            "Node pool cpu in europe-west1-b: Instance 'a' creation failed: no machines.",
        ),
    )


def test_looks_after_one_pool_where_only_that_is_worked_on(world: Any) -> None:
    other = replace(POOL, name="gpu", instance_groups=(replace(GROUP, name="grp-gpu"),))
    waiting = Waiting(world, POOL, other)
    NodeWatch(world.name, world.google, only="gpu").look()
    assert waiting.asked == [("errors", "grp-gpu")]
