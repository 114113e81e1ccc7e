"""The documented permissions are enough for every story, and none of them can be spared: a story names the lack of it.

A permission that is listed without such a story, or a call that asks for one that is not listed, fails here or in the
suite, which runs with exactly those that are listed.
"""

from __future__ import annotations

import html
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from gke_clusters.dss.clusters import DssCluster as KnownCluster
from gke_clusters.errors import GkeClustersError, PermissionDenied
from gke_clusters.google.compute import ComputeApi
from gke_clusters.google.credentials import Authorization, CredentialsChoice, authorize
from gke_clusters.google.permissions import BUCKET_PERMISSIONS, KUBERNETES, PERMISSIONS
from gke_clusters.google.registries import DOWNLOAD, UPLOAD, ArtifactRegistryApi, RepositoryName
from gke_clusters.google.storage import StorageApi
from gke_clusters.kube.access import review_access
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.inspection.story import inspect_node_pools
from gke_clusters.lifecycle.pool_addition import add_node_pool
from gke_clusters.lifecycle.pool_deletion import delete_node_pool
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.settings.connection import CredentialsSettings
from gke_clusters.settings.inspect_node_pools import parse_inspect
from gke_clusters.settings.node_pool_macros import parse_add, parse_delete
from sandbox.process import SandboxProcess
from tests.python.chaos.dss_clusters import CREATE, DssCluster, End
from tests.python.chaos.stage import SANDBOX_ARGUMENTS, Stage
from tests.python.integration.furnished_cluster import FurnishedCluster

HOME, ABROAD = "us-central1-a", "europe-west1-b"
HOST = "dss-host@sandbox-project.iam.gserviceaccount.com"
IN_THE_CLUSTER = {access.permission for access in KUBERNETES}
CREATION = {"service": "container", "method": "POST", "path": "*/clusters"}

Story = Callable[["Dss"], End]

# One sandbox for all of them.
pytestmark = pytest.mark.xdist_group("least privilege")


class Dss:
    """DSS on a host of the cloud, and the clusters that it makes in the stories."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.running = self.new_cluster()
        self._numbers = itertools.count()

    def new_cluster(self, **values: Any) -> DssCluster:
        dialog = {
            "connectionInfo": {"projectId": "sandbox-project", "zone": HOME},
            "nodePools": [{"machineType": "n2-highmem-8", "numNodes": 1}],
        }
        name = f"least-{next(self.stage.plays)}"
        return DssCluster(self.stage.component, CREATE, name, dialog | values)

    def start(self, effect: Mapping[str, Any] | None = None, **values: Any) -> End:
        """Start a new cluster whose creation meets a fault, and let somebody delete what is left of it."""
        cluster = self.new_cluster(**values)
        with self.stage.sandbox.faults(*([{**CREATION, "effect": effect}] if effect else [])):
            end = cluster.start()
        for left in self.stage.outsider.named(cluster.name):
            self.stage.outsider.delete(left, wait=False)
        return end


def be_the_host(dss: Dss, patched: pytest.MonkeyPatch) -> None:
    """Let this process act as the DSS host."""
    for name, value in dss.stage.component.environment.items():
        patched.setenv(name, value)
    # google-auth looks at the variable when it is imported, which other tests of the process may have done long ago.
    metadata_host = dss.stage.component.environment["GCE_METADATA_HOST"]
    patched.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", metadata_host)


def start(effect: Mapping[str, Any] | None = None, **values: Any) -> Story:
    return lambda dss: dss.start(effect, **values)


def stop(dss: Dss) -> End:
    return dss.running.stop()


def stop_with(*furnishings: Callable[[FurnishedCluster], object]) -> Story:
    """Stop a cluster in which there is what the stop looks for, and can clear away if it has the permission."""

    def story(dss: Dss) -> End:
        cluster = dss.new_cluster(deleteLoadBalancers=True, deleteVolumes=True)
        assert cluster.start().succeeded
        [there] = dss.stage.outsider.named(cluster.name)
        furnished = FurnishedCluster(dss.stage.sandbox, there, dss.stage.component.folder)
        for add in furnishings:
            add(furnished)
        return cluster.stop()

    return story


def asked(ask: Callable[[Dss, Authorization], object]) -> Story:
    """Ask something of Google, as a macro does on the DSS host."""

    def story(dss: Dss) -> End:
        with pytest.MonkeyPatch.context() as patched:
            be_the_host(dss, patched)
            try:
                ask(dss, authorize(CredentialsChoice()))
            except GkeClustersError as failure:
                return End("returned", 0.0, message=str(failure))
        return End("returned", 0.0, result={})

    return story


def of_a_repository(ask: Callable[[ArtifactRegistryApi, RepositoryName], object]) -> Story:
    """Ask something of Artifact Registry, as the macro that pushes base images does."""

    def about_it(dss: Dss, authorization: Authorization) -> None:
        name = RepositoryName("sandbox-project", "us-central1", f"least-{next(dss.stage.plays)}")
        ask(ArtifactRegistryApi(authorization), name)

    return asked(about_it)


def read_quotas(_: Dss, authorization: Authorization) -> None:
    ComputeApi(authorization).region_quotas("sandbox-project", "us-central1")


def push_and_pull(api: ArtifactRegistryApi, name: RepositoryName) -> None:
    api.create_repository(name)
    api.require(name, (UPLOAD, DOWNLOAD))


def as_a_macro_sees_it(cluster: DssCluster) -> KnownCluster:
    """What DSS tells a macro of a cluster that runs."""
    return KnownCluster(cluster.name, CREATE, "RUNNING", {}, {}, cluster.data or {})


def add_a_node_pool(dss: Dss) -> End:
    """Add a node pool, as the macro does on the DSS host."""
    settings = parse_add({"clusterId": dss.running.name, "nodePoolConfig": {"numNodes": 1}})
    with pytest.MonkeyPatch.context() as patched:
        be_the_host(dss, patched)
        cluster = as_a_macro_sees_it(dss.running)
        page = add_node_pool(settings, cluster, lambda: connect(CredentialsSettings()), Progress())
    return End("returned", 0.0, message=html.unescape(page))


def drain_a_node_pool(dss: Dss) -> End:
    """Delete a node pool with a pod on it, as the macro does on the DSS host."""
    pool = {"machineType": "e2-standard-4", "numNodes": 1}
    cluster = dss.new_cluster(nodePools=[pool, pool])
    assert cluster.start().succeeded
    [there] = dss.stage.outsider.named(cluster.name)
    FurnishedCluster(dss.stage.sandbox, there, dss.stage.component.folder).add_pod("node-pool-1")
    settings = parse_delete({"clusterId": cluster.name, "nodePoolId": "node-pool-1"})
    with pytest.MonkeyPatch.context() as patched:
        be_the_host(dss, patched)
        seen = as_a_macro_sees_it(cluster)
        page = delete_node_pool(settings, seen, lambda: connect(CredentialsSettings()), Progress())
    cluster.stop()
    return End("returned", 0.0, message=html.unescape(page))


def inspect_the_node_pools(dss: Dss) -> End:
    """Inspect node pools, as the macro does on the DSS host."""
    settings = parse_inspect({"clusterId": dss.running.name})
    with pytest.MonkeyPatch.context() as patched:
        be_the_host(dss, patched)
        cluster = as_a_macro_sees_it(dss.running)
        page = inspect_node_pools(settings, cluster, lambda: connect(CredentialsSettings()), Progress())
    return End("returned", 0.0, message=html.unescape(page))


# A story in which the plugin itself needs the permission, by permission.
STORIES: dict[str, Story] = {
    "container.clusters.create": start(),
    "container.clusters.delete": stop,
    "container.clusters.get": start(),
    "container.clusters.list": start(),
    "container.clusters.update": add_a_node_pool,
    "container.nodes.update": drain_a_node_pool,
    "container.pods.evict": drain_a_node_pool,
    "container.operations.get": start(),
    # The operation is looked for where the answer that names it was lost.
    "container.operations.list": start({"reset": "after"}),
    "container.clusters.connect": start(controlPlaneEndpoint="dns"),
    "compute.instanceGroupManagers.get": start({"operation": "stockout"}),
    "compute.instanceGroupManagers.list": inspect_the_node_pools,
    "compute.instances.get": start(),
    "compute.regions.get": asked(read_quotas),
    "compute.subnetworks.list": start(connectionInfo={"projectId": "sandbox-project", "zone": ABROAD}),
    "compute.zones.list": start(),
    "artifactregistry.repositories.get": of_a_repository(ArtifactRegistryApi.find_repository),
    "artifactregistry.repositories.create": of_a_repository(ArtifactRegistryApi.create_repository),
    "artifactregistry.repositories.uploadArtifacts": of_a_repository(push_and_pull),
    "artifactregistry.repositories.downloadArtifacts": of_a_repository(push_and_pull),
    "iam.serviceAccounts.actAs": start(),
    "compute.addresses.list": stop_with(FurnishedCluster.add_load_balancer),
    "compute.disks.list": stop_with(),
    "compute.forwardingRules.list": stop_with(),
    "container.ingresses.delete": stop_with(FurnishedCluster.add_ingress),
    "container.ingresses.list": stop_with(),
    "container.persistentVolumes.list": stop_with(),
    "container.statefulSets.delete": stop_with(FurnishedCluster.add_claim, FurnishedCluster.add_stateful_set),
    "container.statefulSets.list": stop_with(FurnishedCluster.add_claim),
    "container.thirdPartyObjects.delete": stop_with(FurnishedCluster.add_gateway),
    "container.thirdPartyObjects.list": stop_with(FurnishedCluster.add_gateway),
}


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dss]:
    """A DSS with one cluster that runs, started with the documented permissions."""
    folder = tmp_path_factory.mktemp("least-privilege")
    sandbox = SandboxProcess(folder, SANDBOX_ARGUMENTS)
    stage = Stage.build(sandbox, folder / "dss")
    made = Dss(stage)
    assert made.running.start().succeeded
    yield made
    stage.close()
    assert not sandbox.stop()


@pytest.fixture
def kubernetes(dss: Dss, monkeypatch: pytest.MonkeyPatch) -> KubernetesApi:
    """The Kubernetes API of the running cluster, as the DSS host sees it."""
    be_the_host(dss, monkeypatch)
    assert dss.running.data is not None
    return KubernetesApi.from_kubeconfig(Path(dss.running.data["kube_config_path"]))


@pytest.fixture
def bucket(dss: Dss, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of the project, and Cloud Storage as the DSS host sees it."""
    be_the_host(dss, monkeypatch)
    exports = dss.stage.sandbox.exports
    bucket = f"least-{next(dss.stage.plays)}"
    made = requests.post(
        f"{exports['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE'].rstrip('/')}/storage/v1/b",
        headers={"Authorization": f"Bearer {Path(exports['CLOUDSDK_AUTH_ACCESS_TOKEN_FILE']).read_text()}"},
        params={"project": exports["CLOUDSDK_CORE_PROJECT"]},
        json={"name": bucket},
        timeout=20,
    )
    assert made.ok, made.text
    return bucket


def without(permission: str) -> list[str]:
    return [one for one in PERMISSIONS if one != permission]


@pytest.mark.parametrize("permission", [one for one in PERMISSIONS if one not in IN_THE_CLUSTER])
def test_without_it_a_story_fails_or_warns_and_names_it(permission: str, dss: Dss) -> None:
    with dss.stage.sandbox.permissions(HOST, without(permission)):
        end = STORIES[permission](dss)
    assert permission in (end.log if end.succeeded else end.message + end.log)


@pytest.mark.parametrize("permission", BUCKET_PERMISSIONS)
def test_without_it_a_bucket_cannot_be_used_and_it_is_named(permission: str, dss: Dss, bucket: str) -> None:
    others = [one for one in BUCKET_PERMISSIONS if one != permission]
    with dss.stage.sandbox.permissions(HOST, others):
        storage = StorageApi(authorize(CredentialsChoice()))
        with pytest.raises(PermissionDenied, match=re.escape(permission)):
            storage.require_access(bucket)
        with pytest.raises(GkeClustersError):
            use(storage, bucket)


def test_with_all_of_them_a_bucket_can_be_used(dss: Dss, bucket: str) -> None:
    with dss.stage.sandbox.permissions(HOST, list(BUCKET_PERMISSIONS)):
        use(StorageApi(authorize(CredentialsChoice())), bucket)


def use(storage: StorageApi, bucket: str) -> None:
    assert storage.find_bucket(bucket)
    storage.try_out(bucket, "")


@pytest.mark.parametrize("permission", sorted(IN_THE_CLUSTER))
def test_without_it_the_review_of_access_names_it(permission: str, dss: Dss, kubernetes: KubernetesApi) -> None:
    needs = [need for need in ACCESS_NEEDS if need.permission == permission]
    with dss.stage.sandbox.permissions(HOST, without(permission)):
        lacking = review_access(kubernetes, needs)
    assert lacking.missing == tuple(needs)
    assert permission in lacking.summary()


def test_with_all_of_them_a_start_and_a_stop_warn_of_no_lack(dss: Dss) -> None:
    cluster = dss.new_cluster()
    started, stopped = cluster.start(), cluster.stop()
    assert started.succeeded
    assert stopped.succeeded
    assert [word for word in ("permission", "may not") if word in started.log + stopped.log] == []


def test_without_any_right_in_the_cluster_a_start_names_them_all(dss: Dss) -> None:
    with dss.stage.sandbox.permissions(HOST, [one for one in PERMISSIONS if one not in IN_THE_CLUSTER]):
        end = dss.start()
    assert end.error_type.endswith(".AccessDenied")
    assert sorted(one for one in IN_THE_CLUSTER if one not in end.message) == []


def test_every_call_of_a_story_is_made_as_the_dss_host(dss: Dss) -> None:
    begin = time.time()
    cluster = dss.new_cluster()
    cluster.start()
    cluster.stop()
    calls = [seen for seen in dss.stage.sandbox.requests(since=begin) if seen["service"] != "metadata"]
    assert {seen["service"] for seen in calls} >= {"container", "compute", "kubernetes"}
    assert {seen["principal"] for seen in calls} == {HOST}
