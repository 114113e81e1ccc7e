"""Google's own client, `google.cloud.container_v1` over REST, against the simulated GKE."""

import time
from collections.abc import Callable, Iterator

import pytest
from google.api_core import exceptions
from google.cloud import container_v1
from google.oauth2.credentials import Credentials

from tests.python.integration.conftest import Sandbox

Status = container_v1.Cluster.Status
OperationType = container_v1.Operation.Type
DONE = container_v1.Operation.Status.DONE
DEADLINE_SECONDS = 120


class Gke:
    """The client with the waiting that it leaves to its users."""

    def __init__(self, url: str, token: str, project: str) -> None:
        self.client = container_v1.ClusterManagerClient(
            credentials=Credentials(token), transport="rest", client_options={"api_endpoint": url}
        )
        self.zone = f"projects/{project}/locations/us-central1-a"
        self.region = f"projects/{project}/locations/europe-west1"

    def wait(self, operation: container_v1.Operation, parent: str) -> container_v1.Operation:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while operation.status != DONE:
            assert time.monotonic() < deadline, operation
            operation = self.client.get_operation(name=f"{parent}/operations/{operation.name}")
        return operation

    def create(self, parent: str, **fields: object) -> container_v1.Cluster:
        self.wait(self.client.create_cluster(parent=parent, cluster=container_v1.Cluster(**fields)), parent)
        return self.client.get_cluster(name=f"{parent}/clusters/{fields['name']}")


@pytest.fixture(scope="module")
def gke(sandbox) -> Iterator[Gke]:
    gke = Gke(sandbox.container_url, sandbox.token, sandbox.project)
    yield gke
    gke.client.transport.close()


@pytest.fixture(scope="module")
def slow_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in which operations take minutes, so that what is seen meanwhile can be looked at."""
    running = Sandbox(tmp_path_factory.mktemp("slow"), "--speed", "1")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def slow_gke(slow_sandbox: Sandbox) -> Iterator[Gke]:
    gke = Gke(slow_sandbox.container_url, slow_sandbox.token, slow_sandbox.project)
    yield gke
    gke.client.transport.close()


@pytest.fixture(scope="module")
def cluster(gke: Gke) -> container_v1.Cluster:
    """A zonal cluster with one node pool, shared by the tests that only add to it."""
    pool = container_v1.NodePool(name="cpu", initial_node_count=2)
    return gke.create(gke.zone, name="client-shared", node_pools=[pool], resource_labels={"team": "ds"})


def test_a_cluster_is_provisioning_and_has_no_endpoint_while_it_is_created(
    slow_gke: Gke, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("seen")
    operation = slow_gke.client.create_cluster(
        parent=slow_gke.zone, cluster=container_v1.Cluster(name=name, initial_node_count=1)
    )

    assert operation.operation_type == OperationType.CREATE_CLUSTER
    assert operation.status == container_v1.Operation.Status.RUNNING
    seen = slow_gke.client.get_cluster(name=f"{slow_gke.zone}/clusters/{name}")
    assert seen.status == Status.PROVISIONING
    assert not seen.endpoint


def test_creation_ends_with_its_progress_complete_and_an_endpoint(gke: Gke, unique_name: Callable[[str], str]) -> None:
    name = unique_name("seen")
    operation = gke.client.create_cluster(
        parent=gke.zone, cluster=container_v1.Cluster(name=name, initial_node_count=1)
    )

    done = gke.wait(operation, gke.zone)
    metrics = {metric.name: metric.int_value for metric in done.progress.metrics}
    assert metrics["CLUSTER_DEPLOYING"] == metrics["CLUSTER_DEPLOYING_TOTAL"] == 12
    assert gke.client.get_cluster(name=f"{gke.zone}/clusters/{name}").endpoint


def test_a_created_cluster_runs_with_its_nodes(cluster: container_v1.Cluster) -> None:
    assert cluster.status == Status.RUNNING
    assert cluster.current_node_count == 2
    assert cluster.resource_labels == {"team": "ds"}
    assert cluster.master_auth.cluster_ca_certificate
    assert cluster.self_link.endswith("/zones/us-central1-a/clusters/client-shared")


def test_a_regional_cluster_has_nodes_in_three_zones(gke: Gke, unique_name: Callable[[str], str]) -> None:
    pool = container_v1.NodePool(name="cpu", initial_node_count=1)
    regional = gke.create(gke.region, name=unique_name("regional"), node_pools=[pool])

    assert list(regional.locations) == ["europe-west1-b", "europe-west1-c", "europe-west1-d"]
    assert regional.current_node_count == 3
    assert "/locations/europe-west1/clusters/" in regional.self_link


def test_lists_are_read_across_locations(gke: Gke, cluster: container_v1.Cluster) -> None:
    everywhere = gke.zone.replace("us-central1-a", "-")

    assert cluster.name in [each.name for each in gke.client.list_clusters(parent=everywhere).clusters]
    targets = [each.target_link for each in gke.client.list_operations(parent=everywhere).operations]
    assert any(link.endswith("/clusters/client-shared") for link in targets)


def test_a_taken_name_is_refused_as_existing(gke: Gke, cluster: container_v1.Cluster) -> None:
    with pytest.raises(exceptions.Conflict, match=r"Already exists: projects/.*/clusters/client-shared"):
        gke.create(gke.zone, name=cluster.name, initial_node_count=1)


def test_a_missing_cluster_is_not_found(gke: Gke) -> None:
    with pytest.raises(exceptions.NotFound, match=r"Not found: projects/.*/zones/us-central1-a/clusters/absent\."):
        gke.client.get_cluster(name=f"{gke.zone}/clusters/absent")


def test_a_busy_cluster_refuses_a_second_mutation_by_naming_the_first(
    slow_gke: Gke, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("busy")
    operation = slow_gke.client.create_cluster(
        parent=slow_gke.zone, cluster=container_v1.Cluster(name=name, initial_node_count=1)
    )

    with pytest.raises(exceptions.BadRequest, match=f"{operation.name} is currently creating cluster {name}"):
        slow_gke.client.delete_cluster(name=f"{slow_gke.zone}/clusters/{name}")


def test_a_cluster_is_stopping_while_it_is_deleted(
    slow_gke: Gke, slow_sandbox: Sandbox, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("going")
    slow_sandbox.plant({"location": "us-central1-a", "cluster": {"name": name, "initialNodeCount": 1}})

    slow_gke.client.delete_cluster(name=f"{slow_gke.zone}/clusters/{name}")

    assert slow_gke.client.get_cluster(name=f"{slow_gke.zone}/clusters/{name}").status == Status.STOPPING


def test_a_deleted_cluster_is_gone_and_its_operations_remain(gke: Gke, unique_name: Callable[[str], str]) -> None:
    name = unique_name("gone")
    gke.create(gke.zone, name=name, initial_node_count=1)

    deletion = gke.client.delete_cluster(name=f"{gke.zone}/clusters/{name}")
    gke.wait(deletion, gke.zone)

    with pytest.raises(exceptions.NotFound):
        gke.client.get_cluster(name=f"{gke.zone}/clusters/{name}")
    assert deletion.name in [each.name for each in gke.client.list_operations(parent=gke.zone).operations]


def test_node_pools_are_added_resized_and_deleted(gke: Gke, cluster: container_v1.Cluster) -> None:
    path = f"{gke.zone}/clusters/{cluster.name}"
    gpu = container_v1.NodePool(
        name="gpu",
        initial_node_count=1,
        config=container_v1.NodeConfig(
            machine_type="n1-standard-8",
            accelerators=[container_v1.AcceleratorConfig(accelerator_type="nvidia-tesla-t4", accelerator_count=2)],
        ),
    )
    gke.wait(gke.client.create_node_pool(parent=path, node_pool=gpu), gke.zone)
    created = gke.client.get_node_pool(name=f"{path}/nodePools/gpu")
    assert created.status == container_v1.NodePool.Status.RUNNING
    assert created.config.accelerators[0].accelerator_count == 2
    assert [taint.key for taint in created.config.taints] == ["nvidia.com/gpu"]

    gke.wait(gke.client.set_node_pool_size({"name": f"{path}/nodePools/gpu", "node_count": 3}), gke.zone)
    assert gke.client.get_cluster(name=path).current_node_count == 5

    gke.wait(gke.client.delete_node_pool(name=f"{path}/nodePools/gpu"), gke.zone)
    assert [pool.name for pool in gke.client.list_node_pools(parent=path).node_pools] == ["cpu"]


def test_server_config_offers_the_default_version(gke: Gke) -> None:
    config = gke.client.get_server_config(name=gke.zone)

    assert config.default_cluster_version in config.valid_master_versions
    assert {channel.channel.name for channel in config.channels} == {"RAPID", "REGULAR", "STABLE", "EXTENDED"}


def test_an_update_without_a_field_is_refused(gke: Gke, cluster: container_v1.Cluster) -> None:
    with pytest.raises(exceptions.BadRequest, match="Must specify a field to update"):
        gke.client.update_cluster(name=f"{gke.zone}/clusters/{cluster.name}", update=container_v1.ClusterUpdate())


def test_a_stockout_leaves_a_cluster_in_error_that_holds_its_name(
    gke: Gke, sandbox, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("stockout")
    fault = {"service": "container", "method": "POST", "path": "*/clusters", "effect": {"operation": "stockout"}}
    sandbox.call(f"{sandbox.env['SANDBOX_ADMIN_URL']}/faults", "POST", json=fault).raise_for_status()

    operation = gke.client.create_cluster(
        parent=gke.zone, cluster=container_v1.Cluster(name=name, initial_node_count=1)
    )
    done = gke.wait(operation, gke.zone)

    assert done.error.code == 8
    assert "does not have enough resources available" in done.error.message
    assert "[GCE_STOCKOUT]" in done.status_message
    assert done.cluster_conditions[0].code == container_v1.StatusCondition.Code.GCE_STOCKOUT
    assert gke.client.get_cluster(name=f"{gke.zone}/clusters/{name}").status == Status.ERROR
    with pytest.raises(exceptions.Conflict):
        gke.create(gke.zone, name=name, initial_node_count=1)


def test_a_quota_failure_names_the_quota(gke: Gke, sandbox, unique_name: Callable[[str], str]) -> None:
    fault = {"service": "container", "method": "POST", "path": "*/clusters", "effect": {"operation": "quota"}}
    sandbox.call(f"{sandbox.env['SANDBOX_ADMIN_URL']}/faults", "POST", json=fault).raise_for_status()

    operation = gke.client.create_cluster(
        parent=gke.zone, cluster=container_v1.Cluster(name=unique_name("quota"), initial_node_count=1)
    )

    assert "Quota 'CPUS' exceeded" in gke.wait(operation, gke.zone).error.message
