"""Which endpoint of the control plane a request opens, and whether the request as a whole leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.cloud import container_v1

from gke_clusters.errors import Problem, SettingsError
from gke_clusters.settings.create import COMPONENT, EXPERT_JSON, CreateSettings
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.placement import Placement


def endpoints_to_open(
    settings: CreateSettings, host: HostFacts, placement: Placement
) -> container_v1.ControlPlaneEndpointsConfig | None:
    """What the chosen endpoint needs beyond Google's defaults; ``None`` for nothing."""
    if settings.control_plane_endpoint == "dns":
        # Every cluster has a DNS endpoint, closed to requests from outside Google Cloud until it is opened:
        # https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation
        return container_v1.ControlPlaneEndpointsConfig(dns_endpoint_config={"allow_external_traffic": True})
    if settings.control_plane_endpoint == "private" and host.region != placement.region:
        # Every cluster has a private address, which answers its own region only unless told otherwise:
        # https://cloud.google.com/kubernetes-engine/docs/how-to/private-clusters#cp-global-access
        return container_v1.ControlPlaneEndpointsConfig(ip_endpoints_config={"global_access": True})
    return None


def require_open_endpoint(settings: CreateSettings, cluster: Mapping[str, Any]) -> None:
    """Refuse a request whose expert JSON turns off the endpoint that DSS is to use.

    The cluster would be created for nothing: DSS could not reach it. Fields:
    https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters

    Args:
        settings: the cluster.
        cluster: the request in the JSON form of the API, expert JSON included.

    Raises:
        SettingsError: naming the field that turns the endpoint off.
    """
    field = _closed_by(settings.control_plane_endpoint, cluster)
    if field:
        dialog = cluster_descriptor(COMPONENT)
        label = dialog.label_of("controlPlaneEndpoint")
        message = (
            f"{dialog.label_of(EXPERT_JSON)} turns off the endpoint that is chosen here: see {field}; choose another "
            "endpoint, or change that field"
        )
        raise SettingsError([Problem(label, message)])


def _closed_by(choice: str, cluster: Mapping[str, Any]) -> str | None:
    endpoints = "controlPlaneEndpointsConfig"
    is_dns_open = _value(cluster, endpoints, "dnsEndpointConfig", "allowExternalTraffic") is True
    if choice == "dns":
        return None if is_dns_open else f"{endpoints}.dnsEndpointConfig.allowExternalTraffic"
    if _value(cluster, endpoints, "ipEndpointsConfig", "enabled") is False:
        # Automatic then means the DNS endpoint. To open that one to the outside is for the administrator to say.
        return None if choice == "automatic" and is_dns_open else f"{endpoints}.ipEndpointsConfig.enabled"
    if choice == "public":
        if _value(cluster, endpoints, "ipEndpointsConfig", "enablePublicEndpoint") is False:
            return f"{endpoints}.ipEndpointsConfig.enablePublicEndpoint"
        if _value(cluster, "privateClusterConfig", "enablePrivateEndpoint") is True:
            return "privateClusterConfig.enablePrivateEndpoint"
    return None


def _value(content: Any, *path: str) -> Any:
    for step in path:
        content = content.get(step) if isinstance(content, Mapping) else None
    return content
