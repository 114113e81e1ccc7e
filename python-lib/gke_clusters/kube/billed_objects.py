"""The objects of a cluster for which Google bills something outside of it: load balancers and persistent volumes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.patience import ask_patiently

LIST_PATIENCE_SECONDS = 15.0
"""For how long a control plane that blinks is asked again for a list."""

_GATEWAY_GROUP = "/apis/gateway.networking.k8s.io"

# https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver gives `projects/P/zones/Z/disks/N`, and
# takes `UNSPECIFIED` for Z of a volume that somebody wrote by hand.
_DISK_DRIVER = "pd.csi.storage.gke.io"
_PLACED_DISK = re.compile(r"projects/[^/]+/(?P<disk>(zones|regions)/(?!UNSPECIFIED/)[^/]+/disks/[^/]+)")

_NOTHING_LEFT_TO_DELETE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})


@dataclass(frozen=True)
class KubernetesObject:
    """One object of the cluster.

    Attributes:
        kind: such as `Service`.
        namespace: its namespace.
        name: its name.
        uid: what tells it from a later one of the same name.
        path: of the object in the API.
        going: whether it is being deleted already.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    path: str
    going: bool = False

    @property
    def full_name(self) -> str:
        """`NAMESPACE/NAME`, as Google's descriptions of what belongs to it have it."""
        return f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        return f"{self.kind} {self.full_name}"


@dataclass(frozen=True)
class LoadBalancer:
    """An object that Google serves with a load balancer.

    Attributes:
        object: a Service of the type LoadBalancer, an Ingress or a Gateway.
        addresses: IP addresses at which it answers; empty while it has none.
    """

    object: KubernetesObject
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Volume:
    """A persistent volume.

    Attributes:
        name: of the PersistentVolume.
        claim: `NAMESPACE/NAME` of the claim that it is or was bound to, empty for none.
        size: as Kubernetes writes it, such as `10Gi`; empty if unknown.
        retained: whether it stays when its claim is deleted (its reclaim policy is not Delete).
        driver: what provides it, such as `pd.csi.storage.gke.io`; empty if unknown.
        handle: how the driver names it, such as `projects/P/zones/Z/disks/N`.
    """

    name: str
    claim: str
    size: str
    retained: bool
    driver: str
    handle: str

    @property
    def disk(self) -> str:
        """Its Compute Engine disk as `zones/Z/disks/N` or `regions/R/disks/N`; empty where it has none.

        The name alone, where the volume does not say more.
        """
        if self.driver != _DISK_DRIVER:
            return ""
        placed = _PLACED_DISK.fullmatch(self.handle)
        return placed["disk"] if placed else self.handle.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f"PersistentVolume {self.name}" + (f" of {self.claim}" if self.claim else "")


class BilledObjects:
    """Reads and deletes the billed objects of one cluster, in all namespaces.

    Every method raises `ControlPlaneUnreachable` or `AccessDenied` where the API server does not do as asked.
    """

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    def load_balancers(self) -> tuple[LoadBalancer, ...]:
        """The services of the type LoadBalancer, the ingresses and the gateways."""
        services = (item for item in self._items("/api/v1/services") if _at(item, "spec", "type") == "LoadBalancer")
        ingresses = self._items("/apis/networking.k8s.io/v1/ingresses")
        return (
            *(_load_balancer("Service", "/api/v1", "services", item) for item in services),
            *(_load_balancer("Ingress", "/apis/networking.k8s.io/v1", "ingresses", item) for item in ingresses),
            *self._gateways(),
        )

    def claims(self) -> tuple[KubernetesObject, ...]:
        """The persistent volume claims."""
        items = self._items("/api/v1/persistentvolumeclaims")
        return tuple(_object("PersistentVolumeClaim", "/api/v1", "persistentvolumeclaims", item) for item in items)

    def volumes(self) -> tuple[Volume, ...]:
        """The persistent volumes."""
        return tuple(_volume(item) for item in self._items("/api/v1/persistentvolumes"))

    def makers_of_claims(self) -> tuple[KubernetesObject, ...]:
        """The stateful sets that would make claims again: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/."""
        items = self._items("/apis/apps/v1/statefulsets")
        makers = (item for item in items if _at(item, "spec", "volumeClaimTemplates"))
        return tuple(_object("StatefulSet", "/apis/apps/v1", "statefulsets", item) for item in makers)

    def users_of_claims(self) -> tuple[KubernetesObject, ...]:
        """The pods that mount a claim, which does not go before them.

        Whatever makes them again does no harm: a pod gets no node while its claim is being deleted, and without a node
        it does not keep it: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
        """
        users = (item for item in self._items("/api/v1/pods") if _mounts_claim(item))
        return tuple(_object("Pod", "/api/v1", "pods", item) for item in users)

    def delete(self, target: KubernetesObject) -> None:
        """Ask for the deletion of this very object; one that is gone or was replaced by another is left alone."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": target.uid},
        }
        try:
            self._api.call("DELETE", target.path, body=body)
        except CallError as error:
            if error.status not in _NOTHING_LEFT_TO_DELETE:
                raise error.for_administrator(self._api.endpoint) from None

    def _gateways(self) -> Iterable[LoadBalancer]:
        """The gateways, where the cluster has Gateway API: https://gateway-api.sigs.k8s.io/reference/spec/."""
        try:
            group = ask_patiently(lambda: self._api.call("GET", _GATEWAY_GROUP), self._api.endpoint, _patience_seconds)
        except CallError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return ()
            raise error.for_administrator(self._api.endpoint) from None
        version = f"{_GATEWAY_GROUP}/{_at(group, 'preferredVersion', 'version') or 'v1'}"
        items = self._items(f"{version}/gateways")
        return (_load_balancer("Gateway", version, "gateways", item) for item in items)

    def _items(self, path: str) -> tuple[Mapping[str, Any], ...]:
        try:
            return ask_patiently(lambda: self._api.items(path), self._api.endpoint, _patience_seconds)
        except CallError as error:
            raise error.for_administrator(self._api.endpoint) from None


def _patience_seconds(error: CallError) -> float:
    return LIST_PATIENCE_SECONDS if error.failure.passes else 0.0


def _object(kind: str, version: str, plural: str, item: Mapping[str, Any]) -> KubernetesObject:
    namespace, name = str(_at(item, "metadata", "namespace") or ""), str(_at(item, "metadata", "name") or "")
    return KubernetesObject(
        kind=kind,
        namespace=namespace,
        name=name,
        uid=str(_at(item, "metadata", "uid") or ""),
        path=f"{version}/namespaces/{namespace}/{plural}/{name}",
        going=bool(_at(item, "metadata", "deletionTimestamp")),
    )


def _load_balancer(kind: str, version: str, plural: str, item: Mapping[str, Any]) -> LoadBalancer:
    served = _at(item, "status", "loadBalancer", "ingress") or _at(item, "status", "addresses") or ()
    # A Gateway has `value`; a host name instead of an address belongs to no load balancer of Google's.
    addresses = (each.get("ip") or each.get("value") for each in served)
    return LoadBalancer(_object(kind, version, plural, item), tuple(str(each) for each in addresses if each))


def _volume(item: Mapping[str, Any]) -> Volume:
    claim = _at(item, "spec", "claimRef") or {}
    # Volumes of before the driver name the disk alone.
    old_disk = _at(item, "spec", "gcePersistentDisk", "pdName")
    return Volume(
        name=str(_at(item, "metadata", "name") or ""),
        claim=f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        size=str(_at(item, "spec", "capacity", "storage") or ""),
        retained=_at(item, "spec", "persistentVolumeReclaimPolicy") != "Delete",
        driver=_DISK_DRIVER if old_disk else str(_at(item, "spec", "csi", "driver") or ""),
        handle=str(old_disk or _at(item, "spec", "csi", "volumeHandle") or ""),
    )


def _mounts_claim(pod: Mapping[str, Any]) -> bool:
    volumes = _at(pod, "spec", "volumes") or ()
    return any("persistentVolumeClaim" in volume or "ephemeral" in volume for volume in volumes)


def _at(document: Mapping[str, Any], *path: str) -> Any:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
