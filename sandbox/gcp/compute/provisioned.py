"""What clusters have had made in Compute Engine, which stays behind when a cluster goes first.

Deleting a cluster deletes neither: https://cloud.google.com/sdk/gcloud/reference/container/clusters/delete

Conventions, by which a leftover can be told from other resources:

| resource | name | description | labels, tags |
|---|---|---|---|
| disk | `pvc-<uid of the claim>` | JSON: `kubernetes.io/created-for/pvc/namespace`, `.../pvc/name`, `.../pv/name`, \
`storage.gke.io/created-by` | `goog-gke-volume`, `goog-k8s-cluster-name`, `goog-k8s-cluster-location`, the cluster's |
| forwarding rule, target pool or backend service | `a<uid of the service>`, 32 characters | JSON: \
`kubernetes.io/service-name` | none |
| firewall rule | `k8s-fw-a<uid>` | JSON: the same and `kubernetes.io/service-ip` | `gke-<cluster>-<hash>-node` |

A forwarding rule says nothing of its cluster: whoever wants to find it later must know the services' uids before.

Descriptions: https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver/pull/570 (disks) and
https://github.com/kubernetes/cloud-provider-gcp/tree/master/providers/gce (load balancers). That the disk driver sets
the cluster's name and location for every disk, and the cluster's own labels, is a guess from recorded disks; so is the
hash, the first characters of the cluster's id. Load balancers that are made by backend services (`k8s2-...`), and
addresses that outlive them, are not simulated.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sandbox.gcp.locations import region_of
from sandbox.kubernetes.cloud import Disk, LoadBalancer


@dataclass(frozen=True)
class Owner:
    """The cluster that something was made for.

    Attributes:
        project: project id.
        location: zone or region.
        name: the cluster's name.
        uid: GKE's unique id of the cluster.
        network: its network's name.
        subnetwork: its subnetwork's name.
        labels: returns the cluster's resource labels.
    """

    project: str
    location: str
    name: str
    uid: str
    network: str
    subnetwork: str
    labels: Callable[[], Mapping[str, str]] = dict

    @property
    def node_tag(self) -> str:
        """The network tag of the cluster's nodes."""
        return f"gke-{self.name}-{self.uid[:8]}-node"


@dataclass(frozen=True)
class OwnedDisk:
    """A disk, whose it is, and its labels, which do not follow the cluster's later ones."""

    owner: Owner
    disk: Disk
    labels: Mapping[str, str]


@dataclass(frozen=True)
class OwnedBalancer:
    """A load balancer and whose it is.

    Attributes:
        owner: the cluster.
        balancer: the load balancer.
        parts: kinds of resource, as Compute's paths name them, of which it consists, less those that were deleted.
    """

    owner: Owner
    balancer: LoadBalancer
    parts: frozenset[str]

    @property
    def region(self) -> str:
        """Where its forwarding rule is."""
        return region_of(self.owner.location)


class Provisioned:
    """Everything that clusters have had made, whether they still exist or not."""

    def __init__(self) -> None:
        self._disks: dict[tuple[str, str], OwnedDisk] = {}
        self._balancers: dict[tuple[str, str], OwnedBalancer] = {}

    def cloud_of(self, owner: Owner) -> "ClusterCloud":
        """Return what a cluster's controllers act on."""
        return ClusterCloud(owner, self._disks, self._balancers)

    def disks(self, project: str) -> Iterator[OwnedDisk]:
        """Yield the disks of a project."""
        return (found for found in list(self._disks.values()) if found.owner.project == project)

    def remove_disk(self, project: str, name: str) -> None:
        """Remove a disk, whoever it was made for."""
        del self._disks[(project, name)]

    def remove_part(self, owned: OwnedBalancer, kind: str) -> None:
        """Remove a part of a load balancer, which is gone with its last part."""
        key = (owned.owner.project, owned.balancer.name)
        left = owned.parts - {kind}
        if left:
            self._balancers[key] = replace(owned, parts=left)
        else:
            del self._balancers[key]

    def balancers(self, project: str) -> Iterator[OwnedBalancer]:
        """Yield the load balancers of a project."""
        return (found for found in list(self._balancers.values()) if found.owner.project == project)


class ClusterCloud:
    """The cloud as one cluster's controllers act on it; made by `Provisioned.cloud_of`."""

    def __init__(
        self,
        owner: Owner,
        disks: dict[tuple[str, str], OwnedDisk],
        balancers: dict[tuple[str, str], OwnedBalancer],
    ) -> None:
        self._owner = owner
        self._disks = disks
        self._balancers = balancers

    def make_disk(self, disk: Disk) -> None:
        """Make a disk, unless there is one of that name."""
        labels = {
            **self._owner.labels(),
            "goog-gke-volume": "",
            "goog-k8s-cluster-location": self._owner.location,
            "goog-k8s-cluster-name": self._owner.name,
        }
        if disk.node_pool:
            labels["goog-k8s-node-pool-name"] = disk.node_pool
        self._disks.setdefault((self._owner.project, disk.name), OwnedDisk(self._owner, disk, labels))

    def delete_disk(self, name: str) -> None:
        """Delete a disk, if there is one of that name."""
        self._disks.pop((self._owner.project, name), None)

    def make_load_balancer(self, balancer: LoadBalancer) -> None:
        """Make everything that a load balancer is, unless there is one of that name."""
        backend = "backendServices" if balancer.internal else "targetPools"
        parts = frozenset({"forwardingRules", backend, "firewalls"})
        self._balancers.setdefault((self._owner.project, balancer.name), OwnedBalancer(self._owner, balancer, parts))

    def delete_load_balancer(self, name: str) -> None:
        """Delete everything that a load balancer is, if there is one of that name."""
        self._balancers.pop((self._owner.project, name), None)
