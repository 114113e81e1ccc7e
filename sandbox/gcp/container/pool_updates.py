"""What an UpdateNodePoolRequest changes, and by which operation.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools/update
"""

from sandbox.gcp.container import machines, versions
from sandbox.gcp.container.cluster_updates import NO_UPDATE, check_node_version
from sandbox.gcp.container.documents import Json, get, merged
from sandbox.gcp.container.messages import message
from sandbox.gcp.container.pool_defaults import complete_config, complete_upgrade_settings, context_of
from sandbox.gcp.errors import invalid_argument

_ADDRESSES = frozenset({"name", "nodePoolId", "clusterId", "projectId", "zone", "etag", "nodeConfigUpdateMode"})
# Wrapped lists and maps: the field of the request, and the member that holds the value.
_WRAPPED = {"labels": "labels", "taints": "taints", "tags": "tags", "resourceLabels": "labels"}
_OF_POOL = frozenset(
    {"locations", "upgradeSettings", "nodeDrainConfig", "queuedProvisioning", "maintenancePolicy", "placementPolicy"}
)
# These change running nodes in place; everything else makes new ones.
_IN_PLACE = _OF_POOL | {"labels", "taints", "tags", "loggingConfig", "resourceManagerTags", "nodeNetworkConfig"}
# GKE's own labels and taint survive a replacement of the user's.
_OWN_LABELS = ("goog-gke-node-pool-provisioning-model", "goog-gke-accelerator-type")


def wanted_fields(request: Json) -> Json:
    """Return the fields of a request that ask for a change.

    Raises:
        GoogleError: 400, there are none.
    """
    wanted = {name: value for name, value in request.items() if name not in _ADDRESSES}
    # The old API made version and image type obligatory; `-` still means no change of version.
    if not wanted:
        raise invalid_argument(NO_UPDATE)
    return wanted


def operation_type(wanted: Json) -> str:
    """Return the type of the operation that a change becomes."""
    return "UPDATE_CLUSTER" if wanted.keys() <= _IN_PLACE else "UPGRADE_NODES"


def check(cluster: Json, wanted: Json) -> None:
    """Refuse a change that cannot be made.

    Raises:
        GoogleError: 400, it names a version or machine type that does not exist.
    """
    if "nodeVersion" in wanted:
        check_node_version(cluster, wanted["nodeVersion"])
    if "machineType" in wanted and machines.find(wanted["machineType"]) is None:
        raise invalid_argument(f'Machine type "{wanted["machineType"]}" does not exist.')


def apply(cluster: Json, pool: Json, wanted: Json) -> None:
    """Make a change that was checked.

    Args:
        cluster: the cluster's resource.
        pool: the node pool's resource; changed.
        wanted: the fields to change.
    """
    config: Json = pool["config"]
    node_fields = message("NodeConfig").fields
    for name, value in wanted.items():
        if name == "nodeVersion":
            pool["version"] = versions.resolve(value, current=cluster["currentMasterVersion"])
        elif name == "nodeNetworkConfig":
            pool["networkConfig"] = merged(pool["networkConfig"], value)
        elif name in _OF_POOL:
            pool[name] = merged(pool.get(name, {}), value) if name == "upgradeSettings" else value
        elif name in ("image", "imageProject"):
            config.setdefault("nodeImageConfig", {})[name] = value
        elif name in _WRAPPED:
            _replace(config, name, value.get(_WRAPPED[name]))
        elif name == "diskSizeGb":
            config |= {"diskSizeGb": int(value), "bootDisk": {**config["bootDisk"], "sizeGb": str(value)}}
        elif name == "diskType":
            config |= {"diskType": value, "bootDisk": {**config["bootDisk"], "diskType": value}}
        elif name in node_fields:
            config[name] = value
    complete_upgrade_settings(pool)
    pool["config"] = complete_config(config, context_of(cluster))


def _replace(config: Json, name: str, value: object) -> None:
    kept = {label: text for label, text in get(config, "resourceLabels", {}).items() if label in _OWN_LABELS}
    config.pop(name, None)
    if isinstance(value, dict) and name == "resourceLabels":
        config[name] = value | kept
    elif value:
        config[name] = value
