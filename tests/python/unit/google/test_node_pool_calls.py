"""Changes of node pools, each sent once and its failures translated."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses
from google.cloud import container_v1

from gke_clusters.errors import ClusterBusy, ClusterNotFound, GoogleUnavailable, NameTaken
from gke_clusters.google.clusters import ContainerApi
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pool_calls import NodePoolCalls
from gke_clusters.google.node_pools import Autoscaling

NAME = ClusterName("p", "europe-west1-b", "c")
CLUSTER = f"https://container.googleapis.com/v1/{NAME.path}"
POOL = f"{CLUSTER}/nodePools/cpu"
OPERATION = {
    "name": "operation-1-a",
    "operationType": "CREATE_NODE_POOL",
    "status": "RUNNING",
    "targetLink": "https://container.googleapis.com/v1/projects/1/zones/europe-west1-b/clusters/c/nodePools/cpu",
}


@pytest.fixture
def calls(authorization: Authorization) -> NodePoolCalls:
    return ContainerApi(authorization).node_pools


def sent() -> Any:
    (call,) = responses.calls
    return json.loads(call.request.body)


def error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"status": code, "json": {"error": {"code": code, "status": status, "message": message}}}


@responses.activate
def test_creates_a_pool(calls: NodePoolCalls) -> None:
    responses.post(f"{CLUSTER}/nodePools", json=OPERATION)
    operation = calls.create(NAME, container_v1.NodePool(name="cpu", initial_node_count=2))
    assert sent()["nodePool"] == {"name": "cpu", "initialNodeCount": 2}
    assert (operation.kind, operation.cluster, operation.pool) == ("CREATE_NODE_POOL", "c", "cpu")


@responses.activate
def test_deletes_a_pool(calls: NodePoolCalls) -> None:
    responses.delete(POOL, json={**OPERATION, "operationType": "DELETE_NODE_POOL"})
    assert calls.delete(NAME, "cpu").kind == "DELETE_NODE_POOL"


@responses.activate
@pytest.mark.parametrize("nodes", [3, 0])
def test_sets_the_number_of_nodes_in_each_zone(calls: NodePoolCalls, nodes: int) -> None:
    responses.post(f"{POOL}:setSize", json={**OPERATION, "operationType": "SET_NODE_POOL_SIZE"})
    assert calls.set_size(NAME, "cpu", nodes).kind == "SET_NODE_POOL_SIZE"
    assert sent().get("nodeCount", 0) == nodes


@responses.activate
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Autoscaling(1, 5), {"enabled": True, "minNodeCount": 1, "maxNodeCount": 5}),
        (
            Autoscaling(3, 9, in_total=True, location_policy="ANY"),
            {"enabled": True, "totalMinNodeCount": 3, "totalMaxNodeCount": 9, "locationPolicy": 2},
        ),
        (
            Autoscaling(0, 5, autoprovisioned=True),
            {"enabled": True, "maxNodeCount": 5, "autoprovisioned": True},
        ),
    ],
)
def test_sets_limits_and_keeps_how_zones_are_chosen(
    calls: NodePoolCalls, limits: Autoscaling, expected: dict[str, Any]
) -> None:
    responses.post(f"{POOL}:setAutoscaling", json={**OPERATION, "operationType": "UPDATE_CLUSTER"})
    calls.set_autoscaling(NAME, "cpu", limits)
    assert sent()["autoscaling"] == expected


@responses.activate
def test_switches_an_autoscaler_off(calls: NodePoolCalls) -> None:
    responses.post(f"{POOL}:setAutoscaling", json={**OPERATION, "operationType": "UPDATE_CLUSTER"})
    calls.set_autoscaling(NAME, "cpu", None)
    assert sent()["autoscaling"] == {}


@responses.activate
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(404, "NOT_FOUND", "Not found."), ClusterNotFound),
        (error(409, "ALREADY_EXISTS", "Already exists."), NameTaken),
        (error(503, "UNAVAILABLE", "Later."), GoogleUnavailable),
        (
            error(400, "FAILED_PRECONDITION", "Cluster is running incompatible operation operation-17-ab."),
            ClusterBusy,
        ),
    ],
)
def test_a_refusal_is_translated_and_nothing_sent_again(
    calls: NodePoolCalls, answer: dict[str, Any], kind: type[Exception]
) -> None:
    responses.post(f"{POOL}:setSize", **answer)
    with pytest.raises(kind) as refused:
        calls.set_size(NAME, "cpu", 3)
    assert len(responses.calls) == 1
    assert getattr(refused.value, "resource", "") == f"{NAME.path}/nodePools/cpu"
