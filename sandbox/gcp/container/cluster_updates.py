"""What a ClusterUpdate changes: which field of the cluster each `desired...` field becomes, and by which operation.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/ClusterUpdate
"""

from collections.abc import Callable
from typing import Any

from sandbox.gcp.container import autoscaling, endpoints, pool_defaults, versions
from sandbox.gcp.container.cluster_defaults import complete_maintenance
from sandbox.gcp.container.documents import Json, get, merged, put
from sandbox.gcp.container.messages import message
from sandbox.gcp.errors import invalid_argument

NO_UPDATE = "Must specify a field to update."

# Fields that are not called like the cluster's, or lie deeper than the rule finds them.
_PATHS = {
    "desiredAdditionalIpRangesConfig": "ipAllocationPolicy",
    "desiredAutoIpamConfig": "ipAllocationPolicy.autoIpamConfig",
    "desiredAutopilotClusterPolicyConfig": "autopilot.clusterPolicyConfig",
    "desiredAutopilotWorkloadPolicyConfig": "autopilot.workloadPolicyConfig",
    "desiredContainerdConfig": "nodePoolDefaults.nodeConfigDefaults.containerdConfig",
    "desiredEmulatedVersion": "currentEmulatedVersion",
    "desiredGcfsConfig": "nodePoolDefaults.nodeConfigDefaults.gcfsConfig",
    "desiredK8sBetaApis": "enableK8sBetaApis",
    "desiredNetworkPerformanceConfig": "networkConfig.networkPerformanceConfig",
    "desiredNetworkTierConfig": "ipAllocationPolicy.networkTierConfig",
    "desiredNodeKubeletConfig": "nodePoolDefaults.nodeConfigDefaults.nodeKubeletConfig",
    "desiredNodePoolAutoConfigKubeletConfig": "nodePoolAutoConfig.nodeKubeletConfig",
    "desiredNodePoolAutoConfigLinuxNodeConfig": "nodePoolAutoConfig.linuxNodeConfig",
    "desiredNodePoolAutoConfigNetworkTags": "nodePoolAutoConfig.networkTags",
    "desiredNodePoolAutoConfigResourceManagerTags": "nodePoolAutoConfig.resourceManagerTags",
    "desiredNodePoolLoggingConfig": "nodePoolDefaults.nodeConfigDefaults.loggingConfig",
    "desiredPrivilegedAdmissionConfig": "autopilot.privilegedAdmissionConfig",
    "desiredStackType": "ipAllocationPolicy.stackType",
}
# Objects of which an update changes only the members that it names.
_MERGED = frozenset(
    {
        "addonsConfig",
        "ipAllocationPolicy",
        "loggingConfig",
        "monitoringConfig",
        "nodePoolDefaults.nodeConfigDefaults.nodeKubeletConfig",
        "nodePoolAutoConfig.nodeKubeletConfig",
        "rbacBindingConfig",
        "securityPostureConfig",
        "userManagedKeysConfig",
    }
)
_ENDPOINTS = frozenset({"controlPlaneEndpointsConfig", "privateClusterConfig", "masterAuthorizedNetworksConfig"})
_ABOUT_POOLS = frozenset(
    {
        "desiredNodePoolId",
        "desiredNodeVersion",
        "desiredImageType",
        "desiredImage",
        "desiredImageProject",
        "desiredNodePoolAutoscaling",
    }
)


def operation_type(update: Json) -> str:
    """Return the type of the operation that an update becomes."""
    if "desiredMasterVersion" in update:
        return "UPGRADE_MASTER"
    if update.keys() & {"desiredNodeVersion", "desiredImageType", "desiredImage"}:
        return "UPGRADE_NODES"
    return "UPDATE_CLUSTER"


def check(cluster: Json, update: Json) -> None:
    """Refuse an update that cannot be made.

    Raises:
        GoogleError: 400, it is empty, or names a version or node pool that does not exist.
    """
    if not update.keys() - {"desiredNodePoolId", "etag"}:
        raise invalid_argument(NO_UPDATE)
    if "desiredMasterVersion" in update:
        target = versions.resolve(update["desiredMasterVersion"])
        if versions.minor(target) < versions.minor(cluster["currentMasterVersion"]):
            raise invalid_argument(f'Master cannot be downgraded to "{target}".')
    if "desiredNodeVersion" in update:
        check_node_version(cluster, update["desiredNodeVersion"])
    wanted = update.get("desiredNodePoolId")
    if wanted and wanted not in [pool["name"] for pool in cluster["nodePools"]]:
        raise invalid_argument(f'Node pool "{wanted}" not found.')
    if not wanted and "desiredNodePoolAutoscaling" in update and len(cluster["nodePools"]) != 1:
        raise invalid_argument("Must specify desired_node_pool_id when the cluster has several node pools.")


def check_node_version(cluster: Json, requested: str) -> None:
    """Refuse a version of nodes that does not exist, or is newer than the control plane's.

    https://kubernetes.io/releases/version-skew-policy/#kubelet

    Raises:
        GoogleError: 400.
    """
    master = cluster["currentMasterVersion"]
    version = versions.resolve(requested, field="Node version", current=master)
    if versions.minor(version) > versions.minor(master):
        raise invalid_argument(f'Node version "{version}" must not be newer than the master version "{master}".')


def apply(cluster: Json, update: Json) -> None:
    """Make an update that was checked.

    Args:
        cluster: the cluster's resource; changed.
        update: the ClusterUpdate in canonical form.
    """
    for name, value in update.items():
        if special := _SPECIAL.get(name):
            special(cluster, value)
        elif name not in _ABOUT_POOLS and name != "etag":
            _set(cluster, _path(name), value)
    if update.keys() & _ABOUT_POOLS:
        _change_pools(cluster, update)


def _path(name: str) -> str:
    if name in _PATHS:
        return _PATHS[name]
    stripped = name.removeprefix("desired")
    plain = stripped[:1].lower() + stripped[1:]
    return plain if message("Cluster").find(plain) else f"networkConfig.{plain}"


def _set(cluster: Json, path: str, value: Any) -> None:
    if path in _ENDPOINTS:
        endpoints.change(cluster, {path: value})
    elif path in _MERGED:
        put(cluster, path, {**get(cluster, path, {}), **value})
    else:
        put(cluster, path, value)
    if path == "networkConfig.defaultEnablePrivateNodes":
        endpoints.mirror(cluster)


def _set_master_version(cluster: Json, version: str) -> None:
    cluster["currentMasterVersion"] = versions.resolve(version, channel=get(cluster, "releaseChannel.channel", ""))


def _set_locations(cluster: Json, locations: list[str]) -> None:
    cluster["locations"] = sorted(locations)
    for pool in cluster["nodePools"]:
        pool["locations"] = sorted(locations)


def _set_database_encryption(cluster: Json, wanted: Json) -> None:
    encrypted = wanted.get("state") == "ENCRYPTED"
    cluster["databaseEncryption"] = {
        **wanted,
        "currentState": f"CURRENT_STATE_{'ENCRYPTED' if encrypted else 'DECRYPTED'}",
    }


def _set_tier(cluster: Json, wanted: Json) -> None:
    tier = wanted.get("desiredTier", "STANDARD")
    cluster["enterpriseConfig"] = {"clusterTier": tier, "desiredTier": tier}


def _add_pod_ranges(cluster: Json, wanted: Json) -> None:
    path = "ipAllocationPolicy.additionalPodRangesConfig"
    known = get(cluster, f"{path}.podRangeNames", [])
    added = [name for name in wanted.get("podRangeNames", []) if name not in known]
    put(cluster, path, {"podRangeNames": [*known, *added]})


def _remove_pod_ranges(cluster: Json, wanted: Json) -> None:
    path = "ipAllocationPolicy.additionalPodRangesConfig"
    gone = set(wanted.get("podRangeNames", []))
    put(cluster, path, {"podRangeNames": [n for n in get(cluster, f"{path}.podRangeNames", []) if n not in gone]})


def _set_private_endpoint(cluster: Json, private: bool) -> None:
    put(cluster, "controlPlaneEndpointsConfig.ipEndpointsConfig.enablePublicEndpoint", not private)
    endpoints.mirror(cluster)


def _set_logging(cluster: Json, wanted: Json) -> None:
    _set(cluster, "loggingConfig", wanted)
    components = get(cluster, "loggingConfig.componentConfig.enableComponents")
    cluster["loggingService"] = "logging.googleapis.com/kubernetes" if components else "none"


def _set_monitoring(cluster: Json, wanted: Json) -> None:
    _set(cluster, "monitoringConfig", wanted)
    components = get(cluster, "monitoringConfig.componentConfig.enableComponents")
    cluster["monitoringService"] = "monitoring.googleapis.com/kubernetes" if components else "none"


def _put_enabled(path: str) -> Callable[[Json, Json], None]:
    return lambda cluster, wanted: put(cluster, path, bool(wanted.get("enabled")))


_SPECIAL: dict[str, Callable[[Json, Any], None]] = {
    "additionalPodRangesConfig": _add_pod_ranges,
    "desiredClusterAutoscaling": lambda cluster, wanted: put(cluster, "autoscaling", autoscaling.complete(wanted)),
    "desiredDatabaseEncryption": _set_database_encryption,
    "desiredEnablePrivateEndpoint": _set_private_endpoint,
    "desiredEnterpriseConfig": _set_tier,
    "desiredIntraNodeVisibilityConfig": _put_enabled("networkConfig.enableIntraNodeVisibility"),
    "desiredL4ilbSubsettingConfig": _put_enabled("networkConfig.enableL4ilbSubsetting"),
    "desiredLocations": _set_locations,
    "desiredLoggingConfig": _set_logging,
    "desiredMasterVersion": _set_master_version,
    "desiredMonitoringConfig": _set_monitoring,
    "removedAdditionalPodRangesConfig": _remove_pod_ranges,
}


def _change_pools(cluster: Json, update: Json) -> None:
    wanted = update.get("desiredNodePoolId")
    for pool in cluster["nodePools"]:
        if wanted and pool["name"] != wanted:
            continue
        if "desiredNodeVersion" in update:
            pool["version"] = versions.resolve(update["desiredNodeVersion"], current=cluster["currentMasterVersion"])
        if "desiredImageType" in update:
            pool["config"]["imageType"] = update["desiredImageType"].upper()
        if "desiredImage" in update:
            image = {"image": update["desiredImage"], "imageProject": update.get("desiredImageProject", "")}
            pool["config"]["nodeImageConfig"] = image
        if "desiredNodePoolAutoscaling" in update:
            pool["autoscaling"] = pool_defaults.complete_autoscaling(
                update["desiredNodePoolAutoscaling"], pool["config"]
            )


def set_maintenance(cluster: Json, policy: Json) -> None:
    """Replace the maintenance policy."""
    cluster["maintenancePolicy"] = merged({}, policy)
    complete_maintenance(cluster)


def set_network_policy(cluster: Json, policy: Json) -> None:
    """Replace the network policy; an empty one turns it off."""
    cluster.pop("networkPolicy", None)
    if policy:
        cluster["networkPolicy"] = policy


def set_legacy_abac(cluster: Json, enabled: bool) -> None:
    """Turn legacy authorization on or off."""
    cluster["legacyAbac"] = {"enabled": True} if enabled else {}
