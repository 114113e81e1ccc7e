"""What GKE refuses in a create request before it starts anything.

Limits: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters and
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

import ipaddress
import re

from sandbox.gcp.container import autopilot_rules, endpoints, machines, versions
from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.errors import GoogleError, invalid_argument
from sandbox.gcp.locations import is_region, is_zone, region_of, zones_of

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
_NAME_RULE = "(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)"
_RESOURCE_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_RESOURCE_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_NODE_LABEL_KEY = re.compile(
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_NODE_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_TAG = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
_MAX_RESOURCE_LABELS = 64
_MAX_NODES_PER_ZONE = 1000
_MIN_DISK_GB = 10
_MAX_PODS_RANGE = range(8, 257)


def check_location(location: str) -> None:
    """Refuse a location that does not exist.

    Raises:
        GoogleError: 400.
    """
    if not is_zone(location) and not is_region(location):
        raise invalid_argument(f'Location "{location}" does not exist.')


def check_cluster(cluster: Json, location: str) -> None:
    """Refuse a cluster that GKE would not begin to create.

    Args:
        cluster: the `cluster` of the request in canonical form.
        location: zone or region.

    Raises:
        GoogleError: 400, with the first reason.
    """
    _check_name(cluster.get("name", ""), "cluster.name")
    check_location(location)
    pools = cluster.get("nodePools", [])
    if get(cluster, "autopilot.enabled"):
        autopilot_rules.check(cluster, location)
    elif pools and (cluster.get("initialNodeCount") or cluster.get("nodeConfig")):
        raise invalid_argument(
            "Cluster.node_pools cannot be specified together with Cluster.initial_node_count or Cluster.node_config."
        )
    elif not pools and cluster.get("initialNodeCount", 0) < 1:
        raise invalid_argument("Cluster.initial_node_count must be greater than zero.")
    check_size(cluster.get("initialNodeCount", 0))
    versions.resolve(cluster.get("initialClusterVersion", ""))
    _check_zones(cluster.get("locations", []), location, "cluster.locations")
    check_resource_labels(cluster.get("resourceLabels", {}))
    _check_addresses(cluster)
    endpoints.check(cluster)
    _check_config(cluster.get("nodeConfig", {}), "cluster.node_config")
    names: set[str] = set()
    for pool in pools:
        check_pool(pool, location)
        if pool["name"] in names:
            raise invalid_argument(f'Duplicate node pool name "{pool["name"]}".')
        names.add(pool["name"])


def check_pool(pool: Json, location: str) -> None:
    """Refuse a node pool that GKE would not begin to create.

    Args:
        pool: the node pool in canonical form.
        location: the cluster's zone or region.

    Raises:
        GoogleError: 400, with the first reason.
    """
    _check_name(pool.get("name", ""), "node_pool.name")
    check_size(pool.get("initialNodeCount", 0))
    check_autoscaling(pool.get("autoscaling", {}))
    _check_zones(pool.get("locations", []), location, "node_pool.locations")
    _check_block(get(pool, "networkConfig.podIpv4CidrBlock", ""), "node_pool.network_config.pod_ipv4_cidr_block")
    max_pods = int(get(pool, "maxPodsConstraint.maxPodsPerNode", 110))
    if max_pods not in _MAX_PODS_RANGE:
        raise invalid_argument("Max pods per node must be between 8 and 256.")
    if pool.get("version"):
        versions.resolve(pool["version"], field="Node version", current="-")
    _check_config(pool.get("config", {}), "node_pool.config")


def check_size(count: int) -> None:
    """Refuse a number of nodes in each zone of a pool that no pool can have.

    https://cloud.google.com/kubernetes-engine/quotas

    Raises:
        GoogleError: 400.
    """
    if count < 0:
        raise invalid_argument("Node count cannot be negative.")
    if count > _MAX_NODES_PER_ZONE:
        raise invalid_argument(f"Node count {count} is above the maximum of {_MAX_NODES_PER_ZONE} in a zone.")


def check_autoscaling(autoscaling: Json) -> None:
    """Refuse limits that contradict each other.

    Raises:
        GoogleError: 400.
    """
    pairs = (("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount"))
    values = [(autoscaling.get(low, 0), autoscaling.get(high, 0)) for low, high in pairs]
    if any(values[0]) and any(values[1]):
        raise invalid_argument("Cannot set both total and per-zone node counts in node pool autoscaling.")
    for low, high in values:
        if low < 0 or high < 0:
            raise invalid_argument("Node pool autoscaling node counts cannot be negative.")
        if low > high:
            raise invalid_argument(
                f"Node pool autoscaling minimum ({low}) must be less than or equal to the maximum ({high})."
            )
    if autoscaling.get("enabled") and not any(high for _, high in values):
        raise invalid_argument("Node pool autoscaling maximum must be greater than zero.")


def check_resource_labels(labels: dict[str, str]) -> None:
    """Refuse labels that Google Cloud does not allow.

    https://cloud.google.com/resource-manager/docs/labels-overview#requirements

    Raises:
        GoogleError: 400.
    """
    if len(labels) > _MAX_RESOURCE_LABELS:
        raise invalid_argument(f"At most {_MAX_RESOURCE_LABELS} resource labels are allowed.")
    for key, value in labels.items():
        if not _RESOURCE_LABEL_KEY.fullmatch(key):
            raise invalid_argument(f'Invalid resource label key "{key}".')
        if not _RESOURCE_LABEL_VALUE.fullmatch(value):
            raise invalid_argument(f'Invalid value "{value}" of resource label "{key}".')


def _check_name(name: str, field: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid_argument(
            f'Invalid value for field "{field}": "{name}". Must be a match of regex \'{_NAME_RULE}\'.'
        )


def _check_zones(zones: list[str], location: str, field: str) -> None:
    for zone in zones:
        if not is_zone(zone) or zone not in zones_of(region_of(location)):
            raise invalid_argument(f'Invalid value for field "{field}": zone "{zone}" is not in "{location}".')
    if is_zone(location) and zones and location not in zones:
        raise invalid_argument(f'Invalid value for field "{field}": it must contain the cluster\'s zone "{location}".')


def _check_addresses(cluster: Json) -> None:
    policy = cluster.get("ipAllocationPolicy", {})
    for block, name in (
        ("clusterIpv4CidrBlock", "clusterSecondaryRangeName"),
        ("servicesIpv4CidrBlock", "servicesSecondaryRangeName"),
    ):
        if policy.get(block) and policy.get(name):
            raise invalid_argument(f"IPAllocationPolicy.{block} and IPAllocationPolicy.{name} cannot both be set.")
        _check_block(policy.get(block, ""), f"ip_allocation_policy.{block}")
    if policy.get("useRoutes") and policy.get("useIpAliases"):
        raise invalid_argument("IPAllocationPolicy.use_ip_aliases and use_routes cannot both be set.")
    if policy.get("createSubnetwork") and cluster.get("subnetwork"):
        raise invalid_argument("Cannot specify subnetwork when create_subnetwork is set.")
    old = ("ipAllocationPolicy.clusterIpv4Cidr", "ipAllocationPolicy.servicesIpv4Cidr")
    for path in ("clusterIpv4Cidr", "privateClusterConfig.masterIpv4CidrBlock", *old):
        _check_block(get(cluster, path, ""), path)
    if cluster.get("clusterIpv4Cidr") and policy.get("clusterIpv4CidrBlock"):
        raise invalid_argument("Cannot set both cluster_ipv4_cidr and ip_allocation_policy.cluster_ipv4_cidr_block.")


def _check_block(block: str, field: str) -> None:
    if re.fullmatch(r"/(?:[89]|[12]\d|3[0-2])?", block) or not block:
        return
    try:
        ipaddress.ip_network(block)
    except ValueError:
        raise invalid_argument(f'Invalid value for field "{field}": "{block}" is not a CIDR block.') from None


def _check_config(config: Json, field: str) -> None:
    machine_type = config.get("machineType", "e2-medium")
    machine = machines.find(machine_type)
    if machine is None:
        raise invalid_argument(f'Machine type with name "{machine_type}" does not exist.')
    disk = int(get(config, "bootDisk.sizeGb", 0)) or config.get("diskSizeGb", 100)
    if disk < _MIN_DISK_GB:
        raise invalid_argument(f"Disk size must be at least {_MIN_DISK_GB} GB, got {disk}.")
    if config.get("spot") and config.get("preemptible"):
        raise invalid_argument("Cannot set both spot and preemptible.")
    check_resource_labels(config.get("resourceLabels", {}))
    for key, value in config.get("labels", {}).items():
        if not _NODE_LABEL_KEY.fullmatch(key) or not _NODE_LABEL_VALUE.fullmatch(value):
            raise invalid_argument(f'Invalid value for field "{field}.labels": "{key}={value}" is not a valid label.')
    for tag in config.get("tags", []):
        if not _TAG.fullmatch(tag):
            raise invalid_argument(f'Invalid value for field "{field}.tags": "{tag}".')
    _check_taints(config.get("taints", []), field)
    _check_accelerators(config.get("accelerators", []), machine_type, machine)


def _check_taints(taints: list[Json], field: str) -> None:
    for taint in taints:
        key, value = taint.get("key", ""), taint.get("value", "")
        if not _NODE_LABEL_KEY.fullmatch(key) or not _NODE_LABEL_VALUE.fullmatch(value):
            raise invalid_argument(f'Invalid value for field "{field}.taints": "{key}={value}".')
        if taint.get("effect", "EFFECT_UNSPECIFIED") == "EFFECT_UNSPECIFIED":
            raise invalid_argument(f'Invalid value for field "{field}.taints": taint "{key}" has no effect.')


def _check_accelerators(accelerators: list[Json], machine_type: str, machine: machines.Machine) -> None:
    for accelerator in accelerators:
        kind, count = accelerator.get("acceleratorType", ""), int(accelerator.get("acceleratorCount", 0))
        if count < 1:
            raise invalid_argument(f'Accelerator count must be at least 1 for accelerator type "{kind}".')
        if not re.fullmatch(r"nvidia-[a-z0-9-]+|ct\d[a-z]*|tpu-[a-z0-9-]+", kind):
            raise invalid_argument(f'Accelerator type "{kind}" does not exist.')
        if not machine.gpus and machine.family != "n1" and kind.startswith("nvidia-"):
            raise _no_gpus(machine_type)
        if machine.gpu_type and not kind.startswith(machine.gpu_type):
            raise invalid_argument(f'Accelerator type "{kind}" cannot be attached to machine type "{machine_type}".')


def _no_gpus(machine_type: str) -> GoogleError:
    return invalid_argument(
        f'Accelerators cannot be attached to machine type "{machine_type}": only N1 general-purpose and '
        "accelerator-optimized machine types support GPUs."
    )
