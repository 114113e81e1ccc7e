"""Compute Engine's resources as its REST API shows them. Pure functions.

Shapes: https://cloud.google.com/compute/docs/reference/rest/v1
"""

import zlib
from typing import Any

from sandbox.clock import Clock
from sandbox.gcp.container.machines import Machine
from sandbox.gcp.container.nodes import InstanceGroup
from sandbox.gcp.host import SCOPES, Host
from sandbox.gcp.locations import AUTO_MODE_RANGES, REGIONS, region_of

_CREATED = "2026-01-05T01:00:00.000-08:00"
_API = "https://www.googleapis.com/compute/v1"
_QUOTAS = {
    "CPUS": 10_000,
    "N2_CPUS": 10_000,
    "N2D_CPUS": 10_000,
    "C2_CPUS": 10_000,
    "C3_CPUS": 10_000,
    "PREEMPTIBLE_CPUS": 10_000,
    "DISKS_TOTAL_GB": 1_000_000,
    "SSD_TOTAL_GB": 1_000_000,
    "LOCAL_SSD_TOTAL_GB": 1_000_000,
    "IN_USE_ADDRESSES": 5_000,
    "STATIC_ADDRESSES": 500,
    "INSTANCES": 10_000,
    "INSTANCE_GROUPS": 5_000,
    "INSTANCE_GROUP_MANAGERS": 5_000,
    "NVIDIA_T4_GPUS": 500,
    "NVIDIA_L4_GPUS": 500,
    "NVIDIA_A100_GPUS": 500,
    "NVIDIA_V100_GPUS": 500,
    "PREEMPTIBLE_NVIDIA_T4_GPUS": 500,
    "PREEMPTIBLE_NVIDIA_L4_GPUS": 500,
}


def link(project: str, *path: str) -> str:
    """Return the address of a resource, as other resources refer to it."""
    return "/".join((_API, "projects", project, *path))


def zone(project: str, name: str) -> dict[str, Any]:
    """Return a zone."""
    return {
        **head("zone", name),
        "description": name,
        "status": "UP",
        "region": link(project, "regions", region_of(name)),
        "selfLink": link(project, "zones", name),
        "availableCpuPlatforms": ["Intel Ice Lake", "Intel Cascade Lake", "AMD Milan"],
        "supportsPzs": False,
    }


def region(project: str, name: str, lowered: str | None = None) -> dict[str, Any]:
    """Return a region with its quotas; `lowered` names one that is used up."""
    return {
        **head("region", name),
        "description": name,
        "status": "UP",
        "zones": [link(project, "zones", zone_name) for zone_name in REGIONS[name]],
        "quotas": quotas(lowered),
        "selfLink": link(project, "regions", name),
        "supportsPzs": False,
    }


def quotas(lowered: str | None = None) -> list[dict[str, Any]]:
    """Return a region's quotas; `lowered` names one that is used up."""
    limits = _QUOTAS if lowered is None else _QUOTAS | {lowered: 0}
    return [{"metric": metric, "limit": float(limit), "usage": 0.0} for metric, limit in limits.items()]


def network(project: str, name: str) -> dict[str, Any]:
    """Return an auto-mode network."""
    return {
        **head("network", name),
        "description": "Default network for the project" if name == "default" else "",
        "selfLink": link(project, "global", "networks", name),
        "selfLinkWithId": link(project, "global", "networks", _id(name)),
        "autoCreateSubnetworks": True,
        "subnetworks": [link(project, "regions", region, "subnetworks", name) for region in REGIONS],
        "routingConfig": {"routingMode": "REGIONAL", "bgpBestPathSelectionMode": "LEGACY"},
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
        "mtu": 1460,
    }


def subnetwork(project: str, region: str, name: str, network_name: str | None = None) -> dict[str, Any]:
    """Return the subnetwork that an auto-mode network has in a region; it bears the network's name."""
    cidr = AUTO_MODE_RANGES[region]
    return {
        **head("subnetwork", name, f"{region}/{name}"),
        "network": link(project, "global", "networks", network_name or name),
        "ipCidrRange": cidr,
        "gatewayAddress": cidr.replace(".0/20", ".1"),
        "region": link(project, "regions", region),
        "selfLink": link(project, "regions", region, "subnetworks", name),
        "privateIpGoogleAccess": False,
        "fingerprint": "c2FuZGJveA==",
        "allowSubnetCidrRoutesOverlap": False,
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
    }


def instance(host: Host) -> dict[str, Any]:
    """Return the DSS host's VM."""
    project = host.project.id
    return {
        **head("instance", host.name),
        "id": host.instance_id,
        "description": "",
        "tags": {"items": ["dss"], "fingerprint": "c2FuZGJveA=="},
        "machineType": link(project, "zones", host.zone, "machineTypes", host.machine_type),
        "status": "RUNNING",
        "zone": link(project, "zones", host.zone),
        "canIpForward": False,
        "networkInterfaces": [
            {
                "kind": "compute#networkInterface",
                "network": link(project, "global", "networks", host.network),
                "subnetwork": link(project, "regions", host.region, "subnetworks", host.subnetwork),
                "networkIP": host.internal_ip,
                "name": "nic0",
                "stackType": "IPV4_ONLY",
                "fingerprint": "c2FuZGJveA==",
            }
        ],
        "disks": [
            {
                "kind": "compute#attachedDisk",
                "type": "PERSISTENT",
                "mode": "READ_WRITE",
                "source": link(project, "zones", host.zone, "disks", host.name),
                "deviceName": host.name,
                "index": 0,
                "boot": True,
                "autoDelete": True,
                "diskSizeGb": "200",
                "interface": "SCSI",
            }
        ],
        "metadata": {"kind": "compute#metadata", "fingerprint": "c2FuZGJveA=="},
        "serviceAccounts": [{"email": host.service_account, "scopes": list(SCOPES)}],
        "selfLink": link(project, "zones", host.zone, "instances", host.name),
        "scheduling": {"onHostMaintenance": "MIGRATE", "automaticRestart": True, "preemptible": False},
        "cpuPlatform": "Intel Ice Lake",
        "labelFingerprint": "42WmSpB8rSM=",
        "startRestricted": False,
        "deletionProtection": False,
    }


def project(identifier: str, number: str) -> dict[str, Any]:
    """Return a project as Compute sees it."""
    return {
        **head("project", identifier),
        "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": "c2FuZGJveA=="},
        "quotas": [{"metric": "NETWORKS", "limit": 50.0, "usage": 1.0}],
        "selfLink": link(identifier),
        "defaultServiceAccount": f"{number}-compute@developer.gserviceaccount.com",
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
        "defaultNetworkTier": "PREMIUM",
    }


def nodes(project: str, group: InstanceGroup) -> list[dict[str, Any]]:
    """Return the VMs of a group's running nodes."""
    return [node(project, group, name) for name in group.instances]


def node(project: str, group: InstanceGroup, name: str) -> dict[str, Any]:
    """Return the VM of a running node."""
    return {
        **head("instance", name),
        "machineType": link(project, "zones", group.zone, "machineTypes", group.machine_type),
        "status": "RUNNING",
        "zone": link(project, "zones", group.zone),
        "disks": [
            {
                "kind": "compute#attachedDisk",
                "type": "PERSISTENT",
                "mode": "READ_WRITE",
                "source": link(project, "zones", group.zone, "disks", name),
                "boot": True,
                "autoDelete": True,
                "diskSizeGb": str(group.disk_size_gb),
            }
        ],
        "labels": {"goog-gke-node": "", "goog-k8s-cluster-name": group.cluster, "goog-k8s-node-pool-name": group.pool},
        "serviceAccounts": [{"email": group.service_account, "scopes": list(SCOPES)}],
        "selfLink": link(project, "zones", group.zone, "instances", name),
    }


def group(project: str, shown: InstanceGroup) -> dict[str, Any]:
    """Return a node pool's instance group in one zone."""
    return {
        **head("instanceGroup", shown.name),
        "zone": link(project, "zones", shown.zone),
        "size": shown.running,
        "selfLink": link(project, "zones", shown.zone, "instanceGroups", shown.name),
    }


def group_manager(project: str, group: InstanceGroup) -> dict[str, Any]:
    """Return the manager of a node pool's instance group in one zone."""
    idle = dict.fromkeys(
        ("abandoning", "creatingWithoutRetries", "deleting", "recreating", "refreshing", "restarting", "verifying"), 0
    )
    missing = group.size - group.running
    return {
        **head("instanceGroupManager", group.name),
        "zone": link(project, "zones", group.zone),
        "instanceTemplate": link(project, "global", "instanceTemplates", group.base_instance_name),
        "instanceGroup": link(project, "zones", group.zone, "instanceGroups", group.name),
        "baseInstanceName": group.base_instance_name,
        "targetSize": group.size,
        "currentActions": idle | {"none": group.running, "creating": missing},
        "status": {"isStable": missing == 0},
        "selfLink": link(project, "zones", group.zone, "instanceGroupManagers", group.name),
    }


def managed_instances(project: str, group: InstanceGroup) -> list[dict[str, Any]]:
    """Return the instances of a group: those that run, then those that do not come up."""
    running = [
        {
            "instance": link(project, "zones", group.zone, "instances", name),
            "id": _id(name),
            "instanceStatus": "RUNNING",
            "currentAction": "NONE",
        }
        for name in group.instances
    ]
    failing = [
        {
            "instance": link(project, "zones", group.zone, "instances", error.instance),
            "currentAction": "CREATING",
            "lastAttempt": {"errors": {"errors": [{"code": error.code, "message": error.message}]}},
        }
        for error in group.errors
    ]
    return running + failing


def group_errors(project: str, group: InstanceGroup) -> list[dict[str, Any]]:
    """Return why instances of a group do not come up."""
    return [
        {
            "timestamp": Clock.timestamp(),
            "instanceActionDetails": {
                "instance": link(project, "zones", group.zone, "instances", error.instance),
                "action": "CREATING",
            },
            "error": {"code": error.code, "message": error.message},
        }
        for error in group.errors
    ]


def machine_type(project: str, zone: str, name: str, machine: Machine) -> dict[str, Any]:
    """Return a machine type."""
    shown = {
        **head("machineType", name),
        "description": f"{machine.cpus} vCPUs, {machine.memory_bytes / 1024**3:g} GB RAM",
        "guestCpus": machine.cpus,
        "memoryMb": machine.memory_bytes // 1024**2,
        "zone": zone,
        "selfLink": link(project, "zones", zone, "machineTypes", name),
        "isSharedCpu": name in ("e2-micro", "e2-small", "e2-medium"),
        "architecture": "ARM64" if machine.architecture == "arm64" else "X86_64",
    }
    if machine.gpus:
        accelerator = {"guestAcceleratorType": machine.gpu_type, "guestAcceleratorCount": machine.gpus}
        shown["accelerators"] = [accelerator]
    return shown


def head(kind: str, name: str, path: str | None = None) -> dict[str, Any]:
    """Return what every resource starts with; the path tells apart what has the same name elsewhere."""
    return {"kind": f"compute#{kind}", "id": _id(path or name), "creationTimestamp": _CREATED, "name": name}


def _id(name: str) -> str:
    """Return a number of Compute's size that is always the same for a name."""
    return str(1_000_000_000_000_000_000 + zlib.crc32(name.encode()) * 1_000_003)
