"""The control plane's endpoints: one configuration that the API writes in three places, old and new.

`controlPlaneEndpointsConfig` is today's; `privateClusterConfig` and `masterAuthorizedNetworksConfig` are kept in step.
https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation
"""

import base64
from typing import Any

from sandbox.gcp.container.documents import Json, drop, fill, get, merged, put
from sandbox.gcp.errors import invalid_argument
from sandbox.kubernetes.control_plane import ControlPlane, Exposure

_IP = "controlPlaneEndpointsConfig.ipEndpointsConfig"
_DNS = "controlPlaneEndpointsConfig.dnsEndpointConfig"
_NETWORKS = f"{_IP}.authorizedNetworksConfig"
_MIRRORS = (
    ("privateClusterConfig.enablePrivateEndpoint", f"{_IP}.enablePublicEndpoint"),
    ("privateClusterConfig.masterGlobalAccessConfig.enabled", f"{_IP}.globalAccess"),
)


def complete(cluster: Json) -> None:
    """Fill in the endpoint configuration of a new cluster, from whichever fields the request used."""
    _take_over_old_fields(cluster, cluster)
    fill(cluster, f"{_DNS}.allowExternalTraffic", False)
    fill(cluster, f"{_DNS}.enableK8sTokensViaDns", False)
    fill(cluster, f"{_IP}.enabled", True)
    fill(cluster, f"{_IP}.enablePublicEndpoint", True)
    put(
        cluster,
        _NETWORKS,
        merged({"gcpPublicCidrsAccessEnabled": True}, get(cluster, _NETWORKS, {})),
    )
    mirror(cluster)


def change(cluster: Json, update: Json) -> None:
    """Apply the endpoint fields of an update, each object merged into what was there.

    Args:
        cluster: the cluster; changed.
        update: `controlPlaneEndpointsConfig`, `privateClusterConfig` and `masterAuthorizedNetworksConfig` as wanted.
    """
    for name, wanted in update.items():
        cluster[name] = merged(cluster.get(name, {}), wanted)
    if get(update, _NETWORKS) is not None:
        # Authorized networks are replaced as a whole.
        put(cluster, _NETWORKS, {"gcpPublicCidrsAccessEnabled": True} | get(update, _NETWORKS))
    _take_over_old_fields(cluster, update)
    mirror(cluster)


def _take_over_old_fields(cluster: Json, given: Json) -> None:
    if (private := get(given, "privateClusterConfig.enablePrivateEndpoint")) is not None:
        put(cluster, f"{_IP}.enablePublicEndpoint", not private)
    if (access := get(given, "privateClusterConfig.masterGlobalAccessConfig")) is not None:
        put(cluster, f"{_IP}.globalAccess", bool(access.get("enabled")))
    if (networks := given.get("masterAuthorizedNetworksConfig")) is not None and get(given, _NETWORKS) is None:
        put(cluster, _NETWORKS, {"gcpPublicCidrsAccessEnabled": True} | networks)
    if get(given, "privateClusterConfig.enablePrivateNodes"):
        put(cluster, "networkConfig.defaultEnablePrivateNodes", True)


def mirror(cluster: Json) -> None:
    """Write today's configuration into the old fields too."""
    cluster["masterAuthorizedNetworksConfig"] = dict(get(cluster, _NETWORKS, {}))
    cluster.setdefault("privateClusterConfig", {})
    if get(cluster, f"{_IP}.enablePublicEndpoint"):
        drop(cluster, "privateClusterConfig.enablePrivateEndpoint")
    else:
        put(cluster, "privateClusterConfig.enablePrivateEndpoint", True)
    if get(cluster, "networkConfig.defaultEnablePrivateNodes"):
        put(cluster, "privateClusterConfig.enablePrivateNodes", True)
    else:
        drop(cluster, "privateClusterConfig.enablePrivateNodes")
    if subnetwork := get(cluster, f"{_IP}.privateEndpointSubnetwork"):
        fill(cluster, "privateClusterConfig.privateEndpointSubnetwork", subnetwork)


def exposure(cluster: Json) -> Exposure:
    """Return which endpoints of a cluster answer."""
    enabled = bool(get(cluster, f"{_IP}.enabled"))
    return Exposure(
        public=enabled and bool(get(cluster, f"{_IP}.enablePublicEndpoint")),
        private=enabled,
        dns=bool(get(cluster, f"{_DNS}.allowExternalTraffic")),
    )


def show(cluster: Json, control_plane: ControlPlane) -> None:
    """Write the addresses and the CA of a control plane into its cluster."""
    exposed = exposure(cluster)
    put(cluster, "masterAuth.clusterCaCertificate", base64.b64encode(control_plane.ca_certificate).decode())
    put(cluster, f"{_DNS}.endpoint", control_plane.dns_endpoint)
    put(cluster, "privateClusterConfig.publicEndpoint", control_plane.public_endpoint)
    put(cluster, "privateClusterConfig.privateEndpoint", control_plane.private_endpoint)
    _put_or_drop(cluster, f"{_IP}.publicEndpoint", control_plane.public_endpoint, exposed.public)
    _put_or_drop(cluster, f"{_IP}.privateEndpoint", control_plane.private_endpoint, exposed.private)
    cluster["endpoint"] = (
        control_plane.public_endpoint
        if exposed.public
        else control_plane.private_endpoint
        if exposed.private
        else control_plane.dns_endpoint
    )


def _put_or_drop(cluster: Json, path: str, value: Any, wanted: bool) -> None:
    if wanted:
        put(cluster, path, value)
    else:
        drop(cluster, path)


def check(cluster: Json) -> None:
    """Refuse a request that says the same thing in old and new fields, differently.

    Raises:
        GoogleError: 400, the two contradict each other.
    """
    for old, new in _MIRRORS:
        old_value, new_value = get(cluster, old), get(cluster, new)
        inverted = new.endswith("enablePublicEndpoint")
        if old_value and new_value is not None and bool(old_value) == (bool(new_value) if inverted else not new_value):
            raise invalid_argument(f"Cluster.{old} and Cluster.{new} cannot have conflicting values.")
