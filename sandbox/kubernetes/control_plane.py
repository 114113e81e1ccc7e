"""What GKE asks of a cluster's Kubernetes control plane, whichever server is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.kubernetes.cloud import Cloud, NoCloud
from sandbox.kubernetes.node_groups import NodeGroups, NodeSpec, NoNodeGroups, Taint

__all__ = ["ControlPlane", "ControlPlaneRequest", "ControlPlanes", "Exposure", "NodeSpec", "Taint"]


@dataclass(frozen=True)
class ControlPlaneRequest:
    """The cluster that needs a control plane.

    Attributes:
        project: project id.
        location: zone or region.
        name: the cluster's name.
        uid: GKE's unique id of the cluster; folders and etcd prefixes are named by it.
        version: Kubernetes version such as `1.33.5-gke.1080000`, without a leading `v`.
        cloud: makes what the cluster's controllers need outside of it.
        clock: how fast simulated time passes.
        faults: what is planned to go wrong.
        node_groups: what the cluster's autoscaler may change.
    """

    project: str
    location: str
    name: str
    uid: str
    version: str
    cloud: Cloud = field(default_factory=NoCloud)
    clock: Clock = field(default_factory=Clock)
    faults: FaultPlan = field(default_factory=FaultPlan)
    node_groups: NodeGroups = field(default_factory=NoNodeGroups)


@dataclass(frozen=True)
class Exposure:
    """Which of the endpoints answer; the others refuse connections, though GKE's answer still names them."""

    public: bool = True
    private: bool = True
    dns: bool = False


class ControlPlane(Protocol):
    """A running control plane."""

    @property
    def public_endpoint(self) -> str:
        """`127.0.0.1:PORT`, with a certificate of the cluster's own CA."""
        ...

    @property
    def private_endpoint(self) -> str:
        """`127.0.0.1:PORT`, another port than the public one, same certificate."""
        ...

    @property
    def dns_endpoint(self) -> str:
        """`localhost:PORT`, with a certificate of the sandbox's public CA."""
        ...

    @property
    def ca_certificate(self) -> bytes:
        """The cluster's CA as PEM."""
        ...

    async def set_nodes(self, nodes: Sequence[NodeSpec]) -> None:
        """Make the cluster's nodes exactly these; pods of a node that goes are deleted."""
        ...

    async def set_version(self, version: str) -> None:
        """Answer `/version` with another version after an upgrade."""
        ...

    async def expose(self, exposure: Exposure) -> None:
        """Open and close endpoints."""
        ...

    async def stop(self) -> None:
        """Stop every process and server of it and forget its objects; safe to call twice."""
        ...


class ControlPlanes(Protocol):
    """Makes control planes: embedded servers, or real ones."""

    async def start(self, request: ControlPlaneRequest) -> ControlPlane:
        """Start a control plane and return once it answers."""
        ...

    async def stop(self) -> None:
        """Stop all that still run, and what they share."""
        ...
