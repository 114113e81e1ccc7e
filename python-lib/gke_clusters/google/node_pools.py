"""What GKE says of the node pools of a cluster, and which managed instance groups their machines are in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from google.cloud import container_v1

from gke_clusters.google.operations import Condition, enum_name, read_conditions

# https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools#status
_FAILED: Final = frozenset({"ERROR", "RUNNING_WITH_ERROR"})

_GROUP_LINK: Final = re.compile(
    r"projects/(?P<project>[^/]+)/zones/(?P<zone>[^/]+)/instanceGroup(?:Manager)?s/(?P<name>[^/?]+)$"
)


@dataclass(frozen=True)
class InstanceGroup:
    """A managed instance group: the machines of a node pool in one zone."""

    project: str
    zone: str
    name: str


@dataclass(frozen=True)
class Autoscaling:
    """Between which numbers of nodes GKE keeps a node pool.

    Attributes:
        fewest: Lower limit.
        most: Upper limit.
        in_total: Whether the limits are for all zones together, and not for each zone.
        location_policy: ``BALANCED`` or ``ANY``; empty if Google does not say.
        autoprovisioned: Whether Google made the pool by itself, and removes it when it is not needed.
    """

    fewest: int
    most: int
    in_total: bool = False
    location_policy: str = ""
    autoprovisioned: bool = False

    def __str__(self) -> str:
        return f"{self.fewest} to {self.most} nodes {'in all zones together' if self.in_total else 'in each zone'}"


@dataclass(frozen=True)
class NodePool:
    """A node pool at the moment its cluster was read.

    Attributes:
        name: Its name.
        status: ``PROVISIONING``, ``RUNNING``, ``RUNNING_WITH_ERROR``, ``RECONCILING``, ``STOPPING`` or ``ERROR``.
        machine_type: Machine type of its nodes; empty if Google does not say.
        conditions: What Google says is wrong with it.
        status_message: Google's older words on its status.
        instance_groups: Where its machines are; Google may know none yet.
        best_effort: Whether it may lack nodes: it was asked for so, or Google made it by itself.
        zones: Where it has nodes, or would have.
        autoscaling: Its limits; None where it is not autoscaled.
    """

    name: str
    status: str
    machine_type: str = ""
    conditions: tuple[Condition, ...] = ()
    status_message: str = ""
    instance_groups: tuple[InstanceGroup, ...] = ()
    best_effort: bool = False
    zones: tuple[str, ...] = ()
    autoscaling: Autoscaling | None = None

    @property
    def failed(self) -> bool:
        """Whether it has no nodes, or not all, for a reason that Google gives up on."""
        return self.status in _FAILED


def read_node_pools(message: container_v1.Cluster) -> tuple[NodePool, ...]:
    """Read the node pools of a cluster out of GKE's answer."""
    # In an Autopilot cluster, as with auto-provisioning, Google makes pools and removes them by itself.
    return tuple(_read_pool(pool, is_google_s=message.autopilot.enabled) for pool in message.node_pools)


def _read_pool(message: container_v1.NodePool, *, is_google_s: bool) -> NodePool:
    return NodePool(
        name=message.name,
        status=enum_name(container_v1.NodePool.Status, container_v1.NodePool.pb(message).status),
        machine_type=message.config.machine_type,
        conditions=read_conditions(message.conditions),
        status_message=message.status_message,
        instance_groups=tuple(_groups(message.instance_group_urls)),
        best_effort=(is_google_s or message.autoscaling.autoprovisioned or message.best_effort_provisioning.enabled),
        zones=tuple(message.locations),
        autoscaling=_autoscaling(message.autoscaling) if message.autoscaling.enabled else None,
    )


def _autoscaling(message: container_v1.NodePoolAutoscaling) -> Autoscaling:
    # https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/NodePoolAutoscaling: one pair or the other.
    in_total = message.total_max_node_count > 0
    policy = container_v1.NodePoolAutoscaling.pb(message).location_policy
    return Autoscaling(
        fewest=message.total_min_node_count if in_total else message.min_node_count,
        most=message.total_max_node_count if in_total else message.max_node_count,
        in_total=in_total,
        location_policy=enum_name(container_v1.NodePoolAutoscaling.LocationPolicy, policy) if policy else "",
        autoprovisioned=message.autoprovisioned,
    )


def _groups(links: Iterable[str]) -> Iterator[InstanceGroup]:
    for link in links:
        found = _GROUP_LINK.search(link)
        if found:
            yield InstanceGroup(found["project"], found["zone"], found["name"])
