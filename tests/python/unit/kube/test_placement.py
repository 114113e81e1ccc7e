from __future__ import annotations

import pytest

from gke_clusters.kube.placement import Place, may_run_on, place_of_node

LABELS = {"pool": "a", "size": "5", "zone": "z"}
TAINT = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}


def pod(**spec):
    return {"spec": spec}


def affine(*terms):
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return pod(affinity={"nodeAffinity": required})


def term(key, operator, *values):
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def test_a_node_is_what_the_api_server_says_without_what_passes():
    node = {
        "metadata": {"name": "n", "labels": LABELS},
        "spec": {"taints": [TAINT, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]},
        "status": {"allocatable": {"nvidia.com/gpu": "2"}},
    }

    assert place_of_node(node) == Place("n", LABELS, (TAINT,), 2)


@pytest.mark.parametrize("node", [{}, {"metadata": None, "spec": None, "status": {"allocatable": None}}])
def test_a_node_that_says_nothing_is_a_plain_place(node):
    assert place_of_node(node) == Place()


@pytest.mark.parametrize(
    ("selector", "suits"), [({}, True), ({"pool": "a"}, True), ({"pool": "b"}, False), ({"x": "a"}, False)]
)
def test_goes_by_the_selector(selector, suits):
    assert may_run_on(pod(nodeSelector=selector), Place(labels=LABELS)) is suits


@pytest.mark.parametrize(
    ("required", "suits"),
    [
        (term("pool", "In", "a", "b"), True),
        (term("pool", "In", "b"), False),
        (term("pool", "NotIn", "b"), True),
        (term("pool", "NotIn", "a"), False),
        (term("pool", "Exists"), True),
        (term("x", "Exists"), False),
        (term("x", "DoesNotExist"), True),
        (term("pool", "DoesNotExist"), False),
        (term("size", "Gt", "4"), True),
        (term("size", "Gt", "5"), False),
        (term("size", "Lt", "6"), True),
        (term("size", "Lt", "5"), False),
        (term("pool", "Gt", "4"), False),
        (term("size", "Gt", "abc"), False),
        (term("size", "Lt"), False),
        (term("pool", "Lt", "4"), False),
        (term("pool", "Newer", "a"), False),
        ({}, False),
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}, True),
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["m"]}]}, False),
        ({**term("pool", "In", "a"), "matchFields": [{"key": "metadata.name", "operator": "Exists"}]}, True),
    ],
)
def test_goes_by_the_affinity_that_is_required(required, suits):
    assert may_run_on(affine(required), Place("n", LABELS)) is suits


def test_one_of_the_terms_with_all_of_its_expressions_will_do():
    both = {"matchExpressions": term("pool", "In", "a")["matchExpressions"] + term("x", "Exists")["matchExpressions"]}

    assert not may_run_on(affine(both), Place(labels=LABELS))
    assert may_run_on(affine(both, term("zone", "In", "z")), Place(labels=LABELS))


@pytest.mark.parametrize(
    ("toleration", "suits"),
    [
        ({"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}, True),
        ({"key": "dedicated", "value": "gpu"}, True),
        ({"key": "dedicated", "value": "cpu"}, False),
        ({"key": "other", "value": "gpu"}, False),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"key": "other", "operator": "Exists"}, False),
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "value": "gpu", "effect": "NoExecute"}, False),
    ],
)
def test_a_taint_keeps_away_whoever_does_not_tolerate_it(toleration, suits):
    place = Place(taints=(TAINT,))

    assert not may_run_on(pod(), place)
    assert may_run_on(pod(tolerations=[toleration]), place) is suits


def test_a_taint_without_a_value_is_tolerated_without_one():
    place = Place(taints=({"key": "k", "effect": "NoExecute"},))

    assert may_run_on(pod(tolerations=[{"key": "k"}]), place)


def test_a_taint_that_only_prefers_keeps_nobody_away():
    assert may_run_on(pod(), Place(taints=({"key": "k", "effect": "PreferNoSchedule"},)))


@pytest.mark.parametrize(
    ("wanted", "there", "suits"), [("1", 1, True), ("2", 1, False), ("1", 0, False), (None, 0, True)]
)
def test_needs_as_many_gpus_as_its_containers_ask_for(wanted, there, suits):
    limits = {"nvidia.com/gpu": wanted} if wanted else {}
    containers = [{"resources": {"limits": limits}}, {"resources": None}]

    assert may_run_on(pod(containers=containers), Place(gpus=there)) is suits
