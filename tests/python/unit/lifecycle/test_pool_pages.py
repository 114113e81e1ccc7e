"""What the administrator reads after a change of a node pool, from its title to its advice, and how the bar moves."""

from __future__ import annotations

import pytest

from gke_clusters.errors import ClusterBusy, OperationFailed, PodsRemain, SettingsError, StateError
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.pool_addition import add_node_pool
from gke_clusters.lifecycle.pool_changes import Change, Ended, carry_out, pool_failure
from gke_clusters.lifecycle.pool_deletion import delete_node_pool
from gke_clusters.lifecycle.pool_resize import resize_node_pool
from gke_clusters.lifecycle.pool_target import find_target
from gke_clusters.settings.node_pool_macros import parse_add, parse_delete, parse_resize
from tests.python.unit.lifecycle.node_pools import DSS_CLUSTER, NAME, NO_MACHINES, FakeDrainable, FakeGke, plain

POOL_PATH = "projects/acme/locations/europe-west1/clusters/my-cluster/nodePools/gpu"
ZONES = "europe-west1-b, europe-west1-c"
LOGGED_NAME = "projects/acme/locations/europe-west1/clusters/my-cluster"
OLD_CONFIG = {"machine_type": "n2-standard-4"}
AUTOSCALED = {"enabled": True, "min_node_count": 2, "max_node_count": 5}


class Macros:
    """The three macros on the node pool ``gpu`` of one cluster, which has ``cpu`` beside it."""

    def __init__(self, world):
        self.world = world
        self.gke = FakeGke(world)
        self.gke.add("cpu", 1, config=OLD_CONFIG)
        self.contents = FakeDrainable()
        self.contents.node("cpu")
        self.contents.node("gpu")

    def add(self, preview=False, **preset):
        config = {"serviceAccountType": "custom", "serviceAccount": "n@acme.iam.gserviceaccount.com", "numNodes": 2}
        pool = {**config, "machineType": "n2-standard-4", **preset}
        asked = parse_add({"clusterId": "c", "nodePoolId": "gpu", "preview": preview, "nodePoolConfig": pool})
        return plain(add_node_pool(asked, DSS_CLUSTER, lambda: self.gke.google, self.world.progress))

    def delete(self, **fields):
        asked = parse_delete({"clusterId": "c", "nodePoolId": "gpu", **fields})
        progress = self.world.progress
        return plain(delete_node_pool(asked, DSS_CLUSTER, lambda: self.gke.google, progress, reach=self._reach))

    def resize(self, number, **fields):
        asked = parse_resize({"clusterId": "c", "nodePoolId": "gpu", "numNodes": number, **fields})
        progress = self.world.progress
        return plain(resize_node_pool(asked, DSS_CLUSTER, lambda: self.gke.google, progress, reach=self._reach))

    def _reach(self, cluster):
        assert cluster is DSS_CLUSTER
        return self.contents


@pytest.fixture
def macros(world, caplog):
    caplog.set_level("INFO")
    return Macros(world)


def test_the_page_of_a_pool_that_was_added(macros, caplog):
    assert macros.add() == (
        "Add the node pool gpu to my-cluster Step Result What and why Node pool gpu changed Machine type n2-standard-4"
        " 2 nodes in each of 2 zones, 4 in total Node pool gpu Before Now Nodes none 4 = 2 in each of 2 zones"
        f" Autoscaling none off Machine type none n2-standard-4 Zones none {ZONES} Status none RUNNING Next To run pods"
        " of DSS on it and nowhere else, run the macro Register with DSS and name the node pool there."
    )
    assert macros.world.percents == [5, 26, 26, 90, 100]
    assert caplog.messages[0] == f"Adding the node pool gpu to {LOGGED_NAME}"
    assert caplog.messages[-1] == "gpu is dealt with"


def test_the_page_of_a_pool_that_would_be_added(macros, caplog):
    assert macros.add(preview=True) == (
        "Add the node pool gpu to my-cluster Step Result What and why Node pool gpu would change Machine type"
        " n2-standard-4 2 nodes in each of 2 zones, 4 in total Node pool gpu Before Would be Nodes none 4 = 2 in each"
        f" of 2 zones Autoscaling none off Machine type none n2-standard-4 Zones none {ZONES} Status none –"
    )
    assert macros.world.percents == [5, 100]
    assert caplog.messages[-1] == "Nothing was changed"


def test_the_page_of_a_pool_that_was_there_already(macros):
    macros.add()

    assert macros.add().startswith(
        "Add the node pool gpu to my-cluster Step Result What and why Node pool gpu done It is there already, with the"
        " same settings. Node pool gpu Before Now Nodes 4 = 2 in each of 2 zones 4 = 2 in each of 2 zones"
    )


def test_the_page_of_a_pool_that_got_no_machines(macros):
    macros.gke.endings = [((NO_MACHINES,), "ERROR")]

    assert macros.add() == (
        "Add the node pool gpu to my-cluster Step Result What and why Node pool gpu failed The node pool gpu does not"
        " have all its nodes. CREATE_NODE_POOL of my-cluster failed: the zone has no machines of that type free at the"
        f" moment. Resource: {POOL_PATH} [GCE_STOCKOUT] The zone does not have enough resources available to fulfill"
        " the request. What to do: Choose another zone or machine type, untick spot VMs, or try again later. Delete"
        " what was created changed gpu is gone, with the nodes that it had. Node pool gpu Before Now Nodes none none"
        " Autoscaling none none Machine type none none Zones none none Status none none"
    )
    assert macros.world.percents == [5, 26, 26, 90, 91, 91, 99, 100]


def test_a_pool_that_cannot_be_cleaned_up_is_named_in_the_advice(macros):
    macros.gke.endings = [((NO_MACHINES,), "ERROR"), ((Condition("", "Internal error."),), "ERROR")]

    assert (
        "Delete what was created failed The node pool gpu does not have all its nodes. DELETE_NODE_POOL of my-cluster"
        f" failed. Resource: {POOL_PATH} Internal error." in macros.add()
    )


def test_a_pool_that_was_made_and_is_not_there_is_looked_for_in_the_audit_log(macros):
    gke = macros.gke
    gke.meanwhile = [lambda: None, lambda: None, lambda: gke.remove("gpu")]

    assert (
        "Node pool gpu failed The creation of the node pool gpu ended without an error, and it does not exist."
        f" Resource: {LOGGED_NAME} What to do: Look in the audit log of the project for who deleted it, then run the"
        " macro again. Delete what was created done gpu is not there." in macros.add()
    )


def test_a_pool_with_other_settings_needs_another_name(macros):
    macros.add()
    with pytest.raises(SettingsError) as refused:
        macros.add(machineType="n2-standard-8")

    assert refused.value.remedy == (
        "Give another name or the same settings; to change the number of nodes, use Resize node pool."
        " Correct these fields and run the macro again."
    )


def test_the_page_of_a_pool_that_was_deleted(macros, caplog):
    macros.gke.add("gpu", 1, config=OLD_CONFIG)
    macros.contents.pod("job", "gpu-1")

    assert macros.delete() == (
        "Delete the node pool gpu of my-cluster Step Result What and why Drain gpu changed 1 pods were evicted:"
        " dss/job, which nothing makes again Delete gpu changed It is gone, with its nodes and their boot disks. Node"
        " pool gpu Before Now Nodes 2 = 1 in each of 2 zones none Autoscaling off none Machine type n2-standard-4 none"
        f" Zones {ZONES} none Status RUNNING none"
    )
    assert macros.world.percents == [5, 10, 59, 59, 99, 100]
    assert caplog.messages[0] == f"Deleting the node pool gpu of {LOGGED_NAME}"
    assert caplog.messages[-1] == "gpu is dealt with"


def test_the_page_of_a_pool_that_would_be_deleted(macros, caplog):
    macros.gke.add("gpu", 1, config=OLD_CONFIG)

    assert macros.delete(preview=True) == (
        "Delete the node pool gpu of my-cluster Step Result What and why Drain gpu done There are no pods on it that"
        " would have to move. Delete gpu would change It would be deleted, with its nodes and their boot disks. Node"
        " pool gpu Before Would be Nodes 2 = 1 in each of 2 zones none Autoscaling off none Machine type n2-standard-4"
        f" none Zones {ZONES} none Status RUNNING none"
    )
    assert caplog.messages[-1] == "Nothing was changed"


def test_the_page_of_a_pool_without_pods_that_was_deleted(macros):
    macros.gke.add("gpu", 1)

    assert "Drain gpu done There are no pods on it that have to move. Delete gpu changed" in macros.delete()


def test_the_page_of_a_pool_that_is_gone_already(macros):
    macros.gke.add("tpu", 1)

    assert macros.delete() == (
        "Delete the node pool gpu of my-cluster Step Result What and why Delete gpu done There is no node pool gpu in"
        " the cluster, so nothing was deleted; there are: cpu, tpu"
    )


def test_a_node_that_is_given_back_in_vain_is_on_the_page(macros):
    macros.gke.add("gpu", 1)
    macros.gke.endings = [((Condition("", "Internal error."),), "ERROR")]

    assert f"Resource: {POOL_PATH} Internal error." in macros.delete()


def test_the_only_pool_may_be_emptied_or_the_cluster_stopped(macros):
    macros.gke.add("gpu", 1)
    macros.gke.remove("cpu")
    with pytest.raises(StateError) as refused:
        macros.delete()

    assert refused.value.resource == POOL_PATH
    assert refused.value.remedy == (
        "Add another node pool first; or resize this one to 0 nodes, which costs nothing; or stop the cluster in DSS,"
        " which deletes it."
    )


def test_pods_that_have_nowhere_to_go_are_named_with_the_pool_and_the_ways_out(macros):
    macros.gke.add("gpu", 1)
    for name in ("a", "b"):
        macros.contents.pod(name, "gpu-1", selector={"cloud.google.com/gke-nodepool": "gpu"})
    with pytest.raises(PodsRemain) as refused:
        macros.delete()

    assert refused.value.resource == POOL_PATH
    assert refused.value.cause == (
        "2 pods need the node pool gpu: no other one has nodes that they may run on. Nothing was deleted."
    )
    assert refused.value.verbatim == "dss/a, which nothing makes again\ndss/b, which nothing makes again"
    assert refused.value.remedy == (
        "End what runs there in DSS, or delete those pods, then try again; or add a node pool with the same labels,"
        " taints and GPUs first."
    )


def test_the_page_of_an_autoscaled_pool_that_was_emptied(macros, caplog):
    macros.gke.add("gpu", 1, config=OLD_CONFIG, autoscaling=AUTOSCALED)

    assert macros.resize(0) == (
        "Resize the node pool gpu of my-cluster Step Result What and why Limits of the autoscaler changed 0 to 5 nodes"
        " in each zone; before: 2 to 5 nodes in each zone. Number of nodes changed 0 nodes in each of 2 zones, 0 in"
        " total. Node pool gpu Before Now Nodes 2 = 1 in each of 2 zones 0 = 0 in each of 2 zones Autoscaling 2 to 5"
        " nodes in each zone 0 to 5 nodes in each zone Machine type n2-standard-4 n2-standard-4 Zones"
        f" {ZONES} {ZONES} Status RUNNING RUNNING Next GKE chooses the nodes that go. Their pods end; those that"
        " something owns are made again where there is room, and a job of DSS that ran there fails. The autoscaler adds"
        " nodes again as soon as pods wait for this node pool."
    )
    assert macros.world.percents == [5, 18, 18, 50, 59, 59, 95, 100]
    assert caplog.messages[0] == f"Resizing the node pool gpu of {LOGGED_NAME}"
    assert caplog.messages[-1] == "gpu is dealt with"


def test_the_page_of_a_pool_that_would_be_resized(macros, caplog):
    macros.gke.add("gpu", 1, config=OLD_CONFIG)

    assert macros.resize(3, preview=True) == (
        "Resize the node pool gpu of my-cluster Step Result What and why Number of nodes would change 3 nodes in each"
        " of 2 zones, 6 in total. Node pool gpu Before Would be Nodes 2 = 1 in each of 2 zones 6 = 3 in each of 2 zones"
        f" Autoscaling off off Machine type n2-standard-4 n2-standard-4 Zones {ZONES} {ZONES} Status RUNNING RUNNING"
    )
    assert macros.world.percents == [5, 100]
    assert caplog.messages[-1] == "Nothing was changed"


def test_a_pool_that_keeps_its_number_loses_no_pods(macros):
    macros.gke.add("gpu", 3, status="RUNNING_WITH_ERROR")

    assert "GKE chooses the nodes that go" not in macros.resize(3)


def test_a_pool_that_would_be_deleted_at_zero_is_shown_so(macros):
    macros.gke.add("gpu", 1)

    assert "Delete gpu would change" in macros.resize(0, deleteAtZero=True, preview=True)
    assert macros.gke.asked == []


def test_limits_of_all_zones_together_are_shown_as_such(macros):
    limits = {"enabled": True, "total_min_node_count": 2, "total_max_node_count": 4, "location_policy": "ANY"}
    macros.gke.add("gpu", 1, autoscaling=limits)

    assert (
        "Autoscaling 2 to 4 nodes in all zones together 2 to 6 nodes in all zones together Machine type"
        in macros.resize(3, preview=True)
    )


@pytest.mark.parametrize(
    ("change", "words", "remedy"),
    [
        (
            lambda gke: gke.remove("gpu"),
            f"The node pool gpu is gone: somebody else deleted it meanwhile. Resource: {POOL_PATH} What to do:",
            " Add it again if it is needed.",
        ),
        (
            lambda gke: setattr(gke.pool("gpu").autoscaling, "enabled", False),
            "The node pool gpu is not autoscaled any more: somebody else changed it meanwhile. Resource:",
            f" {POOL_PATH} What to do: Look at it with the macro Inspect node pools, then run this macro again.",
        ),
    ],
)
def test_what_somebody_else_did_meanwhile_is_said_of_the_pool(macros, change, words, remedy):
    macros.gke.add("gpu", 1, autoscaling=AUTOSCALED)
    macros.gke.meanwhile = [lambda: None, lambda: change(macros.gke)]

    page = macros.resize(8)
    assert words in page
    assert remedy in page


def test_a_wait_in_vain_names_the_command_that_shows_what_holds_the_cluster(macros):
    macros.gke.faults = [("before", ClusterBusy("It is busy."))] * 1000

    assert (
        "The cluster was not free for the change within 60 minutes."
        f" Resource: {LOGGED_NAME} What to do: Look at what holds it, then run the macro again: gcloud container"
        " operations list --project acme --location europe-west1" in macros.add()
    )


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        (
            {"autopilot": {"enabled": True}},
            "There are no node pools to change. To choose machines, create a Standard cluster.",
        ),
        (
            {"status": "STOPPING"},
            "Wait until it is gone, mark the DSS cluster as stopped (force stop), then start it again.",
        ),
    ],
)
def test_a_cluster_whose_pools_cannot_be_changed_is_named_with_what_to_do(macros, fields, remedy):
    for name, value in fields.items():
        setattr(macros.gke.message, name, value)
    with pytest.raises(StateError) as refused:
        find_target(DSS_CLUSTER, lambda: macros.gke.google)

    assert (refused.value.resource, refused.value.remedy) == (NAME.path, remedy)


def test_a_pool_of_which_google_says_nothing_is_looked_at_in_the_console(macros):
    macros.gke.add("gpu", status="ERROR")
    target = find_target(DSS_CLUSTER, lambda: macros.gke.google)
    failure = pool_failure(Ended(target.cluster), "gpu")

    assert isinstance(failure, OperationFailed)
    assert failure.cause == "The node pool gpu is ERROR, and Google does not say why."
    assert (failure.resource, failure.remedy) == (POOL_PATH, "Look at the node pool in the Google Cloud console.")


def test_the_conditions_of_a_pool_say_what_it_lacks_without_an_operation(macros):
    macros.gke.add("gpu", status="ERROR", conditions=[{"message": "No IP addresses are left.", "code": "GCE_STOCKOUT"}])
    target = find_target(DSS_CLUSTER, lambda: macros.gke.google)
    failure = pool_failure(Ended(target.cluster), "gpu")

    assert failure is not None
    assert failure.cause.startswith("The node pool gpu does not have all its nodes. The change failed: ")
    assert "No IP addresses are left." in failure.verbatim
    assert failure.resource == POOL_PATH


def test_a_holder_that_a_refusal_names_is_waited_for_to_its_end(macros, caplog):
    gke = macros.gke
    gke.add("gpu")
    target = find_target(DSS_CLUSTER, lambda: gke.google)
    holder = gke.begin("UPGRADE_NODES", "cpu")
    seen = []
    operations_of, gke.operations_of = gke.operations_of, lambda name: ()

    def ask():
        seen.append(gke.operations[0].done)
        gke.operations_of = operations_of
        if not gke.operations[0].done:
            raise ClusterBusy("It is busy.", operation=holder.name, verbatim="Operation it is.")
        return gke.set_size(NAME, "gpu", 3)

    ended = carry_out(
        target.saved, "gpu", gke.google, macros.world.progress, lambda _: Change("SET_NODE_POOL_SIZE", ask)
    )

    assert seen == [False, True]
    assert ended.operation is not None
    assert ended.operation.done
    assert "It is busy. Operation it is." in caplog.messages
    assert "UPGRADE_NODES of cpu holds the cluster and is waited for" in caplog.messages
