"""The machines behind node pools: nodes for the control plane, instance groups for Compute Engine."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.gcp.container import machines, ranges
from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.container.fleet import Fleet, Shortage
from sandbox.gcp.locations import region_of
from sandbox.kubernetes.control_plane import NodeSpec, Taint

_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
    "NO_EXECUTE": "NoExecute",
}
_FALLBACK = machines.Machine("e2", 2, 4 * machines.GIB)
# An instance's name is at most 63 characters: GKE cuts both names inside it.
_CLUSTER_PART, _POOL_PART = 20, 16


@dataclass(frozen=True)
class InstanceGroupError:
    """Why an instance does not come up; `code` is Compute Engine's, such as `ZONE_RESOURCE_POOL_EXHAUSTED`."""

    code: str
    message: str
    instance: str


@dataclass(frozen=True)
class InstanceGroup:
    """The managed instance group of a node pool in one zone.

    Attributes:
        name: `gke-<cluster>-<pool>-<hash>-grp`.
        zone: its zone.
        cluster: the cluster's name.
        pool: the node pool's name.
        size: how many instances it should have.
        running: how many of them run.
        base_instance_name: what the instances' names start with.
        machine_type: such as `n2-highmem-8`.
        disk_type: of the boot disk.
        disk_size_gb: of the boot disk.
        service_account: of the nodes.
        instances: the names of the running instances.
        errors: why others do not run.
    """

    name: str
    zone: str
    cluster: str
    pool: str
    size: int
    running: int
    base_instance_name: str
    machine_type: str
    disk_type: str
    disk_size_gb: int
    service_account: str
    instances: tuple[str, ...] = ()
    errors: tuple[InstanceGroupError, ...] = ()


def base_name(cluster: Json, pool: str, zone: str) -> str:
    """Return `gke-<cluster>-<pool>-<hash>`, which starts the names of a pool's group and instances in a zone."""
    digest = hashlib.sha256(f"{cluster['id']}/{pool}/{zone}".encode()).hexdigest()[:8]
    return f"gke-{cluster['name'][:_CLUSTER_PART]}-{pool[:_POOL_PART]}-{digest}"


def instance_name(base: str, index: int) -> str:
    """Return the name of an instance of a group."""
    return f"{base}-{hashlib.sha256(f'{base}/{index}'.encode()).hexdigest()[:4]}"


def instance_groups(cluster: Json, fleet: Fleet) -> list[InstanceGroup]:
    """Return a cluster's instance groups, one for each pool and zone.

    Args:
        cluster: the cluster's resource.
        fleet: which nodes it should have.
    """
    groups = []
    for pool in cluster["nodePools"]:
        config, name = pool["config"], pool["name"]
        for zone in pool["locations"]:
            base, wanted, running = base_name(cluster, name, zone), fleet.wanted(name, zone), fleet.running(name, zone)
            if (name, zone) not in fleet.scaled:
                wanted = range(max(len(wanted), pool.get("initialNodeCount", 0)))
            groups.append(
                InstanceGroup(
                    name=f"{base}-grp",
                    zone=zone,
                    cluster=cluster["name"],
                    pool=name,
                    size=len(wanted),
                    running=len(running),
                    base_instance_name=base,
                    machine_type=config["machineType"],
                    disk_type=config["diskType"],
                    disk_size_gb=config["diskSizeGb"],
                    service_account=config["serviceAccount"],
                    instances=tuple(instance_name(base, number) for number in running),
                    errors=_errors(fleet.shortages.get((name, zone)), base, wanted, running),
                )
            )
    return groups


def _errors(
    shortage: Shortage | None, base: str, wanted: Sequence[int], running: Sequence[int]
) -> tuple[InstanceGroupError, ...]:
    """Return the error of every instance that should run and does not; of the next one when all run."""
    if shortage is None:
        return ()
    absent = wanted[len(running) :] or [len(running)]
    names = [instance_name(base, number) for number in absent]
    return tuple(InstanceGroupError(shortage.code, shortage.message.replace(names[0], name), name) for name in names)


def instances(cluster: Json, fleet: Fleet) -> Iterator[tuple[Json, str, str]]:
    """Yield pool, zone and name of each node that runs."""
    for pool in cluster["nodePools"]:
        for zone in pool["locations"]:
            base = base_name(cluster, pool["name"], zone)
            for number in fleet.running(pool["name"], zone):
                yield pool, zone, instance_name(base, number)


def node_specs(cluster: Json, project: str, fleet: Fleet, slots: Mapping[str, int] | None = None) -> list[NodeSpec]:
    """Return the nodes that a cluster has, as its control plane knows them.

    Args:
        cluster: the cluster's resource.
        project: project id.
        fleet: which nodes it should have.
        slots: which of the cluster's addresses each node has, by its name; their order decides without.
    """
    return [
        node_spec(cluster, project, pool, zone, name=name, slot=slots[name] if slots else index)
        for index, (pool, zone, name) in enumerate(instances(cluster, fleet))
    ]


def node_spec(cluster: Json, project: str, pool: Json, zone: str, *, name: str, slot: int) -> NodeSpec:
    """Return a node of a pool in a zone; the slot decides its addresses."""
    return _node(cluster, pool, zone, index=slot, name=name, provider_id=f"gce://{project}/{zone}/{name}")


def _node(cluster: Json, pool: Json, zone: str, *, index: int, name: str, provider_id: str) -> NodeSpec:
    config = pool["config"]
    machine = machines.find(config["machineType"]) or _FALLBACK
    block = get(pool, "networkConfig.podIpv4CidrBlock") or cluster["clusterIpv4Cidr"]
    private = bool(get(pool, "networkConfig.enablePrivateNodes"))
    return NodeSpec(
        name=name,
        pool=pool["name"],
        zone=zone,
        machine_type=config["machineType"],
        version=pool["version"],
        internal_ip=ranges.node_address(index),
        pod_cidr=ranges.pod_cidr(block, pool["podIpv4CidrSize"], index),
        provider_id=provider_id,
        cpus=machine.cpus,
        memory_bytes=machine.memory_bytes,
        labels=dict(_labels(cluster, pool, machine, zone, name)),
        taints=tuple(
            Taint(taint.get("key", ""), taint.get("value", ""), _EFFECTS.get(taint.get("effect", ""), "NoSchedule"))
            for taint in config.get("taints", [])
        ),
        external_ip=None if private else ranges.external_address(index),
        gpus=sum(int(each.get("acceleratorCount", 0)) for each in config.get("accelerators", [])),
        max_pods=int(pool["maxPodsConstraint"]["maxPodsPerNode"]),
        boot_disk_bytes=config["diskSizeGb"] * machines.GIB,
    )


def _labels(cluster: Json, pool: Json, machine: machines.Machine, zone: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the labels that GKE puts on a node, then the pool's own."""
    config = pool["config"]
    region = region_of(zone)
    yield from {
        "beta.kubernetes.io/arch": machine.architecture,
        "beta.kubernetes.io/instance-type": config["machineType"],
        "beta.kubernetes.io/os": "linux",
        "cloud.google.com/gke-boot-disk": config["diskType"],
        "cloud.google.com/gke-container-runtime": "containerd",
        "cloud.google.com/gke-cpu-scaling-level": str(machine.cpus),
        "cloud.google.com/gke-logging-variant": get(config, "loggingConfig.variantConfig.variant", "DEFAULT"),
        "cloud.google.com/gke-max-pods-per-node": pool["maxPodsConstraint"]["maxPodsPerNode"],
        "cloud.google.com/gke-memory-gb-scaling-level": str(machine.memory_bytes // machines.GIB),
        "cloud.google.com/gke-nodepool": pool["name"],
        "cloud.google.com/gke-os-distribution": "ubuntu" if config["imageType"].startswith("UBUNTU") else "cos",
        "cloud.google.com/gke-provisioning": "spot" if config.get("spot") else "standard",
        "cloud.google.com/gke-stack-type": get(cluster, "ipAllocationPolicy.stackType", "IPV4"),
        "cloud.google.com/machine-family": machine.family,
        "cloud.google.com/private-node": str(bool(get(pool, "networkConfig.enablePrivateNodes"))).lower(),
        "failure-domain.beta.kubernetes.io/region": region,
        "failure-domain.beta.kubernetes.io/zone": zone,
        "kubernetes.io/arch": machine.architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": config["machineType"],
        "topology.gke.io/zone": zone,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": zone,
    }.items()
    if config.get("spot"):
        yield "cloud.google.com/gke-spot", "true"
    if config.get("preemptible"):
        yield "cloud.google.com/gke-preemptible", "true"
    if accelerators := config.get("accelerators"):
        yield "cloud.google.com/gke-accelerator", accelerators[0].get("acceleratorType", "")
        yield "cloud.google.com/gke-accelerator-count", str(accelerators[0].get("acceleratorCount", 0))
    if get(config, "workloadMetadataConfig.mode") == "GKE_METADATA":
        yield "iam.gke.io/gke-metadata-server-enabled", "true"
    if get(config, "gcfsConfig.enabled"):
        yield "cloud.google.com/gke-image-streaming", "true"
    yield from config.get("labels", {}).items()
