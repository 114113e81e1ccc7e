"""Node objects as a GKE node's kubelet registers them. Pure functions."""

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.control_plane import NodeSpec
from sandbox.kubernetes.controllers.events import timestamp
from sandbox.kubernetes.controllers.reservations import (
    reserved_memory_bytes,
    reserved_millicores,
    reserved_storage_bytes,
)

KUBELET_PORT = 10250
_ARM_FAMILIES = ("t2a-", "c4a-", "n4a-", "a4x-")
# type, whether True is good, reason and message when all is well: what a healthy GKE node says.
_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def architecture(machine_type: str) -> str:
    """Return `arm64` for the machine families with Arm processors, else `amd64`."""
    return "arm64" if machine_type.startswith(_ARM_FAMILIES) else "amd64"


def labels(spec: NodeSpec) -> dict[str, str]:
    """Return the node's labels: those of the pool, and the well-known ones where the pool's leave them out.

    https://kubernetes.io/docs/reference/labels-annotations-taints/
    """
    region = spec.zone.rpartition("-")[0]
    return {
        "beta.kubernetes.io/arch": architecture(spec.machine_type),
        "beta.kubernetes.io/instance-type": spec.machine_type,
        "beta.kubernetes.io/os": "linux",
        "failure-domain.beta.kubernetes.io/region": region,
        "failure-domain.beta.kubernetes.io/zone": spec.zone,
        "kubernetes.io/arch": architecture(spec.machine_type),
        "kubernetes.io/hostname": spec.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": spec.machine_type,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": spec.zone,
        **spec.labels,
    }


def taints(spec: NodeSpec) -> list[dict[str, str]]:
    """Return the node's taints as Kubernetes writes them."""
    return [
        {"effect": taint.effect, "key": taint.key, **({"value": taint.value} if taint.value else {})}
        for taint in spec.taints
    ]


def node_object(spec: NodeSpec, project: str) -> Object:
    """Return the Node that a new instance registers."""
    wanted: Object = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": spec.name,
            "labels": labels(spec),
            "annotations": {
                "container.googleapis.com/instance_id": str(_instance_id(spec)),
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": {"podCIDR": spec.pod_cidr, "podCIDRs": [spec.pod_cidr], "providerID": spec.provider_id},
        "status": node_status(spec, project),
    }
    if spec.taints:
        wanted["spec"]["taints"] = taints(spec)
    return wanted


def node_status(spec: NodeSpec, project: str) -> Object:
    """Return the status of a healthy node."""
    now = timestamp()
    host = f"{spec.name}.{spec.zone}.c.{project}.internal"
    addresses = [{"type": "InternalIP", "address": spec.internal_ip}]
    # GKE tells an empty external address of a private node.
    addresses.append({"type": "ExternalIP", "address": spec.external_ip or ""})
    addresses += [{"type": "InternalDNS", "address": host}, {"type": "Hostname", "address": host}]
    return {
        "addresses": addresses,
        "capacity": _capacity(spec),
        "allocatable": _allocatable(spec),
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": now,
            }
            for kind, status, reason, message in _CONDITIONS
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
        "nodeInfo": {
            "architecture": architecture(spec.machine_type),
            "bootID": f"00000000-0000-4000-8000-{_instance_id(spec) % 10**12:012d}",
            "containerRuntimeVersion": "containerd://1.7.27",
            "kernelVersion": "6.6.93+",
            "kubeProxyVersion": f"v{spec.version}",
            "kubeletVersion": f"v{spec.version}",
            "machineID": f"{_instance_id(spec):032x}",
            "operatingSystem": "linux",
            "osImage": "Container-Optimized OS from Google",
            "systemUUID": f"00000000-0000-4000-8000-{_instance_id(spec) % 10**12:012d}",
        },
    }


def _capacity(spec: NodeSpec) -> dict[str, str]:
    return {
        "cpu": str(spec.cpus),
        "ephemeral-storage": f"{spec.boot_disk_bytes // 1024}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{spec.memory_bytes // 1024}Ki",
        "pods": str(spec.max_pods),
        **_gpus(spec),
    }


def _allocatable(spec: NodeSpec) -> dict[str, str]:
    millicores = 1000 * spec.cpus - reserved_millicores(spec.cpus, spec.max_pods, spec.machine_type)
    memory = spec.memory_bytes - reserved_memory_bytes(spec.memory_bytes)
    return {
        "cpu": f"{max(millicores, 0)}m",
        "ephemeral-storage": str(max(spec.boot_disk_bytes - reserved_storage_bytes(spec.boot_disk_bytes), 0)),
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{max(memory, 0) // 1024}Ki",
        "pods": str(spec.max_pods),
        **_gpus(spec),
    }


def _gpus(spec: NodeSpec) -> dict[str, str]:
    return {"nvidia.com/gpu": str(spec.gpus)} if spec.gpus else {}


def _instance_id(spec: NodeSpec) -> int:
    """Return a number that looks like the instance's id and stays the same for one name."""
    return int.from_bytes(spec.name.encode()[-8:].rjust(8, b"\1"), "big") % 10**19
