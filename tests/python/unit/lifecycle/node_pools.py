"""A started cluster whose node pools change in memory, as GKE changes them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from google.cloud import container_v1

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterBusy, ClusterNotFound, GkeClustersError, NameTaken
from gke_clusters.google.clusters import Cluster, read_cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import Autoscaling
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.kube.draining import Pod, WorkerNode
from gke_clusters.kube.placement import Place
from gke_clusters.lifecycle.google_access import GoogleAccess

NAME = ClusterName("acme", "europe-west1", "my-cluster")
ZONES = ("europe-west1-b", "europe-west1-c")
DATA = {"project": "acme", "schema_version": 2, "cluster": {"id": "id-1", "name": NAME.name, "location": NAME.location}}
DSS_CLUSTER = DssCluster(NAME.name, "type", "RUNNING", {}, {}, DATA)
NO_MACHINES = Condition("GCE_STOCKOUT", "The zone does not have enough resources available to fulfill the request.")
SMALL = Condition("GCE_QUOTA_EXCEEDED", "Instance 'a' creation failed: Quota 'CPUS' exceeded.  Limit: 8.0 in region r.")


def plain(page: str) -> str:
    """The text of a page, in one line."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.partition("<body>")[2])).split())


def outcomes(page: str) -> list[str]:
    """How its steps ended."""
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


@dataclass
class FakeGke:
    """One cluster. An operation is over the second time it is read, unless it is stuck."""

    world: Any
    message: Any = field(
        default_factory=lambda: container_v1.Cluster(
            name=NAME.name, location=NAME.location, id="id-1", status="RUNNING", locations=ZONES
        )
    )
    identity: str = "dss@acme.iam.gserviceaccount.com"
    asked: list[str] = field(default_factory=list)
    created: list[Any] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    # Raised before or after the server acted, in turn.
    faults: list[tuple[str, GkeClustersError]] = field(default_factory=list)
    # How the next operations end, in turn: what went wrong, and the status that the pool has then.
    endings: list[tuple[tuple[Condition, ...], str]] = field(default_factory=list)
    # Called at each look at the cluster: what others do meanwhile.
    meanwhile: list[Callable[[], None]] = field(default_factory=list)
    stuck: bool = False
    forgetful: bool = False
    _effects: dict[str, Callable[[], None]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    @property
    def node_pools(self) -> FakeGke:
        return self

    @property
    def google(self) -> GoogleAccess:
        return GoogleAccess(self, self.world.compute, self.world.host, self.world.credentials, self.world.sleep)

    def add(self, name: str, number: int = 1, **fields: Any) -> Any:
        """Let a pool be there."""
        groups = [
            f"https://compute/v1/projects/acme/zones/{zone}/instanceGroupManagers/{name}-{zone}" for zone in ZONES
        ]
        pool = container_v1.NodePool(
            name=name, **{"status": "RUNNING", "locations": ZONES, "instance_group_urls": groups, **fields}
        )
        self.message.node_pools.append(pool)
        self.world.compute.sizes |= {f"{name}-{zone}": number for zone in ZONES}
        return self.message.node_pools[-1]

    def pool(self, name: str) -> Any:
        return next((pool for pool in self.message.node_pools if pool.name == name), None)

    def remove(self, name: str) -> None:
        self.message.node_pools = [pool for pool in self.message.node_pools if pool.name != name]

    def find_cluster(self, name: ClusterName) -> Cluster | None:
        assert name == NAME
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return replace(read_cluster(self.message, NAME.project), name=name) if self.message else None

    def list_clusters(self, project: str) -> Any:
        raise NotImplementedError

    def create_cluster(self, name: ClusterName, typed: Any, raw: Any = None) -> Operation:
        raise NotImplementedError

    def delete_cluster(self, name: ClusterName) -> Operation:
        raise NotImplementedError

    def create(self, cluster: ClusterName, pool: Any) -> Operation:
        self.created.append(pool)

        def arrive() -> None:
            self.pool(pool.name).status = "RUNNING"
            self.world.compute.sizes |= {f"{pool.name}-{zone}": pool.initial_node_count for zone in ZONES}

        def act() -> None:
            if self.pool(pool.name) is not None:
                raise NameTaken("It exists.")
            made = self.add(pool.name, 0)
            made.config, made.autoscaling, made.status = pool.config, pool.autoscaling, "PROVISIONING"
            made.best_effort_provisioning = pool.best_effort_provisioning
            made.initial_node_count = pool.initial_node_count

        return self._write(cluster, "CREATE_NODE_POOL", pool.name, f"create {pool.name}", act, arrive)

    def delete(self, cluster: ClusterName, pool: str) -> Operation:
        def act() -> None:
            self._require(pool).status = "STOPPING"

        return self._write(cluster, "DELETE_NODE_POOL", pool, f"delete {pool}", act, lambda: self.remove(pool))

    def set_size(self, cluster: ClusterName, pool: str, nodes_per_zone: int) -> Operation:
        def arrive() -> None:
            self._require(pool).status = "RUNNING"
            self.world.compute.sizes |= {f"{pool}-{zone}": nodes_per_zone for zone in ZONES}

        asked = f"size {pool} {nodes_per_zone}"
        return self._write(cluster, "SET_NODE_POOL_SIZE", pool, asked, lambda: self._require(pool), arrive)

    def set_autoscaling(self, cluster: ClusterName, pool: str, limits: Autoscaling | None) -> Operation:
        def arrive() -> None:
            if limits is None:
                self._require(pool).autoscaling = container_v1.NodePoolAutoscaling()
                return
            wanted = {"min_node_count": limits.fewest, "max_node_count": limits.most}
            if limits.in_total:
                wanted = {"total_min_node_count": limits.fewest, "total_max_node_count": limits.most}
            self._require(pool).autoscaling = container_v1.NodePoolAutoscaling(enabled=True, **wanted)

        asked = f"limits {pool} {limits.fewest} {limits.most}" if limits else f"no autoscaler {pool}"
        return self._write(cluster, "UPDATE_CLUSTER", pool, asked, lambda: self._require(pool), arrive)

    def find_operation(
        self, project: str, location: str, name: str, *, patience_seconds: float = 0
    ) -> Operation | None:
        assert (project, location) == (NAME.project, NAME.location)
        if self.forgetful:
            self._end(name)
            return None
        operation = next((item for item in self.operations if item.name == name), None)
        if operation is None or operation.done or self.stuck:
            return operation
        if name in self._seen:
            return self._end(name)
        self._seen.add(name)
        return operation

    def operations_of(self, name: ClusterName) -> tuple[Operation, ...]:
        assert name == NAME
        return tuple(reversed(self.operations))

    def begin(self, kind: str, pool: str = "", effect: Callable[[], None] = lambda: None) -> Operation:
        """Let an operation run."""
        name = f"operation-{len(self.operations) + 1}-a"
        operation = Operation(name, kind, "RUNNING", NAME.project, NAME.location, NAME.name, pool=pool)
        self.operations.append(operation)
        self._effects[name] = effect
        return operation

    def _require(self, name: str) -> Any:
        pool = self.pool(name)
        if pool is None:
            raise ClusterNotFound("It is not there.")
        return pool

    def _write(
        self,
        cluster: ClusterName,
        kind: str,
        pool: str,
        words: str,
        act: Callable[[], object],
        arrive: Callable[[], None],
    ) -> Operation:
        assert cluster == NAME
        self.asked.append(words)
        when, fault = self.faults.pop(0) if self.faults else ("never", None)
        if fault and when == "before":
            raise fault
        running = next((item for item in self.operations if not item.done), None)
        if running:
            raise ClusterBusy("It is busy.", operation=running.name, verbatim=f"Operation {running.name}")
        act()
        operation = self.begin(kind, pool, arrive)
        if fault:
            raise fault
        return operation

    def _end(self, name: str) -> Operation:
        operation = next(item for item in self.operations if item.name == name)
        failures, status = self.endings.pop(0) if self.endings else ((), "")
        if status:
            self._require(operation.pool).status = status
        elif not failures:
            self._effects[name]()
        ended = replace(operation, status="DONE", failures=failures)
        self.operations[self.operations.index(operation)] = ended
        return ended


@dataclass
class FakeDrainable:
    """Nodes and pods in memory; an evicted pod is gone at the next look."""

    nodes_there: list[WorkerNode] = field(default_factory=list)
    pods_there: list[Pod] = field(default_factory=list)
    # By the name of the pod: why it does not go, as often as it says so.
    held: dict[str, list[str]] = field(default_factory=dict)
    stays_cordoned: GkeClustersError | None = None
    fault: GkeClustersError | None = None
    told: list[str] = field(default_factory=list)

    def node(self, pool: str, number: int = 1, **fields: Any) -> WorkerNode:
        """Add a node of a pool."""
        name = f"{pool}-{number}"
        place = Place(name, {"cloud.google.com/gke-nodepool": pool, **fields.pop("labels", {})})
        made = WorkerNode(name, pool, schedulable=fields.pop("schedulable", True), place=place)
        self.nodes_there.append(made)
        return made

    def pod(self, name: str, node: str = "", namespace: str = "dss", **fields: Any) -> Pod:
        """Add a pod."""
        spec = {"spec": {"nodeSelector": fields.pop("selector", {})}}
        made = Pod(namespace, name, f"uid-{name}", node, document=spec, **fields)
        self.pods_there.append(made)
        return made

    def nodes(self) -> tuple[WorkerNode, ...]:
        if self.fault:
            raise self.fault
        return tuple(self.nodes_there)

    def pods(self) -> tuple[Pod, ...]:
        self.pods_there = [pod for pod in self.pods_there if not pod.going]
        return tuple(self.pods_there)

    def set_schedulable(self, node: str, *, schedulable: bool) -> bool:
        if schedulable and self.stays_cordoned:
            raise self.stays_cordoned
        self.told.append(f"{'uncordon' if schedulable else 'cordon'} {node}")
        place = next(index for index, each in enumerate(self.nodes_there) if each.name == node)
        before = self.nodes_there[place].schedulable
        self.nodes_there[place] = replace(self.nodes_there[place], schedulable=schedulable)
        return before is not schedulable

    def evict(self, pod: Pod) -> str:
        words = self.held.get(pod.name)
        if words:
            return words.pop(0)
        self.told.append(f"evict {pod.name}")
        self.pods_there[self.pods_there.index(pod)] = replace(pod, going=True)
        return ""
