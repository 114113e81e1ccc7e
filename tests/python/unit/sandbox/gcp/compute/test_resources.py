import pytest

from sandbox.gcp.compute import resources
from sandbox.gcp.container.nodes import InstanceGroup, InstanceGroupError


@pytest.fixture
def group():
    """A group of three in which one instance does not come up."""
    return InstanceGroup(
        name="gke-c-pool-1-abcd-grp",
        zone="us-central1-a",
        cluster="c",
        pool="pool-1",
        size=3,
        running=2,
        base_instance_name="gke-c-pool-1-abcd",
        machine_type="n2-highmem-8",
        disk_type="pd-balanced",
        disk_size_gb=100,
        service_account="robot@p.iam.gserviceaccount.com",
        instances=("gke-c-pool-1-abcd-0001", "gke-c-pool-1-abcd-0002"),
        errors=(InstanceGroupError("QUOTA_EXCEEDED", "Quota 'CPUS' exceeded.", "gke-c-pool-1-abcd-0003"),),
    )


def test_group_counts_what_runs_and_what_is_being_created(group):
    manager = resources.group_manager("p", group)
    assert manager["targetSize"] == 3
    assert (manager["currentActions"]["none"], manager["currentActions"]["creating"]) == (2, 1)
    assert manager["status"] == {"isStable": False}


def test_instances_that_do_not_come_up_say_why(group):
    *running, failing = resources.managed_instances("p", group)
    assert [instance["currentAction"] for instance in running] == ["NONE", "NONE"]
    assert failing["currentAction"] == "CREATING"
    assert failing["lastAttempt"]["errors"]["errors"][0]["code"] == "QUOTA_EXCEEDED"


def test_errors_name_the_instance(group):
    [error] = resources.group_errors("p", group)
    assert error["error"] == {"code": "QUOTA_EXCEEDED", "message": "Quota 'CPUS' exceeded."}
    assert error["instanceActionDetails"]["instance"].endswith("/zones/us-central1-a/instances/gke-c-pool-1-abcd-0003")


def test_node_is_labelled_with_its_cluster_and_pool(group):
    labels = resources.node("p", group, group.instances[0])["labels"]
    assert (labels["goog-k8s-cluster-name"], labels["goog-k8s-node-pool-name"]) == ("c", "pool-1")


def test_ids_are_the_same_every_time():
    assert resources.network("p", "default")["id"] == resources.network("p", "default")["id"]
    assert resources.network("p", "default")["id"] != resources.network("p", "other")["id"]


def test_lowered_quota_is_used_up_and_others_are_not():
    limits = {quota["metric"]: quota["limit"] for quota in resources.quotas("CPUS")}
    assert limits["CPUS"] == 0
    assert limits["SSD_TOTAL_GB"] > 0


def test_subnetwork_may_bear_another_name_than_its_network():
    subnetwork = resources.subnetwork("p", "us-central1", "subnet", "vpc")
    assert subnetwork["name"] == "subnet"
    assert subnetwork["network"].endswith("/networks/vpc")
