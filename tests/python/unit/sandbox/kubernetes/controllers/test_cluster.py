"""What a cluster does by itself, seen from outside: objects go in, and what must follow is waited for."""

import pytest

from sandbox.kubernetes.client import ApiError, Object, Resource
from sandbox.kubernetes.control_plane import Taint
from sandbox.kubernetes.controllers.kinds import (
    CONFIG_MAPS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    EVENTS,
    JOBS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    STATEFUL_SETS,
    STORAGE_CLASSES,
)
from tests.python.unit.sandbox.kubernetes.controllers.clusters import Cluster, in_cluster, node


def _template(**labels: str) -> Object:
    return {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}


def _deployment(replicas: int, image: str = "i") -> Object:
    template = _template(app="web")
    template["spec"]["containers"][0]["image"] = image
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"metadata": {"name": "web"}, "spec": spec}


def _pod(name: str = "p", **spec: object) -> Object:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def _claim() -> Object:
    spec = {
        "storageClassName": "standard-rwo",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
    }
    return {"metadata": {"name": "data"}, "spec": spec}


def _names(items: list[Object]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


def _running(pod: Object) -> bool:
    return bool(pod["status"].get("phase") == "Running")


async def _gone(cluster: Cluster, resource: Resource, name: str) -> None:
    await cluster.until(resource, lambda items: name not in _names(items))


def test_a_new_cluster_has_accounts_storage_classes_and_dns() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.until(SERVICE_ACCOUNTS, lambda items: _names(items).count("default") == 4)
        await cluster.until(CONFIG_MAPS, lambda items: _names(items).count("kube-root-ca.crt") == 4)
        classes = (await cluster.client.list(STORAGE_CLASSES)).items
        assert _names(classes) == ["premium-rwo", "standard", "standard-rwo"]
        await cluster.one(
            DEPLOYMENTS, "kube-dns", lambda item: item["status"].get("availableReplicas") == 1, "kube-system"
        )

    in_cluster(story)


def test_nodes_follow_what_gke_has() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.controllers.set_nodes(
            [node(1), node(2, labels={"x": "y"}, taints=[Taint("a", "b", "NoSchedule")])]
        )
        nodes = {item["metadata"]["name"]: item for item in (await cluster.client.list(NODES)).items}
        assert nodes.keys() == {"node-1", "node-2"}
        assert nodes["node-2"]["metadata"]["labels"]["x"] == "y"
        assert nodes["node-2"]["spec"]["taints"] == [{"key": "a", "value": "b", "effect": "NoSchedule"}]
        ready = next(one for one in nodes["node-1"]["status"]["conditions"] if one["type"] == "Ready")
        assert ready["status"] == "True"

    in_cluster(story, nodes=2)


def test_a_changed_node_keeps_what_its_users_set() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.client.patch(NODES, "node-0", {"metadata": {"labels": {"mine": "yes"}}})
        await cluster.controllers.set_nodes([node(0, labels={"new": "label"}, version="1.34.1-gke.1")])
        changed = await cluster.client.get(NODES, "node-0")
        assert changed["metadata"]["labels"]["mine"] == "yes"
        assert changed["metadata"]["labels"]["new"] == "label"
        assert "cloud.google.com/gke-nodepool" not in changed["metadata"]["labels"]
        assert changed["status"]["nodeInfo"]["kubeletVersion"] == "v1.34.1-gke.1"

    in_cluster(story)


def test_a_node_that_a_user_deletes_registers_again() -> None:
    async def story(cluster: Cluster) -> None:
        before = (await cluster.client.get(NODES, "node-0"))["metadata"]["uid"]
        await cluster.client.delete(NODES, "node-0")
        await cluster.one(NODES, "node-0", lambda item: bool(item["metadata"]["uid"] != before))

    in_cluster(story)


def test_pods_of_a_node_that_goes_go_with_it() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", _running)
        await cluster.controllers.set_nodes([])
        await _gone(cluster, PODS, "p")

    in_cluster(story)


def test_a_pod_reaches_running_with_an_address_of_its_node() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        pod = await cluster.one(PODS, "p", _running)
        assert pod["spec"]["nodeName"] == "node-0"
        assert pod["status"]["podIP"].startswith("10.4.0.")
        assert pod["status"]["hostIP"] == "10.128.0.2"
        assert pod["status"]["containerStatuses"][0]["ready"] is True
        events = await cluster.until(EVENTS, lambda items: any(one["reason"] == "Started" for one in items), "default")
        assert {"Scheduled", "Pulled", "Created"} <= {one["reason"] for one in events}

    in_cluster(story)


def test_no_two_pods_of_a_node_share_an_address() -> None:
    async def story(cluster: Cluster) -> None:
        for number in range(5):
            await cluster.create(PODS, _pod(f"p{number}"))
        pods = await cluster.until(PODS, lambda items: len(items) == 5 and all(map(_running, items)), "default")
        assert len({pod["status"]["podIP"] for pod in pods}) == 5

    in_cluster(story)


def test_a_pod_that_fits_nowhere_says_why_and_runs_once_a_node_comes() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod(nodeSelector={"gpu": "yes"}))
        pod = await cluster.one(PODS, "p", lambda item: bool(item["status"].get("conditions")))
        condition = pod["status"]["conditions"][0]
        assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
        assert condition["message"].startswith("0/1 nodes are available: 1 node(s) didn't match")
        await cluster.until(EVENTS, lambda items: any(one["reason"] == "FailedScheduling" for one in items), "default")
        await cluster.controllers.set_nodes([node(0), node(1, labels={"gpu": "yes"})])
        await cluster.one(PODS, "p", _running)

    in_cluster(story)


def test_a_deleted_pod_goes_without_waiting_for_its_grace() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", _running)
        await cluster.client.delete(PODS, "p", "default")
        await _gone(cluster, PODS, "p")

    in_cluster(story)


def test_a_deployment_reaches_its_replicas_and_rolls_to_a_new_template() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(3))
        await cluster.one(DEPLOYMENTS, "web", lambda item: item["status"].get("availableReplicas") == 3)
        template = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "new"}]}}}}
        await cluster.client.patch(DEPLOYMENTS, "web", template, "default")
        pods = await cluster.until(
            PODS,
            lambda items: (
                [one["spec"]["containers"][0]["image"] for one in items] == ["new"] * 3 and all(map(_running, items))
            ),
            "default",
        )
        assert {pod["metadata"]["ownerReferences"][0]["kind"] for pod in pods} == {"ReplicaSet"}
        sets = (await cluster.client.list(REPLICA_SETS, "default")).items
        revisions = {one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: one for one in sets}
        assert {revision: one["spec"]["replicas"] for revision, one in revisions.items()} == {"1": 0, "2": 3}

    in_cluster(story)


def test_a_rolling_update_never_has_fewer_available_pods_than_allowed() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(4))
        await cluster.one(DEPLOYMENTS, "web", lambda item: item["status"].get("availableReplicas") == 4)
        template = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "new"}]}}}}
        await cluster.client.patch(DEPLOYMENTS, "web", template, "default")
        seen: list[int] = []

        def complete(item: Object) -> bool:
            seen.append(item["status"].get("availableReplicas", 0))
            status = item["status"]
            return bool(status.get("updatedReplicas") == 4 == status.get("availableReplicas") == status["replicas"])

        await cluster.one(DEPLOYMENTS, "web", complete)
        assert min(seen) >= 3

    in_cluster(story)


def test_scaling_down_deletes_the_surplus() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(3))
        await cluster.until(PODS, lambda items: sum(map(_running, items)) == 3, "default")
        await cluster.client.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 1}}, "default")
        await cluster.until(PODS, lambda items: len(items) == 1, "default")

    in_cluster(story)


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
def test_what_a_deployment_owns_goes_with_it(policy: str) -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(2))
        await cluster.until(PODS, lambda items: sum(map(_running, items)) == 2, "default")
        await cluster.client.delete(DEPLOYMENTS, "web", "default", propagation_policy=policy)  # type: ignore[arg-type]  # parametrize gives a plain str
        await cluster.until(PODS, lambda items: not items, "default")
        await cluster.until(REPLICA_SETS, lambda items: not items, "default")
        await _gone(cluster, DEPLOYMENTS, "web")

    in_cluster(story)


def test_orphans_outlive_their_owner() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(1))
        await cluster.until(PODS, lambda items: sum(map(_running, items)) == 1, "default")
        await cluster.client.delete(DEPLOYMENTS, "web", "default", propagation_policy="Orphan")
        await _gone(cluster, DEPLOYMENTS, "web")
        left = (await cluster.client.list(REPLICA_SETS, "default")).items
        assert [one["metadata"].get("ownerReferences") for one in left] == [None]
        assert len((await cluster.client.list(PODS, "default")).items) == 1

    in_cluster(story)


def test_an_object_whose_owner_never_existed_is_collected() -> None:
    async def story(cluster: Cluster) -> None:
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "nobody", "uid": "no-such-uid"}
        await cluster.create(CONFIG_MAPS, {"metadata": {"name": "orphan", "ownerReferences": [owner]}})
        await _gone(cluster, CONFIG_MAPS, "orphan")

    in_cluster(story)


def test_a_daemon_set_has_a_pod_on_each_node_that_takes_it() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.controllers.set_nodes([node(0), node(1), node(2, taints=[Taint("a", "b", "NoSchedule")])])
        spec = {"selector": {"matchLabels": {"app": "agent"}}, "template": _template(app="agent")}
        await cluster.create(DAEMON_SETS, {"metadata": {"name": "agent"}, "spec": spec})
        pods = await cluster.until(PODS, lambda items: sum(map(_running, items)) == 2, "default")
        assert {pod["spec"]["nodeName"] for pod in pods} == {"node-0", "node-1"}
        await cluster.one(DAEMON_SETS, "agent", lambda item: item["status"].get("numberReady") == 2)
        await cluster.controllers.set_nodes([node(0)])
        await cluster.until(PODS, lambda items: len(items) == 1, "default")

    in_cluster(story)


def test_a_stateful_set_makes_its_pods_in_order_each_with_its_claim() -> None:
    async def story(cluster: Cluster) -> None:
        claim = {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
        template = _template(app="db")
        spec = {
            "replicas": 2,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": template,
            "volumeClaimTemplates": [claim],
        }
        await cluster.create(STATEFUL_SETS, {"metadata": {"name": "db"}, "spec": spec})
        pods = await cluster.until(PODS, lambda items: sum(map(_running, items)) == 2, "default")
        assert _names(pods) == ["db-0", "db-1"]
        claims = (await cluster.client.list(PERSISTENT_VOLUME_CLAIMS, "default")).items
        assert _names(claims) == ["data-db-0", "data-db-1"]

    in_cluster(story)


def test_a_job_starts_as_many_pods_as_may_run_at_once_and_ends_with_them() -> None:
    async def story(cluster: Cluster) -> None:
        template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
        await cluster.create(
            JOBS, {"metadata": {"name": "j"}, "spec": {"completions": 2, "parallelism": 2, "template": template}}
        )
        pods = await cluster.until(PODS, lambda items: sum(map(_running, items)) == 2, "default")
        for pod in pods:
            await cluster.client.patch(
                PODS, pod["metadata"]["name"], {"status": {"phase": "Succeeded"}}, "default", "status"
            )
        job = await cluster.one(JOBS, "j", lambda item: item["status"].get("succeeded") == 2)
        assert job["status"]["conditions"][0]["type"] == "Complete"

    in_cluster(story)


def test_a_service_has_the_addresses_of_its_ready_pods() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(2))
        spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
        await cluster.create(SERVICES, {"metadata": {"name": "web"}, "spec": spec})
        endpoints = await cluster.one(
            ENDPOINTS, "web", lambda item: any(len(one.get("addresses", ())) == 2 for one in item.get("subsets") or ())
        )
        assert endpoints["subsets"][0]["ports"] == [{"port": 8080, "protocol": "TCP"}]
        await cluster.client.delete(SERVICES, "web", "default")
        await _gone(cluster, ENDPOINTS, "web")

    in_cluster(story)


def test_a_service_has_a_slice_of_its_endpoints() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(DEPLOYMENTS, _deployment(2))
        await cluster.create(
            SERVICES, {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
        )
        [found] = await cluster.until(
            ENDPOINT_SLICES,
            lambda items: (
                [sum(one["conditions"]["ready"] for one in item.get("endpoints") or ()) for item in items] == [2]
            ),
            "default",
        )
        assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
        assert {one["zone"] for one in found["endpoints"]} == {"us-central1-a"}
        await cluster.client.delete(SERVICES, "web", "default")
        await cluster.until(ENDPOINT_SLICES, lambda items: not items, "default")

    in_cluster(story)


def test_a_load_balancer_gets_an_address_and_cleans_up_before_it_goes() -> None:
    async def story(cluster: Cluster) -> None:
        spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
        await cluster.create(SERVICES, {"metadata": {"name": "web"}, "spec": spec})
        service = await cluster.one(SERVICES, "web", lambda item: bool(item["status"].get("loadBalancer")))
        assert service["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("203.0.113.")
        assert service["metadata"]["finalizers"] == ["service.kubernetes.io/load-balancer-cleanup"]
        (made,) = cluster.provisioned.balancers("p")
        assert made.balancer.name == "a" + service["metadata"]["uid"].replace("-", "")[:31]
        assert (made.balancer.service, made.balancer.ports) == ("default/web", (("TCP", 80),))
        await cluster.client.delete(SERVICES, "web", "default")
        going = await cluster.one(SERVICES, "web", lambda item: "deletionTimestamp" in item["metadata"])
        assert "service.kubernetes.io/load-balancer-cleanup" in going["metadata"]["finalizers"]
        assert len(list(cluster.provisioned.balancers("p"))) == 1
        await _gone(cluster, SERVICES, "web")
        assert list(cluster.provisioned.balancers("p")) == []

    in_cluster(story)


def test_an_internal_load_balancer_has_an_address_of_the_network() -> None:
    async def story(cluster: Cluster) -> None:
        metadata = {"name": "web", "annotations": {"networking.gke.io/load-balancer-type": "Internal"}}
        spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
        await cluster.create(SERVICES, {"metadata": metadata, "spec": spec})
        service = await cluster.one(SERVICES, "web", lambda item: bool(item["status"].get("loadBalancer")))
        (made,) = cluster.provisioned.balancers("p")
        assert made.balancer.internal
        assert service["status"]["loadBalancer"]["ingress"] == [{"ip": made.balancer.address}]
        assert made.balancer.address.startswith("10.")

    in_cluster(story)


def test_a_service_that_is_no_load_balancer_any_more_loses_it() -> None:
    async def story(cluster: Cluster) -> None:
        spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
        await cluster.create(SERVICES, {"metadata": {"name": "web"}, "spec": spec})
        await cluster.one(SERVICES, "web", lambda item: bool(item["status"].get("loadBalancer")))
        await cluster.client.patch(SERVICES, "web", {"spec": {"type": "ClusterIP"}}, "default")
        service = await cluster.one(SERVICES, "web", lambda item: not item["status"].get("loadBalancer"))
        assert not service["metadata"].get("finalizers")
        assert list(cluster.provisioned.balancers("p")) == []

    in_cluster(story)


def test_a_claim_waits_for_a_pod_and_its_volume_goes_with_it() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PERSISTENT_VOLUME_CLAIMS, _claim())
        volume = {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}
        await cluster.create(PODS, _pod(volumes=[volume]))
        claim = await cluster.one(PERSISTENT_VOLUME_CLAIMS, "data", lambda item: item["status"].get("phase") == "Bound")
        assert claim["status"]["capacity"] == {"storage": "5Gi"}
        (made,) = cluster.provisioned.disks("p")
        assert made.disk.name == f"pvc-{claim['metadata']['uid']}" == claim["spec"]["volumeName"]
        assert (made.disk.size_gb, made.disk.kind, made.disk.claim) == (5, "pd-balanced", "data")
        await cluster.client.delete(PODS, "p", "default")
        await cluster.client.delete(PERSISTENT_VOLUME_CLAIMS, "data", "default")
        await _gone(cluster, PERSISTENT_VOLUME_CLAIMS, "data")
        await cluster.until(PERSISTENT_VOLUMES, lambda items: [one["status"]["phase"] for one in items] == ["Released"])
        await cluster.until(PERSISTENT_VOLUMES, lambda items: not items)
        assert list(cluster.provisioned.disks("p")) == []

    in_cluster(story)


def test_a_claim_that_is_being_deleted_goes_although_a_deployment_asks_for_it_again() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PERSISTENT_VOLUME_CLAIMS, _claim())
        deployment = _deployment(1)
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        deployment["spec"]["template"]["spec"]["volumes"] = volumes
        await cluster.create(DEPLOYMENTS, deployment)
        pods = await cluster.until(PODS, lambda items: any(map(_running, items)), "default")
        await cluster.client.delete(PERSISTENT_VOLUME_CLAIMS, "data", "default")
        await cluster.client.delete(PODS, pods[0]["metadata"]["name"], "default")
        await _gone(cluster, PERSISTENT_VOLUME_CLAIMS, "data")

    in_cluster(story)


def test_a_pod_with_a_claim_that_is_not_there_says_so() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(PODS, _pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]))
        pod = await cluster.one(PODS, "p", lambda item: bool(item["status"].get("conditions")))
        assert 'persistentvolumeclaim "none" not found' in pod["status"]["conditions"][0]["message"]

    in_cluster(story)


def test_a_namespace_ends_with_all_that_it_holds() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(NAMESPACES, {"metadata": {"name": "n"}})
        await cluster.until(SERVICE_ACCOUNTS, lambda items: "default" in _names(items), "n")
        await cluster.create(DEPLOYMENTS, _deployment(2), "n")
        await cluster.until(PODS, lambda items: sum(map(_running, items)) == 2, "n")
        await cluster.client.delete(NAMESPACES, "n")
        await _gone(cluster, NAMESPACES, "n")
        for resource in (DEPLOYMENTS, REPLICA_SETS, PODS, CONFIG_MAPS, SERVICE_ACCOUNTS):
            assert (await cluster.client.list(resource, "n")).items == []

    in_cluster(story)


def test_the_default_account_of_a_namespace_comes_back() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.until(SERVICE_ACCOUNTS, lambda items: "default" in _names(items), "default")
        before = await cluster.client.get(SERVICE_ACCOUNTS, "default", "default")
        await cluster.client.delete(SERVICE_ACCOUNTS, "default", "default")
        await cluster.one(
            SERVICE_ACCOUNTS, "default", lambda item: item["metadata"]["uid"] != before["metadata"]["uid"]
        )

    in_cluster(story)


def test_stopped_controllers_do_nothing_more() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.controllers.stop()
        await cluster.controllers.stop()
        await cluster.create(PODS, _pod())
        pod = await cluster.client.get(PODS, "p", "default")
        assert "nodeName" not in pod["spec"]
        with pytest.raises(ApiError, match="not found"):
            await cluster.client.get(PODS, "other", "default")

    in_cluster(story)
