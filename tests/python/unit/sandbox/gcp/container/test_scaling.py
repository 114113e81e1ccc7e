"""What the autoscaler does to instance groups."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.gcp.container import nodes
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster
from sandbox.gcp.container.scaling import ScalableGroups
from sandbox.gcp.container.state import ClusterRecord
from sandbox.gcp.projects import Project

PROJECT = Project("p", "123456789012")
ZONE = "us-central1-a"
LIMITS = {"enabled": True, "minNodeCount": 0, "maxNodeCount": 3}
# A node comes in 7.5 milliseconds.
FAST = Clock(10_000)


def record_with(**pool: Any) -> ClusterRecord:
    told = {"name": "auto", "initialNodeCount": 1, "autoscaling": LIMITS, **pool}
    given = {"name": "c", "nodePools": [{"name": "cpu", "initialNodeCount": 2}, told]}
    record = ClusterRecord(PROJECT, complete_cluster(given, Place(PROJECT, ZONE, 1, "ab" * 32)))
    record.sizes = {each["name"]: each.get("initialNodeCount", 0) for each in record.resource["nodePools"]}
    record.set_status("RUNNING")
    return record


class Told:
    """What the control plane was told."""

    def __init__(self) -> None:
        self.names: list[list[str]] = []

    async def refresh(self, record: ClusterRecord) -> None:
        self.names.append([spec.name for spec in record.node_specs()])


def scaled(
    record: ClusterRecord, story: Callable[[ScalableGroups], Awaitable[None]], faults: FaultPlan | None = None
) -> Told:
    told = Told()
    asyncio.run(_run(story, ScalableGroups(record, FAST, faults or FaultPlan(), told.refresh)))
    return told


async def _run(story: Callable[[ScalableGroups], Awaitable[None]], groups: ScalableGroups) -> None:
    await story(groups)


def group_of(record: ClusterRecord) -> nodes.InstanceGroup:
    return nodes.instance_groups(record.resource, record.fleet)[1]


def test_a_group_has_its_new_size_before_its_nodes_come() -> None:
    record = record_with()

    async def story(groups: ScalableGroups) -> None:
        [group] = groups.autoscaled()
        growth = groups.grow(group, 2)
        shown = group_of(record)
        assert (shown.size, shown.running, record.node_count()) == (3, 1, 3)
        assert len(groups.autoscaled()[0].instances) == 3
        assert await growth == ""

    told = scaled(record, story)
    shown = group_of(record)
    assert (shown.size, shown.running, record.node_count()) == (3, 3, 5)
    assert set(shown.instances) < set(told.names[-1])
    assert record.pool("auto")["initialNodeCount"] == 1


def test_the_very_node_goes_and_the_others_keep_their_addresses() -> None:
    record = record_with(initialNodeCount=3)
    before = {spec.name: spec.internal_ip for spec in record.node_specs()}
    [gone, *_] = group_of(record).instances

    async def story(groups: ScalableGroups) -> None:
        await groups.remove([gone, "gke-somebody-elses"])

    told = scaled(record, story)
    after = {spec.name: spec.internal_ip for spec in record.node_specs()}
    assert after == {name: address for name, address in before.items() if name != gone}
    assert gone not in told.names[0]
    assert group_of(record).size == 2


def test_a_client_may_resize_what_the_autoscaler_has_changed() -> None:
    record = record_with(initialNodeCount=3)

    async def story(groups: ScalableGroups) -> None:
        await groups.remove(group_of(record).instances[:1])

    scaled(record, story)
    kept = set(group_of(record).instances)
    record.resize(record.pool("auto"), 4)
    assert kept < set(group_of(record).instances)
    assert group_of(record).running == 4
    record.resize(record.pool("auto"), 1)
    assert len(record.node_specs()) == 3


@pytest.mark.parametrize(("kind", "code"), [("stockout", "ZONE_RESOURCE_POOL_EXHAUSTED"), ("quota", "QUOTA_EXCEEDED")])
def test_a_group_that_cannot_grow_tells_why_and_has_its_size_again(kind: str, code: str) -> None:
    record, faults = record_with(), FaultPlan()
    faults.add({"service": "compute", "path": "*/zones/us-central1-a/*-grp/*", "effect": {"operation": kind}})

    async def story(groups: ScalableGroups) -> None:
        assert await groups.grow(groups.autoscaled()[0], 1) == kind
        shown = group_of(record)
        assert [error.code for error in shown.errors] == [code]
        assert (shown.size, shown.running) == (1, 1)
        assert await groups.grow(groups.autoscaled()[0], 1) == ""
        assert group_of(record).errors == ()

    scaled(record, story, faults)


def test_total_limits_are_those_of_the_whole_pool() -> None:
    record = record_with(autoscaling={"enabled": True, "totalMinNodeCount": 1, "totalMaxNodeCount": 5})

    async def story(groups: ScalableGroups) -> None:
        [group] = groups.autoscaled()
        assert (group.fewest, group.pool_fewest, group.most, group.pool_most) == (0, 1, 5, 5)

    scaled(record, story)


@pytest.mark.parametrize(
    "pool",
    [
        {"autoscaling": {}},
        {"queuedProvisioning": {"enabled": True}},
    ],
)
def test_pools_that_pods_make_not_grow_are_left_alone(pool: dict[str, Any]) -> None:
    record = record_with(**pool)

    async def story(groups: ScalableGroups) -> None:
        assert groups.autoscaled() == []

    scaled(record, story)


@pytest.mark.parametrize("status", ["STOPPING", "ERROR", "PROVISIONING"])
def test_a_cluster_or_a_pool_that_does_not_run_is_left_alone(status: str) -> None:
    record = record_with()

    async def story(groups: ScalableGroups) -> None:
        record.pool("auto")["status"] = status
        assert list(groups.autoscaled()) == []
        record.set_status("RUNNING")
        record.resource["status"] = status
        assert list(groups.autoscaled()) == []

    scaled(record, story)


def test_a_pool_deleted_meanwhile_is_not_brought_back() -> None:
    record = record_with()

    async def story(groups: ScalableGroups) -> None:
        growth = groups.grow(groups.autoscaled()[0], 1)
        record.remove_pool(record.pool("auto"))
        assert await growth == ""

    told = scaled(record, story)
    assert len(told.names[-1]) == 2
