from typing import Any

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.rooms import Rooms
from sandbox.kubernetes.controllers.scheduling import NodeRoom, Verdict, accepts, requests_of


def _node(name: str, *, taints: list[Object] | None = None, cordoned: bool = False, **labels: str) -> Object:
    spec: Object = {"taints": taints or []}
    if cordoned:
        spec["unschedulable"] = True
    allocatable = {"cpu": "2", "memory": "4Gi", "pods": "3", "nvidia.com/gpu": "1"}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"allocatable": allocatable}}


def _pod(node: str = "", *, phase: str = "Running", requests: dict[str, str] | None = None, **spec: object) -> Object:
    container = {"name": "c", "resources": {"requests": requests or {}}}
    return {"spec": {"nodeName": node, "containers": [container], **spec}, "status": {"phase": phase}}


def _place(pod: Object, *nodes: Object, others: tuple[Object, ...] = ()) -> Verdict:
    rooms = Rooms()
    for number, other in enumerate(others):
        rooms.set_pod(("default", str(number)), other)
    for node in nodes:
        rooms.set_node(node)
    return rooms.place(pod)


GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


def test_chooses_the_emptiest_node() -> None:
    busy = _pod("a", requests={"cpu": "1"})
    assert _place(_pod(), _node("a"), _node("b"), others=(busy,)).node == "b"


def test_says_that_there_is_no_node_at_all() -> None:
    assert _place(_pod()) == Verdict(None, "no nodes available to schedule pods")


def test_counts_a_pod_out_when_requests_exceed_what_is_left() -> None:
    verdict = _place(_pod(requests={"cpu": "1500m"}), _node("a"), others=(_pod("a", requests={"cpu": "1"}),))
    assert verdict.message == (
        "0/1 nodes are available: 1 Insufficient cpu. "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )


def test_finished_pods_take_nothing() -> None:
    done = _pod("a", phase="Succeeded", requests={"cpu": "2"})
    assert _place(_pod(requests={"cpu": "2"}), _node("a"), others=(done,)).node == "a"


def test_says_when_a_node_holds_too_many_pods() -> None:
    verdict = _place(_pod(), _node("a"), others=(_pod("a"), _pod("a"), _pod("a")))
    assert verdict.message.startswith("0/1 nodes are available: 1 Too many pods.")


def test_names_the_taint_that_a_pod_does_not_tolerate() -> None:
    verdict = _place(_pod(), _node("a", taints=[GPU_TAINT]))
    assert verdict.message == (
        "0/1 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: present}. "
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "value": "present"}, True),
        ({"key": "nvidia.com/gpu", "value": "present", "effect": "NoExecute"}, False),
        ({"key": "nvidia.com/gpu", "value": "absent"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_toleration_matches_key_value_and_effect(toleration: Object, tolerated: bool) -> None:
    assert accepts(_node("a", taints=[GPU_TAINT]), _pod(tolerations=[toleration])) is tolerated


def test_prefer_no_schedule_keeps_nobody_out() -> None:
    assert accepts(_node("a", taints=[{**GPU_TAINT, "effect": "PreferNoSchedule"}]), _pod())


def test_counts_each_reason_over_all_nodes() -> None:
    nodes = [_node("a"), _node("b", cordoned=True), _node("c", taints=[GPU_TAINT])]
    verdict = _place(_pod(nodeSelector={"x": "y"}), *nodes)
    assert verdict.message == (
        "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, "
        "1 node(s) had untolerated taint {nvidia.com/gpu: present}, 1 node(s) were unschedulable. "
        "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    )


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "NotIn", "values": ["a"]}, False),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "DoesNotExist"}, True),
        ({"key": "cores", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["4"]}, False),
        ({"key": "zone", "operator": "Gt", "values": ["4"]}, False),
    ],
)
def test_required_node_affinity_decides(expression: Object, accepted: bool) -> None:
    term = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    assert accepts(_node("a", zone="a", cores="8"), _pod(affinity=affinity)) is accepted


def test_an_affinity_term_without_conditions_matches_no_node() -> None:
    term: Object = {"nodeSelectorTerms": [{}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    assert not accepts(_node("a"), _pod(affinity=affinity))


def test_a_pod_asks_for_the_sum_of_its_containers_or_its_largest_init_container() -> None:
    pod: Object = {
        "spec": {
            "containers": [
                {"resources": {"requests": {"cpu": "100m"}}},
                {"resources": {"limits": {"cpu": "200m", "memory": "1Gi"}}},
            ],
            "initContainers": [{"resources": {"requests": {"cpu": "1", "memory": "1Mi"}}}],
        }
    }
    asked = requests_of(pod)
    assert (float(asked["cpu"]), int(asked["memory"]), int(asked["pods"])) == (1.0, 1024**3, 1)


def test_a_room_names_what_it_lacks() -> None:
    room = NodeRoom(_node("a"))
    assert room.lacking(requests_of(_pod(requests={"nvidia.com/gpu": "2", "cpu": "1"}))) == ["nvidia.com/gpu"]


def _for_node(name: str, **how: Any) -> Object:
    on_node = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [on_node]}}
    return _pod(affinity={"nodeAffinity": required}, **how)


def test_a_pod_of_a_daemon_set_goes_to_its_node_however_full_others_are() -> None:
    busy = _pod("b", requests={"cpu": "1"})
    assert _place(_for_node("b"), _node("a"), _node("b"), others=(busy,)).node == "b"


def test_a_pod_that_its_own_node_cannot_take_is_told_of_all_nodes() -> None:
    verdict = _place(_for_node("b", requests={"cpu": "3"}), _node("a"), _node("b"))
    assert verdict.message.startswith("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match")


def test_what_a_pod_takes_is_free_again_when_it_has_gone() -> None:
    rooms = Rooms()
    rooms.set_node(_node("a"))
    rooms.set_pod(("default", "first"), _pod("a", requests={"cpu": "2"}))
    assert rooms.place(_pod(requests={"cpu": "2"})).node is None
    rooms.forget_pod(("default", "first"))
    assert rooms.place(_pod(requests={"cpu": "2"})).node == "a"


def test_no_pod_goes_to_a_node_that_is_gone() -> None:
    rooms = Rooms()
    rooms.set_node(_node("a"))
    rooms.forget_node("a")
    assert len(rooms) == 0
    assert rooms.place(_pod()).node is None
