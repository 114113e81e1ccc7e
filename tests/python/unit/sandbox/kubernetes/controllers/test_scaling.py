"""The cluster autoscaler in a cluster whose groups the test plays."""

import asyncio
import itertools
import zlib
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sandbox.clock import Clock
from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.kinds import DEPLOYMENTS, EVENTS, NODES, PODS
from sandbox.kubernetes.node_groups import NodeGroup, NodeSpec
from tests.python.unit.sandbox.kubernetes.controllers.clusters import Cluster, in_cluster, node

# Ten minutes take 0.3 seconds.
FAST = Clock(2000)
POOL = "cloud.google.com/gke-nodepool"


class Groups:
    """One pool in one zone, beside a node that is not the autoscaler's."""

    def __init__(self, most: int = 2, fewest: int = 0) -> None:
        self.most, self.fewest = most, fewest
        self.failure = ""
        self.instances: list[str] = []
        self.numbers = itertools.count()
        self.grown: list[int] = []
        self.cluster: Cluster | None = None
        self.released = asyncio.Event()
        self.released.set()

    def autoscaled(self) -> list[NodeGroup]:
        names = tuple(self.instances)
        template = self.spec("next")
        return [
            NodeGroup("grp", "auto", "a", names, self.fewest, self.most, 0, 10**6, balanced=True, template=template)
        ]

    def spec(self, name: str) -> NodeSpec:
        number = 100 + zlib.crc32(name.encode()) % 100
        return node(number, name=name, pool="auto", labels={POOL: "auto", "kind": "auto"})

    async def grow(self, group: NodeGroup, count: int) -> str:
        del group
        self.grown.append(count)
        self.instances += [f"auto-{next(self.numbers)}" for _ in range(count)]
        await self.released.wait()
        if self.failure:
            self.instances.clear()
            return self.failure
        await self.set_nodes()
        return ""

    async def remove(self, nodes: Collection[str]) -> None:
        self.instances = [name for name in self.instances if name not in nodes]
        await self.set_nodes()

    async def set_nodes(self) -> None:
        assert self.cluster is not None
        await self.cluster.controllers.set_nodes([node(0), *map(self.spec, self.instances)])


async def _begin(cluster: Cluster, groups: Groups) -> None:
    groups.cluster = cluster
    # Its pod would keep a node of the pool if it came later.
    await cluster.until(PODS, lambda items: any(map(_is_dns, items)) and all(map(_runs, items)), "kube-system")
    await groups.set_nodes()


def _pod(name: str = "p", **spec: Any) -> Object:
    told = {"containers": [{"name": "c", "image": "i"}], "nodeSelector": {"kind": "auto"}, **spec}
    return {"metadata": {"name": name}, "spec": told}


def _greedy(name: str) -> Object:
    return _pod(name, containers=[{"name": "c", "image": "i", "resources": {"requests": {"cpu": "3"}}}])


def _runs(pod: Object) -> bool:
    return bool(pod["status"].get("phase") == "Running")


def _is_dns(pod: Object) -> bool:
    return bool(pod["metadata"].get("labels", {}).get("k8s-app") == "kube-dns")


async def _said(cluster: Cluster, reason: str) -> list[str]:
    events = await cluster.until(EVENTS, lambda items: any(item["reason"] == reason for item in items))
    return [item["message"] for item in events if item["reason"] == reason]


def _story(groups: Groups, story: Any, clock: Clock = FAST) -> None:
    async def begun(cluster: Cluster) -> None:
        await _begin(cluster, groups)
        await story(cluster)

    in_cluster(begun, clock=clock, node_groups=groups)


def test_a_pod_without_a_node_gets_one() -> None:
    groups = Groups()

    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        pod = await cluster.one(PODS, "p", _runs)
        assert pod["spec"]["nodeName"] == "auto-0"
        assert await _said(cluster, "TriggeredScaleUp") == ["pod triggered scale-up: [{grp 0->1 (max: 2)}]"]

    _story(groups, story)
    assert groups.grown == [1]


def test_nothing_more_grows_while_nodes_are_on_their_way() -> None:
    groups = Groups(most=5)

    async def story(cluster: Cluster) -> None:
        groups.released.clear()
        await cluster.create(PODS, _greedy("one"))
        await _said(cluster, "TriggeredScaleUp")
        # Looked at in the same round as another pod, which makes another node come.
        await cluster.create(PODS, _greedy("two"))
        await cluster.until(EVENTS, lambda items: sum(one["reason"] == "TriggeredScaleUp" for one in items) == 2)
        groups.released.set()
        await cluster.one(PODS, "one", _runs)
        await cluster.one(PODS, "two", _runs)

    _story(groups, story)
    assert groups.grown == [1, 1]


def test_a_pod_that_nothing_helps_is_told_so_once() -> None:
    groups = Groups(most=1)

    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _greedy("one"))
        await cluster.one(PODS, "one", _runs)
        await cluster.create(PODS, _greedy("two"))
        assert await _said(cluster, "NotTriggerScaleUp") == [
            "pod didn't trigger scale-up: 1 max node group size reached"
        ]
        # What follows is looked at, too, before the third pod is told the same.
        await cluster.create(PODS, _greedy("three"))
        events = await cluster.until(
            EVENTS, lambda items: sum(item["reason"] == "NotTriggerScaleUp" for item in items) >= 2
        )
        counts: dict[str, int] = defaultdict(int)
        for event in events:
            counts[event["involvedObject"]["name"]] += event["reason"] == "NotTriggerScaleUp"
        assert (counts["two"], counts["three"]) == (1, 1)

    _story(groups, story)


def test_a_group_that_failed_to_grow_rests_and_then_grows() -> None:
    groups = Groups()
    groups.failure = "stockout"

    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        [told] = await _said(cluster, "FailedScaleUp")
        assert told.startswith("Node scale up in zones a associated with this pod failed: GCE out of resources.")
        groups.failure = ""
        assert await _said(cluster, "NotTriggerScaleUp") == [
            "pod didn't trigger scale-up: 1 in backoff after failed scale-up"
        ]
        await cluster.one(PODS, "p", _runs)

    # Slow enough for its rest to be seen.
    _story(groups, story, Clock(500))


def test_a_higher_limit_helps_pods_that_wait_already() -> None:
    groups = Groups(most=0)

    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        await _said(cluster, "NotTriggerScaleUp")
        groups.most = 1
        await groups.set_nodes()
        await cluster.one(PODS, "p", _runs)

    _story(groups, story)


def test_a_node_goes_ten_minutes_after_its_last_pod_and_others_stay() -> None:
    groups = Groups()

    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", _runs)
        await cluster.client.delete(PODS, "p", "default")
        nodes = await cluster.until(NODES, lambda items: len(items) == 1)
        assert nodes[0]["metadata"]["name"] == "node-0"
        assert groups.instances == []

    _story(groups, story)


def test_a_node_stays_while_pods_come_again() -> None:
    groups = Groups()

    async def story(cluster: Cluster) -> None:
        loop = asyncio.get_running_loop()
        await cluster.create(PODS, _pod("p0"))
        await cluster.one(PODS, "p0", _runs)
        first = await cluster.client.get(NODES, "auto-0")
        begin, number = loop.time(), 0
        # Longer than it takes to be unneeded, but never for so long at a time.
        while loop.time() - begin < FAST.real_seconds(900):
            number += 1
            await cluster.create(PODS, _pod(f"p{number}"))
            await cluster.one(PODS, f"p{number}", _runs)
            await cluster.client.delete(PODS, f"p{number - 1}", "default")
        assert (await cluster.client.get(NODES, "auto-0"))["metadata"]["uid"] == first["metadata"]["uid"]

    _story(groups, story)


def test_the_least_number_of_nodes_stays() -> None:
    groups = Groups(most=3, fewest=1)

    async def story(cluster: Cluster) -> None:
        for name in ("one", "two"):
            await cluster.create(PODS, _greedy(name))
            await cluster.one(PODS, name, _runs)
        for name in ("one", "two"):
            await cluster.client.delete(PODS, name, "default")
        await cluster.until(NODES, lambda items: len(items) == 2)
        # That nothing happens cannot be waited for.
        await asyncio.sleep(FAST.real_seconds(700))
        assert len(groups.instances) == 1

    _story(groups, story)


def test_small_pods_share_one_new_node() -> None:
    groups = Groups()

    async def story(cluster: Cluster) -> None:
        template = {"metadata": {"labels": {"app": "web"}}, "spec": _pod()["spec"]}
        spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
        await cluster.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec})
        await cluster.until(PODS, lambda items: sum(map(_runs, items)) >= 3, "default")

    _story(groups, story)
    assert groups.grown == [1]
