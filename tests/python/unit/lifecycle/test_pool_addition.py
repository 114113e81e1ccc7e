from __future__ import annotations

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import (
    ClusterBusy,
    ClusterNotFound,
    ClusterUnhealthy,
    CredentialsExpired,
    GoogleError,
    GoogleUnavailable,
    MachineNotOffered,
    MetadataServerError,
    PermissionDenied,
    SettingsError,
    StateError,
)
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.pool_addition import add_node_pool
from gke_clusters.settings.node_pool_macros import parse_add
from tests.python.unit.lifecycle.node_pools import DSS_CLUSTER, NO_MACHINES, SMALL, FakeGke, outcomes, plain

CUSTOM = {"serviceAccountType": "custom", "serviceAccount": "n@acme.iam.gserviceaccount.com", "numNodes": 2}
LOST = GoogleUnavailable("The answer was lost.")


class Adding:
    def __init__(self, world):
        self.world = world
        self.gke = FakeGke(world)
        self.gke.add("node-pool-0")

    def __call__(self, cluster=DSS_CLUSTER, preview=False, name="", **preset):
        config = {"clusterId": "my-cluster", "nodePoolId": name, "preview": preview}
        settings = parse_add({**config, "nodePoolConfig": {**CUSTOM, **preset}})
        return add_node_pool(settings, cluster, lambda: self.gke.google, self.world.progress)


@pytest.fixture
def add(world):
    return Adding(world)


def test_adds_a_pool_and_says_how_many_nodes_that_makes(add):
    page = add(machineType="n2-standard-4")

    assert add.gke.asked == ["create node-pool-1"]
    assert outcomes(page) == ["changed"]
    assert "2 nodes in each of 2 zones, 4 in total" in plain(page)
    assert "Nodes none 4 = 2 in each of 2 zones" in plain(page)
    assert "run the macro Register with DSS" in plain(page)
    assert add.world.percents[-1] == 100


def test_takes_over_the_labels_of_the_cluster(add):
    add.gke.message.resource_labels = {"team": "ds"}
    add(nodepoolGCPLabels={"tier": "gold"})

    assert dict(add.gke.created[0].config.resource_labels) == {"team": "ds", "tier": "gold"}


def test_honours_autoscaling_gpus_and_spot(add):
    page = plain(
        add(
            machineType="n1-standard-8",
            withGpu=True,
            gpuType="nvidia-tesla-t4",
            useSpotVms=True,
            numNodesAutoscaling=True,
            minNumNodes=0,
            maxNumNodes=3,
        )
    )

    (made,) = add.gke.created
    assert (made.autoscaling.enabled, made.autoscaling.max_node_count) == (True, 3)
    assert (made.config.spot, made.config.accelerators[0].accelerator_count) == (True, 1)
    assert "Machine type n1-standard-8, each with 1 nvidia-tesla-t4, spot VMs" in page
    assert "Autoscaling between 0 and 3 nodes in each zone, at most 6 in total" in page


@pytest.mark.parametrize(
    ("asked", "preset", "name"),
    [("big", {"nodePoolName": "gpu"}, "big"), ("", {"nodePoolName": "gpu"}, "gpu"), ("", {}, "node-pool-1")],
)
def test_is_named_by_the_dialog_then_by_the_preset_then_by_the_first_free_number(add, asked, preset, name):
    add.gke.add("node-pool-2")
    add(name=asked, **preset)

    assert add.gke.asked == [f"create {name}"]


def test_the_nodes_may_act_as_the_dss_host(add):
    add(serviceAccountType="fromDSSHost")

    assert add.gke.created[0].config.service_account == "host@acme.iam.gserviceaccount.com"


def test_without_the_dss_host_its_account_is_not_known_and_nothing_is_created(add):
    add.world.host.on_google_cloud = False
    with pytest.raises(MetadataServerError):
        add(serviceAccountType="fromDSSHost")

    assert add.gke.asked == []


@pytest.mark.parametrize(("machine", "shown"), [("n2-standard-4", "n2-standard-4"), ("", "GKE’s default")])
def test_a_preview_creates_nothing(add, machine, shown):
    page = add(preview=True, machineType=machine, numNodesAutoscaling=True)

    assert add.gke.asked == []
    assert outcomes(page) == ["would change"]
    assert f"Machine type none {shown} " in plain(page)
    assert "Autoscaling none 2 to 5 nodes in each zone" in plain(page)
    assert "Before Would be" in plain(page)


def test_a_second_run_changes_nothing(add):
    add(name="gpu", machineType="n2-standard-4")
    for preview in (False, True):
        page = add(name="gpu", machineType="n2-standard-4", preview=preview)
        assert outcomes(page) == ["done"]
        assert "It is there already, with the same settings." in plain(page)

    assert add.gke.asked == ["create gpu"]


def test_a_pool_of_that_name_with_other_settings_is_refused_with_the_difference(add):
    add(name="gpu", machineType="n2-standard-4")
    with pytest.raises(SettingsError) as refused:
        add(name="gpu", machineType="n2-standard-8", numNodes=3)

    assert [str(problem) for problem in refused.value.problems] == [
        "Name of the node pool: a node pool gpu is there with other settings",
        "Node pool gpu: Machine type: n2-standard-4, asked for n2-standard-8",
        "Node pool gpu: Number of nodes in each zone: 2, asked for 3",
    ]
    assert add.gke.asked == ["create gpu"]


def test_one_that_is_being_deleted_makes_room(add):
    add.gke.add("gpu", status="STOPPING")
    add.gke.begin("DELETE_NODE_POOL", "gpu", lambda: add.gke.remove("gpu"))

    assert outcomes(add(name="gpu", preview=True)) == ["would change"]
    assert outcomes(add(name="gpu")) == ["changed"]
    assert add.gke.asked == ["create gpu"]


def test_one_that_an_earlier_run_began_is_waited_for(add):
    with pytest.raises(SettingsError, match="other settings"):
        # Not the same: nothing to wait for.
        add(name="node-pool-0")
    add.gke.stuck = True
    page = add(name="gpu")
    assert outcomes(page) == ["failed"]
    assert "CREATE_NODE_POOL of my-cluster is not over after 60 minutes" in plain(page)
    assert "Running the macro again waits for it as well." in plain(page)

    add.gke.stuck = False
    assert outcomes(add(name="gpu")) == ["done"]
    assert add.gke.asked == ["create gpu"]


def test_what_holds_the_cluster_is_waited_for(add):
    add.gke.begin("UPGRADE_NODES", "node-pool-0")

    assert outcomes(add()) == ["changed"]
    assert add.gke.asked == ["create node-pool-1"]


@pytest.mark.parametrize("is_over", [True, False])
def test_what_holds_the_cluster_from_the_last_look_on_is_waited_for(add, is_over):
    gke = add.gke
    operations_of = gke.operations_of

    def too_early(name):
        seen = operations_of(name)
        if not gke.operations:
            gke.begin("UPGRADE_MASTER")
        return seen

    gke.operations_of = too_early
    if is_over:
        create = gke.create

        def create_when_over(cluster, pool):
            try:
                return create(cluster, pool)
            finally:
                if not gke.operations[0].done:
                    gke._end(gke.operations[0].name)

        gke.create = create_when_over

    assert outcomes(add()) == ["changed"]
    assert gke.asked == ["create node-pool-1"] * 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_settled_by_looking(add, when):
    add.gke.faults = [(when, LOST)]
    page = add()

    assert outcomes(page) == ["changed"]
    assert add.gke.asked == ["create node-pool-1"] * (2 if when == "before" else 1)
    assert [pool.name for pool in add.gke.message.node_pools] == ["node-pool-0", "node-pool-1"]


def test_an_operation_that_google_forgets_is_settled_by_looking(add):
    add.gke.forgetful = True

    assert outcomes(add()) == ["changed"]
    assert add.gke.asked == ["create node-pool-1"]


def test_google_being_away_ends_the_run_after_some_attempts_and_says_what_may_be_there(add):
    add.gke.faults = [("before", LOST)] * 5
    page = add()

    assert outcomes(page) == ["failed", "done"]
    assert "node-pool-1 is not there." in plain(page)
    assert add.gke.asked == ["create node-pool-1"] * 5
    assert 64 <= add.world.now < 150


def test_a_pool_without_machines_is_deleted_again(add):
    add.gke.endings = [((NO_MACHINES,), "ERROR")]
    page = add(name="gpu", machineType="n2-standard-4")

    assert outcomes(page) == ["failed", "changed"]
    assert add.gke.asked == ["create gpu", "delete gpu"]
    assert "The node pool gpu does not have all its nodes." in plain(page)
    assert NO_MACHINES.message in plain(page)
    assert "gpu is gone, with the nodes that it had." in plain(page)
    assert "Nodes none none" in plain(page)
    assert "Register with DSS" not in plain(page)


def test_a_pool_that_is_done_and_has_not_all_its_nodes_is_no_success(add):
    add.world.compute.errors = {"gpu-europe-west1-b": (NO_MACHINES,)}
    add.gke.endings = [((), "RUNNING_WITH_ERROR")]
    page = add(name="gpu")

    assert outcomes(page) == ["failed", "changed"]
    assert "Node pool gpu in europe-west1-b:" in plain(page)


def test_a_pool_that_may_begin_with_fewer_nodes_is_a_success(add):
    add.world.compute.errors = {"gpu-europe-west1-b": (NO_MACHINES,)}
    add.gke.endings = [((), "RUNNING_WITH_ERROR")]
    page = add(name="gpu", bestEffortProvisioning=True)

    assert outcomes(page) == ["warning"]
    assert "It has not all its nodes, which best-effort creation allows" in plain(page)
    assert f"Node pool gpu in europe-west1-b: {NO_MACHINES.message}" in plain(page)
    assert add.gke.asked == ["create gpu"]


@pytest.mark.parametrize("failure", [CredentialsExpired("The key is gone."), GoogleError("A page of a proxy.")])
def test_a_pool_of_which_nobody_said_that_it_failed_is_left(add, failure):
    find = add.gke.find_operation

    def fail_once(*_arguments, **_options):
        add.gke.find_operation = find
        raise failure

    add.gke.find_operation = fail_once
    page = add(name="gpu")

    assert outcomes(page) == ["failed", "warning"]
    assert "gpu is there (RUNNING) and is left: nobody said that it failed." in plain(page)
    assert add.gke.asked == ["create gpu"]
    assert outcomes(add(name="gpu")) == ["done"]


def test_one_that_a_run_without_a_name_began_is_waited_for_by_the_next(add):
    add.gke.stuck = True
    page = plain(add())
    assert "Give the name node-pool-1 then." in page

    add.gke.stuck = False
    assert outcomes(add()) == ["done"]
    assert add.gke.asked == ["create node-pool-1"]


def test_one_that_is_being_made_with_other_settings_is_another_one(add):
    add.gke.add("node-pool-1", status="PROVISIONING")
    add()

    assert add.gke.asked == ["create node-pool-2"]


def test_a_pool_that_cannot_be_deleted_again_is_said_to_be_billed(add):
    add.gke.endings = [((NO_MACHINES,), "ERROR"), ((Condition("", "Internal error."),), "ERROR")]
    page = add(name="gpu")

    assert outcomes(page) == ["failed", "failed"]
    assert "gpu may still be there, and its nodes are billed" in plain(page)
    assert "Status none ERROR" in plain(page)


def test_a_pool_that_was_there_without_its_nodes_is_left_and_said(add):
    add(name="gpu")
    add.gke.pool("gpu").status = "RUNNING_WITH_ERROR"
    for preview in (True, False):
        page = add(name="gpu", preview=preview)
        assert outcomes(page) == ["failed"]
        assert "The node pool gpu is RUNNING_WITH_ERROR, and Google does not say why." in plain(page)
        assert "delete it with the macro Delete node pool, then add it again" in plain(page)

    assert add.gke.asked == ["create gpu"]


def test_a_pool_that_vanishes_is_no_success(add):
    add.gke.endings = []
    gke = add.gke
    gke.meanwhile = [lambda: None, lambda: None, lambda: gke.remove("gpu")]
    page = add(name="gpu")

    assert outcomes(page) == ["failed", "done"]
    assert "ended without an error, and it does not exist" in plain(page)


def test_a_quota_that_is_too_small_is_multiplied_out(add):
    add.gke.endings = [((SMALL,), "ERROR")]
    page = plain(add(name="gpu", machineType="n2-standard-4"))

    assert "2 zones × 2 nodes × 4 vCPUs = 16" in page


def test_a_refusal_is_shown_with_the_field_that_it_is_about_and_nothing_is_cleaned_up(add):
    add.gke.faults = [("before", MachineNotOffered("Google refused.", verbatim="No such machine."))]
    page = add()

    assert outcomes(page) == ["failed"]
    assert 'In the node pool: "Machine type", "GPU model".' in plain(page)


def test_a_missing_permission_is_shown(add):
    add.gke.faults = [("before", PermissionDenied("lacks container.clusters.update"))]

    assert "lacks container.clusters.update" in plain(add())


def test_an_autopilot_cluster_has_no_pools_to_add(add):
    add.gke.message.autopilot = {"enabled": True}
    with pytest.raises(StateError, match="is an Autopilot cluster: Google makes its nodes"):
        add()


@pytest.mark.parametrize(("status", "kind"), [("STOPPING", StateError), ("ERROR", ClusterUnhealthy)])
def test_a_cluster_that_cannot_be_changed_is_refused(add, status, kind):
    add.gke.message.status = status
    with pytest.raises(kind):
        add()


def test_a_cluster_that_is_not_started_or_gone_is_refused(add):
    with pytest.raises(ClusterNotFound, match="is not started"):
        add(cluster=DssCluster("my-cluster", "type", "NONE", {}, {}, {}))
    add.gke.message = None
    with pytest.raises(ClusterNotFound, match="was deleted outside of DSS"):
        add()


def test_a_cluster_that_vanishes_during_the_run_is_said_on_the_page(add):
    gke = add.gke

    def vanish():
        gke.message = None

    gke.meanwhile = [lambda: None, vanish]
    page = add()

    assert outcomes(page) == ["failed"]
    assert "was deleted outside of DSS" in plain(page)


def test_a_pool_that_somebody_else_makes_meanwhile_with_other_settings_is_refused(add):
    gke = add.gke
    gke.meanwhile = [lambda: None, lambda: gke.add("gpu", config={"machine_type": "e2-small"})]
    with pytest.raises(SettingsError, match="a node pool gpu is there with other settings"):
        add(name="gpu")


def test_a_cluster_that_is_never_free_is_given_up(add):
    add.gke.faults = [("before", ClusterBusy("It is busy."))] * 1000
    page = add()

    assert outcomes(page) == ["failed"]
    assert "The cluster was not free for the change within 60 minutes." in plain(page)


def test_what_is_only_begun_after_the_deadline_is_not_begun(add):
    def late():
        add.world.now += 3600

    add.gke.meanwhile = [lambda: None, late]
    page = add()

    assert add.gke.asked == []
    assert "was not free for the change" in plain(page)
