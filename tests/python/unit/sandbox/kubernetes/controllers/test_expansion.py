"""Which groups grow for which pods."""

import time
from decimal import Decimal
from typing import Any

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.expansion import Option, plan
from sandbox.kubernetes.controllers.node_objects import node_object
from sandbox.kubernetes.node_groups import NodeGroup, Taint
from tests.python.unit.sandbox.kubernetes.controllers.clusters import node

GIB = 1024**3


def _option(pool: str = "cpu", zone: str = "a", size: int = 0, most: int = 3, **changes: Any) -> Option:
    template = node(0, **{"name": f"{pool}-{zone}-next", "pool": pool, "zone": zone, **changes.pop("node", {})})
    told = {"fewest": 0, "pool_fewest": 0, "pool_most": 10**6, "balanced": True, **changes.pop("group", {})}
    instances = tuple(f"{pool}-{zone}-{number}" for number in range(size))
    group = NodeGroup(f"{pool}-{zone}", pool, zone, instances, most=most, template=template, **told)
    return Option(group, node_object(template, "p"), **changes)


def _pod(name: str = "p", cpu: str = "1", **spec: Any) -> Object:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}}}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"containers": [container], **spec}}


def _pods(count: int, **told: Any) -> list[Object]:
    return [_pod(str(number), **told) for number in range(count)]


def _planned(*options: Option) -> list[int]:
    return [option.planned for option in options]


def test_pods_share_new_nodes() -> None:
    option = _option()
    # A node of four cores takes three such pods.
    expansion = plan(_pods(5), [option])

    assert option.planned == 2
    assert len(expansion.helped) == 5
    assert expansion.message("cpu") == "pod triggered scale-up: [{cpu-a 0->2 (max: 3)}]"


def test_pods_that_fit_on_nodes_on_their_way_make_nothing_grow() -> None:
    option = _option(size=1, upcoming=1)
    expansion = plan(_pods(3), [option])

    assert (option.planned, expansion.helped, expansion.refused) == (0, [], [])


def test_what_daemon_sets_take_of_a_node_is_no_room() -> None:
    option = _option(overhead={"cpu": Decimal("3.5")})
    [(_, told)] = plan([_pod()], [option]).refused

    assert told == "pod didn't trigger scale-up: 1 Insufficient cpu"


def test_zones_grow_by_turns() -> None:
    options = [_option(zone="a", size=2, most=9), _option(zone="b", most=9)]
    expansion = plan(_pods(4, cpu="3"), options)

    assert _planned(*options) == [1, 3]
    assert expansion.message("cpu") == "pod triggered scale-up: [{cpu-a 2->3 (max: 9)} {cpu-b 0->3 (max: 9)}]"


def test_any_zone_grows_where_balance_does_not_matter() -> None:
    options = [_option(zone=zone, most=9, group={"balanced": False}) for zone in ("a", "b")]
    plan(_pods(4, cpu="3"), options)

    assert _planned(*options) == [4, 0]


def test_the_smallest_machine_that_helps_is_taken() -> None:
    large, small = _option("large", node={"cpus": 32, "memory_bytes": 128 * GIB}), _option("small")
    plan([_pod(cpu="2")], [large, small])
    plan([_pod(cpu="20")], [large, small])

    assert _planned(large, small) == [1, 1]


def test_a_gpu_is_not_spent_on_a_pod_that_asks_for_none() -> None:
    gpu, cpu = _option("gpu", node={"cpus": 2, "gpus": 1}), _option(node={"cpus": 32})
    plan([_pod()], [gpu, cpu])

    assert _planned(gpu, cpu) == [0, 1]


def test_limits_of_a_zone_and_of_a_whole_pool_are_kept() -> None:
    limited = _option(size=2, most=3)
    zones = [_option("all", zone=zone, most=3, group={"pool_most": 3}) for zone in ("a", "b")]

    assert len(plan(_pods(9, cpu="3"), [limited]).refused) == 8
    assert len(plan(_pods(9, cpu="3"), zones).refused) == 6
    assert (limited.planned, sum(_planned(*zones))) == (1, 3)


def test_a_refusal_counts_the_reasons_of_all_groups() -> None:
    options = [
        _option("full", size=3),
        _option("tainted", node={"taints": [Taint("team", "ml", "NoSchedule")]}),
        _option("other", zone="a"),
        _option("other", zone="b"),
        _option("failed", resting=True),
        _option("small", node={"cpus": 2, "labels": {"size": "s"}}),
    ]
    [(_, told)] = plan([_pod(cpu="3", nodeSelector={"size": "s"})], options).refused

    assert told == (
        "pod didn't trigger scale-up: 1 Insufficient cpu, 1 in backoff after failed scale-up, 1 max node group size "
        "reached, 1 node(s) had untolerated taint {team: ml}, 2 node(s) didn't match Pod's node affinity/selector"
    )


def test_three_thousand_pods_are_planned_for_in_seconds() -> None:
    option = _option(most=2000)
    begin = time.process_time()
    plan(_pods(3000), [option])

    assert option.planned == 1000
    assert time.process_time() - begin < 5
