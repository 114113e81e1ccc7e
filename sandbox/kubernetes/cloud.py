"""What a cluster's controllers have Google Cloud make for it: disks behind volumes, load balancers behind services."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Disk:
    """The disk of a persistent volume.

    Attributes:
        name: `pvc-<uid of the claim>`, also the volume's name.
        zone: where it is.
        size_gb: in GiB.
        kind: disk type such as `pd-balanced`.
        namespace: of the claim.
        claim: the claim's name.
        node_pool: of the node that it was made for, or empty.
    """

    name: str
    zone: str
    size_gb: int
    kind: str
    namespace: str
    claim: str
    node_pool: str = ""


@dataclass(frozen=True)
class LoadBalancer:
    """The load balancer of a service.

    Attributes:
        name: `a` and the service's uid without dashes, 32 characters.
        service: `NAMESPACE/NAME`.
        address: its IP address.
        ports: protocol and number of each port.
        internal: whether it can be reached from the network only.
    """

    name: str
    service: str
    address: str
    ports: tuple[tuple[str, int], ...]
    internal: bool = False


class Cloud(Protocol):
    """Makes and deletes them for one cluster; they stay when the cluster goes with them still there."""

    def make_disk(self, disk: Disk) -> None:
        """Make a disk, unless there is one of that name."""
        ...

    def delete_disk(self, name: str) -> None:
        """Delete a disk, if there is one of that name."""
        ...

    def make_load_balancer(self, balancer: LoadBalancer) -> None:
        """Make everything that a load balancer is, unless there is one of that name."""
        ...

    def delete_load_balancer(self, name: str) -> None:
        """Delete everything that a load balancer is, if there is one of that name."""
        ...


class NoCloud:
    """A cloud that makes nothing, for a cluster that nobody looks at from outside."""

    def make_disk(self, disk: Disk) -> None:
        """Make nothing."""

    def delete_disk(self, name: str) -> None:
        """Delete nothing."""

    def make_load_balancer(self, balancer: LoadBalancer) -> None:
        """Make nothing."""

    def delete_load_balancer(self, name: str) -> None:
        """Delete nothing."""
