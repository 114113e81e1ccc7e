"""What GKE fills into a cluster that a request leaves open.

Learnt from the recorded traffic in tests/python/data/gke-traffic and
https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters

Most of the recordings were normalised by a mock. Where that shows, descriptions of real clusters are followed instead:
a regional cluster has three zones and a `zone`, node pools have `selfLink`, `etag`, `locations` and a strategy, an
autoscaled pool has a location policy, networks are relative names, and all pools are listed in their cluster.
"""

import hashlib
import json
from dataclasses import dataclass

from sandbox.gcp.container import autopilot, autoscaling, endpoints, links, ranges, versions
from sandbox.gcp.container.documents import Json, drop, fill, get, merged, put
from sandbox.gcp.container.pool_defaults import DEFAULT_POOL, complete_pool, context_of
from sandbox.gcp.locations import is_zone, zones_of
from sandbox.gcp.projects import Project

_OUTPUT_ONLY = (
    "selfLink",
    "zone",
    "location",
    "endpoint",
    "id",
    "createTime",
    "status",
    "statusMessage",
    "conditions",
    "currentMasterVersion",
    "currentNodeVersion",
    "currentNodeCount",
    "instanceGroupUrls",
    "servicesIpv4Cidr",
    "nodeIpv4CidrSize",
    "tpuIpv4CidrBlock",
    "expireTime",
    "etag",
    "labelFingerprint",
    "satisfiesPzs",
    "satisfiesPzi",
)
_METRICS = (
    "SYSTEM_COMPONENTS",
    "DAEMONSET",
    "DEPLOYMENT",
    "STATEFULSET",
    "JOBSET",
    "STORAGE",
    "HPA",
    "POD",
    "CADVISOR",
    "KUBELET",
    "DCGM",
)
_READONLY_PORT_CLOSED = {"insecureKubeletReadonlyPortEnabled": False}

_DEFAULTS: Json = {
    "addonsConfig": {
        "gcePersistentDiskCsiDriverConfig": {"enabled": True},
        "kubernetesDashboard": {"disabled": True},
        "networkPolicyConfig": {"disabled": True},
    },
    "anonymousAuthenticationConfig": {"mode": "ENABLED"},
    "autopilot": {},
    "databaseEncryption": {"currentState": "CURRENT_STATE_DECRYPTED", "state": "DECRYPTED"},
    "defaultMaxPodsConstraint": {"maxPodsPerNode": "110"},
    "enterpriseConfig": {"clusterTier": "STANDARD"},
    "legacyAbac": {},
    "loggingConfig": {"componentConfig": {}},
    "loggingService": "logging.googleapis.com/kubernetes",
    "maintenancePolicy": {},
    "masterAuth": {"clientCertificateConfig": {}},
    "monitoringConfig": {
        "advancedDatapathObservabilityConfig": {},
        "componentConfig": {},
        "managedPrometheusConfig": {"enabled": True},
    },
    "monitoringService": "monitoring.googleapis.com/kubernetes",
    "network": "default",
    "networkConfig": {"serviceExternalIpsConfig": {}},
    "nodePoolAutoConfig": {"nodeKubeletConfig": _READONLY_PORT_CLOSED},
    "nodePoolDefaults": {
        "nodeConfigDefaults": {
            "loggingConfig": {"variantConfig": {"variant": "DEFAULT"}},
            "nodeKubeletConfig": _READONLY_PORT_CLOSED,
        }
    },
    "notificationConfig": {"pubsub": {}},
    "podAutoscaling": {"hpaProfile": "PERFORMANCE"},
    "privateClusterConfig": {},
    "rbacBindingConfig": {
        "enableInsecureBindingSystemAuthenticated": True,
        "enableInsecureBindingSystemUnauthenticated": True,
    },
    "securityPostureConfig": {"mode": "BASIC", "vulnerabilityMode": "VULNERABILITY_MODE_UNSPECIFIED"},
    "userManagedKeysConfig": {},
}

# Objects that a request turns off by leaving them empty: a default must not fill them again.
_REPLACED = (
    "addonsConfig.kubernetesDashboard",
    "addonsConfig.networkPolicyConfig",
    "monitoringConfig.managedPrometheusConfig",
)

# What clusters of Kubernetes 1.35 and later have besides.
_NEWER_SINCE = (1, 35)
_NEWER: Json = {
    "addonsConfig": {"dnsCacheConfig": {"enabled": True}, "nodeReadinessConfig": {}},
    "controlPlaneEgress": {"mode": "VIA_CONTROL_PLANE"},
    "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"enableK8sCertsViaDns": False}},
    "ipAllocationPolicy": {"networkTierConfig": {"networkTier": "NETWORK_TIER_DEFAULT"}},
    "networkConfig": {"defaultSnatStatus": {}},
    "nodeCreationConfig": {"nodeCreationMode": "VIA_KUBELET"},
}


@dataclass(frozen=True)
class Place:
    """Where and as which cluster a new one is made.

    Attributes:
        project: its project.
        location: zone or region.
        number: counts the clusters of this service, so that each gets ranges of its own.
        unique_id: the 64 hexadecimal digits that GKE gives it.
    """

    project: Project
    location: str
    number: int
    unique_id: str


def complete_cluster(given: Json, place: Place) -> Json:
    """Return a new cluster as GKE shows it, but for its status, endpoints and instance groups.

    Args:
        given: the `cluster` of a create request, checked and in canonical form.
        place: where it goes.
    """
    given = {name: value for name, value in given.items() if name not in _OUTPUT_ONLY}
    _complete_version(given)
    version = given["currentMasterVersion"]
    defaults = merged(_DEFAULTS, _NEWER) if versions.minor(version) >= _NEWER_SINCE else _DEFAULTS
    if get(given, "autopilot.enabled"):
        defaults = merged(defaults, autopilot.defaults(place.project.id))
    cluster = merged(defaults, given)
    for path in _REPLACED:
        if (asked := get(given, path)) is not None:
            put(cluster, path, asked)
    cluster.setdefault("shieldedNodes", {"enabled": True})
    put(cluster, "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", True)
    cluster |= {
        "id": place.unique_id,
        "location": place.location,
        # Deprecated, yet filled for regional clusters too; gcloud builds its context names from it.
        "zone": place.location,
        "locations": sorted(given.get("locations") or default_zones(place.location)),
        "selfLink": links.cluster_link(place.project.id, place.location, given["name"]),
        "labelFingerprint": label_fingerprint(given.get("resourceLabels", {})),
        "autoscaling": autoscaling.complete(cluster.get("autoscaling", {})),
    }
    _complete_observability(cluster, given)
    _complete_network(cluster, place)
    _complete_small_print(cluster)
    endpoints.complete(cluster)
    _complete_pools(cluster)
    return cluster


def default_zones(location: str) -> list[str]:
    """Return the zones of a cluster's nodes when none are asked for: the zone itself, or three of the region."""
    return list(zones_of(location)[:3])


def fingerprint(value: Json) -> str:
    """Return a short hash by which a client shows that it knows the current value; `e3b0c442` for nothing."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode() if value else b"").hexdigest()[:8]


def label_fingerprint(labels: Json) -> str:
    """Return the fingerprint of a cluster's labels; GKE's is `a9dc16a7` where there are none."""
    return fingerprint(labels) if labels else "a9dc16a7"


def _complete_version(given: Json) -> None:
    requested = given.get("initialClusterVersion", "")
    channel = get(given, "releaseChannel.channel", "")
    version = versions.resolve(requested, channel=channel)
    if "releaseChannel" not in given:
        # Only a version that is named exactly can decide the channel.
        named = requested not in ("", "-", "latest")
        given["releaseChannel"] = {"channel": versions.channel_of(version) if named else versions.DEFAULT_CHANNEL}
    given["initialClusterVersion"] = given["currentMasterVersion"] = given["currentNodeVersion"] = version


def _complete_observability(cluster: Json, given: Json) -> None:
    if "loggingConfig" not in given:
        put(cluster, "loggingConfig.componentConfig.enableComponents", ["SYSTEM_COMPONENTS", "WORKLOADS"])
    elif not get(given, "loggingConfig.componentConfig.enableComponents"):
        cluster["loggingService"] = "none"
    if get(given, "monitoringConfig.componentConfig") is None:
        put(cluster, "monitoringConfig.componentConfig.enableComponents", list(_METRICS))
    elif not get(given, "monitoringConfig.componentConfig.enableComponents"):
        cluster["monitoringService"] = "none"


def _complete_network(cluster: Json, place: Place) -> None:
    project, network = place.project.id, cluster["network"]
    subnetwork = cluster.get("subnetwork") or "default"
    cluster["networkConfig"] |= {
        "network": links.network_path(project, network),
        "subnetwork": links.subnetwork_path(project, place.location, subnetwork),
    }
    cluster |= {"network": links.last_part(network), "subnetwork": links.last_part(subnetwork)}
    if not get(cluster, "networkPolicy"):
        cluster.pop("networkPolicy", None)
    elif get(cluster, "networkPolicy.enabled"):
        put(cluster, "addonsConfig.networkPolicyConfig", {})
    policy = cluster.setdefault("ipAllocationPolicy", {})
    pods = ranges.pod_block(
        policy.get("clusterIpv4CidrBlock") or policy.get("clusterIpv4Cidr") or cluster.get("clusterIpv4Cidr", ""),
        place.number,
    )
    services = ranges.services_block(
        policy.get("servicesIpv4CidrBlock") or policy.get("servicesIpv4Cidr", ""), place.number
    )
    cluster |= {"clusterIpv4Cidr": pods, "servicesIpv4Cidr": services}
    if policy.get("useRoutes"):
        policy.pop("useIpAliases", None)
        cluster["nodeIpv4CidrSize"] = 24
        return
    policy |= {
        "clusterIpv4Cidr": pods,
        "clusterIpv4CidrBlock": pods,
        "servicesIpv4Cidr": services,
        "servicesIpv4CidrBlock": services,
        "useIpAliases": True,
    }
    policy.setdefault("stackType", "IPV4")
    policy.setdefault("podCidrOverprovisionConfig", {})
    policy.setdefault("clusterSecondaryRangeName", f"gke-{cluster['name']}-pods-{place.unique_id[:8]}")


def _complete_small_print(cluster: Json) -> None:
    if get(cluster, "databaseEncryption.state") == "ENCRYPTED":
        put(cluster, "databaseEncryption.currentState", "CURRENT_STATE_ENCRYPTED")
    if tier := get(cluster, "enterpriseConfig.desiredTier"):
        put(cluster, "enterpriseConfig.clusterTier", tier)
    complete_maintenance(cluster)
    if project := get(cluster, "fleet.project"):
        region = cluster["location"].rsplit("-", 1)[0] if is_zone(cluster["location"]) else cluster["location"]
        membership = f"//gkehub.googleapis.com/projects/{project}/locations/{region}/memberships/{cluster['name']}"
        fill(cluster, "fleet.membership", membership)


def complete_maintenance(cluster: Json) -> None:
    """Fill in the maintenance policy: no empty window, four hours for a daily one, and a version of its own."""
    if not get(cluster, "maintenancePolicy.window"):
        drop(cluster, "maintenancePolicy.window")
    elif get(cluster, "maintenancePolicy.window.dailyMaintenanceWindow"):
        put(cluster, "maintenancePolicy.window.dailyMaintenanceWindow.duration", "PT4H0M0S")
    drop(cluster, "maintenancePolicy.resourceVersion")
    put(cluster, "maintenancePolicy.resourceVersion", fingerprint(cluster["maintenancePolicy"]))


def _complete_pools(cluster: Json) -> None:
    pools = cluster.get("nodePools") or [
        {
            "name": DEFAULT_POOL,
            "initialNodeCount": cluster.get("initialNodeCount", 0),
            "config": cluster.get("nodeConfig", {}),
        }
    ]
    context = context_of(cluster)
    cluster["nodePools"] = [complete_pool(pool, context) for pool in pools]
    cluster["nodeConfig"] = cluster["nodePools"][0]["config"]
