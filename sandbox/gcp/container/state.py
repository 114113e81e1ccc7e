"""The clusters that exist, and how each is shown."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.copies import copied
from sandbox.gcp.container import links, nodes
from sandbox.gcp.container.cluster_defaults import fingerprint
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.failures import Failure
from sandbox.gcp.container.fleet import Fleet, Place, Scaled, Shortage
from sandbox.gcp.container.operations import Operation
from sandbox.gcp.errors import already_exists, not_found
from sandbox.gcp.projects import Project
from sandbox.kubernetes.control_plane import ControlPlane, NodeSpec


@dataclass
class ClusterRecord:
    """One cluster.

    Attributes:
        project: its project.
        resource: the cluster as GKE shows it, without what follows from the rest of the record.
        sizes: nodes that should run in each zone, by pool.
        shortages: what keeps instances from coming up, by pool and zone.
        scaled: the groups that the autoscaler has changed, by pool and zone.
        slots: which of its addresses each node has, by the node's name.
        changing_nodes: held by whoever makes the control plane's nodes follow.
        operation: the operation that holds it, or held it last.
        control_plane: its Kubernetes API server once that runs.
    """

    project: Project
    resource: Json
    sizes: dict[str, int] = field(default_factory=dict)
    shortages: dict[tuple[str, str], Shortage] = field(default_factory=dict)
    scaled: dict[Place, Scaled] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    changing_nodes: asyncio.Lock = field(default_factory=asyncio.Lock)
    operation: Operation | None = None
    control_plane: ControlPlane | None = None

    @property
    def name(self) -> str:
        """The cluster's name."""
        return str(self.resource["name"])

    @property
    def location(self) -> str:
        """Zone or region."""
        return str(self.resource["location"])

    @property
    def fleet(self) -> Fleet:
        """Which nodes it should have, and which run."""
        return Fleet(self.sizes, self.shortages, self.scaled)

    @property
    def path(self) -> str:
        """Its name in errors."""
        return links.cluster_path(self.project.id, self.location, self.name)

    def pool(self, name: str) -> Json:
        """Return a node pool's resource.

        Raises:
            GoogleError: 404, there is none of that name.
        """
        for pool in self.resource["nodePools"]:
            if pool["name"] == name:
                found: Json = pool
                return found
        raise not_found(f'node pool "{name}" not found')

    def is_free(self) -> bool:
        """Tell whether no operation holds the cluster."""
        return self.operation is None or self.operation.status == "DONE"

    def require_free(self) -> None:
        """Refuse a mutation while an operation holds the cluster.

        Raises:
            GoogleError: 400 FAILED_PRECONDITION, which names the operation.
        """
        if self.operation is not None and self.operation.status != "DONE":
            raise self.operation.refusal()

    def set_status(self, status: str) -> None:
        """Give the cluster and all of its pools a status."""
        self.resource["status"] = status
        for pool in self.resource["nodePools"]:
            pool["status"] = status

    def fail(self, failure: Failure) -> None:
        """Leave the cluster as a failed operation leaves it."""
        self.resource |= {
            "status": failure.cluster_status,
            "statusMessage": failure.message,
            "conditions": failure.conditions,
        }
        for pool in self.resource["nodePools"]:
            pool["status"] = "ERROR"

    def node_count(self, pool_name: str = "") -> int:
        """Return how many nodes run, of one pool or of all."""
        return sum(
            len(self.fleet.running(pool["name"], zone))
            for pool in self.resource["nodePools"]
            if pool_name in ("", pool["name"])
            for zone in pool["locations"]
        )

    def node_specs(self) -> list[NodeSpec]:
        """Return the nodes that run; each keeps its addresses whatever becomes of the others."""
        names = [name for _, _, name in nodes.instances(self.resource, self.fleet)]
        kept = {name: self.slots[name] for name in names if name in self.slots}
        taken = set(kept.values())
        free = (slot for slot in itertools.count() if slot not in taken)
        self.slots = kept | {name: next(free) for name in names if name not in kept}
        return nodes.node_specs(self.resource, self.project.id, self.fleet, self.slots)

    def resize(self, pool: Json, size: int) -> None:
        """Give each of a pool's groups a size, as a client asks for it."""
        self.sizes[pool["name"]] = pool["initialNodeCount"] = size
        for place, own in self.scaled.items():
            if place[0] == pool["name"]:
                own.resize(size)

    def remove_pool(self, pool: Json) -> None:
        """Forget a pool with its nodes."""
        self.resource["nodePools"].remove(pool)
        self.sizes.pop(pool["name"], None)
        self.scaled = {place: own for place, own in self.scaled.items() if place[0] != pool["name"]}
        self.forget_shortages(pool["name"])

    def scaled_group(self, place: Place) -> Scaled:
        """Return a group, for the autoscaler to change."""
        return self.scaled.setdefault(place, Scaled(tuple(self.fleet.wanted(*place))))

    def forget_shortages(self, pool: str) -> None:
        """Let the instances of a pool come up."""
        self.shortages = {key: shortage for key, shortage in self.shortages.items() if key[0] != pool}

    def shown(self) -> Json:
        """Return the cluster as the API shows it."""
        cluster = copied(self.resource)
        cluster["nodePools"] = [self.shown_pool(pool) for pool in self.resource["nodePools"]]
        cluster["instanceGroupUrls"] = [url for pool in cluster["nodePools"] for url in pool["instanceGroupUrls"]]
        cluster["currentNodeCount"] = self.node_count()
        if cluster["nodePools"]:
            cluster["nodeConfig"] = cluster["nodePools"][0]["config"]
            cluster["currentNodeVersion"] = cluster["nodePools"][0]["version"]
        else:
            cluster.pop("nodeConfig", None)
        cluster["etag"] = fingerprint(cluster)
        return {name: value for name, value in cluster.items() if value not in (0, "", [])}

    def shown_pool(self, pool: Json) -> Json:
        """Return one of its node pools as the API shows it."""
        shown = copied(pool)
        shown["selfLink"] = links.pool_link(self.project.id, self.location, self.name, pool["name"])
        shown["instanceGroupUrls"] = [
            links.group_manager_link(self.project.id, zone, f"{nodes.base_name(self.resource, pool['name'], zone)}-grp")
            for zone in pool["locations"]
        ]
        if block := shown["networkConfig"].get("podIpv4CidrBlock"):
            shown["networkConfig"]["podIpv4RangeUtilization"] = self._utilization(block, pool["podIpv4CidrSize"])
        shown["etag"] = fingerprint(shown)
        return {name: value for name, value in shown.items() if value not in (0, "")}

    def _utilization(self, block: str, prefix: int) -> float:
        """Return which part of a pod range the nodes' own ranges take, to three digits."""
        nodes_of_range = 2.0 ** (prefix - int(block.rpartition("/")[2]))
        return round(self.node_count() / nodes_of_range, 3)


class Clusters:
    """Every cluster of the simulated GKE."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str, str], ClusterRecord] = {}

    def add(self, record: ClusterRecord) -> None:
        """Keep a new cluster.

        Raises:
            GoogleError: 409, the name is taken in that location.
        """
        key = (record.project.id, record.location, record.name)
        if key in self._all:
            raise already_exists(record.path)
        self._all[key] = record

    def remove(self, record: ClusterRecord) -> None:
        """Forget a cluster."""
        self._all.pop((record.project.id, record.location, record.name), None)

    def find(self, project: Project, location: str, name: str) -> ClusterRecord:
        """Return a cluster.

        Raises:
            GoogleError: 404, there is none of that name there.
        """
        record = self._all.get((project.id, location, name))
        if record is None:
            raise not_found(links.cluster_path(project.id, location, name))
        return record

    def of(self, project: Project, location: str) -> Iterator[ClusterRecord]:
        """Yield the clusters of a project in a location, or everywhere for `-`."""
        for record in self._all.values():
            if record.project == project and location in ("-", record.location):
                yield record

    def __iter__(self) -> Iterator[ClusterRecord]:
        return iter(list(self._all.values()))
