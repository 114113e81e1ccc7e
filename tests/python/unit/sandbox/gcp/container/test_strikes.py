"""Where faults strike: one pool or zone of several, fewer nodes than were asked for, and when it is told."""

from typing import Any

import pytest

CPU = {"name": "cpu", "initialNodeCount": 2}
GPU = {"name": "gpu", "initialNodeCount": 4}
STOCKOUT = "does not have enough resources available to fulfill the request"


@pytest.fixture
def plan(gke):
    """Plan a fault of the simulated GKE."""

    def add(effect: dict[str, Any], **aim: Any) -> None:
        gke.traffic.faults.add({"service": "container", "effect": effect, **aim})

    yield add
    gke.traffic.faults.clear()


@pytest.fixture
def begin(gke, new_name):
    """Begin to create a cluster with some pools; returns its path and the operation."""

    def create(*pools: dict[str, Any], parent: str = "") -> tuple[str, dict[str, Any]]:
        parent, name = parent or gke.zone, new_name()
        operation = gke.begin("POST", f"{parent}/clusters", {"cluster": {"name": name, "nodePools": list(pools)}})
        return f"{parent}/clusters/{name}", operation

    return create


def groups_of(gke: Any, path: str) -> list[Any]:
    """Return the instance groups of a cluster, in all zones of its region."""
    *_, location, _, name = path.split("/")
    zones = [location] if location.count("-") > 1 else [f"{location}-{letter}" for letter in "bcd"]
    return [group for zone in zones for group in gke.service.instance_groups("p", zone) if group.cluster == name]


class TestAStockoutThatIsToldEarly:
    def test_the_operation_says_it_while_it_runs(self, gke, plan, begin) -> None:
        plan({"operation": "stockout"})
        with gke.time_stopped_after(60):
            _, operation = begin(CPU)
            operations = f"{gke.zone}/operations/{operation['name']}"
            gke.wait_until(lambda: "detail" in gke.get(operations))
            seen = gke.get(operations)
        assert seen["status"] == "RUNNING"
        assert "error" not in seen
        assert seen["detail"].startswith("Not all instances running in IGM after 1m0.12s. Expected 2, running 0")
        assert STOCKOUT in seen["detail"]

    def test_the_instance_groups_of_a_cluster_in_the_making_say_it(self, gke, plan, begin) -> None:
        plan({"operation": "stockout"})
        with gke.time_stopped_after(60):
            path, _ = begin(CPU)
            gke.wait_until(lambda: bool(groups_of(gke, path)[0].errors))
            (url,) = gke.get(path)["nodePools"][0]["instanceGroupUrls"]
            (group,) = groups_of(gke, path)
        assert url.endswith(f"/zones/us-central1-a/instanceGroupManagers/{group.name}")
        assert group.errors[0].code == "ZONE_RESOURCE_POOL_EXHAUSTED"

    def test_nothing_is_told_before_an_instance_has_failed(self, gke, plan, begin) -> None:
        plan({"operation": "stockout"})
        with gke.time_stopped_after(59):
            path, operation = begin(CPU)
            gke.get(path)
            seen = gke.get(f"{gke.zone}/operations/{operation['name']}")
            (group,) = groups_of(gke, path)
        assert "detail" not in seen
        assert group.errors == ()

    def test_only_the_pool_that_is_named_is_struck(self, gke, plan, begin) -> None:
        plan({"operation": "stockout", "pool": "gpu"})
        path, operation = begin(CPU, GPU)
        done = gke.wait(operation)
        errors = {group.pool: bool(group.errors) for group in groups_of(gke, path)}
        assert errors == {"cpu": False, "gpu": True}
        assert "-gpu-" in done["error"]["message"]
        cpu, gpu = gke.get(path)["nodePools"]
        assert "conditions" not in cpu
        assert gpu["conditions"][0]["code"] == "GCE_STOCKOUT"

    def test_a_cluster_without_that_pool_is_spared_and_the_fault_kept(self, gke, plan, begin) -> None:
        plan({"operation": "stockout", "pool": "gpu"})
        _, operation = begin(CPU)
        assert "error" not in gke.wait(operation)
        assert gke.traffic.faults.faults[0].times == 1

    def test_another_zone_is_spared(self, gke, plan, begin) -> None:
        plan({"operation": "stockout", "zone": "us-central1-b"})
        _, operation = begin(CPU)
        assert "error" not in gke.wait(operation)

    def test_a_regional_cluster_without_nodes_in_the_zone_is_spared(self, gke, plan, begin) -> None:
        plan({"operation": "stockout", "zone": "europe-west1-c"})
        _, operation = begin({**CPU, "locations": ["europe-west1-b"]}, parent=gke.region)
        assert "error" not in gke.wait(operation)

    def test_a_regional_cluster_fails_for_want_of_one_zone(self, gke, plan, begin) -> None:
        plan({"operation": "stockout", "zone": "europe-west1-c"})
        path, operation = begin(CPU, parent=gke.region)
        done = gke.wait(operation)
        assert "zones/europe-west1-c'" in done["error"]["message"]
        assert {group.zone: bool(group.errors) for group in groups_of(gke, path)} == {
            "europe-west1-b": False,
            "europe-west1-c": True,
            "europe-west1-d": False,
        }
        assert gke.get(path)["status"] == "ERROR"


class TestAPoolWithFewerNodes:
    def test_the_cluster_runs_and_the_operation_tells_an_error(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        path, operation = begin(CPU, GPU)
        done = gke.wait(operation)
        assert done["error"]["code"] == 8
        assert "Expected 4, running 2, transitioning 2" in done["statusMessage"]
        assert gke.get(path)["status"] == "RUNNING"
        assert gke.get(path)["currentNodeCount"] == 4

    def test_the_last_pool_runs_with_an_error(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        path, operation = begin(CPU, GPU)
        done = gke.wait(operation)
        cpu, gpu = gke.get(path)["nodePools"]
        assert (cpu["status"], gpu["status"]) == ("RUNNING", "RUNNING_WITH_ERROR")
        assert gpu["conditions"] == done["nodepoolConditions"]
        assert gpu["statusMessage"] == done["statusMessage"]

    def test_its_instance_group_tells_the_error_and_how_many_run(self, gke, plan, begin) -> None:
        plan({"operation": "partial", "pool": "cpu"})
        path, operation = begin(CPU, GPU)
        gke.wait(operation)
        cpu, gpu = groups_of(gke, path)
        assert (cpu.size, cpu.running, cpu.errors[0].code) == (2, 1, "ZONE_RESOURCE_POOL_EXHAUSTED")
        assert (gpu.size, gpu.running, gpu.errors) == (4, 4, ())

    def test_the_control_plane_knows_the_nodes_that_came_up(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        path, operation = begin(GPU)
        gke.wait(operation)
        assert len(gke.planes.by_name[path.rpartition("/")[2]].nodes) == 2

    def test_a_regional_pool_lacks_all_nodes_of_one_zone(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        path, operation = begin(CPU, parent=gke.region)
        gke.wait(operation)
        assert {group.zone: group.running for group in groups_of(gke, path)} == {
            "europe-west1-b": 0,
            "europe-west1-c": 2,
            "europe-west1-d": 2,
        }

    def test_a_pool_added_later_can_lack_nodes_too(self, gke, plan, begin) -> None:
        path, operation = begin(CPU)
        gke.wait(operation)
        plan({"operation": "partial"})
        done = gke.wait(gke.begin("POST", f"{path}/nodePools", {"nodePool": GPU}))
        assert "error" in done
        assert gke.get(f"{path}/nodePools/gpu")["status"] == "RUNNING_WITH_ERROR"

    def test_a_deletion_does_not_use_the_fault_up(self, gke, plan, begin) -> None:
        path, operation = begin(CPU)
        gke.wait(operation)
        plan({"operation": "partial"})
        gke.do("DELETE", path)
        assert gke.traffic.faults.faults[0].times == 1


class TestBestEffortProvisioning:
    def test_a_pool_with_enough_nodes_runs_without_an_error(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        path, operation = begin({**GPU, "bestEffortProvisioning": {"enabled": True, "minProvisionNodes": 2}})
        done = gke.wait(operation)
        assert "error" not in done
        assert STOCKOUT in done["detail"]
        assert gke.get(path)["nodePools"][0]["status"] == "RUNNING"

    def test_the_other_nodes_come_up_later(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        with gke.time_stopped_after(2000):
            path, operation = begin({**GPU, "bestEffortProvisioning": {"enabled": True}})
            gke.wait(operation)
            before = gke.get(path)["currentNodeCount"]
        gke.wait_until(lambda: gke.get(path)["currentNodeCount"] == 4)
        assert before == 2
        assert len(gke.planes.by_name[path.rpartition("/")[2]].nodes) == 4
        assert groups_of(gke, path)[0].errors == ()

    def test_too_few_nodes_fail_the_creation(self, gke, plan, begin) -> None:
        plan({"operation": "partial"})
        path, operation = begin({**GPU, "bestEffortProvisioning": {"enabled": True, "minProvisionNodes": 3}})
        assert gke.wait(operation)["error"]["code"] == 8
        assert gke.get(path)["status"] == "ERROR"

    def test_a_stockout_in_one_zone_leaves_the_others(self, gke, plan, begin) -> None:
        plan({"operation": "stockout", "zone": "europe-west1-d"})
        pool = {**CPU, "bestEffortProvisioning": {"enabled": True, "minProvisionNodes": 4}}
        path, operation = begin(pool, parent=gke.region)
        assert "error" not in gke.wait(operation)
        assert gke.get(path)["status"] == "RUNNING"

    def test_a_quota_is_not_borne(self, gke, plan, begin) -> None:
        plan({"operation": "quota"})
        _, operation = begin({**CPU, "bestEffortProvisioning": {"enabled": True}})
        assert gke.wait(operation)["error"]["code"] == 8


@pytest.mark.parametrize(
    ("kind", "code", "wording"),
    [
        ("org_policy", "CONDITION_NOT_MET", "constraints/compute.vmExternalIpAccess violated for project 123456789012"),
        ("ip_exhausted", "IP_SPACE_EXHAUSTED", "IP space of 'projects/p/regions/us-central1/subnetworks/default' is"),
    ],
)
def test_an_instance_tells_what_keeps_it_down(gke, plan, begin, kind: str, code: str, wording: str) -> None:
    plan({"operation": kind})
    path, operation = begin(CPU)
    done = gke.wait(operation)
    (group,) = groups_of(gke, path)
    assert group.errors[0].code == code
    assert wording in group.errors[0].message
    assert f"[{code}]: {done['error']['message']}" in done["statusMessage"]


def test_a_network_without_room_for_pods_names_the_cluster(gke, plan, begin) -> None:
    plan({"operation": "pod_range"})
    path, operation = begin(CPU)
    message = gke.wait(operation)["error"]["message"]
    assert 'The network "default" does not have available private IP space' in message
    assert f"ClusterName={path.rpartition('/')[2]}" in message


def test_nodes_whose_service_account_may_not_log_do_not_register(gke, plan, begin) -> None:
    plan({"operation": "node_service_account"})
    path, operation = begin(CPU)
    done = gke.wait(operation)
    assert done["clusterConditions"][0]["code"] == "NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS"
    assert gke.get(path)["status"] == "ERROR"


def test_a_service_agent_that_was_deleted_has_a_code_of_its_own(gke, plan, begin) -> None:
    plan({"operation": "service_agent"})
    _, operation = begin(CPU)
    (condition,) = gke.wait(operation)["clusterConditions"]
    assert condition["code"] == "GKE_SERVICE_ACCOUNT_DELETED"
    assert "service-123456789012@container-engine-robot" in condition["message"]


def test_every_instance_that_is_missing_has_an_error_of_its_own(gke, plan, begin) -> None:
    plan({"operation": "stockout"})
    path, operation = begin(CPU)
    gke.wait(operation)
    (group,) = groups_of(gke, path)
    assert len({error.instance for error in group.errors}) == 2
    assert all(f"Instance '{error.instance}'" in error.message for error in group.errors)
