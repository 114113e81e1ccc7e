"""Disks and the parts of load balancers as Compute's REST API shows them. Pure functions.

Shapes: https://cloud.google.com/compute/docs/reference/rest/v1
"""

import json
from typing import Any

from sandbox.gcp.compute.provisioned import OwnedBalancer, OwnedDisk
from sandbox.gcp.compute.resources import head, link
from sandbox.gcp.container.nodes import InstanceGroup
from sandbox.gcp.host import Host

_DRIVER = "pd.csi.storage.gke.io"
_HOST_DISK_GB = 200
Json = dict[str, Any]


def disk(project: str, owned: OwnedDisk) -> Json:
    """Return the disk of a persistent volume."""
    made = owned.disk
    description = {
        "kubernetes.io/created-for/pv/name": made.name,
        "kubernetes.io/created-for/pvc/name": made.claim,
        "kubernetes.io/created-for/pvc/namespace": made.namespace,
        "storage.gke.io/created-by": _DRIVER,
    }
    shown = _disk(project, made.zone, made.name, made.size_gb, made.kind)
    return shown | {
        "description": json.dumps(description, separators=(",", ":")),
        "labels": dict(sorted(owned.labels.items())),
    }


def boot_disks(project: str, group: InstanceGroup) -> list[Json]:
    """Return the boot disks of a group's running nodes, which bear the instances' names."""
    return [
        _disk(project, group.zone, name, group.disk_size_gb, group.disk_type)
        | {
            "labels": {
                "goog-gke-node": "",
                "goog-k8s-cluster-name": group.cluster,
                "goog-k8s-node-pool-name": group.pool,
            },
            "users": [link(project, "zones", group.zone, "instances", name)],
        }
        for name in group.instances
    ]


def host_disk(host: Host) -> Json:
    """Return the boot disk of the DSS host's VM."""
    shown = _disk(host.project.id, host.zone, host.name, _HOST_DISK_GB, "pd-balanced")
    return shown | {"users": [link(host.project.id, "zones", host.zone, "instances", host.name)]}


def forwarding_rule(project: str, owned: OwnedBalancer) -> Json:
    """Return the forwarding rule of a load balancer."""
    made, region = owned.balancer, owned.region
    shown = {
        **_regional(project, "forwardingRule", "forwardingRules", owned),
        "description": _description(owned),
        "IPAddress": made.address,
        "IPProtocol": made.ports[0][0] if made.ports else "TCP",
        "loadBalancingScheme": "INTERNAL" if made.internal else "EXTERNAL",
        "networkTier": "PREMIUM",
    }
    if made.internal:
        return shown | {
            "ports": [str(number) for _, number in made.ports],
            "backendService": link(project, "regions", region, "backendServices", made.name),
            "network": link(project, "global", "networks", owned.owner.network),
            "subnetwork": link(project, "regions", region, "subnetworks", owned.owner.subnetwork),
        }
    numbers = [number for _, number in made.ports] or [0]
    return shown | {
        "portRange": f"{min(numbers)}-{max(numbers)}",
        "target": link(project, "regions", region, "targetPools", made.name),
    }


def target_pool(project: str, owned: OwnedBalancer) -> Json:
    """Return the target pool of an external load balancer."""
    return {
        **_regional(project, "targetPool", "targetPools", owned),
        "description": _description(owned),
        "sessionAffinity": "NONE",
    }


def backend_service(project: str, owned: OwnedBalancer) -> Json:
    """Return the backend service of an internal load balancer."""
    return {
        **_regional(project, "backendService", "backendServices", owned),
        "description": _description(owned),
        "protocol": owned.balancer.ports[0][0] if owned.balancer.ports else "TCP",
        "loadBalancingScheme": "INTERNAL",
        "sessionAffinity": "NONE",
    }


def firewall(project: str, owned: OwnedBalancer) -> Json:
    """Return the firewall rule that lets traffic of a load balancer in."""
    made = owned.balancer
    name = f"k8s-fw-{made.name}"
    protocols = sorted({protocol for protocol, _ in made.ports})
    return {
        **head("firewall", name),
        # A space after the comma, unlike in the other descriptions.
        "description": json.dumps(
            {"kubernetes.io/service-name": made.service, "kubernetes.io/service-ip": made.address},
            separators=(", ", ":"),
        ),
        "network": link(project, "global", "networks", owned.owner.network),
        "priority": 1000,
        "sourceRanges": ["0.0.0.0/0"],
        "destinationRanges": [made.address],
        "targetTags": [owned.owner.node_tag],
        "allowed": [
            {"IPProtocol": protocol.lower(), "ports": [str(port) for kind, port in made.ports if kind == protocol]}
            for protocol in protocols
        ],
        "direction": "INGRESS",
        "disabled": False,
        "selfLink": link(project, "global", "firewalls", name),
    }


def _disk(project: str, zone: str, name: str, size_gb: int, kind: str) -> Json:
    return {
        **head("disk", name),
        "sizeGb": str(size_gb),
        "zone": link(project, "zones", zone),
        "status": "READY",
        "type": link(project, "zones", zone, "diskTypes", kind),
        "labelFingerprint": "42WmSpB8rSM=",
        "physicalBlockSizeBytes": "4096",
        "selfLink": link(project, "zones", zone, "disks", name),
    }


def _regional(project: str, kind: str, plural: str, owned: OwnedBalancer) -> Json:
    name, region = owned.balancer.name, owned.region
    return {
        **head(kind, name, f"{kind}/{name}"),
        "region": link(project, "regions", region),
        "selfLink": link(project, "regions", region, plural, name),
    }


def _description(owned: OwnedBalancer) -> str:
    return json.dumps({"kubernetes.io/service-name": owned.balancer.service}, separators=(",", ":"))
