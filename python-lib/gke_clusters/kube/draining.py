"""Emptying nodes: no new pods, and those that are there evicted as their PodDisruptionBudgets allow.

https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.patience import ask_patiently
from gke_clusters.kube.placement import Place, place_of_node

READ_PATIENCE_SECONDS: Final = 15.0
"""For how long a control plane that blinks is asked again for a list."""

# https://cloud.google.com/kubernetes-engine/docs/how-to/update-existing-nodepools
_POOL_LABEL: Final = "cloud.google.com/gke-nodepool"
# https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
_MIRROR: Final = "kubernetes.io/config.mirror"
_OVER: Final = frozenset({"Succeeded", "Failed"})
# Kubernetes keeps the prefix for itself, and GKE fills the others; anybody may name a namespace `gke-something`.
# https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/ and
# https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed
_SYSTEM_PREFIXES: Final = ("kube-", "gke-managed-")
_SYSTEM_NAMESPACES: Final = frozenset({"gke-system", "gke-gmp-system", "gke-connect", "gmp-system", "gmp-public"})
# The kubelet writes to its node every few seconds, and a write goes by the version that was read.
_CORDON_ATTEMPTS: Final = 10


@dataclass(frozen=True)
class WorkerNode:
    """A node.

    Attributes:
        name: its name.
        pool: its node pool, empty if it tells none.
        schedulable: whether it takes new pods.
        place: what pods see of it.
    """

    name: str
    pool: str
    schedulable: bool
    place: Place = field(default_factory=Place, repr=False)


@dataclass(frozen=True)
class Pod:
    """A pod that has not ended.

    Attributes:
        namespace: its namespace.
        name: its name.
        uid: what tells it from a later one of the same name.
        node: where it runs, empty while it waits for a node.
        stays: whether it belongs to its node, as one of a DaemonSet does, and goes with it.
        going: whether it is being deleted already.
        owner: kind and name of what would make it again; empty if nothing does.
        document: its JSON.
    """

    namespace: str
    name: str
    uid: str
    node: str = ""
    stays: bool = False
    going: bool = False
    owner: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_system(self) -> bool:
        """Whether it is one of Kubernetes' or GKE's own, by its namespace."""
        return self.namespace.startswith(_SYSTEM_PREFIXES) or self.namespace in _SYSTEM_NAMESPACES

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class NodeDrainer:
    """What a drain asks of one cluster."""

    def __init__(self, api: KubernetesApi) -> None:
        """Keep the cluster; nothing is asked yet."""
        self._api = api

    def nodes(self) -> tuple[WorkerNode, ...]:
        """All nodes.

        Raises:
            ControlPlaneUnreachable: no usable answer.
            AccessDenied: the identity may not list them.
        """
        return tuple(_node(item) for item in self._items("/api/v1/nodes"))

    def pods(self) -> tuple[Pod, ...]:
        """All pods that have not ended.

        Raises:
            ControlPlaneUnreachable: no usable answer.
            AccessDenied: the identity may not list them.
        """
        items = self._items("/api/v1/pods")
        return tuple(_pod(item) for item in items if _at(item, "status", "phase") not in _OVER)

    def set_schedulable(self, node: str, *, schedulable: bool) -> bool:
        """Let a node take new pods, or none.

        Returns:
            Whether that was not so before; False for a node that is gone.

        Raises:
            ControlPlaneUnreachable: no usable answer.
            AccessDenied: the identity may not change nodes.
        """
        path = f"/api/v1/nodes/{node}"
        left = _CORDON_ATTEMPTS
        while True:
            left -= 1
            try:
                return self._set_schedulable(path, schedulable=schedulable)
            except CallError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    return False
                if error.status != HTTPStatus.CONFLICT or not left:
                    raise error.for_administrator(self._api.endpoint) from None

    def _set_schedulable(self, path: str, *, schedulable: bool) -> bool:
        document = ask_patiently(lambda: self._api.call("GET", path), self._api.endpoint, _patience_seconds)
        spec = {**(document.get("spec") or {})}
        if (spec.pop("unschedulable", None) is not True) is schedulable:
            return False
        if not schedulable:
            spec["unschedulable"] = True
        self._api.call("PUT", path, body={**document, "spec": spec})
        return True

    def evict(self, pod: Pod) -> str:
        """Ask for the eviction of this very pod.

        https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/

        Returns:
            Why it is not evicted now, in the words of the API server; empty if it goes, or is gone.

        Raises:
            ControlPlaneUnreachable: no usable answer.
            AccessDenied: the identity may not evict pods.
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"namespace": pod.namespace, "name": pod.name},
            "deleteOptions": {"preconditions": {"uid": pod.uid}},
        }
        try:
            self._api.call("POST", f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/eviction", body=body)
        except CallError as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                return ""
            # 429 is a budget, or a server with too much to do; 500 a pod of several budgets, or a server in trouble.
            if error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return error.verbatim
            raise error.for_administrator(self._api.endpoint) from None
        return ""

    def _items(self, path: str) -> tuple[Mapping[str, Any], ...]:
        try:
            return ask_patiently(lambda: self._api.items(path), self._api.endpoint, _patience_seconds)
        except CallError as error:
            raise error.for_administrator(self._api.endpoint) from None


def _patience_seconds(error: CallError) -> float:
    return READ_PATIENCE_SECONDS if error.failure.passes else 0.0


def _node(item: Mapping[str, Any]) -> WorkerNode:
    return WorkerNode(
        name=str(_at(item, "metadata", "name") or ""),
        pool=str(_at(item, "metadata", "labels", _POOL_LABEL) or ""),
        schedulable=_at(item, "spec", "unschedulable") is not True,
        place=place_of_node(item),
    )


def _pod(item: Mapping[str, Any]) -> Pod:
    owners = _at(item, "metadata", "ownerReferences") or ()
    owner = next((each for each in owners if each.get("controller")), None)
    kind = str(owner.get("kind", "")) if owner else ""
    is_mirror = _MIRROR in (_at(item, "metadata", "annotations") or ())
    return Pod(
        namespace=str(_at(item, "metadata", "namespace") or ""),
        name=str(_at(item, "metadata", "name") or ""),
        uid=str(_at(item, "metadata", "uid") or ""),
        node=str(_at(item, "spec", "nodeName") or ""),
        stays=is_mirror or kind in ("DaemonSet", "Node"),
        going=bool(_at(item, "metadata", "deletionTimestamp")),
        owner=f"{kind} {owner.get('name', '')}" if owner else "",
        document=item,
    )


def _at(document: Mapping[str, Any], *path: str) -> Any:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
