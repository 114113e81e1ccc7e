"""What GKE fills into a node pool and its node configuration.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools
"""

import math
from dataclasses import dataclass

from sandbox.gcp.container import machines
from sandbox.gcp.container.autoscaling import NODE_SCOPES
from sandbox.gcp.container.documents import Json, fill, get, merged, put
from sandbox.gcp.container.versions import minor

DEFAULT_POOL = "default-pool"
OUTPUT_ONLY = (
    "selfLink",
    "status",
    "statusMessage",
    "instanceGroupUrls",
    "conditions",
    "podIpv4CidrSize",
    "updateInfo",
    "etag",
    "kubeletCertInfo",
)
_MAX_PODS = "110"
_PROVISIONING_LABEL = "goog-gke-node-pool-provisioning-model"
_ACCELERATOR_LABEL = "goog-gke-accelerator-type"
_GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
# Nodes of queued provisioning are for the requests that made them.
_QUEUED_TAINT = {"key": "cloud.google.com/gke-queued", "value": "true", "effect": "NO_SCHEDULE"}
_NEWER_SINCE = (1, 35)


@dataclass(frozen=True)
class PoolContext:
    """What a node pool takes over from its cluster.

    Attributes:
        version: of the control plane.
        locations: the cluster's zones.
        subnetwork: relative name.
        pod_range: the cluster's secondary range for pods, or empty.
        pod_block: its CIDR block.
        max_pods: the cluster's default, as text.
        private_nodes: whether nodes have no public address.
        workload_identity: whether nodes serve GKE's metadata server.
        image_streaming: whether nodes stream images.
    """

    version: str
    locations: list[str]
    subnetwork: str
    pod_range: str
    pod_block: str
    max_pods: str
    private_nodes: bool
    workload_identity: bool
    image_streaming: bool = False


def context_of(cluster: Json) -> PoolContext:
    """Return what pools take over from a cluster that has its own defaults already."""
    policy = cluster.get("ipAllocationPolicy", {})
    return PoolContext(
        version=cluster["currentMasterVersion"],
        locations=cluster["locations"],
        subnetwork=get(cluster, "networkConfig.subnetwork", ""),
        pod_range=policy.get("clusterSecondaryRangeName", ""),
        pod_block=policy.get("clusterIpv4CidrBlock", cluster.get("clusterIpv4Cidr", "")),
        max_pods=get(cluster, "defaultMaxPodsConstraint.maxPodsPerNode", _MAX_PODS),
        private_nodes=bool(get(cluster, "networkConfig.defaultEnablePrivateNodes")),
        workload_identity=bool(get(cluster, "workloadIdentityConfig.workloadPool")),
        image_streaming=bool(get(cluster, "nodePoolDefaults.nodeConfigDefaults.gcfsConfig.enabled")),
    )


def complete_pool(given: Json, context: PoolContext) -> Json:
    """Return a node pool with everything that GKE fills in but its links and status."""
    pool = merged(
        {
            "management": {} if "management" in given else {"autoUpgrade": True, "autoRepair": True},
            "upgradeSettings": {"strategy": "SURGE"} if "upgradeSettings" in given else {"maxSurge": 1},
            "version": context.version,
            "locations": context.locations,
            "maxPodsConstraint": {"maxPodsPerNode": context.max_pods},
        },
        {name: value for name, value in given.items() if name not in OUTPUT_ONLY},
    )
    complete_upgrade_settings(pool)
    pool["initialNodeCount"] = initial_size(given)
    if "autoscaling" in pool:
        pool["autoscaling"] = complete_autoscaling(pool["autoscaling"], given.get("config", {}))
    pool["config"] = complete_config(given.get("config", {}), context)
    if get(pool, "queuedProvisioning.enabled"):
        _taint(pool["config"], _QUEUED_TAINT)
    pool["podIpv4CidrSize"] = pod_cidr_size(int(pool["maxPodsConstraint"]["maxPodsPerNode"]))
    pool["networkConfig"] = _network_config(given.get("networkConfig", {}), context)
    return pool


def complete_upgrade_settings(pool: Json) -> None:
    """Fill in a pool's upgrade strategy, and the pace of a blue-green one.

    https://cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies
    """
    fill(pool, "upgradeSettings.strategy", "SURGE")
    if get(pool, "upgradeSettings.strategy") == "BLUE_GREEN":
        settings = "upgradeSettings.blueGreenSettings"
        fill(pool, f"{settings}.nodePoolSoakDuration", "3600s")
        if get(pool, f"{settings}.autoscaledRolloutPolicy") is None:
            policy = get(pool, f"{settings}.standardRolloutPolicy", {})
            if not policy.keys() & {"batchPercentage", "batchNodeCount"}:
                put(pool, f"{settings}.standardRolloutPolicy.batchNodeCount", 1)
            fill(pool, f"{settings}.standardRolloutPolicy.batchSoakDuration", "0s")


def complete_autoscaling(given: Json, config: Json) -> Json:
    """Return a pool's `autoscaling` with its location policy, which depends on whether its nodes are spot VMs."""
    if not given.get("enabled"):
        return given
    spot = config.get("spot") or config.get("preemptible")
    return {"locationPolicy": "ANY" if spot else "BALANCED", **given}


def initial_size(given: Json) -> int:
    """Return how many nodes a new pool starts with, in each of its zones.

    Zero and unset are the same on the wire: an autoscaled pool then starts at its minimum, another one with one node.
    """
    wanted = int(given.get("initialNodeCount", 0))
    if get(given, "autoscaling.enabled"):
        return max(wanted, int(get(given, "autoscaling.minNodeCount", 0)))
    return wanted or 1


def pod_cidr_size(max_pods: int) -> int:
    """Return the prefix length of a node's pod range: the next power of two that holds twice its pods.

    https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr
    """
    return 32 - math.ceil(math.log2(2 * max_pods))


def complete_config(given: Json, context: PoolContext) -> Json:
    """Return a node configuration with everything that GKE fills in."""
    machine = machines.find(given.get("machineType", "e2-medium"))
    boot = given.get("bootDisk", {})
    disk_type = boot.get("diskType") or given.get("diskType") or (machine.default_disk_type if machine else "")
    disk_size = int(boot.get("sizeGb", 0)) or given.get("diskSizeGb", 100)
    config = merged(
        {
            "machineType": "e2-medium",
            "imageType": "COS_CONTAINERD",
            "serviceAccount": "default",
            "oauthScopes": list(NODE_SCOPES),
            "metadata": {"disable-legacy-endpoints": "true"},
            "kubeletConfig": {"insecureKubeletReadonlyPortEnabled": False, "maxParallelImagePulls": 2},
            "windowsNodeConfig": {},
        },
        given,
    )
    config |= {
        "diskType": disk_type,
        "diskSizeGb": disk_size,
        "bootDisk": {**boot, "diskType": disk_type, "sizeGb": str(disk_size)},
        "imageType": config["imageType"].upper(),
    }
    config.setdefault("shieldedInstanceConfig", {"enableIntegrityMonitoring": True})
    legacy = get(config, "linuxNodeConfig.cgroupMode") == "CGROUP_MODE_V1"
    config["effectiveCgroupMode"] = f"EFFECTIVE_CGROUP_MODE_{'V1' if legacy else 'V2'}"
    config.setdefault("resourceLabels", {})[_PROVISIONING_LABEL] = _provisioning_model(config)
    if config.get("minCpuPlatform") == "automatic":
        del config["minCpuPlatform"]
    if context.workload_identity:
        config.setdefault("workloadMetadataConfig", {"mode": "GKE_METADATA"})
    if context.image_streaming:
        config.setdefault("gcfsConfig", {"enabled": True})
    _complete_accelerators(config, machine)
    if minor(context.version) >= _NEWER_SINCE:
        fill(config, "nodeImageConfig", {"image": _image(context.version), "imageProject": "gke-node-images"})
    return config


def _provisioning_model(config: Json) -> str:
    if config.get("flexStart"):
        return "flex-start"
    if config.get("spot") or config.get("preemptible"):
        return "spot"
    affinity = get(config, "reservationAffinity.consumeReservationType", "")
    return "reservation" if affinity == "SPECIFIC_RESERVATION" else "on-demand"


def _complete_accelerators(config: Json, machine: machines.Machine | None) -> None:
    if machine and machine.gpus and not config.get("accelerators"):
        config["accelerators"] = [{"acceleratorCount": str(machine.gpus), "acceleratorType": machine.gpu_type}]
    accelerators = config.get("accelerators")
    if not accelerators:
        return
    config["resourceLabels"][_ACCELERATOR_LABEL] = accelerators[0].get("acceleratorType", "")
    _taint(config, _GPU_TAINT)


def _taint(config: Json, taint: dict[str, str]) -> None:
    taints = config.setdefault("taints", [])
    if not any(known.get("key") == taint["key"] for known in taints):
        taints.append(dict(taint))


def _image(version: str) -> str:
    return f"gke-{version.replace('.', '')}-cos-125-19216-395-7-c-pre"


def _network_config(given: Json, context: PoolContext) -> Json:
    result = merged({"subnetwork": context.subnetwork}, given)
    result.pop("createPodRange", None)
    if context.pod_block:
        fill(result, "podIpv4CidrBlock", context.pod_block)
        if context.pod_range:
            fill(result, "podRange", context.pod_range)
    if context.private_nodes and "enablePrivateNodes" not in given:
        result["enablePrivateNodes"] = True
    return result
