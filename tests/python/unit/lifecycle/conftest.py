"""A Google that lives in memory and forgets nothing, for the stories to be told to."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.cloud import container_v1

from gke_clusters.errors import ClusterBusy, ClusterNotFound, GkeClustersError, MetadataServerError, NameTaken
from gke_clusters.google import deadlines
from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.google.compute import NetworkInterface, Quota, Subnetwork
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import InstanceGroup, NodePool
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.kube.access import AccessReview
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import Handover
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.settings.create import CreateSettings, parse_create
from gke_clusters.specs.ownership import Ownership

NAME = ClusterName("acme", "europe-west1-b", "my-cluster")
OWNER = Ownership.of("install-1", "my-cluster")
HOST_INTERFACE = NetworkInterface(
    "projects/host-project/global/networks/vpc", "projects/host-project/regions/europe-west1/subnetworks/sub"
)
ZONES = ("europe-west1-b", "europe-west1-c", "us-central1-a")


def make_cluster(name: ClusterName = NAME, status: str = "RUNNING", **fields: Any) -> Cluster:
    """Make a cluster of ours that answers at a public endpoint."""
    known: dict[str, Any] = {"id": "id-1", "create_time": "2026-01-01T00:00:00Z", "labels": OWNER.labels}
    known |= {"self_link": f"https://container.googleapis.com/v1/{name.path}".replace("/locations/", "/zones/")}
    known |= fields
    resource = {
        "name": name.name,
        "location": name.location,
        "status": status,
        "id": known["id"],
        "createTime": known["create_time"],
        "selfLink": known["self_link"],
        "endpoint": "203.0.113.1",
        "masterAuth": {"clusterCaCertificate": "Q0E=", "password": "SECRET"},
    }
    return Cluster(name=name, status=status, resource=resource, **known)


def make_operation(kind: str = "CREATE_CLUSTER", number: int = 1, name: ClusterName = NAME, **fields: Any) -> Operation:
    """Make an operation that runs."""
    known: dict[str, Any] = {"status": "RUNNING", "started": f"2026-01-01T00:00:0{number}Z"} | fields
    return Operation(
        f"operation-{number}-a", kind, project=name.project, location=name.location, cluster=name.name, **known
    )


def concerns(operation: Operation, name: ClusterName) -> bool:
    """Tell whether an operation acts upon a cluster."""
    return (operation.cluster, operation.location) == (name.name, name.location)


@dataclass
class FakeClusters:
    """GKE in memory. An operation is over the second time it is read."""

    clusters: dict[ClusterName, Cluster] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    missing_zones: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    # What goes wrong: raised before or after the server acted, in turn.
    create_faults: list[tuple[str, GkeClustersError]] = field(default_factory=list)
    delete_faults: list[tuple[str, GkeClustersError]] = field(default_factory=list)
    # How the next operations end, in turn; well if there is nothing.
    endings: list[tuple[Condition, ...]] = field(default_factory=list)
    status_after_create: str = "RUNNING"
    pools_after_create: tuple[NodePool, ...] = ()
    forgets_operations: bool = False
    # What changes node pools; a story that does brings its own.
    node_pools: Any = None
    identity: str = "dss@acme.iam.gserviceaccount.com"
    _seen: set[str] = field(default_factory=set)

    def add(self, cluster: Cluster) -> Cluster:
        self.clusters[cluster.name] = cluster
        return cluster

    def find_cluster(self, name: ClusterName) -> Cluster | None:
        self.calls.append("get")
        return self.clusters.get(name)

    def list_clusters(self, project: str) -> ClusterList:
        self.calls.append("list")
        found = tuple(item for item in self.clusters.values() if item.name.project == project)
        return ClusterList(found, self.missing_zones)

    def create_cluster(
        self, name: ClusterName, typed: container_v1.Cluster, raw: Mapping[str, Any] | None = None
    ) -> Operation:
        self.calls.append("create")
        self.sent.append(raw or typed)
        when, fault = self.create_faults.pop(0) if self.create_faults else ("never", None)
        if fault and when == "before":
            raise fault
        if name in self.clusters:
            raise NameTaken("It exists.", resource=name.path)
        self.add(make_cluster(name, "PROVISIONING", labels=dict(typed.resource_labels)))
        operation = self._begin("CREATE_CLUSTER", name)
        if fault:
            raise fault
        return operation

    def delete_cluster(self, name: ClusterName) -> Operation:
        self.calls.append("delete")
        when, fault = self.delete_faults.pop(0) if self.delete_faults else ("never", None)
        if fault and when == "before":
            raise fault
        if name not in self.clusters:
            raise ClusterNotFound("It is not there.", resource=name.path)
        running = next((item for item in self.operations if not item.done and concerns(item, name)), None)
        if running:
            raise ClusterBusy("It is busy.", operation=running.name, verbatim=f"Operation {running.name}")
        self.clusters[name] = replace(self.clusters[name], status="STOPPING")
        operation = self._begin("DELETE_CLUSTER", name)
        if fault:
            raise fault
        return operation

    def find_operation(
        self, project: str, location: str, name: str, *, patience_seconds: float = 0
    ) -> Operation | None:
        self.calls.append("operation")
        if self.forgets_operations:
            self._end(next(item for item in self.operations if item.name == name))
            return None
        operation = next((item for item in self.operations if item.name == name), None)
        if operation is None or operation.done:
            return operation
        if name in self._seen:
            return self._end(operation)
        self._seen.add(name)
        return operation

    def operations_of(self, name: ClusterName) -> tuple[Operation, ...]:
        self.calls.append("operations")
        found = [item for item in self.operations if concerns(item, name)]
        return tuple(sorted(found, key=lambda item: item.started, reverse=True))

    def _begin(self, kind: str, name: ClusterName) -> Operation:
        operation = make_operation(kind, len(self.operations) + 1, name)
        self.operations.append(operation)
        return operation

    def _end(self, operation: Operation) -> Operation:
        failures = self.endings.pop(0) if self.endings else ()
        ended = replace(operation, status="DONE", failures=failures)
        self.operations[self.operations.index(operation)] = ended
        name = next((item for item in self.clusters if concerns(operation, item)), None)
        if name is None:
            return ended
        cluster = self.clusters[name]
        if operation.kind == "DELETE_CLUSTER" and not failures:
            del self.clusters[name]
        elif operation.kind == "CREATE_CLUSTER":
            status = "ERROR" if failures else self.status_after_create
            pools = self.pools_after_create or cluster.pools
            self.clusters[name] = make_cluster(name, status, labels=cluster.labels, id=cluster.id, pools=pools)
        elif failures:
            self.clusters[name] = replace(cluster, status="ERROR")
        return ended


@dataclass
class FakeCompute:
    """Compute Engine in memory."""

    interface: NetworkInterface | None = HOST_INTERFACE
    found: tuple[Subnetwork, ...] = ()
    zones_fault: GkeClustersError | None = None
    # By the name of the instance group.
    errors: dict[str, tuple[Condition, ...]] = field(default_factory=dict)
    errors_fault: Exception | None = None
    patience_seconds: float | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    # By the name of the instance group.
    sizes: dict[str, int] = field(default_factory=dict)
    # What is there by collection; an exception is raised instead.
    resources: dict[str, Any] = field(default_factory=dict)
    # Of the region; an exception is raised instead.
    quotas: tuple[Quota, ...] | Exception = ()

    def region_quotas(self, project: str, region: str) -> tuple[Quota, ...]:
        self.asked.append(("quotas", project, region))
        if isinstance(self.quotas, Exception):
            raise self.quotas
        return self.quotas

    def everywhere(self, project: str, collection: str) -> tuple[dict[str, Any], ...]:
        self.asked.append((collection, project))
        there = self.resources.get(collection, ())
        if isinstance(there, Exception):
            raise there
        return tuple(there)

    def zones(self, project: str) -> tuple[str, ...]:
        self.asked.append(("zones", project))
        if self.zones_fault:
            raise self.zones_fault
        return ZONES

    def instance_interface(self, project: str, zone: str, name: str) -> NetworkInterface | None:
        self.asked.append(("instance", project, zone, name))
        return self.interface

    def subnetworks(self, project: str, region: str, network: str) -> tuple[Subnetwork, ...]:
        self.asked.append(("subnetworks", project, region, network))
        return self.found

    def instance_group_size(self, group: InstanceGroup) -> int | None:
        return self.sizes.get(group.name)

    def instance_group_errors(self, group: InstanceGroup, *, patience_seconds: float = 60) -> tuple[Condition, ...]:
        self.asked.append(("errors", group.name))
        self.patience_seconds = patience_seconds
        if self.errors_fault:
            raise self.errors_fault
        return self.errors.get(group.name, ())


@dataclass
class FakeHost:
    """The DSS host; without facts where it is not on Google Cloud."""

    on_google_cloud: bool = True

    def _tell(self, fact: str) -> str:
        if not self.on_google_cloud:
            raise MetadataServerError("No metadata server.")
        return fact

    def project_id(self) -> str:
        return self._tell("host-project")

    def zone(self) -> str:
        return self._tell("europe-west1-b")

    def instance_name(self) -> str:
        return self._tell("dss")

    def network(self) -> str:
        return self._tell("vpc")

    def service_account_email(self) -> str:
        return self._tell("host@acme.iam.gserviceaccount.com")


class FakeControlPlane:
    """A Kubernetes API that answers, and what it was asked with."""

    def __init__(self) -> None:
        self.kubeconfigs: list[str] = []
        self.fault: Exception | None = None
        self.patience_seconds: float | None = None
        self.review_fault: Exception | None = None
        self.missing = AccessReview(())

    def __call__(self, kubeconfig: Path, endpoint: Any) -> FakeControlPlane:
        self.kubeconfigs.append(kubeconfig.read_text())
        return self

    def probe(self, patience_seconds: float = 120) -> str:
        self.patience_seconds = patience_seconds
        if self.fault:
            raise self.fault
        return "v1.33.5-gke.1"

    def review(self) -> AccessReview:
        if self.review_fault:
            raise self.review_fault
        return self.missing


@dataclass
class World:
    """Everything a story is told to."""

    directory: Path
    clusters: FakeClusters = field(default_factory=FakeClusters)
    compute: FakeCompute = field(default_factory=FakeCompute)
    host: FakeHost = field(default_factory=FakeHost)
    control_plane: FakeControlPlane = field(default_factory=FakeControlPlane)
    credentials: CredentialsChoice = field(default_factory=CredentialsChoice)
    percents: list[int] = field(default_factory=list)
    now: float = 0.0
    name: ClusterName = NAME
    owner: Ownership = OWNER
    all_requirements: tuple[Any, ...] = ACCESS_NEEDS

    @property
    def google(self) -> GoogleAccess:
        return GoogleAccess(self.clusters, self.compute, self.host, self.credentials, self.sleep)

    @property
    def progress(self) -> Progress:
        return Progress(self.percents.append)

    def sleep(self, seconds: float) -> None:
        # So little that the sum is rounded to what it was is still time: a deadline would never come.
        self.now = max(self.now + seconds, math.nextafter(self.now, math.inf))

    def cluster(self, *arguments: Any, **fields: Any) -> Cluster:
        return make_cluster(*arguments, **fields)

    def operation(self, *arguments: Any, **fields: Any) -> Operation:
        return make_operation(*arguments, **fields)

    def handover(self, **fields: Any) -> Handover:
        return Handover(self.directory, fields.pop("endpoint", "automatic"), reach=self.control_plane, **fields)

    def settings(self, **config: Any) -> CreateSettings:
        known = {
            "connectionInfo": {"projectId": "acme", "zone": "europe-west1-b"},
            "inheritFromDSSHost": False,
            "nodePools": [{"serviceAccountType": "custom", "serviceAccount": "n@acme.iam.gserviceaccount.com"}],
        }
        return parse_create("my-cluster", known | config, {"connectionInfo": {}})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty project; time passes only while a story sleeps."""
    made = World(tmp_path / "cluster")
    monkeypatch.setattr(deadlines, "time", SimpleNamespace(monotonic=lambda: made.now))
    # None of these files has to outlast a crash of the machine, and a busy disk takes its time.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    # The Application Default Credentials of the machine that runs the tests are none of their business.
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    return made
