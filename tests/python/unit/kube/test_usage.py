"""What nodes have and pods ask for, summed up page by page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.usage import Amounts, NodeTally, PodTally, requested_by, tally_nodes, tally_pods

GIB = 2**30


def node(name: str, zone: str = "z-a", pool: str = "cpu", **status: Any) -> dict[str, Any]:
    labels = {"cloud.google.com/gke-nodepool": pool, "topology.kubernetes.io/zone": zone}
    ready = [{"type": "Ready", "status": "True"}]
    known = {"conditions": ready, "nodeInfo": {"kubeletVersion": "v1.33.5"}} | status
    return {"metadata": {"name": name, "labels": labels}, "spec": {}, "status": known}


def container(cpu: str, **parts: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}, **parts}


class TestRequests:
    def test_containers_are_added(self) -> None:
        spec = {"containers": [container("500m"), container("1"), {"name": "asks nothing"}]}
        assert requested_by(spec) == Amounts(cpu=1.5)

    def test_a_limit_is_asked_for_where_nothing_else_is(self) -> None:
        resources = {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi", "nvidia.com/gpu": "2"}}
        assert requested_by({"containers": [{"resources": resources}]}) == Amounts(memory=GIB, gpus=2)

    def test_an_init_container_counts_if_it_asks_for_more(self) -> None:
        spec = {"containers": [container("1")], "initContainers": [container("3"), container("2")]}
        assert requested_by(spec).cpu == 3
        assert requested_by({**spec, "containers": [container("4")]}).cpu == 4

    def test_a_sidecar_stays_beside_the_containers_and_those_that_begin_after_it(self) -> None:
        sidecar = container("1", restartPolicy="Always")
        assert requested_by({"containers": [container("2")], "initContainers": [sidecar]}).cpu == 3
        later = {"containers": [container("1")], "initContainers": [sidecar, container("3")]}
        earlier = {"containers": [container("1")], "initContainers": [container("3"), sidecar]}
        assert (requested_by(later).cpu, requested_by(earlier).cpu) == (4, 3)

    def test_what_the_pod_asks_for_as_a_whole_wins_and_its_overhead_is_added(self) -> None:
        spec = {
            "containers": [container("2", resources={"requests": {"cpu": "2", "memory": "1Gi"}})],
            "resources": {"requests": {"cpu": "1"}},
            "overhead": {"cpu": "250m"},
        }
        assert requested_by(spec) == Amounts(cpu=1.25, memory=GIB)
        whole = {"containers": [container("2")], "resources": {"requests": {"memory": "4Gi"}}}
        assert requested_by(whole) == Amounts(cpu=2, memory=4 * GIB)

    def test_what_is_no_quantity_counts_as_nothing(self) -> None:
        assert requested_by({"containers": [container("much"), "no container"]}) == Amounts()


class TestTallies:
    def test_nodes_are_counted_by_pool_and_zone(self) -> None:
        tally = NodeTally()
        tally.add([node("n-1", allocatable={"cpu": "3920m", "memory": "1Gi"}), node("n-2", "z-b")])
        tally.add([node("n-3", allocatable={"cpu": "1", "nvidia.com/gpu": "2"}, conditions=[])])

        group = tally.groups["cpu", "z-a"]
        assert (group.nodes, group.ready, group.versions) == (2, 1, {"v1.33.5": 2})
        assert group.allocatable == Amounts(cpu=4.92, memory=GIB, gpus=2)
        assert tally.places == {"n-1": ("cpu", "z-a"), "n-2": ("cpu", "z-b"), "n-3": ("cpu", "z-a")}
        assert [state.name for state in tally.unwell] == ["n-3"]

    def test_a_node_that_tells_nothing_is_of_no_pool(self) -> None:
        tally = NodeTally()
        tally.add([{"metadata": {"name": "n"}}])
        assert tally.groups["", ""].nodes == 1

    def test_pods_are_counted_by_node_and_those_without_by_the_pool_that_they_name(self) -> None:
        selector = {"cloud.google.com/gke-nodepool": "gpu"}
        tally = PodTally()
        tally.add(
            [
                {"spec": {"nodeName": "n-1", "containers": [container("1")]}},
                {"spec": {"nodeName": "n-1", "containers": [container("2")]}},
                {"spec": {"nodeSelector": selector}},
                {"spec": {}},
            ]
        )
        assert (tally.pods, dict(tally.requested)) == ({"n-1": 2}, {"n-1": Amounts(cpu=3)})
        assert tally.waiting == {"gpu": 1, "": 1}

    @pytest.mark.parametrize(
        ("reason", "found"), [("ImagePullBackOff", ["spark"]), ("ErrImagePull", ["spark"]), ("ContainerCreating", [])]
    )
    def test_pods_without_their_image_are_kept_by_node(self, reason: str, found: list[str]) -> None:
        waiting = {"state": {"waiting": {"reason": reason, "message": "403 Forbidden"}}}
        status = {"phase": "Pending", "containerStatuses": [waiting]}
        tally = PodTally()
        tally.add([{"metadata": {"name": "spark"}, "spec": {"nodeName": "n-1"}, "status": status}])
        assert [pod.name for pod in tally.without_image["n-1"]] == found


class TestCalls:
    @pytest.fixture
    def api(self, api_server: Any, tmp_path: Path) -> KubernetesApi:
        return KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))

    def test_asks_for_nodes_of_the_pool_and_for_pods_that_hold_room(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (200, {"items": []})
        tally_nodes(api)
        tally_nodes(api, "cpu")
        tally_pods(api)

        first, second, third = (request.path for request in api_server.requests)
        assert "Selector" not in first
        assert "labelSelector=cloud.google.com%2Fgke-nodepool%3Dcpu" in second
        assert "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed" in third

    @pytest.mark.parametrize("tally", [tally_nodes, tally_pods])
    def test_a_refusal_is_explained(self, tally: Any, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (403, {"kind": "Status", "message": "forbidden: no"})
        with pytest.raises(AccessDenied, match="forbidden: no"):
            tally(api)
