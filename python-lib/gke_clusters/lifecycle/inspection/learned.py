"""What could be learned of a cluster, and what that makes of a node pool in each of its zones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from gke_clusters.google.clusters import Cluster
from gke_clusters.google.node_pools import NodePool
from gke_clusters.kube.symptoms import WaitingPod
from gke_clusters.kube.usage import Amounts, NodeGroup, NodeTally, PodTally
from gke_clusters.reports.node_pools import PoolZone, Share

_GIB: Final = 2**30


@dataclass(frozen=True)
class Learned:
    """What could be learned; ``None`` is what could not.

    Attributes:
        cluster: The cluster, as GKE shows it.
        sizes: How many machines each managed instance group is to have, by its zone and name.
        nodes: The nodes, summed up.
        pods: The pods, summed up.
    """

    cluster: Cluster | None = None
    sizes: Mapping[tuple[str, str], int] | None = None
    nodes: NodeTally | None = None
    pods: PodTally | None = None
    _nothing: NodeGroup = field(default_factory=NodeGroup, repr=False)

    @cached_property
    def _on_nodes(self) -> Mapping[tuple[str, str], tuple[int, Amounts]]:
        """How many pods are on the nodes of each pool and zone, and what they ask for."""
        counts: Counter[tuple[str, str]] = Counter()
        asked: defaultdict[tuple[str, str], Amounts] = defaultdict(Amounts)
        if self.nodes and self.pods:
            for node, number in self.pods.pods.items():
                place = self.nodes.places.get(node)
                if place:
                    counts[place] += number
                    asked[place] += self.pods.requested[node]
        return {place: (number, asked[place]) for place, number in counts.items()}

    def without_image(self, name: str) -> tuple[WaitingPod, ...]:
        """Return the pods on nodes of a node pool whose images those cannot pull, the one that waits longest first."""
        if self.nodes is None or self.pods is None:
            return ()
        places = self.nodes.places
        found = [
            pod
            for node, pods in self.pods.without_image.items()
            if node in places and places[node][0] == name
            for pod in pods
        ]
        return tuple(sorted(found, key=lambda pod: pod.created))

    def zones(self, name: str, pool: NodePool | None) -> tuple[PoolZone, ...]:
        """Return what is known of a node pool in each of its zones.

        Args:
            name: Name of the pool; empty for nodes of none.
            pool: As GKE shows it; None if it does not.
        """
        names = set(pool.zones if pool else ()) | {group.zone for group in (pool.instance_groups if pool else ())}
        names |= {zone for of_pool, zone in (self.nodes.groups if self.nodes else ()) if of_pool == name}
        return tuple(self._zone(name, zone, pool) for zone in sorted(names))

    def _zone(self, name: str, zone: str, pool: NodePool | None) -> PoolZone:
        wanted = None
        if self.sizes is not None and pool and pool.instance_groups:
            sizes = [self.sizes.get((zone, group.name)) for group in pool.instance_groups if group.zone == zone]
            # One that the list lacks is not known to be empty.
            wanted = None if None in sizes else sum(size for size in sizes if size is not None)
        if self.nodes is None:
            return PoolZone(zone, wanted, None, None, None)
        group = self.nodes.groups.get((name, zone), self._nothing)
        number, asked = self._on_nodes.get((name, zone), (0, Amounts()))
        known = self.pods is not None
        shares = [
            Share("CPU", asked.cpu if known else None, group.allocatable.cpu, "cores"),
            Share("Memory", asked.memory / _GIB if known else None, group.allocatable.memory / _GIB, "GiB"),
        ]
        if group.allocatable.gpus:
            shares.append(Share("GPU", asked.gpus if known else None, group.allocatable.gpus))
        return PoolZone(zone, wanted, group.nodes, group.ready, number if known else None, tuple(shares))

    def lacks(self, name: str, pool: NodePool) -> Mapping[str, int]:
        """Return how many nodes of a node pool are not there, by zone, the most first; what is not known lacks none."""
        missing = {
            zone.name: zone.wanted - zone.actual
            for zone in self.zones(name, pool)
            if zone.wanted is not None and zone.actual is not None and zone.wanted > zone.actual
        }
        return dict(sorted(missing.items(), key=lambda each: -each[1]))
