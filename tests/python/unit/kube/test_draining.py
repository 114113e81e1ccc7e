"""Nodes and pods, cordons and evictions, by an API server that answers as told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable
from gke_clusters.kube import draining
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.draining import NodeDrainer, Pod, WorkerNode

BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."
POD = Pod("dss", "job", "uid-1", "n-1")
EVICTION = "/api/v1/namespaces/dss/pods/job/eviction"
NODE = "/api/v1/nodes/n-1"


@pytest.fixture
def answers(api_server: Any) -> dict[tuple[str, str], Any]:
    """What the server answers by method and path, in turn where there is a list; else 404."""
    known: dict[tuple[str, str], Any] = {}

    def answer(request: Any) -> Any:
        found = known.get((request.method, request.path.partition("?")[0]), (404, {"message": "not found"}))
        return found.pop(0) if isinstance(found, list) else found

    api_server.answer = answer
    return known


@pytest.fixture
def drainer(api_server: Any, answers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeDrainer:
    monkeypatch.setattr(draining, "READ_PATIENCE_SECONDS", 0.0)
    return NodeDrainer(KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config")))


def test_lists_the_nodes_with_their_pools(drainer: NodeDrainer, answers: Any) -> None:
    labels = {"cloud.google.com/gke-nodepool": "gpu"}
    items = [
        {"metadata": {"name": "n-1", "labels": labels}, "spec": {"unschedulable": True}},
        {"metadata": {"name": "n-2"}},
    ]
    answers["GET", "/api/v1/nodes"] = (200, {"items": items})
    first, second = drainer.nodes()

    assert (first.name, first.pool, first.schedulable) == ("n-1", "gpu", False)
    assert first.place.labels == labels
    assert (second.pool, second.schedulable) == ("", True)


def pod(name: str, owner: str = "", **parts: Any) -> dict[str, Any]:
    owners = [{"kind": "Other", "name": "o"}, {"kind": owner, "name": "o", "controller": True}] if owner else []
    metadata = {"name": name, "namespace": "dss", "uid": "u", "ownerReferences": owners, **parts.pop("metadata", {})}
    return {"metadata": metadata, "spec": {"nodeName": "n-1"}, **parts}


def listed(drainer: NodeDrainer, answers: Any, *items: dict[str, Any]) -> list[Pod]:
    answers["GET", "/api/v1/pods"] = (200, {"items": list(items)})
    return list(drainer.pods())


def test_lists_the_pods_that_have_not_ended(drainer: NodeDrainer, answers: Any) -> None:
    ended = [pod("a", status={"phase": phase}) for phase in ("Succeeded", "Failed")]
    (found,) = listed(drainer, answers, *ended, pod("job", "Job", status={"phase": "Running"}))

    assert (found.namespace, found.name, found.uid, found.node) == ("dss", "job", "u", "n-1")
    assert (found.stays, found.going, found.owner, found.is_system) == (False, False, "Job o", False)
    assert found.document["spec"] == {"nodeName": "n-1"}
    assert str(found) == "dss/job"


def test_a_pod_without_a_controller_has_nobody_to_make_it_again(drainer: NodeDrainer, answers: Any) -> None:
    (found,) = listed(drainer, answers, {"metadata": {"name": "job", "deletionTimestamp": "now"}})

    assert (found.owner, found.going, found.node, found.namespace, found.uid) == ("", True, "", "", "")


@pytest.mark.parametrize(
    "item",
    [
        pod("a", "DaemonSet"),
        pod("a", "Node"),
        pod("a", metadata={"annotations": {"kubernetes.io/config.mirror": "x"}}),
    ],
)
def test_pods_of_a_node_stay_with_it(drainer: NodeDrainer, answers: Any, item: dict[str, Any]) -> None:
    (found,) = listed(drainer, answers, item)

    assert found.stays


def test_a_namespace_that_only_begins_like_one_of_google_s_is_of_the_users():
    assert not Pod("gke-prod-dss", "x", "u").is_system


@pytest.mark.parametrize("namespace", ["kube-system", "gke-managed-system", "gmp-system"])
def test_pods_of_gke_are_told_by_their_namespace(namespace: str) -> None:
    assert Pod(namespace, "x", "u").is_system


def test_cordons_a_node_and_changes_nothing_else_of_it(drainer: NodeDrainer, answers: Any, api_server: Any) -> None:
    document = {"metadata": {"name": "n-1", "resourceVersion": "5"}, "spec": {"podCIDR": "10.0.0.0/24"}}
    answers["GET", NODE] = (200, document)
    answers["PUT", NODE] = (200, {})

    assert drainer.set_schedulable("n-1", schedulable=False)
    assert api_server.requests[-1].body == {**document, "spec": {"podCIDR": "10.0.0.0/24", "unschedulable": True}}


def test_lets_a_node_take_pods_again(drainer: NodeDrainer, answers: Any, api_server: Any) -> None:
    answers["GET", NODE] = (200, {"spec": {"unschedulable": True}})
    answers["PUT", NODE] = (200, {})

    assert drainer.set_schedulable("n-1", schedulable=True)
    assert api_server.requests[-1].body == {"spec": {}}


@pytest.mark.parametrize(("spec", "schedulable"), [({"unschedulable": True}, False), ({}, True), (None, True)])
def test_a_node_that_is_so_already_is_not_changed(
    drainer: NodeDrainer, answers: Any, api_server: Any, spec: Any, schedulable: bool
) -> None:
    answers["GET", NODE] = (200, {"spec": spec})

    assert not drainer.set_schedulable("n-1", schedulable=schedulable)
    assert [request.method for request in api_server.requests] == ["GET"]


def test_a_node_that_is_gone_needs_no_cordon(drainer: NodeDrainer) -> None:
    assert not drainer.set_schedulable("n-1", schedulable=False)


def test_a_node_that_changed_meanwhile_is_read_again(drainer: NodeDrainer, answers: Any) -> None:
    answers["GET", NODE] = (200, {})
    answers["PUT", NODE] = [(409, {"message": "the object has been modified"}), (200, {})]

    assert drainer.set_schedulable("n-1", schedulable=False)


def test_a_node_that_always_changes_meanwhile_is_given_up(drainer: NodeDrainer, answers: Any, api_server: Any) -> None:
    answers["GET", NODE] = (200, {})
    answers["PUT", NODE] = (409, {"message": "the object has been modified"})
    with pytest.raises(ControlPlaneUnreachable, match="the object has been modified"):
        drainer.set_schedulable("n-1", schedulable=False)

    assert len(api_server.requests) == 20


def test_a_refused_cordon_is_told(drainer: NodeDrainer, answers: Any) -> None:
    answers["GET", NODE] = (200, {})
    answers["PUT", NODE] = (403, {"message": "nodes is forbidden"})
    with pytest.raises(AccessDenied, match="nodes is forbidden"):
        drainer.set_schedulable("n-1", schedulable=False)


def test_evicts_this_very_pod(drainer: NodeDrainer, answers: Any, api_server: Any) -> None:
    answers["POST", EVICTION] = (201, {"kind": "Status"})

    assert drainer.evict(POD) == ""
    assert api_server.requests[-1].body == {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"namespace": "dss", "name": "job"},
        "deleteOptions": {"preconditions": {"uid": "uid-1"}},
    }


@pytest.mark.parametrize("status", [404, 409])
def test_a_pod_that_is_gone_or_another_one_needs_no_eviction(drainer: NodeDrainer, answers: Any, status: int) -> None:
    answers["POST", EVICTION] = (status, {"message": "gone"})

    assert drainer.evict(POD) == ""


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_budget_or_a_busy_server_keeps_a_pod_for_now(drainer: NodeDrainer, answers: Any, status: int) -> None:
    answers["POST", EVICTION] = (status, {"message": BUDGET})

    assert drainer.evict(POD) == f"HTTP {status} {BUDGET}"


def test_a_refused_eviction_is_told(drainer: NodeDrainer, answers: Any) -> None:
    answers["POST", EVICTION] = (403, {"message": "pods/eviction is forbidden"})
    with pytest.raises(AccessDenied, match="pods/eviction is forbidden"):
        drainer.evict(POD)


def test_a_refused_or_unanswered_list_is_told(drainer: NodeDrainer, answers: Any) -> None:
    answers["GET", "/api/v1/nodes"] = (403, {"message": "nodes is forbidden"})
    answers["GET", "/api/v1/pods"] = (503, {"message": "starting"})
    with pytest.raises(AccessDenied):
        drainer.nodes()
    with pytest.raises(ControlPlaneUnreachable):
        drainer.pods()


def test_a_control_plane_that_blinks_is_asked_again_for_a_list(
    drainer: NodeDrainer, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "READ_PATIENCE_SECONDS", 5.0)
    answers["GET", "/api/v1/nodes"] = [(503, {}), (200, {"items": [{"metadata": {"name": "n"}}]})]
    (node,) = drainer.nodes()

    assert isinstance(node, WorkerNode)
