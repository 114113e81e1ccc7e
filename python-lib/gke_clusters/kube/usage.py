"""What nodes have and what pods ask of them, summed up while the lists are read: thousands are never kept together.

Requests and not what is really used: by them the scheduler decides where a pod has room.
https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.symptoms import NodeState, WaitingPod, read_nodes, read_waiting_pods

# https://cloud.google.com/kubernetes-engine/docs/how-to/update-existing-nodepools
_POOL_LABEL: Final = "cloud.google.com/gke-nodepool"
# https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone
_ZONE_LABEL: Final = "topology.kubernetes.io/zone"
_RESOURCES: Final = ("cpu", "memory", "nvidia.com/gpu")
# A pod that has ended holds nothing any more.
_HOLDS_ROOM: Final = "status.phase!=Succeeded,status.phase!=Failed"
# https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff
_WITHOUT_IMAGE: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName"})


@dataclass(frozen=True)
class Amounts:
    """Amounts of what a node has and a pod asks for.

    Attributes:
        cpu: cores.
        memory: bytes.
        gpus: NVIDIA GPUs.
    """

    cpu: float = 0.0
    memory: float = 0.0
    gpus: float = 0.0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(self.cpu + other.cpu, self.memory + other.memory, self.gpus + other.gpus)

    def at_least(self, other: Amounts) -> Amounts:
        """The greater of each amount."""
        return Amounts(max(self.cpu, other.cpu), max(self.memory, other.memory), max(self.gpus, other.gpus))


@dataclass
class NodeGroup:
    """The nodes of a node pool in a zone.

    Attributes:
        nodes: how many are registered, ready or not.
        ready: how many of them are ready.
        allocatable: what they have for pods, together.
        versions: how many run which version of the kubelet.
    """

    nodes: int = 0
    ready: int = 0
    allocatable: Amounts = field(default_factory=Amounts)
    versions: Counter[str] = field(default_factory=Counter)


@dataclass
class NodeTally:
    """All nodes, summed up.

    Attributes:
        groups: by node pool and zone, each empty for a node that does not tell.
        places: node pool and zone of each node by its name.
        unwell: the nodes of which there is something to say.
    """

    groups: defaultdict[tuple[str, str], NodeGroup] = field(default_factory=lambda: defaultdict(NodeGroup))
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    unwell: list[NodeState] = field(default_factory=list)

    def add(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Count nodes, each as the API server's JSON."""
        for item, state in zip(items, read_nodes(items), strict=True):
            labels = _mapping(_mapping(item.get("metadata")).get("labels"))
            place = (state.pool, str(labels.get(_ZONE_LABEL, "")))
            group = self.groups[place]
            group.nodes += 1
            group.ready += state.ready
            group.allocatable += _amounts(_mapping(item.get("status")).get("allocatable"))
            group.versions[state.version] += 1
            self.places[state.name] = place
            if not state.is_well:
                self.unwell.append(state)


@dataclass
class PodTally:
    """All pods that have not ended, summed up.

    Attributes:
        pods: how many are on each node, by its name.
        requested: what they ask for together, likewise.
        waiting: how many have no node yet, by the node pool that their selector names; empty for any pool.
        without_image: those whose node cannot pull their image, by its name.
    """

    pods: Counter[str] = field(default_factory=Counter)
    requested: defaultdict[str, Amounts] = field(default_factory=lambda: defaultdict(Amounts))
    waiting: Counter[str] = field(default_factory=Counter)
    without_image: defaultdict[str, list[WaitingPod]] = field(default_factory=lambda: defaultdict(list))

    def add(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Count pods, each as the API server's JSON."""
        for item in items:
            spec = _mapping(item.get("spec"))
            node = spec.get("nodeName")
            if node:
                self.pods[node] += 1
                self.requested[node] += requested_by(spec)
                if _mapping(item.get("status")).get("phase") == "Pending":
                    stuck = (pod for pod in read_waiting_pods([item]) if pod.reason in _WITHOUT_IMAGE)
                    self.without_image[node].extend(stuck)
            else:
                self.waiting[str(_mapping(spec.get("nodeSelector")).get(_POOL_LABEL, ""))] += 1


def tally_nodes(api: KubernetesApi, pool: str | None = None) -> NodeTally:
    """Sum up the nodes of a cluster.

    Args:
        api: its API server.
        pool: the only node pool that is of interest; ``None`` for all.

    Raises:
        ControlPlaneUnreachable: no usable answer.
        AccessDenied: the identity may not list nodes.
    """
    query = {"labelSelector": f"{_POOL_LABEL}={pool}"} if pool else None
    try:
        return api.collect("/api/v1/nodes", NodeTally, NodeTally.add, query)
    except CallError as error:
        raise error.for_administrator(api.endpoint) from None


def tally_pods(api: KubernetesApi) -> PodTally:
    """Sum up the pods of a cluster.

    Args:
        api: its API server.

    Raises:
        ControlPlaneUnreachable: no usable answer.
        AccessDenied: the identity may not list pods.
    """
    try:
        return api.collect("/api/v1/pods", PodTally, PodTally.add, {"fieldSelector": _HOLDS_ROOM})
    except CallError as error:
        raise error.for_administrator(api.endpoint) from None


def requested_by(spec: Mapping[str, Any]) -> Amounts:
    """What the scheduler keeps free for a pod.

    Sidecars (init containers that restart) stay; each other init container runs beside those that came before it.
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers

    Args:
        spec: the pod's, as JSON.
    """
    sidecars = begin = Amounts()
    for container in _mappings(spec.get("initContainers")):
        asked = _asked(container)
        if container.get("restartPolicy") == "Always":
            sidecars += asked
        else:
            begin = begin.at_least(sidecars + asked)
    run = sum((_asked(container) for container in _mappings(spec.get("containers"))), sidecars)
    whole = _mapping(_mapping(spec.get("resources")).get("requests"))
    least = run.at_least(begin)
    if whole:
        # https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
        said = _amounts(whole)
        least = Amounts(said.cpu if "cpu" in whole else least.cpu, said.memory or least.memory, least.gpus)
    return least + _amounts(spec.get("overhead"))


def _asked(container: Mapping[str, Any]) -> Amounts:
    """What a container requests; its limit where it requests nothing, as the API server has it."""
    resources = _mapping(container.get("resources"))
    requests, limits = _mapping(resources.get("requests")), _mapping(resources.get("limits"))
    return _amounts({**limits, **requests} if limits else requests)


def _amounts(resources: object) -> Amounts:
    known = _mapping(resources)
    return Amounts(*(_quantity(str(known[name])) if name in known else 0.0 for name in _RESOURCES))


@lru_cache(maxsize=4096)
def _quantity(text: str) -> float:
    from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415 - 0.4 s, and read after a call has cost them

    try:
        return float(parse_quantity(text))
    except ValueError:
        # From an API server of another kind: it refuses such a thing itself.
        return 0.0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return (_mapping(each) for each in value) if isinstance(value, list) else ()
