"""What faults make of operations and of the clusters that they are about."""

from typing import Any

import pytest

POOL = {"name": "cpu", "initialNodeCount": 2}


@pytest.fixture
def plan(gke):
    """Plan a fault of the simulated GKE."""

    def add(effect: dict[str, Any], **aim: Any) -> None:
        gke.traffic.faults.add({"service": "container", "effect": effect, **aim})

    yield add
    gke.traffic.faults.clear()


@pytest.fixture
def path(gke, new_name) -> str:
    """The path of a running cluster with one pool."""
    name = new_name()
    gke.create(name, nodePools=[POOL])
    return f"{gke.zone}/clusters/{name}"


class TestAClusterThatBreaks:
    def test_a_creation_can_leave_a_cluster_in_error(self, gke, new_name, plan) -> None:
        name = new_name()
        plan({"cluster": "ERROR"})

        done = gke.wait(gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "nodePools": [POOL]}}))

        assert done["error"]["code"] == 13
        seen = gke.get(f"{gke.zone}/clusters/{name}")
        assert (seen["status"], seen["statusMessage"]) == ("ERROR", done["statusMessage"])
        assert seen["conditions"] == done["clusterConditions"]
        assert "endpoint" not in seen

    def test_a_degraded_cluster_has_an_api_server_and_no_nodes(self, gke, new_name, plan) -> None:
        name = new_name()
        plan({"cluster": "DEGRADED"})

        done = gke.wait(gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "nodePools": [POOL]}}))

        assert "only 0 nodes out of 2 have registered" in done["error"]["message"]
        seen = gke.get(f"{gke.zone}/clusters/{name}")
        assert seen["status"] == "DEGRADED"
        assert seen["endpoint"] == "127.0.0.1:40001"
        assert gke.planes.by_name[name].nodes == []

    def test_a_change_can_break_a_cluster_that_ran(self, gke, path, plan) -> None:
        plan({"cluster": "DEGRADED"})

        assert "error" in gke.wait(gke.begin("PUT", path, {"update": {"desiredMasterVersion": "1.35"}}))

        assert gke.get(path)["status"] == "DEGRADED"
        assert not gke.get(path)["currentMasterVersion"].startswith("1.35")

    def test_a_reason_and_a_status_can_be_asked_for_together(self, gke, new_name, plan) -> None:
        name = new_name()
        plan({"cluster": "DEGRADED", "operation": "quota"})

        done = gke.wait(gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "nodePools": [POOL]}}))

        assert done["error"]["code"] == 8
        assert gke.get(f"{gke.zone}/clusters/{name}")["status"] == "DEGRADED"

    def test_a_broken_cluster_can_be_deleted(self, gke, new_name, plan) -> None:
        name = new_name()
        plan({"cluster": "DEGRADED"})
        gke.wait(gke.begin("POST", f"{gke.zone}/clusters", {"cluster": {"name": name, "nodePools": [POOL]}}))

        gke.do("DELETE", f"{gke.zone}/clusters/{name}")

        assert gke.planes.by_name[name].stopped


class TestAFailingOperation:
    def test_a_failed_deletion_leaves_a_cluster_in_error_that_can_be_deleted_again(self, gke, path, plan) -> None:
        plan({"operation": "abort"})

        done = gke.wait(gke.begin("DELETE", path))

        assert done["error"]["code"] == 10
        assert gke.get(path)["status"] == "ERROR"
        gke.do("DELETE", path)
        assert gke.call("GET", path)[0] == 404

    def test_a_resize_without_capacity_leaves_the_pool_as_large_as_it_was(self, gke, path, plan) -> None:
        plan({"operation": "stockout"})

        done = gke.wait(gke.begin("POST", f"{path}/nodePools/cpu:setSize", {"nodeCount": 5}))

        assert done["nodepoolConditions"][0]["code"] == "GCE_STOCKOUT"
        pool = gke.get(f"{path}/nodePools/cpu")
        assert pool["status"] == "RUNNING_WITH_ERROR"
        assert pool["conditions"] == done["nodepoolConditions"]
        assert gke.get(path)["currentNodeCount"] == 2
        assert gke.get(path)["status"] == "RUNNING"

    def test_the_groups_of_a_pool_that_lacks_machines_have_its_new_size(self, gke, path, plan) -> None:
        plan({"operation": "stockout"})
        gke.wait(gke.begin("POST", f"{path}/nodePools/cpu:setSize", {"nodeCount": 5}))

        groups = [group for group in gke.service.instance_groups("p", "us-central1-a") if group.cluster in path]
        assert [(group.size, group.running, len(group.errors)) for group in groups] == [(5, 2, 3)]

    def test_a_change_that_succeeds_heals_the_pool(self, gke, path, plan) -> None:
        plan({"operation": "quota"})
        gke.wait(gke.begin("POST", f"{path}/nodePools/cpu:setSize", {"nodeCount": 5}))

        gke.do("POST", f"{path}/nodePools/cpu:setSize", {"nodeCount": 3})

        pool = gke.get(f"{path}/nodePools/cpu")
        assert pool["status"] == "RUNNING"
        assert "conditions" not in pool
        groups = gke.service.instance_groups("p", "us-central1-a")
        assert not [group for group in groups if group.errors and group.cluster in path]

    def test_a_failed_deletion_of_a_pool_leaves_it_in_error(self, gke, path, plan) -> None:
        plan({"operation": "abort"})

        gke.wait(gke.begin("DELETE", f"{path}/nodePools/cpu"))

        assert gke.get(f"{path}/nodePools/cpu")["status"] == "ERROR"
        assert gke.get(path)["status"] == "RUNNING"

    def test_a_failed_update_changes_nothing(self, gke, path, plan) -> None:
        before = gke.get(path)["loggingService"]
        plan({"operation": "abort"})

        assert "error" in gke.wait(gke.begin("PUT", path, {"update": {"desiredLoggingService": "none"}}))

        assert gke.get(path)["loggingService"] == before
        assert gke.get(path)["status"] == "RUNNING"

    def test_a_cluster_without_pools_can_fail_too(self, gke, path, plan) -> None:
        gke.do("DELETE", f"{path}/nodePools/cpu")
        plan({"operation": "quota"})

        assert "error" in gke.wait(gke.begin("DELETE", path))

    def test_a_stuck_operation_runs_on_and_holds_the_cluster(self, gke, path, plan) -> None:
        plan({"operation": "stuck"})
        operation = gke.begin("PUT", f"{path}/nodePools/cpu", {"machineType": "n2-standard-4"})

        assert operation["name"] in gke.error("DELETE", path)
        gke.call("POST", f"{gke.zone}/operations/{operation['name']}:cancel", {})
        assert gke.wait(operation)["status"] == "DONE"


class TestABusyCluster:
    def test_another_operation_holds_it_before_the_request_is_judged(self, gke, path, plan) -> None:
        plan({"busy": 0.2}, method="DELETE")

        message = gke.error("DELETE", path)

        other = gke.get(f"{gke.zone}/operations")["operations"][-1]
        assert message == f"Cluster is running incompatible operation {other['name']}."
        assert other["operationType"] == "UPGRADE_NODES"
        assert gke.get(path)["status"] == "RECONCILING"
        gke.wait(other)
        assert gke.get(path)["status"] == "RUNNING"
        gke.do("DELETE", path)

    def test_it_stays_busy_for_as_many_real_seconds_as_asked_for(self, gke, path, plan) -> None:
        plan({"busy": 60})
        gke.get(path)

        other = gke.get(f"{gke.zone}/operations")["operations"][-1]

        assert other["status"] == "RUNNING"
        # A fortieth of a second would do for any operation at the speed of these tests.
        metrics = {each["name"]: each["intValue"] for each in other.get("progress", {}).get("metrics", [])}
        assert metrics.get("NODES_DONE", "0") == "0"

    def test_a_cluster_that_does_not_exist_is_still_not_found(self, gke, plan) -> None:
        plan({"busy": 60})

        assert gke.call("DELETE", f"{gke.zone}/clusters/absent")[0] == 404


class TestAListThatLacksZones:
    def test_clusters_of_a_missing_zone_and_its_region_are_left_out(self, gke, path, new_name, plan) -> None:
        name = path.rpartition("/")[2]
        other = new_name()
        gke.create(other, gke.region)
        plan({"missing_zones": ["us-central1-a"]})

        answer = gke.get("/v1/projects/p/locations/-/clusters")

        names = [cluster["name"] for cluster in answer["clusters"]]
        assert answer["missingZones"] == ["us-central1-a"]
        assert (name in names, other in names) == (False, True)

    def test_operations_of_a_missing_zone_are_left_out(self, gke, path, plan) -> None:
        plan({"missing_zones": ["us-central1-a"]})

        assert gke.get(f"{gke.zone}/operations") == {"missingZones": ["us-central1-a"]}

    def test_the_next_list_is_complete(self, gke, path, plan) -> None:
        plan({"missing_zones": ["us-central1-a"]})
        gke.get(f"{gke.zone}/clusters")

        assert "missingZones" not in gke.get(f"{gke.zone}/clusters")

    def test_a_region_goes_with_its_zone(self, gke, new_name, plan) -> None:
        gke.create(new_name(), gke.region)
        plan({"missing_zones": ["europe-west1-c"]})

        assert "clusters" not in gke.get(f"{gke.region}/clusters")


class TestAnUpgradeOfGkesOwn:
    def test_it_begins_after_the_answer_and_blocks_what_comes_next(self, gke, path, plan) -> None:
        plan({"upgrade": "master"})
        with gke.time_stopped():
            before = gke.get(path)
            gke.wait_until(lambda: gke.get(path)["status"] == "RECONCILING")
            operation = gke.get(f"{gke.zone}/operations")["operations"][-1]
            message = gke.error("DELETE", path)
        assert before["status"] == "RUNNING"
        assert operation["operationType"] == "UPGRADE_MASTER"
        assert message.startswith(f"Operation {operation['name']} is currently upgrading cluster")

    def test_the_control_plane_has_a_newer_version_at_the_end(self, gke, path, plan) -> None:
        before = gke.get(path)["currentMasterVersion"]
        plan({"upgrade": "master"})
        gke.get(path)

        gke.wait_until(lambda: gke.get(path)["currentMasterVersion"] != before)
        gke.wait_until(lambda: gke.get(path)["status"] == "RUNNING")

        assert gke.planes.by_name[path.rpartition("/")[2]].version == gke.get(path)["currentMasterVersion"]

    def test_the_only_control_plane_of_a_zone_is_away_meanwhile(self, gke, path, plan) -> None:
        plane = gke.planes.by_name[path.rpartition("/")[2]]
        plan({"upgrade": "master"})
        with gke.time_stopped():
            gke.get(path)
            gke.wait_until(lambda: not plane.exposure.public)

        gke.wait_until(lambda: gke.get(path)["status"] == "RUNNING")
        assert plane.exposure.public

    def test_a_regional_control_plane_stays(self, gke, new_name, plan) -> None:
        name = new_name()
        gke.create(name, gke.region)
        plan({"upgrade": "master"})
        with gke.time_stopped():
            gke.get(f"{gke.region}/clusters/{name}")
            gke.wait_until(lambda: gke.get(f"{gke.region}/clusters/{name}")["status"] == "RECONCILING")

            assert gke.planes.by_name[name].exposure.public

    def test_nodes_follow_the_control_plane(self, gke, path, plan) -> None:
        gke.do("PUT", path, {"update": {"desiredMasterVersion": "1.35"}})
        plan({"upgrade": "nodes"})
        gke.get(path)

        gke.wait_until(lambda: gke.get(path)["nodePools"][0]["version"].startswith("1.35"))

        operation = gke.get(f"{gke.zone}/operations")["operations"][-1]
        assert operation["operationType"] == "UPGRADE_NODES"
        assert operation["targetLink"].endswith("/nodePools/cpu")

    def test_it_waits_until_the_operation_of_the_request_is_over(self, gke, path, plan) -> None:
        plan({"upgrade": "master"})
        resize = gke.begin("POST", f"{path}/nodePools/cpu:setSize", {"nodeCount": 3})

        assert "error" not in gke.wait(resize)
        gke.wait_until(lambda: gke.get(f"{gke.zone}/operations")["operations"][-1]["name"] != resize["name"])
        gke.wait_until(lambda: gke.get(path)["status"] == "RUNNING")

        assert gke.get(path)["currentNodeCount"] == 3

    def test_a_cluster_that_goes_is_not_upgraded(self, gke, path, plan) -> None:
        plan({"upgrade": "nodes"})

        gke.do("DELETE", path)

        assert gke.get(f"{gke.zone}/operations")["operations"][-1]["operationType"] == "DELETE_CLUSTER"

    def test_a_request_that_names_no_cluster_leaves_the_fault(self, gke, plan) -> None:
        plan({"upgrade": "nodes"})
        gke.get(f"{gke.zone}/clusters")

        assert gke.traffic.faults.faults[0].times == 1


class TestATokenThatExpires:
    def test_it_is_refused_after_the_answer(self, gke, plan) -> None:
        token = gke.principals.issue("admin@example.com").value
        plan({"expire_tokens": True})

        first = gke.call("GET", f"{gke.zone}/clusters", token=token)[0]
        status, answer = gke.call("GET", f"{gke.zone}/clusters", token=token)

        assert (first, status) == (200, 401)
        assert answer["error"]["status"] == "UNAUTHENTICATED"

    def test_a_token_that_never_expires_leaves_the_fault(self, gke, plan) -> None:
        plan({"expire_tokens": True})
        gke.get(f"{gke.zone}/clusters")

        assert gke.call("GET", f"{gke.zone}/clusters")[0] == 200
        assert gke.traffic.faults.faults[0].times == 1


@pytest.mark.parametrize(
    ("effect", "status", "wording"),
    [
        ({"org_policy": "constraints/x.y"}, 400, "Constraint constraints/x.y violated for projects/p."),
        ({"org_policy": "constraints/x.y", "status": 412}, 412, "Constraint constraints/x.y violated"),
        (
            {"org_policy": "constraints/gcp.resourceLocations"},
            400,
            "Location ZONE:us-central1-a violates constraint constraints/gcp.resourceLocations on the resource",
        ),
        ({"service_account": "1-compute@x.com"}, 404, "Gaia id not found for email 1-compute@x.com."),
        ({"service_account": "1@x.com", "status": 400}, 400, 'Service account "1@x.com" does not exist.'),
        ({"quota": ["CPUS", "SSD_TOTAL_GB"]}, 403, '(2) insufficient regional quota to satisfy request: resource "SSD'),
        ({"quota": "CPUS"}, 403, 'Insufficient regional quota to satisfy request: resource "CPUS"'),
    ],
)
def test_a_creation_can_be_refused_for_a_reason(gke, plan, effect: dict[str, Any], status: int, wording: str) -> None:
    plan(effect, method="POST")

    got, answer = gke.call("POST", f"{gke.zone}/clusters", {"cluster": {"name": "c", "initialNodeCount": 1}})

    assert (got, wording in answer["error"]["message"]) == (status, True)
