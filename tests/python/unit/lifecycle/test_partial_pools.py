"""Clusters that run while a node pool has no nodes, or too few."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import OperationFailed, Stockout
from gke_clusters.google.node_pools import InstanceGroup, NodePool
from gke_clusters.google.operations import CANCELLED, Condition
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.start import start_cluster

NO_MACHINES = Condition("GCE_STOCKOUT", "No machines.")
CPU = NodePool("cpu", "RUNNING")
GROUP = InstanceGroup("acme", "europe-west1-b", "grp-gpu")
SHORT = NodePool("gpu", "RUNNING_WITH_ERROR", conditions=(NO_MACHINES,), instance_groups=(GROUP,))
NONE = replace(SHORT, status="ERROR")
ACCOUNT = {"serviceAccountType": "custom", "serviceAccount": "n@acme.iam.gserviceaccount.com"}
POOLS = [{**ACCOUNT, "nodePoolName": "cpu"}, {**ACCOUNT, "nodePoolName": "gpu"}]
BEST_EFFORT = [POOLS[0], {**POOLS[1], "bestEffortProvisioning": True}]


def start(world: Any, pools: Any = POOLS) -> list[dict[str, Any]]:
    settings = world.settings(nodePools=pools)
    return start_cluster(settings, world.owner, world.google, world.handover(), world.progress)


@pytest.mark.parametrize("pool", [SHORT, NONE])
@pytest.mark.parametrize("failures", [(), (NO_MACHINES,)])
class TestANewCluster:
    @pytest.fixture(autouse=True)
    def _lacks_nodes(self, world: Any, pool: NodePool, failures: tuple[Condition, ...]) -> None:
        world.clusters.pools_after_create = (CPU, pool)
        if failures:
            end = world.clusters._end

            def partial(operation: Any) -> Any:
                # Google says so of the operation as well, and the cluster runs all the same.
                ended = end(operation)
                if ended.kind != "CREATE_CLUSTER":
                    return ended
                told = replace(ended, failures=failures)
                world.clusters.operations[world.clusters.operations.index(ended)] = told
                return told

            world.clusters._end = partial

    def test_fails_its_start_with_the_pool_and_is_deleted(self, world: Any) -> None:
        with pytest.raises(Stockout) as caught:
            start(world)
        assert caught.value.cause.startswith("The cluster came up without all nodes of gpu. ")
        assert caught.value.resource == f"{world.name.path}/nodePools/gpu"
        assert world.clusters.clusters == {}

    @pytest.mark.parametrize("echoed", [True, False])
    def test_is_used_where_the_pool_may_lack_nodes(
        self, world: Any, pool: NodePool, echoed: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.pools_after_create = (CPU, replace(pool, best_effort=echoed))
        assert start(world, POOLS if echoed else BEST_EFFORT)
        assert f"The node pool gpu is {pool.status}: No machines." in caplog.text
        assert "GKE adds the nodes that are missing" in caplog.text

    def test_is_judged_by_a_resumed_start_as_well(self, world: Any, pool: NodePool, failures: Any) -> None:
        world.clusters.add(world.cluster(pools=(CPU, pool)))
        world.clusters.operations.append(world.operation(status="DONE", failures=failures))
        Journal(world.directory).write(world.name, Phase.CREATING)
        with pytest.raises(Stockout):
            start(world)
        assert world.clusters.clusters == {}


def test_is_judged_where_google_has_forgotten_the_creation(world: Any) -> None:
    world.clusters.add(world.cluster(pools=(CPU, SHORT)))
    Journal(world.directory).write(world.name, Phase.CREATING)
    with pytest.raises(Stockout, match="CREATE_CLUSTER of my-cluster failed"):
        start(world)


def test_names_every_pool_that_lacks_nodes(world: Any) -> None:
    world.clusters.pools_after_create = (replace(SHORT, name="one"), CPU, replace(NONE, name="two"))
    with pytest.raises(Stockout, match="without all nodes of one and two"):
        start(world)


def test_fails_where_only_one_of_two_may_lack_nodes(world: Any) -> None:
    world.clusters.pools_after_create = (replace(SHORT, name="cpu"), SHORT)
    with pytest.raises(Stockout, match="without all nodes of cpu"):
        start(world, BEST_EFFORT)


@pytest.mark.parametrize("pool", [SHORT, NONE])
def test_a_cluster_in_use_is_adopted_with_a_warning(
    world: Any, pool: NodePool, caplog: pytest.LogCaptureFixture
) -> None:
    world.clusters.add(world.cluster(pools=(CPU, pool)))
    Journal(world.directory).write(world.name, Phase.RUNNING)
    assert start(world)
    assert f"The node pool gpu is {pool.status}: No machines." in caplog.text
    assert "delete" not in world.clusters.calls


def test_says_that_google_gives_no_reason(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.clusters.add(world.cluster(pools=(replace(SHORT, conditions=()),)))
    start(world)
    assert "The node pool gpu is RUNNING_WITH_ERROR: Google does not say why" in caplog.text


def test_the_machines_say_what_the_operation_does_not(world: Any) -> None:
    world.compute.errors = {"grp-gpu": (Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "Instance 'a' failed."),)}
    world.clusters.pools_after_create = (replace(NONE, conditions=()),)
    world.clusters.endings = [(Condition("INTERNAL", "Internal error."),)]
    with pytest.raises(Stockout) as caught:
        start(world)
    assert "[INTERNAL] Internal error." in str(caught.value.verbatim)
    assert "Node pool gpu in europe-west1-b: Instance 'a' failed." in str(caught.value.verbatim)


def test_a_creation_that_was_cancelled_is_not_taken_for_what_machines_said_before(world: Any) -> None:
    world.compute.errors = {"grp-gpu": (Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "Instance 'a' failed."),)}
    world.clusters.pools_after_create = (replace(NONE, conditions=()),)
    world.clusters.endings = [(Condition(CANCELLED, "Somebody cancelled it."),)]
    with pytest.raises(OperationFailed, match="was cancelled"):
        start(world)


def test_says_early_in_a_start_that_google_has_no_machines(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.compute.errors = {"grp-gpu": (Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "Instance 'a' failed."),)}
    create = world.clusters.create_cluster

    def with_pools(*arguments: Any) -> Any:
        operation = create(*arguments)
        world.clusters.add(replace(world.clusters.clusters[world.name], pools=(NONE,)))
        world.now += 61
        return operation

    find = world.clusters.find_operation

    def slow(*arguments: Any, **fields: Any) -> Any:
        found = find(*arguments, **fields)
        world.now += 61
        return found

    world.clusters.create_cluster = with_pools
    world.clusters.find_operation = slow
    world.clusters.pools_after_create = (CPU,)
    assert start(world)
    assert caplog.text.count("Google has no machines of that type in europe-west1-b for the node pool gpu") == 1
