"""Creating, changing and deleting objects by the API's rules."""

from typing import Any

import pytest

from sandbox.copies import copied
from sandbox.kubernetes.embedded.deletion import Deletion
from sandbox.kubernetes.embedded.patches import MERGE_PATCH, STRATEGIC_PATCH
from sandbox.kubernetes.embedded.registry import Write
from sandbox.kubernetes.embedded.statuses import StatusError
from sandbox.kubernetes.embedded.store import Object
from tests.python.unit.sandbox.kubernetes.embedded.conftest import Cluster

CONFIG: Object = {"metadata": {"name": "c"}, "data": {"a": "1"}}


def refusal_of(error: pytest.ExceptionInfo[StatusError]) -> tuple[int, str]:
    return error.value.code, error.value.message


def test_fills_in_what_a_pod_leaves_out(cluster: Cluster, pod: Object) -> None:
    spec = cluster.create("v1", "pods", pod)["spec"]
    assert spec["restartPolicy"] == "Always"
    assert spec["serviceAccountName"] == "default"
    assert spec["containers"][0]["imagePullPolicy"] == "Always"
    assert spec["volumes"][0]["name"].startswith("kube-api-access-")
    assert [one["key"] for one in spec["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]


def test_tolerates_the_taint_of_gpus_that_a_pod_asks_for(cluster: Cluster, pod: Object) -> None:
    pod["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": 1}}
    created = cluster.create("v1", "pods", pod)
    assert {"key": "nvidia.com/gpu", "operator": "Exists"} in created["spec"]["tolerations"]
    assert created["spec"]["containers"][0]["resources"]["requests"] == {"nvidia.com/gpu": "1"}


def test_makes_quantities_canonical(cluster: Cluster, pod: Object) -> None:
    pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": 0.5, "memory": "1024Mi"}}
    created = cluster.create("v1", "pods", pod)
    assert created["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}


def test_makes_a_name_from_its_beginning(cluster: Cluster) -> None:
    name = cluster.create("v1", "configmaps", {"metadata": {"generateName": "c-"}})["metadata"]["name"]
    assert name.startswith("c-")
    assert len(name) == len("c-") + 5


def test_refuses_a_name_that_is_taken(cluster: Cluster) -> None:
    cluster.create("v1", "configmaps", CONFIG)
    with pytest.raises(StatusError) as error:
        cluster.create("v1", "configmaps", CONFIG)
    assert refusal_of(error) == (409, 'configmaps "c" already exists')


def test_refuses_a_namespace_that_is_not_there(cluster: Cluster) -> None:
    kind = cluster.kind("v1", "configmaps")
    with pytest.raises(StatusError, match='namespaces "nowhere" not found'):
        cluster.registry.create(kind, "nowhere", CONFIG, Write())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"containers": []}, "spec.containers: Required value"),
        ({"containers": [{"image": "i"}]}, "spec.containers[0].name: Required value"),
        ({"containers": [{"name": "A", "image": "i"}]}, 'spec.containers[0].name: Invalid value: "A"'),
        ({"restartPolicy": "Often"}, 'spec.restartPolicy: Unsupported value: "Often"'),
        (
            {"containers": [{"name": "a", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]},
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
    ],
)
def test_refuses_an_invalid_pod(cluster: Cluster, pod: Object, change: Object, message: str) -> None:
    pod["spec"] |= change
    with pytest.raises(StatusError) as error:
        cluster.create("v1", "pods", pod)
    assert error.value.code == 422
    assert message in error.value.message


def test_tells_unknown_fields_by_a_warning_or_refuses_them(cluster: Cluster, pod: Object) -> None:
    pod["spec"]["color"] = "red"
    kind = cluster.kind("v1", "pods")
    write = Write(field_validation="Warn", dry_run=True)
    cluster.registry.create(kind, "default", pod, write)
    assert write.warnings == ['unknown field "spec.color"']
    with pytest.raises(StatusError, match=r'strict decoding error: unknown field "spec\.color"'):
        cluster.registry.create(kind, "default", pod, Write(field_validation="Strict"))


def test_refuses_a_value_of_the_wrong_type(cluster: Cluster, deployment: Object) -> None:
    deployment["spec"]["replicas"] = "two"
    with pytest.raises(StatusError, match="json: cannot unmarshal string into Go struct field"):
        cluster.create("apps/v1", "deployments", deployment)


def test_refuses_a_selector_that_does_not_match_the_template(cluster: Cluster, deployment: Object) -> None:
    deployment["spec"]["selector"]["matchLabels"] = {"app": "other"}
    with pytest.raises(StatusError, match="`selector` does not match template `labels`"):
        cluster.create("apps/v1", "deployments", deployment)


def test_refuses_an_update_of_an_old_version(cluster: Cluster) -> None:
    old = cluster.create("v1", "configmaps", CONFIG)
    cluster.patch("v1", "configmaps", "c", {"data": {"a": "2"}}, MERGE_PATCH)
    with pytest.raises(StatusError, match="the object has been modified"):
        cluster.registry.update(cluster.kind("v1", "configmaps"), "default", "c", old, Write())


def test_counts_changes_of_the_spec_only(cluster: Cluster, deployment: Object) -> None:
    cluster.create("apps/v1", "deployments", deployment)
    labelled = cluster.patch("apps/v1", "deployments", "web", {"metadata": {"labels": {"a": "b"}}}, MERGE_PATCH)
    scaled = cluster.patch("apps/v1", "deployments", "web", {"spec": {"replicas": 3}}, STRATEGIC_PATCH)
    assert [one["metadata"]["generation"] for one in (labelled, scaled)] == [1, 2]


def test_keeps_status_and_spec_apart(cluster: Cluster, deployment: Object) -> None:
    cluster.create("apps/v1", "deployments", deployment)
    kind = cluster.kind("apps/v1", "deployments")
    patch = {"spec": {"replicas": 9}, "status": {"replicas": 9}}
    through_status = cluster.registry.patch(kind, "default", "web", patch, MERGE_PATCH, Write(), "status")
    assert (through_status["spec"]["replicas"], through_status["status"]["replicas"]) == (1, 9)
    through_spec = cluster.patch("apps/v1", "deployments", "web", {"status": {"replicas": 5}}, MERGE_PATCH)
    assert through_spec["status"]["replicas"] == 9


def test_a_patch_that_changes_nothing_keeps_the_version(cluster: Cluster) -> None:
    before = cluster.create("v1", "configmaps", CONFIG)
    assert cluster.patch("v1", "configmaps", "c", {"data": {"a": "1"}}, MERGE_PATCH, "other") == before


def test_refuses_to_change_what_is_immutable(cluster: Cluster, deployment: Object, pod: Object) -> None:
    cluster.create("apps/v1", "deployments", deployment)
    selector = {"spec": {"selector": {"matchLabels": {"app": "x"}}}}
    with pytest.raises(StatusError, match="field is immutable"):
        cluster.patch("apps/v1", "deployments", "web", selector, MERGE_PATCH)
    cluster.create("v1", "pods", pod)
    with pytest.raises(StatusError, match="pod updates may not change fields other than"):
        cluster.patch("v1", "pods", "p", {"spec": {"hostNetwork": True}}, MERGE_PATCH)


def test_keeps_nothing_of_a_dry_run(cluster: Cluster) -> None:
    kind = cluster.kind("v1", "configmaps")
    cluster.registry.create(kind, "default", CONFIG, Write(dry_run=True))
    with pytest.raises(StatusError, match="not found"):
        cluster.registry.get(kind, "default", "c")


def delete(cluster: Cluster, api_version: str, plural: str, name: str, **options: Any) -> bool:
    kind = cluster.kind(api_version, plural)
    return cluster.registry.delete(kind, cluster.home(kind), name, Deletion(**options)).gone


def test_waits_for_finalizers(cluster: Cluster) -> None:
    config = copied(CONFIG)
    config["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.create("v1", "configmaps", config)
    assert not delete(cluster, "v1", "configmaps", "c")
    kind = cluster.kind("v1", "configmaps")
    assert cluster.registry.get(kind, "default", "c")["metadata"]["deletionTimestamp"]
    cluster.patch("v1", "configmaps", "c", {"metadata": {"finalizers": None}}, MERGE_PATCH)
    assert cluster.store.get(kind.key, "default", "c") is None


def test_gives_a_running_pod_its_grace_period(cluster: Cluster, pod: Object) -> None:
    pod["spec"]["nodeName"] = "node"
    cluster.create("v1", "pods", pod)
    assert not delete(cluster, "v1", "pods", "p")
    assert delete(cluster, "v1", "pods", "p", grace_period_seconds=0)


def test_deletes_only_the_object_that_is_meant(cluster: Cluster) -> None:
    cluster.create("v1", "configmaps", CONFIG)
    with pytest.raises(StatusError, match="Precondition failed: UID in precondition: other"):
        delete(cluster, "v1", "configmaps", "c", uid="other")


def test_a_namespace_ends_when_it_is_finalized(cluster: Cluster) -> None:
    kind = cluster.kind("v1", "namespaces")
    cluster.create("v1", "namespaces", {"metadata": {"name": "n"}})
    assert not delete(cluster, "v1", "namespaces", "n")
    item = cluster.registry.get(kind, "", "n")
    assert item["status"]["phase"] == "Terminating"
    with pytest.raises(StatusError, match="because it is being terminated"):
        cluster.registry.create(cluster.kind("v1", "configmaps"), "n", CONFIG, Write())
    cluster.registry.update(kind, "", "n", {**item, "spec": {"finalizers": []}}, Write(), "finalize")
    assert cluster.store.get(kind.key, "", "n") is None


def test_keeps_the_namespaces_that_every_cluster_needs(cluster: Cluster) -> None:
    with pytest.raises(StatusError, match="this namespace may not be deleted"):
        delete(cluster, "v1", "namespaces", "default")


def test_gives_services_their_addresses(cluster: Cluster) -> None:
    service: Object = {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    first = cluster.create("v1", "services", service)
    second = cluster.create("v1", "services", {**service, "metadata": {"name": "t"}})
    addresses = {one["spec"]["clusterIP"] for one in (first, second)}
    ports = {one["spec"]["ports"][0]["nodePort"] for one in (first, second)}
    assert len(addresses) == len(ports) == 2
    assert min(ports) >= 30000
    patched = cluster.patch("v1", "services", "s", {"metadata": {"labels": {"a": "b"}}}, MERGE_PATCH)
    assert patched["spec"]["clusterIP"] == first["spec"]["clusterIP"]
