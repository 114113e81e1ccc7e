"""The volume controllers: claims get a volume, and neither goes while it is in use."""

import math
from collections.abc import Iterable

from sandbox.kubernetes import quantities
from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.cloud import Disk
from sandbox.kubernetes.control_plane import ControlPlaneRequest
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.kinds import (
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    STORAGE_CLASSES,
)
from sandbox.kubernetes.controllers.owners import is_going
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of

# A disk is detached and deleted within about 10 s; the sandbox's default speed is 100.
_DISK_SECONDS = 0.1
_CLAIM_PROTECTION = "kubernetes.io/pvc-protection"
_VOLUME_PROTECTION = "kubernetes.io/pv-protection"


class Volumes(Controller):
    """Makes a volume for each claim of a known class, and deletes it after the claim.

    Args:
        state: the cluster.
        request: the cluster, whose cloud makes the disks.
    """

    watches = (PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS)

    def __init__(self, state: ClusterState, request: ControlPlaneRequest) -> None:
        super().__init__(state)
        self._request = request
        self._asked: set[Key] = set()

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the claim, the volume (with an empty namespace), or the claims of the pod."""
        del event
        if resource is PODS:
            return [(item["metadata"]["namespace"], claim) for claim in claims_of(item)]
        if resource is PERSISTENT_VOLUME_CLAIMS:
            volume = item["spec"].get("volumeName")
            return [key_of(item), *([("", volume)] if volume else [])]
        return [key_of(item)]

    async def reconcile(self, key: Key) -> None:
        """Take a claim or a volume one step further."""
        if key[0]:
            claim = self.state.get(PERSISTENT_VOLUME_CLAIMS, key)
            if claim is not None:
                await self._claim(key, claim)
        else:
            volume = self.state.get(PERSISTENT_VOLUMES, key)
            if volume is not None:
                await self._volume(key, volume)

    async def _claim(self, key: Key, claim: Object) -> None:
        users = [pod for pod in self.state.all(PODS, key[0]) if key[1] in claims_of(pod)]
        if is_going(claim):
            # A pod that has no node yet does not count: it will get none while the claim is going.
            if not any(pod["spec"].get("nodeName") for pod in users):
                await self._let_go(PERSISTENT_VOLUME_CLAIMS, claim, _CLAIM_PROTECTION)
            return
        if (claim.get("status") or {}).get("phase") == "Bound":
            return
        storage = self.state.get(STORAGE_CLASSES, ("", claim["spec"].get("storageClassName") or ""))
        if storage is None or (storage.get("volumeBindingMode") == "WaitForFirstConsumer" and not users):
            return
        name = f"pvc-{claim['metadata']['uid']}"
        if self.state.get(PERSISTENT_VOLUMES, ("", name)) is None:
            disk = self._disk(claim, storage, name, users)
            self._request.cloud.make_disk(disk)
            await self.state.ensure(PERSISTENT_VOLUMES, self._volume_of(claim, storage, disk))
        await self.state.patch(PERSISTENT_VOLUMES, ("", name), {"status": {"phase": "Bound"}}, "status")
        annotations = {
            "pv.kubernetes.io/bind-completed": "yes",
            "pv.kubernetes.io/bound-by-controller": "yes",
            "volume.kubernetes.io/storage-provisioner": storage["provisioner"],
        }
        change = {"metadata": {"annotations": annotations}, "spec": {"volumeName": name}}
        await self.state.patch(PERSISTENT_VOLUME_CLAIMS, key, change)
        capacity = {"storage": claim["spec"]["resources"]["requests"]["storage"]}
        status = {"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": capacity}
        await self.state.patch(PERSISTENT_VOLUME_CLAIMS, key, {"status": status}, "status")

    async def _volume(self, key: Key, volume: Object) -> None:
        reference = volume["spec"].get("claimRef")
        if reference is None:
            return
        claim = self.state.get(PERSISTENT_VOLUME_CLAIMS, (reference["namespace"], reference["name"]))
        if claim is not None and claim["metadata"]["uid"] == reference.get("uid"):
            return
        if is_going(volume):
            await self._let_go(PERSISTENT_VOLUMES, volume, _VOLUME_PROTECTION)
        elif volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            await self._delete_disk(key, volume)
        else:
            await self._release(key, volume)

    async def _delete_disk(self, key: Key, volume: Object) -> None:
        """Delete a disk, which takes its time, and then its volume."""
        if key not in self._asked:
            self._asked.add(key)
            await self._release(key, volume)
            self.enqueue_later(key, _DISK_SECONDS)
        elif key not in self._timers:
            self._request.cloud.delete_disk(key[1])
            await self.state.delete(PERSISTENT_VOLUMES, volume)

    async def _release(self, key: Key, volume: Object) -> None:
        if (volume.get("status") or {}).get("phase") != "Released":
            await self.state.patch(PERSISTENT_VOLUMES, key, {"status": {"phase": "Released"}}, "status")

    async def _let_go(self, resource: Resource, item: Object, finalizer: str) -> None:
        finalizers = item["metadata"].get("finalizers") or []
        if finalizer in finalizers:
            await self.state.set_finalizers(resource, item, [one for one in finalizers if one != finalizer])

    def _disk(self, claim: Object, storage: Object, name: str, users: list[Object]) -> Disk:
        """Return the disk for a claim: where the pod that waits for it runs, else where any node is."""
        hosts = {pod["spec"].get("nodeName", "") for pod in users}
        found = self.state.all(NODES)
        node = next((one for one in found if one["metadata"]["name"] in hosts), found[0] if found else None)
        labels = node["metadata"].get("labels", {}) if node else {}
        return Disk(
            name=name,
            zone=labels.get("topology.kubernetes.io/zone", self._request.location),
            size_gb=math.ceil(quantities.parse(claim["spec"]["resources"]["requests"]["storage"]) / 1024**3),
            kind=(storage.get("parameters") or {}).get("type", "pd-standard"),
            namespace=claim["metadata"]["namespace"],
            claim=claim["metadata"]["name"],
            node_pool=labels.get("cloud.google.com/gke-nodepool", "") if hosts - {""} else "",
        )

    def _volume_of(self, claim: Object, storage: Object, disk: Disk) -> Object:
        metadata = claim["metadata"]
        handle = f"projects/{self._request.project}/zones/{disk.zone}/disks/{disk.name}"
        return {
            "metadata": {"name": disk.name, "annotations": {"pv.kubernetes.io/provisioned-by": storage["provisioner"]}},
            "spec": {
                "accessModes": claim["spec"]["accessModes"],
                "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": metadata["namespace"],
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                },
                "csi": {"driver": "pd.csi.storage.gke.io", "fsType": "ext4", "volumeHandle": handle},
                "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
                "storageClassName": storage["metadata"]["name"],
                "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
            },
        }


def claims_of(pod: Object) -> list[str]:
    """Return the names of the claims that a pod mounts."""
    volumes = pod["spec"].get("volumes") or ()
    return [one["persistentVolumeClaim"]["claimName"] for one in volumes if one.get("persistentVolumeClaim")]
