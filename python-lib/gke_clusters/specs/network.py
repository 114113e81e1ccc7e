"""Which network, subnetwork and address ranges a new cluster uses."""

from __future__ import annotations

from dataclasses import dataclass

from google.cloud import container_v1

from gke_clusters.settings.create import CreateSettings
from gke_clusters.settings.ip_ranges import IpRange
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.placement import Placement


@dataclass(frozen=True)
class ClusterNetwork:
    """A network and a subnetwork, each ``None`` for Google's choice."""

    network: str | None
    subnetwork: str | None


def network_to_search(settings: CreateSettings, host: HostFacts, region: str) -> str | None:
    """The network of which a subnetwork in ``region`` must be looked up before the request can be written.

    That is so only for a cluster on the network of a DSS host in another region.
    """
    if settings.inherit_from_dss_host and host.network and host.region != region:
        return host.network
    return None


def cluster_network(
    settings: CreateSettings, host: HostFacts, region: str, subnetwork_in_region: str | None
) -> ClusterNetwork:
    """The network and subnetwork of a new cluster.

    Args:
        settings: the cluster.
        host: the DSS host; without its network the choice is Google's.
        region: region of the cluster.
        subnetwork_in_region: a subnetwork of :func:`network_to_search` in that region, if one was found.
    """
    if not settings.inherit_from_dss_host:
        return ClusterNetwork(settings.network, settings.subnetwork)
    if host.network is None:
        return ClusterNetwork(None, None)
    return ClusterNetwork(host.network, host.subnetwork if host.region == region else subnetwork_in_region)


def inheritance_warning(host: HostFacts, placement: Placement) -> str | None:
    """What an administrator who inherits the network of the DSS host should know; ``None`` for nothing."""
    if host.network is None:
        return "The network of the DSS host is not known: the cluster gets the network named default."
    # A path names the project that shares the network. A project number cannot be told from the ID of its project.
    is_named_only = "/" not in host.network
    if is_named_only and host.project_id not in (None, placement.project) and not placement.project.isdigit():
        return (
            f"The DSS host is in the project {host.project_id} and the cluster in {placement.project}: it gets the "
            f"network named {host.network} of its own project, from which pods reach DSS only if the two networks are "
            "connected."
        )
    return None


def ip_allocation_policy(pods: IpRange | None, services: IpRange | None) -> container_v1.IPAllocationPolicy:
    """The addresses of a VPC-native cluster; ``None`` leaves a range to Google."""
    policy = container_v1.IPAllocationPolicy(use_ip_aliases=True)
    if pods is not None:
        policy.cluster_ipv4_cidr_block = pods.cidr_block or ""
        policy.cluster_secondary_range_name = pods.secondary_range_name or ""
    if services is not None:
        policy.services_ipv4_cidr_block = services.cidr_block or ""
        policy.services_secondary_range_name = services.secondary_range_name or ""
    return policy
