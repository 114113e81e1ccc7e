"""The life cycles of clusters, node pools and operations."""

from datetime import datetime
from typing import Any

import pytest

from sandbox.kubernetes.control_plane import Exposure

POOL = {"name": "cpu", "initialNodeCount": 2}


@pytest.fixture(scope="module")
def shared(gke) -> dict[str, Any]:
    """A zonal cluster that tests may look at and start small changes on."""
    return gke.create("shared", nodePools=[POOL])


def test_a_new_cluster_is_provisioning_without_an_endpoint(gke, new_name) -> None:
    name = new_name()
    with gke.time_stopped():
        operation = gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "initialNodeCount": 1}})
        seen = gke.get(f"{gke.zone}/clusters/{name}")

    assert operation["status"] == "RUNNING"
    assert seen["status"] == "PROVISIONING"
    assert seen["nodePools"][0]["status"] == "PROVISIONING"
    assert "endpoint" not in seen
    assert "clusterCaCertificate" not in seen["masterAuth"]


def test_a_created_cluster_runs_with_the_addresses_of_its_control_plane(gke, shared) -> None:
    assert shared["status"] == "RUNNING"
    assert shared["endpoint"] == "127.0.0.1:40001"
    assert shared["privateClusterConfig"]["privateEndpoint"] == "127.0.0.1:40002"
    assert shared["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"] == "localhost:40003"
    assert shared["masterAuth"]["clusterCaCertificate"] == "YSBjZXJ0aWZpY2F0ZQ=="
    assert shared["currentNodeCount"] == 2


def test_an_operation_is_named_by_time_and_linked_by_project_number(gke, new_name) -> None:
    operation = gke.begin("POST", f"{gke.region}/clusters", {"cluster": {"name": "linked", "initialNodeCount": 1}})

    kind, milliseconds, *uuid = operation["name"].split("-")
    assert kind == "operation"
    assert len(milliseconds) == 13
    assert len("-".join(uuid)) == 36
    base = "https://container.googleapis.com/v1/projects/123456789012/locations/europe-west1"
    assert operation["selfLink"] == f"{base}/operations/{operation['name']}"
    assert operation["targetLink"] == f"{base}/clusters/linked"
    assert operation["zone"] == "europe-west1"


def test_a_finished_creation_has_the_metrics_of_the_real_one(gke, new_name) -> None:
    done = gke.do("POST", f"{gke.zone}/clusters", {"cluster": {"name": new_name(), "initialNodeCount": 1}})

    assert [(each["name"], each["intValue"]) for each in done["progress"]["metrics"]] == [
        ("CLUSTER_CONFIGURING", "8"),
        ("CLUSTER_CONFIGURING_TOTAL", "8"),
        ("CLUSTER_DEPLOYING", "12"),
        ("CLUSTER_DEPLOYING_TOTAL", "12"),
        ("CLUSTER_HEALTHCHECKING", "1"),
        ("CLUSTER_HEALTHCHECKING_TOTAL", "2"),
    ]
    assert done["endTime"] > done["startTime"]


def test_a_taken_name_is_refused_as_existing(gke, shared) -> None:
    status, answer = gke.call("POST", f"{gke.zone}/clusters", {"cluster": {"name": "shared", "initialNodeCount": 1}})

    assert status == 409
    assert answer["error"]["status"] == "ALREADY_EXISTS"
    assert answer["error"]["message"] == "Already exists: projects/p/zones/us-central1-a/clusters/shared."


def test_the_same_name_is_free_in_another_location(gke, shared) -> None:
    assert gke.create("shared", gke.region)["location"] == "europe-west1"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/clusters/absent", "Not found: projects/p/zones/us-central1-a/clusters/absent."),
        ("/clusters/shared/nodePools/absent", 'Not found: node pool "absent" not found.'),
        ("/operations/absent", "Not found: projects/p/zones/us-central1-a/operations/absent."),
    ],
)
def test_what_is_missing_is_not_found(gke, shared, path: str, message: str) -> None:
    status, answer = gke.call("GET", gke.zone + path)

    assert status == 404
    assert answer["error"]["message"] == message
    assert answer["error"]["errors"] == [{"domain": "global", "reason": "notFound", "message": message}]


def test_a_cluster_being_created_refuses_its_deletion_by_naming_the_operation(gke, new_name) -> None:
    name = new_name()
    with gke.time_stopped():
        operation = gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "initialNodeCount": 1}})
        status, answer = gke.call("DELETE", f"{gke.zone}/clusters/{name}")

    assert status == 400
    assert answer["error"]["status"] == "FAILED_PRECONDITION"
    assert answer["error"]["errors"][0]["reason"] == "failedPrecondition"
    assert answer["error"]["message"] == (
        f"Operation {operation['name']} is currently creating cluster {name}. "
        "Please wait and try again once it is done."
    )


def test_a_resized_cluster_refuses_others_as_incompatible(gke, new_name) -> None:
    name = new_name()
    gke.create(name, nodePools=[POOL])
    path = f"{gke.zone}/clusters/{name}"
    with gke.time_stopped():
        operation = gke.begin("POST", f"{path}/nodePools/cpu:setSize", {"nodeCount": 3})
        message = gke.error("DELETE", path)

    assert message == f"Cluster is running incompatible operation {operation['name']}."


def test_a_cluster_being_deleted_is_stopping_and_refuses_a_second_deletion(gke, new_name) -> None:
    name = new_name()
    gke.create(name)
    path = f"{gke.zone}/clusters/{name}"
    with gke.time_stopped():
        operation = gke.begin("DELETE", path)

        assert gke.get(path)["status"] == "STOPPING"
        assert f"Operation {operation['name']} is currently deleting cluster {name}." in gke.error("DELETE", path)


def test_a_deleted_cluster_is_gone_with_its_control_plane_and_its_operations_remain(gke, new_name) -> None:
    name = new_name()
    gke.create(name)
    path = f"{gke.zone}/clusters/{name}"
    done = gke.do("DELETE", path)

    assert gke.call("GET", path)[0] == 404
    assert gke.planes.by_name[name].stopped
    assert name not in [cluster["name"] for cluster in gke.service.truth()]
    listed = gke.get("/v1/projects/p/locations/-/operations")["operations"]
    assert done in listed


def test_a_cluster_is_reconciling_while_it_changes(gke, new_name) -> None:
    name = new_name()
    gke.create(name)
    path = f"{gke.zone}/clusters/{name}"
    with gke.time_stopped():
        operation = gke.begin("PUT", path, {"update": {"desiredMasterVersion": "1.35"}})
        assert gke.get(path)["status"] == "RECONCILING"

    assert operation["operationType"] == "UPGRADE_MASTER"
    gke.wait(operation)
    assert gke.get(path)["status"] == "RUNNING"
    assert gke.get(path)["currentMasterVersion"].startswith("1.35.")
    assert gke.planes.by_name[name].version.startswith("1.35.")


def test_a_node_pool_comes_with_nodes_and_goes_with_them(gke, new_name) -> None:
    name = new_name()
    gke.create(name, nodePools=[POOL])
    path = f"{gke.zone}/clusters/{name}"

    done = gke.do("POST", f"{path}/nodePools", {"nodePool": {"name": "more", "initialNodeCount": 3}})
    assert done["operationType"] == "CREATE_NODE_POOL"
    assert done["targetLink"].endswith(f"/clusters/{name}/nodePools/more")
    assert gke.get(f"{path}/nodePools/more")["status"] == "RUNNING"
    assert [node.pool for node in gke.planes.by_name[name].nodes] == ["cpu", "cpu", "more", "more", "more"]

    gke.do("POST", f"{path}/nodePools/more:setSize", {"nodeCount": 0})
    assert gke.get(path)["currentNodeCount"] == 2

    gke.do("DELETE", f"{path}/nodePools/more")
    assert [pool["name"] for pool in gke.get(f"{path}/nodePools")["nodePools"]] == ["cpu"]


def test_a_node_pool_name_cannot_be_used_twice(gke, shared) -> None:
    status, answer = gke.call("POST", f"{gke.zone}/clusters/shared/nodePools", {"nodePool": POOL})

    assert status == 409
    assert answer["error"]["message"].endswith("/clusters/shared/nodePools/cpu.")


def test_only_upgrades_of_nodes_can_be_cancelled(gke, new_name) -> None:
    name = new_name()
    gke.create(name, nodePools=[POOL])
    pool = f"{gke.zone}/clusters/{name}/nodePools/cpu"
    with gke.time_stopped():
        upgrade = gke.begin("PUT", pool, {"machineType": "n2-standard-4"})
        status, _ = gke.call("POST", f"{gke.zone}/operations/{upgrade['name']}:cancel", {})

    assert status == 200
    assert gke.wait(upgrade)["operationType"] == "UPGRADE_NODES"
    assert gke.get(pool)["config"]["machineType"] == "e2-medium"
    assert "cannot be cancelled" in gke.error("POST", f"{gke.zone}/operations/{upgrade['name']}:cancel", {})


@pytest.mark.parametrize(
    ("kind", "code", "wording"),
    [
        ("stockout", "GCE_STOCKOUT", "does not have enough resources available to fulfill the request"),
        ("quota", "GCE_QUOTA_EXCEEDED", "Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1."),
    ],
)
def test_a_creation_without_capacity_ends_in_error(gke, new_name, kind: str, code: str, wording: str) -> None:
    name = new_name()
    gke.traffic.faults.add({"service": "container", "method": "POST", "effect": {"operation": kind}})
    done = gke.wait(gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "initialNodeCount": 1}}))
    group = gke.service.instance_groups("p", "us-central1-a")[-1]

    assert group.errors[0].instance.startswith(f"gke-{name}")
    assert done["error"]["code"] == 8
    assert wording in done["error"]["message"]
    assert f"[{code}]" in done["statusMessage"]
    assert [each.get("code") for each in done["clusterConditions"]] == [code, None]
    failed = gke.get(f"{gke.zone}/clusters/{name}")
    assert failed["status"] == "ERROR"
    assert failed["statusMessage"] == done["statusMessage"]
    assert gke.call("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "initialNodeCount": 1}})[0] == 409
    gke.do("DELETE", f"{gke.zone}/clusters/{name}")
    assert gke.call("GET", f"{gke.zone}/clusters/{name}")[0] == 404


def test_a_node_pool_without_capacity_leaves_the_cluster_running(gke, new_name) -> None:
    name = new_name()
    gke.create(name, nodePools=[POOL])
    path = f"{gke.zone}/clusters/{name}"
    gke.traffic.faults.add({"service": "container", "method": "POST", "effect": {"operation": "quota"}})

    done = gke.wait(gke.begin("POST", f"{path}/nodePools", {"nodePool": {"name": "gpu"}}))

    assert done["nodepoolConditions"][0]["code"] == "GCE_QUOTA_EXCEEDED"
    assert gke.get(f"{path}/nodePools/gpu")["status"] == "ERROR"
    assert gke.get(path)["status"] == "RUNNING"
    assert gke.get(path)["currentNodeCount"] == 2


def test_a_control_plane_that_does_not_start_ends_the_operation(gke, new_name) -> None:
    gke.planes.fails = True
    name = new_name()
    operation = gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "initialNodeCount": 1}})

    assert gke.wait(operation)["error"]["message"] == "Internal error: no room for etcd"
    assert gke.get(f"{gke.zone}/clusters/{name}")["status"] == "ERROR"


def test_closing_the_public_endpoint_moves_the_endpoint_to_the_private_address(gke, new_name) -> None:
    name = new_name()
    gke.create(name)
    path = f"{gke.zone}/clusters/{name}"
    endpoints = {
        "dnsEndpointConfig": {"allowExternalTraffic": True},
        "ipEndpointsConfig": {"enablePublicEndpoint": False},
    }
    gke.do("PUT", path, {"update": {"desiredControlPlaneEndpointsConfig": endpoints}})

    changed = gke.get(path)
    assert changed["endpoint"] == "127.0.0.1:40002"
    assert "publicEndpoint" not in changed["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    assert changed["privateClusterConfig"]["enablePrivateEndpoint"] is True
    assert gke.planes.by_name[name].exposure == Exposure(public=False, private=True, dns=True)


def test_without_ip_endpoints_the_endpoint_is_the_dns_name(gke, new_name) -> None:
    endpoints = {"dnsEndpointConfig": {"allowExternalTraffic": True}, "ipEndpointsConfig": {"enabled": False}}
    cluster = gke.create(new_name(), controlPlaneEndpointsConfig=endpoints)

    assert cluster["endpoint"] == "localhost:40003"


def test_labels_are_changed_only_with_the_current_fingerprint(gke, new_name) -> None:
    name = new_name()
    cluster = gke.create(name, resourceLabels={"team": "ds"})
    path = f"{gke.zone}/clusters/{name}:setResourceLabels"

    assert "fingerprint mismatch" in gke.error("POST", path, {"labelFingerprint": "00000000"})
    body = {"labelFingerprint": cluster["labelFingerprint"], "resourceLabels": {"team": "bi"}}
    assert gke.do("POST", path, body)["operationType"] == "SET_LABELS"
    changed = gke.get(f"{gke.zone}/clusters/{name}")
    assert changed["resourceLabels"] == {"team": "bi"}
    assert changed["labelFingerprint"] != cluster["labelFingerprint"]


def test_lists_are_empty_objects_where_there_is_nothing(gke) -> None:
    assert gke.get("/v1/projects/p/locations/asia-east1/clusters") == {}


def test_the_beta_api_and_the_old_paths_mean_the_same(gke, shared) -> None:
    assert gke.get("/v1beta1/projects/p/locations/us-central1-a/clusters/shared")["id"] == shared["id"]
    assert gke.get("/v1/projects/p/zones/us-central1-a/clusters/shared")["id"] == shared["id"]
    assert gke.get("/v1/projects/123456789012/zones/us-central1-a/clusters/shared")["id"] == shared["id"]


def test_enums_are_numbers_when_asked_for(gke, shared) -> None:
    path = "/v1/projects/p/locations/us-central1-a/clusters/shared?%24alt=json%3Benum-encoding%3Dint"

    assert gke.get(path)["status"] == 2


def test_the_request_log_has_enum_names(gke, new_name) -> None:
    gke.create(new_name(), releaseChannel={"channel": 3})

    bodies = [each.body for each in gke.traffic.exchanges if each.method == "POST" and each.path.endswith("/clusters")]
    assert bodies[-1]["cluster"]["releaseChannel"] == {"channel": "STABLE"}


class TestPermissions:
    @pytest.fixture
    def as_caller_with(self, gke):
        def token(*permissions: str) -> str:
            gke.principals.add("limited@example.com", permissions)
            return gke.principals.issue("limited@example.com", None).value

        return token

    def test_a_missing_permission_is_named(self, gke, as_caller_with) -> None:
        status, answer = gke.call("GET", f"{gke.zone}/clusters", token=as_caller_with("container.clusters.get"))

        assert status == 403
        info = answer["error"]["details"][0]
        assert info["reason"] == "IAM_PERMISSION_DENIED"
        assert info["metadata"] == {"permission": "container.clusters.list", "resource": "projects/p"}

    def test_giving_nodes_their_service_account_needs_act_as(self, gke, as_caller_with, new_name) -> None:
        token = as_caller_with("container.clusters.create")
        config = {"serviceAccount": "nodes@p.iam.gserviceaccount.com"}
        pool = {"name": "cpu", "initialNodeCount": 1, "config": config}
        body = {"cluster": {"name": new_name(), "nodePools": [pool]}}

        status, answer = gke.call("POST", f"{gke.zone}/clusters", body, token=token)

        assert status == 403
        assert answer["error"]["details"][0]["metadata"] == {
            "permission": "iam.serviceAccounts.actAs",
            "resource": "projects/p/serviceAccounts/nodes@p.iam.gserviceaccount.com",
        }

    def test_an_unknown_token_is_unauthenticated(self, gke) -> None:
        status, answer = gke.call("GET", f"{gke.zone}/clusters", token="ya29.sandbox-unknown")

        assert status == 401
        assert answer["error"]["status"] == "UNAUTHENTICATED"


class TestQueries:
    def test_a_part_of_an_answer_can_be_asked_for(self, gke, shared) -> None:
        assert gke.get(f"{gke.zone}/clusters/shared?fields=name,status") == {"name": "shared", "status": "RUNNING"}

    def test_usable_subnetworks_come_in_pages(self, gke) -> None:
        path = "/v1/projects/p/aggregated/usableSubnetworks"
        everything = gke.get(path)["subnetworks"]
        first = gke.get(f"{path}?pageSize=30")
        rest = gke.get(f"{path}?pageSize=30&pageToken={first['nextPageToken']}")

        assert first["subnetworks"] + rest["subnetworks"] == everything
        assert "nextPageToken" not in rest

    @pytest.mark.parametrize("query", ["pageSize=many", "pageSize=-1", "pageToken=next"])
    def test_an_unusable_page_is_refused(self, gke, query: str) -> None:
        assert "page" in gke.error("GET", f"/v1/projects/p/aggregated/usableSubnetworks?{query}")

    @pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "PUT"])
    def test_a_method_that_no_path_has_is_not_found(self, gke, method: str) -> None:
        status, answer = gke.call(method, f"{gke.zone}/clusters")
        assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")


def test_a_pool_cannot_grow_without_end(gke, new_name) -> None:
    name = new_name()
    gke.create(name, nodePools=[POOL])
    path = f"{gke.zone}/clusters/{name}/nodePools/cpu:setSize"
    assert "above the maximum of 1000" in gke.error("POST", path, {"nodeCount": 100_000})


def test_an_alpha_cluster_says_when_it_will_be_deleted(gke, new_name) -> None:
    cluster = gke.create(new_name(), enableKubernetesAlpha=True)
    created, expires = (datetime.fromisoformat(cluster[name]) for name in ("createTime", "expireTime"))
    assert (expires - created).days == 30
