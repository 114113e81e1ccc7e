"""Nodes as GKE makes them from node pools, and the groups of them whose size the cluster's autoscaler may change."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Taint:
    """A node's taint as Kubernetes writes it; effect is `NoSchedule`, `PreferNoSchedule` or `NoExecute`."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class NodeSpec:
    """One node, as GKE makes it from a node pool.

    Attributes:
        name: the instance's name, `gke-<cluster>-<pool>-<hash>-<suffix>`.
        pool: the node pool's name.
        zone: where the instance is.
        machine_type: such as `n2-highmem-8`.
        version: kubelet version without a leading `v`.
        labels: every Kubernetes label, GKE's own included.
        taints: the pool's taints, and GKE's own.
        internal_ip: address in the subnetwork.
        external_ip: public address, or None on private nodes.
        pod_cidr: the node's pod range.
        provider_id: `gce://PROJECT/ZONE/NAME`.
        cpus: vCPUs of the machine.
        memory_bytes: memory of the machine.
        gpus: GPUs, 0 for none.
        max_pods: pods that the node can hold.
        boot_disk_bytes: size of the boot disk.
    """

    name: str
    pool: str
    zone: str
    machine_type: str
    version: str
    internal_ip: str
    pod_cidr: str
    provider_id: str
    cpus: int
    memory_bytes: int
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    external_ip: str | None = None
    gpus: int = 0
    max_pods: int = 110
    boot_disk_bytes: int = 100 * 1024**3


@dataclass(frozen=True)
class NodeGroup:
    """The instance group of an autoscaled node pool in one zone.

    Attributes:
        link: address of the instance group, by which events name it.
        pool: the node pool's name.
        zone: its zone.
        instances: names of the instances that it has or is getting.
        fewest: the least instances that the autoscaler leaves it.
        most: the most that the autoscaler gives it.
        pool_fewest: the least of all zones of the pool together.
        pool_most: the most of all zones of the pool together.
        balanced: whether the zones of the pool get about the same number.
        template: the node that the next instance would be.
    """

    link: str
    pool: str
    zone: str
    instances: tuple[str, ...]
    fewest: int
    most: int
    pool_fewest: int
    pool_most: int
    balanced: bool
    template: NodeSpec


class NodeGroups(Protocol):
    """The groups that the autoscaler of one cluster may change."""

    def autoscaled(self) -> Sequence[NodeGroup]:
        """Return them as they are now."""
        ...

    def grow(self, group: NodeGroup, count: int) -> Awaitable[str]:
        """Give a group instances: it has its new size at once.

        Returns:
            What ends when they have become nodes, or cannot: with why they cannot, else with nothing.
        """
        ...

    async def remove(self, nodes: Collection[str]) -> None:
        """Take instances and their nodes away."""
        ...


class NoNodeGroups:
    """A cluster that nobody scales."""

    def autoscaled(self) -> Sequence[NodeGroup]:
        """Return none."""
        return ()

    async def grow(self, group: NodeGroup, count: int) -> str:
        """Do nothing."""
        del group, count
        return ""

    async def remove(self, nodes: Collection[str]) -> None:
        """Do nothing."""
