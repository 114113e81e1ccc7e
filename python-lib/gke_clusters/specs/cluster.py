"""The request that creates a cluster with all its node pools."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from google.cloud import container_v1
from google.protobuf import json_format

from gke_clusters.settings.create import CreateSettings, node_pool_names
from gke_clusters.settings.expert_json import FIXED_FIELDS
from gke_clusters.specs.control_plane import endpoints_to_open, require_open_endpoint
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.network import cluster_network, inheritance_warning, ip_allocation_policy
from gke_clusters.specs.node_pool import node_pool
from gke_clusters.specs.overlay import overlay_cluster
from gke_clusters.specs.ownership import Ownership
from gke_clusters.specs.placement import Placement, placement_warning

PARTNER_LABELS = {"goog-partner-solution": "isol_psn_0014m00001h39q5qai_dataiku"}
"""By which Google attributes clusters to Dataiku's solution; 1.5.1 sets it too:
https://github.com/dataiku/dss-plugin-gke-clusters"""


@dataclass(frozen=True)
class ClusterRequest:
    """A cluster to create.

    Attributes:
        placement: where.
        typed: the cluster; without the expert JSON if ``raw`` is set.
        raw: the body to send instead, when the expert JSON has something that the typed message does not know; GKE may.
        warnings: what is accepted and probably not meant, in sentences for the log.
    """

    placement: Placement
    typed: container_v1.Cluster
    raw: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()

    @property
    def project(self) -> str:
        """ID of the project."""
        return self.placement.project

    @property
    def location(self) -> str:
        """Zone or region."""
        return self.placement.location

    @property
    def parent(self) -> str:
        """``projects/PROJECT/locations/LOCATION``."""
        return self.placement.parent

    def as_json(self) -> dict[str, Any]:
        """The body ``{"cluster": {...}}`` as it is sent, with enums by name."""
        return self.raw or {"cluster": _json_of(self.typed)}


def create_request(
    settings: CreateSettings,
    placement: Placement,
    host: HostFacts,
    ownership: Ownership,
    subnetwork_in_region: str | None = None,
) -> ClusterRequest:
    """The request that creates a cluster.

    Args:
        settings: the cluster.
        placement: where, as :mod:`gke_clusters.specs.placement` says.
        host: what is known about the DSS host.
        ownership: whose the cluster will be.
        subnetwork_in_region: a subnetwork of :func:`gke_clusters.specs.network.network_to_search`, if one was found.

    Raises:
        SettingsError: if the settings contradict themselves.
    """
    warnings = (*settings.warnings, *_warnings(settings, host, placement))
    cluster = _cluster(settings, host, ownership, placement, subnetwork_in_region)
    if not settings.expert:
        return ClusterRequest(placement, cluster, warnings=warnings)
    # The fields that say which cluster it is are the dialog's; `place_new_cluster` has compared those of the expert.
    expert = {field: value for field, value in settings.expert.items() if field not in FIXED_FIELDS}
    merged = overlay_cluster(_json_of(cluster), expert)
    require_open_endpoint(settings, merged)
    # Without these labels the plugin would take its own cluster for somebody else's.
    merged["resourceLabels"] = {**merged.get("resourceLabels", {}), **ownership.labels}
    try:
        typed = container_v1.Cluster.from_json(json.dumps(merged))
    except json_format.ParseError:
        return ClusterRequest(placement, cluster, {"cluster": merged}, warnings)
    return ClusterRequest(placement, typed, warnings=warnings)


def _json_of(cluster: container_v1.Cluster) -> dict[str, Any]:
    content: dict[str, Any] = json_format.MessageToDict(container_v1.Cluster.pb(cluster))
    return content


def _cluster(
    settings: CreateSettings,
    host: HostFacts,
    ownership: Ownership,
    placement: Placement,
    subnetwork_in_region: str | None,
) -> container_v1.Cluster:
    network = cluster_network(settings, host, placement.region, subnetwork_in_region)
    labels = {**PARTNER_LABELS, **settings.resource_labels, **ownership.labels}
    cluster = container_v1.Cluster(
        name=settings.name,
        network=network.network or "",
        subnetwork=network.subnetwork or "",
        ip_allocation_policy=ip_allocation_policy(settings.pod_ip_range, settings.service_ip_range),
        resource_labels=labels,
    )
    if settings.enable_gateway_api:
        cluster.network_config = container_v1.NetworkConfig(
            gateway_api_config=container_v1.GatewayAPIConfig(channel="CHANNEL_STANDARD")
        )
    endpoints = endpoints_to_open(settings, host, placement)
    if endpoints is not None:
        cluster.control_plane_endpoints_config = endpoints
    if settings.is_autopilot:
        cluster.autopilot = container_v1.Autopilot(enabled=True)
        cluster.release_channel = _channel(settings.release_channel)
        return cluster
    _complete_standard(cluster, settings)
    names = node_pool_names(settings.node_pools)
    cluster.node_pools = [
        node_pool(pool, name, host, labels) for pool, name in zip(settings.node_pools, names, strict=True)
    ]
    return cluster


def _complete_standard(cluster: container_v1.Cluster, settings: CreateSettings) -> None:
    cluster.initial_cluster_version = settings.cluster_version or ""
    cluster.locations.extend(settings.locations)
    cluster.addons_config = container_v1.AddonsConfig(
        http_load_balancing=container_v1.HttpLoadBalancing(disabled=not settings.http_load_balancing)
    )
    if not settings.release_channel_enrollment:
        # No other field says "no channel"; the empty message stands for the channel UNSPECIFIED.
        cluster.release_channel = container_v1.ReleaseChannel()
    elif settings.standard_release_channel != "DEFAULT":
        cluster.release_channel = _channel(settings.standard_release_channel)


def _channel(name: str) -> container_v1.ReleaseChannel:
    return container_v1.ReleaseChannel(channel=name)


def _warnings(settings: CreateSettings, host: HostFacts, placement: Placement) -> list[str]:
    wants_host_account = any(pool.service_account_type == "fromDSSHost" for pool in settings.node_pools)
    found = [placement_warning(settings, placement)]
    if settings.inherit_from_dss_host:
        found.append(inheritance_warning(host, placement))
    if wants_host_account and host.service_account_email is None:
        found.append("The service account of the DSS host is not known: the nodes use that of Compute Engine, default.")
    return [warning for warning in found if warning]
