import pytest

from sandbox.faults import FaultPlan, UnusableFaultError


@pytest.fixture
def plan():
    return FaultPlan()


def test_strikes_once_unless_told_otherwise(plan):
    plan.add({"service": "container", "effect": {"status": 503}})
    assert plan.take("container", "GET", "/v1/x") == {"status": 503}
    assert plan.take("container", "GET", "/v1/x") == {}


def test_strikes_only_what_matches(plan):
    plan.add({"service": "container", "method": "post", "path": "*/clusters", "effect": {"delay": 1}})
    assert plan.take("compute", "POST", "/v1/p/clusters") == {}
    assert plan.take("container", "GET", "/v1/p/clusters") == {}
    assert plan.take("container", "POST", "/v1/p/clusters/x") == {}
    assert plan.take("container", "POST", "/v1/p/clusters") == {"delay": 1}


def test_strikes_in_the_order_asked_for(plan):
    plan.add({"service": "iam", "effect": {"status": 500}, "times": 2})
    plan.add({"service": "iam", "effect": {"status": 429}})
    effects = [plan.take("iam", "GET", "/") for _ in range(4)]
    assert effects == [{"status": 500}, {"status": 500}, {"status": 429}, {}]


def test_cleared_plan_strikes_nothing(plan):
    plan.add({"service": "iam", "effect": {"status": 500}})
    plan.clear()
    assert plan.take("iam", "GET", "/") == {}


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"effect": {"status": 500}}, "service"),
        ({"service": "iam"}, "effect"),
        ({"service": "iam", "effect": {}}, "effect"),
        ({"service": "iam", "effect": {"explode": 1}}, "unknown effect explode"),
        ({"service": "iam", "effect": {"status": 500}, "often": 3}, "unknown key often"),
        ({"service": "iam", "effect": {"status": 500}, "times": 0}, "times"),
        ({"service": "iam", "effect": {"status": 500}, "times": "2"}, "times"),
    ],
)
def test_refuses_what_is_no_fault(plan, wanted, why):
    with pytest.raises(UnusableFaultError, match=why):
        plan.add(wanted)
    assert plan.faults == []


@pytest.mark.parametrize(
    "effect",
    [
        {"status": "503"},
        {"status": 200},
        {"status": 99999},
        {"status": float("nan")},
        {"status": 403, "quota": 5},
        {"permission": ""},
        {"delay": "long"},
        {"delay": -1},
        {"delay": float("inf")},
        {"delay": True},
        {"reset": "middle"},
        {"operation": "explode"},
        {"cluster": "RUNNING"},
        {"busy": None},
        {"down": "soon"},
        {"quota": []},
        {"quota": ["CPUS", 5]},
        {"org_policy": ""},
        {"service_account": None},
        {"operation": "stockout", "pool": ""},
        {"operation": "stockout", "zone": ["us-central1-a"]},
        {"missing_zones": "us-central1-a"},
        {"missing_zones": []},
        {"upgrade": "cluster"},
        {"expire_tokens": False},
        {"expire_tokens": 1},
        {"failed_action": ""},
        {"pull": "slow"},
    ],
)
def test_refuses_a_value_that_cannot_be_acted_out(plan, effect):
    with pytest.raises(UnusableFaultError, match="must be"):
        plan.add({"service": "container", "effect": effect})


@pytest.mark.parametrize("changed", [{"method": 5}, {"path": ["*"]}, {"times": True}])
def test_refuses_a_fault_whose_aim_is_of_another_type(plan, changed):
    with pytest.raises(UnusableFaultError, match="must be"):
        plan.add({"service": "iam", "effect": {"status": 500}, **changed})


def test_refuses_a_service_that_does_not_exist():
    plan = FaultPlan(services={"container"})
    with pytest.raises(UnusableFaultError, match="unknown service contaner; known are container"):
        plan.add({"service": "contaner", "effect": {"status": 500}})


@pytest.mark.parametrize(
    "effect",
    [
        {"operation": "quota"},
        {"cluster": "ERROR"},
        {"busy": 1},
        {"missing_zones": ["us-central1-a"]},
        {"upgrade": "master"},
    ],
)
def test_refuses_what_only_gke_can_act_out_for_another_service(plan, effect):
    with pytest.raises(UnusableFaultError, match="only the service container knows"):
        plan.add({"service": "iam", "effect": effect})


def test_only_actions_of_dss_fail_with_an_answer_of_200(plan):
    plan.add({"service": "dss", "effect": {"failed_action": "no"}})

    assert plan.take("dss", "GET", "/x") == {}
    assert plan.take("dss", "POST", "/x") == {"failed_action": "no"}
    with pytest.raises(UnusableFaultError, match="only the service dss knows failed_action"):
        plan.add({"service": "iam", "effect": {"failed_action": "no"}})


@pytest.mark.parametrize("effect", [{"quota": "CPUS"}, {"permission": "container.clusters.get"}])
def test_a_refusal_without_a_status_is_a_403(plan, effect):
    plan.add({"service": "container", "effect": effect})
    assert plan.take("container", "GET", "/v1/x") == {"status": 403, **effect}


def test_compute_shows_a_lowered_quota_instead_of_refusing(plan):
    plan.add({"service": "compute", "effect": {"quota": "CPUS"}})
    assert plan.take("compute", "GET", "/compute/v1/projects/p/regions/us-central1") == {"quota": "CPUS"}


def test_a_read_does_not_use_up_the_fault_of_an_operation(plan):
    plan.add({"service": "container", "effect": {"operation": "stockout"}})
    assert plan.take("container", "GET", "/v1/projects/p/locations/l/clusters") == {}
    assert plan.take("container", "POST", "/v1/projects/p/locations/l/clusters") == {"operation": "stockout"}


def test_only_a_request_about_a_cluster_finds_it_busy(plan):
    plan.add({"service": "container", "effect": {"busy": 2}})
    assert plan.take("container", "POST", "/v1/projects/p/locations/l/clusters") == {}
    assert plan.take("container", "DELETE", "/v1/projects/p/locations/l/clusters/c") == {"busy": 2}


CLUSTERS = "/v1/projects/p/locations/us-central1-a/clusters"


@pytest.mark.parametrize(
    ("effect", "status"),
    [({"org_policy": "constraints/x.y"}, 400), ({"service_account": "a@b"}, 404), ({"quota": ["A", "B"]}, 403)],
)
def test_a_reason_for_a_refusal_has_a_status_of_its_own(plan, effect, status):
    plan.add({"service": "container", "effect": effect})
    assert plan.take("container", "POST", CLUSTERS)["status"] == status


def test_refuses_two_reasons_for_one_refusal(plan):
    with pytest.raises(UnusableFaultError, match="one reason, not for permission and quota"):
        plan.add({"service": "container", "effect": {"permission": "x.y.z", "quota": "CPUS"}})


def test_refuses_several_quotas_of_compute(plan):
    with pytest.raises(UnusableFaultError, match="one resource"):
        plan.add({"service": "compute", "effect": {"quota": ["CPUS", "DISKS_TOTAL_GB"]}})


@pytest.mark.parametrize("aim", [{"pool": "gpu"}, {"zone": "us-central1-a"}])
def test_refuses_a_pool_or_zone_in_which_nothing_fails(plan, aim):
    with pytest.raises(UnusableFaultError, match="pool and zone say where"):
        plan.add({"service": "container", "effect": {"delay": 1, **aim}})


@pytest.mark.parametrize("service", ["dss", "metadata", "oauth2"])
def test_refuses_to_expire_the_tokens_of_a_service_that_takes_none(plan, service):
    with pytest.raises(UnusableFaultError, match="not called with tokens"):
        plan.add({"service": service, "effect": {"expire_tokens": True}})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CLUSTERS, b'{"cluster": {"nodePools": [{"name": "cpu"}, {"name": "gpu"}]}}'),
        (f"{CLUSTERS}/c/nodePools", b'{"nodePool": {"name": "gpu"}}'),
        (f"{CLUSTERS}/c/nodePools/gpu:setSize", b"{}"),
    ],
)
def test_a_request_names_a_pool_in_its_body_or_path(plan, path, body):
    plan.add({"service": "container", "effect": {"operation": "stockout", "pool": "gpu"}})
    assert plan.take("container", "POST", path, body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CLUSTERS, b'{"cluster": {"nodePools": [{"name": "gpus"}]}}'),
        (CLUSTERS, b'{"cluster": {"initialNodeCount": 1}}'),
        (CLUSTERS, b'{"cluster": {"nodePools": [5]}}'),
        (CLUSTERS, b"[]"),
        (CLUSTERS, b"no JSON"),
        (f"{CLUSTERS}/c/nodePools", b'{"nodePool": {"name": "cpu"}}'),
        (f"{CLUSTERS}/c/nodePools/gpus:setSize", b"{}"),
        (f"{CLUSTERS}/gpu:setLogging", b"{}"),
    ],
)
def test_a_request_about_other_pools_leaves_the_fault(plan, path, body):
    plan.add({"service": "container", "effect": {"operation": "stockout", "pool": "gpu"}})
    assert plan.take("container", "POST", path, body) == {}


def test_a_cluster_that_names_no_pools_has_the_default_one(plan):
    plan.add({"service": "container", "effect": {"operation": "stockout", "pool": "default-pool"}})
    assert plan.take("container", "POST", CLUSTERS, b'{"cluster": {"initialNodeCount": 1}}')


@pytest.mark.parametrize(
    ("location", "struck"),
    [("us-central1-a", True), ("us-central1", True), ("us-central1-b", False), ("europe-west1", False)],
)
def test_a_zone_is_struck_in_itself_and_in_its_region(plan, location, struck):
    plan.add({"service": "container", "effect": {"operation": "stockout", "zone": "us-central1-a"}})
    assert bool(plan.take("container", "POST", f"/v1/projects/p/locations/{location}/clusters")) is struck


def test_only_a_creation_can_come_up_in_part(plan):
    plan.add({"service": "container", "effect": {"operation": "partial"}})
    assert plan.take("container", "DELETE", f"{CLUSTERS}/c") == {}
    assert plan.take("container", "POST", CLUSTERS)


def test_only_a_list_can_lack_zones(plan):
    plan.add({"service": "container", "effect": {"missing_zones": ["us-central1-a"]}})
    assert plan.take("container", "GET", f"{CLUSTERS}/c") == {}
    assert plan.take("container", "POST", CLUSTERS) == {}
    assert plan.take("container", "GET", CLUSTERS)


def test_only_a_token_that_can_expire_does(plan):
    plan.add({"service": "compute", "effect": {"expire_tokens": True}})
    assert plan.take("compute", "GET", "/", token_expires=False) == {}
    assert plan.take("compute", "GET", "/") == {"expire_tokens": True}


def test_a_pull_that_fails_strikes_images_and_no_request(plan):
    plan.add({"service": "kubernetes", "path": "*/dss/*", "effect": {"pull": "denied"}, "times": 2})
    plan.add({"service": "kubernetes", "effect": {"status": 503}})

    assert plan.take("kubernetes", "GET", "/x/dss/y") == {"status": 503}
    assert plan.take_pull("nginx") == ""
    assert [plan.take_pull("us-docker.pkg.dev/p/dss/base:1") for _ in range(3)] == ["denied", "denied", ""]


def test_what_keeps_a_group_from_growing_strikes_no_request(plan):
    plan.add({"service": "compute", "path": "*/instanceGroupManagers/gke-c-gpu-*", "effect": {"operation": "stockout"}})

    assert plan.take("compute", "POST", "/p/zones/z/instanceGroupManagers/gke-c-gpu-1/listErrors") == {}
    assert plan.take_growth("/p/zones/z/instanceGroupManagers/gke-c-cpu-1/createInstances") == ""
    assert plan.take_growth("/p/zones/z/instanceGroupManagers/gke-c-gpu-1/createInstances") == "stockout"
    assert plan.take_growth("/p/zones/z/instanceGroupManagers/gke-c-gpu-1/createInstances") == ""


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"service": "registry", "effect": {"pull": "denied"}}, "only the service kubernetes knows pull"),
        ({"service": "kubernetes", "effect": {"pull": "denied", "delay": 1}}, "no other effect"),
        ({"service": "compute", "effect": {"operation": "stockout", "delay": 1}}, "no other effect"),
        ({"service": "compute", "effect": {"operation": "abort"}}, "only the service container knows operation"),
        ({"service": "kubernetes", "method": "GET", "effect": {"pull": "denied"}}, "has no method"),
    ],
)
def test_refuses_what_strikes_no_request_and_cannot_be_acted_out(plan, wanted, why):
    with pytest.raises(UnusableFaultError, match=why):
        plan.add(wanted)
