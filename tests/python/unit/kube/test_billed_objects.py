"""What of a cluster is billed outside of it, read from and deleted through an API server that answers as told."""

from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable
from gke_clusters.kube import billed_objects
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.billed_objects import BilledObjects, KubernetesObject, LoadBalancer, Volume

NOT_FOUND = (404, {"kind": "Status", "message": "the server could not find the requested resource"})
FORBIDDEN = (403, {"kind": "Status", "message": "services is forbidden"})
SERVICES, INGRESSES = "/api/v1/services", "/apis/networking.k8s.io/v1/ingresses"
CLAIMS, VOLUMES, PODS = "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes", "/api/v1/pods"
STATEFUL_SETS, GATEWAY_GROUP = "/apis/apps/v1/statefulsets", "/apis/gateway.networking.k8s.io"
WEB = KubernetesObject("Service", "default", "web", "u-1", "/api/v1/namespaces/default/services/web")


@pytest.fixture
def lists(api_server: Any) -> dict[str, Any]:
    """What the server answers by path: the items of a list, or a status and a document; else 404."""
    known: dict[str, Any] = {SERVICES: [], INGRESSES: []}

    def answer(request: Any) -> Any:
        found = known.get(request.path.partition("?")[0], NOT_FOUND)
        return found if isinstance(found, tuple) else (200, {"items": found})

    api_server.answer = answer
    return known


@pytest.fixture
def objects(api_server: Any, lists: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BilledObjects:
    monkeypatch.setattr(billed_objects, "LIST_PATIENCE_SECONDS", 0.0)
    return BilledObjects(KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config")))


def item(name: str, **parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default", "uid": "u-1"}, **parts}


class TestLoadBalancers:
    def test_are_the_services_of_that_type_with_their_addresses(
        self, objects: BilledObjects, lists: dict[str, Any]
    ) -> None:
        status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
        lists[SERVICES] = [
            item("web", spec={"type": "LoadBalancer"}, status=status),
            item("inner", spec={"type": "ClusterIP"}),
        ]
        assert objects.load_balancers() == (LoadBalancer(WEB, ("203.0.113.7",)),)

    def test_are_the_ingresses_also_before_they_have_an_address(
        self, objects: BilledObjects, lists: dict[str, Any]
    ) -> None:
        lists[INGRESSES] = [item("site", spec={}, status={"loadBalancer": {"ingress": [{"hostname": "x"}]}})]
        [found] = objects.load_balancers()
        assert str(found.object) == "Ingress default/site"
        assert found.object.path == "/apis/networking.k8s.io/v1/namespaces/default/ingresses/site"
        assert found.addresses == ()

    def test_are_the_gateways_in_the_version_that_the_cluster_prefers(
        self, objects: BilledObjects, lists: dict[str, Any]
    ) -> None:
        lists[GATEWAY_GROUP] = (200, {"preferredVersion": {"version": "v1beta1"}})
        lists[f"{GATEWAY_GROUP}/v1beta1/gateways"] = [item("gw", status={"addresses": [{"value": "203.0.113.9"}]})]
        [found] = objects.load_balancers()
        assert found.object.path == f"{GATEWAY_GROUP}/v1beta1/namespaces/default/gateways/gw"
        assert found.addresses == ("203.0.113.9",)

    def test_are_not_guessed_where_the_gateways_cannot_be_told(
        self, objects: BilledObjects, lists: dict[str, Any]
    ) -> None:
        lists[GATEWAY_GROUP] = FORBIDDEN
        with pytest.raises(AccessDenied):
            objects.load_balancers()

    def test_say_that_they_are_going(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        going = item("web", spec={"type": "LoadBalancer"})
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        lists[SERVICES] = [going]
        assert objects.load_balancers()[0].object.going

    def test_may_be_forbidden(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        lists[SERVICES] = FORBIDDEN
        with pytest.raises(AccessDenied) as caught:
            objects.load_balancers()
        assert "services is forbidden" in str(caught.value)

    def test_are_asked_for_again_where_the_control_plane_blinks(
        self, objects: BilledObjects, api_server: Any, lists: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(billed_objects, "LIST_PATIENCE_SECONDS", 5.0)
        answer = api_server.answer
        blinks: list[Any] = [(503, {})]
        api_server.answer = lambda request: blinks.pop() if blinks else answer(request)
        assert objects.load_balancers() == ()

    def test_of_a_server_that_is_down_are_unknown(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        lists[SERVICES] = (503, {})
        with pytest.raises(ControlPlaneUnreachable):
            objects.load_balancers()


class TestVolumes:
    def test_name_their_claim_and_their_disk(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        handle = "projects/p/zones/z/disks/pvc-1"
        spec = {
            "capacity": {"storage": "5Gi"},
            "claimRef": {"namespace": "default", "name": "data"},
            "csi": {"driver": "pd.csi.storage.gke.io", "volumeHandle": handle},
            "persistentVolumeReclaimPolicy": "Delete",
        }
        lists[VOLUMES] = [{"metadata": {"name": "pvc-1"}, "spec": spec}]
        [volume] = objects.volumes()
        assert volume == Volume("pvc-1", "default/data", "5Gi", False, "pd.csi.storage.gke.io", handle)
        assert volume.disk == "zones/z/disks/pvc-1"
        assert str(volume) == "PersistentVolume pvc-1 of default/data"

    def test_written_by_hand_may_name_their_disk_and_no_place(
        self, objects: BilledObjects, lists: dict[str, Any]
    ) -> None:
        csi = {"driver": "pd.csi.storage.gke.io", "volumeHandle": "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/mine"}
        lists[VOLUMES] = [{"metadata": {"name": "mine"}, "spec": {"csi": csi}}]
        assert objects.volumes()[0].disk == "mine"

    def test_of_before_the_driver_name_their_disk(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        lists[VOLUMES] = [{"metadata": {"name": "old"}, "spec": {"gcePersistentDisk": {"pdName": "old-disk"}}}]
        assert objects.volumes()[0].disk == "old-disk"
        assert str(objects.volumes()[0]) == "PersistentVolume old"

    def test_of_another_driver_have_no_disk(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        csi = {"driver": "filestore.csi.storage.gke.io", "volumeHandle": "modeInstance/z/pvc-2/vol1"}
        lists[VOLUMES] = [{"metadata": {"name": "pvc-2"}, "spec": {"csi": csi}}]
        assert objects.volumes()[0].disk == ""

    @pytest.mark.parametrize(("policy", "retained"), [("Delete", False), ("Retain", True), (None, True)])
    def test_go_with_their_claim_only_if_their_policy_says_so(
        self, objects: BilledObjects, lists: dict[str, Any], policy: str | None, retained: bool
    ) -> None:
        lists[VOLUMES] = [{"metadata": {"name": "v"}, "spec": {"persistentVolumeReclaimPolicy": policy}}]
        assert objects.volumes()[0].retained is retained


class TestClaims:
    def test_are_listed_over_all_namespaces(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        lists[CLAIMS] = [item("data")]
        assert [str(claim) for claim in objects.claims()] == ["PersistentVolumeClaim default/data"]

    def test_are_made_by_stateful_sets_and_used_by_the_pods_that_mount_them(
        self, objects: BilledObjects, lists: dict[str, Any]
    ) -> None:
        lists[STATEFUL_SETS] = [item("db", spec={"volumeClaimTemplates": [{}]}), item("stateless", spec={})]
        lists[PODS] = [
            item("db-0", spec={"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}),
            item("scratch", spec={"volumes": [{"emptyDir": {}}, {"ephemeral": {}}]}),
            item("web", spec={"volumes": [{"emptyDir": {}}]}),
            item("bare", spec={}),
        ]
        assert [str(maker) for maker in objects.makers_of_claims()] == ["StatefulSet default/db"]
        assert [str(user) for user in objects.users_of_claims()] == ["Pod default/db-0", "Pod default/scratch"]


class TestDelete:
    def test_names_the_very_object(self, objects: BilledObjects, api_server: Any, lists: dict[str, Any]) -> None:
        lists[WEB.path] = (200, {})
        objects.delete(WEB)
        [request] = api_server.requests
        assert (request.method, request.path) == ("DELETE", WEB.path)
        assert request.body["preconditions"] == {"uid": "u-1"}

    @pytest.mark.parametrize("status", [404, 409])
    def test_is_done_where_it_is_gone_or_replaced(
        self, objects: BilledObjects, lists: dict[str, Any], status: int
    ) -> None:
        lists[WEB.path] = (status, {})
        objects.delete(WEB)

    def test_may_be_forbidden(self, objects: BilledObjects, lists: dict[str, Any]) -> None:
        lists[WEB.path] = FORBIDDEN
        with pytest.raises(AccessDenied):
            objects.delete(WEB)
