"""The firewall rule that lets the pods of a cluster through to DSS, from what Google says of both."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import last_segment, project_of
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.reports.network_test import FirewallRule

# https://cloud.google.com/compute/docs/naming-resources
_LONGEST_NAME: Final = 63


@dataclass(frozen=True)
class DssHost:
    """What Google says of the machine of DSS; empty where it is not known, as outside of Google Cloud.

    Attributes:
        network: ``projects/P/global/networks/N``.
        account: its service account.
        address: its internal address.
    """

    network: str = ""
    account: str = ""
    address: str = ""


def host_of(google: GoogleAccess) -> DssHost:
    """Ask for the network and the service account of the DSS host; what is not told stays empty."""
    host, interface, account = google.host, None, ""
    # The rule is a suggestion, and says what it does not know. The account needs no permission, the network does.
    with contextlib.suppress(GkeClustersError):
        interface = google.compute.instance_interface(host.project_id(), host.zone(), host.instance_name())
    with contextlib.suppress(GkeClustersError):
        account = host.service_account_email()
    return DssHost(interface.network, account, interface.address) if interface else DssHost(account=account)


def pod_ranges(resource: Mapping[str, Any], pool_name: str | None = None) -> tuple[str, ...]:
    """Return the addresses of the pods of a cluster, or of one of its node pools that has a range of its own.

    https://cloud.google.com/kubernetes-engine/docs/how-to/multi-pod-cidr

    Args:
        resource: GKE's JSON of the cluster.
        pool_name: None for all node pools.
    """
    of_cluster = str(resource.get("clusterIpv4Cidr") or "")
    pools = [pool for pool in resource.get("nodePools") or () if pool_name in (None, pool.get("name"))]
    own = [str((pool.get("networkConfig") or {}).get("podIpv4CidrBlock") or of_cluster) for pool in pools]
    return tuple(dict.fromkeys(found for found in (own or [of_cluster]) if found))


def firewall_rule(
    cluster: Cluster, host: DssHost, port: int, *, pool_name: str | None = None, elsewhere: str = ""
) -> FirewallRule | None:
    """Return the rule; None if Google does not say which addresses the pods have.

    Args:
        cluster: Whose pods.
        host: The machine of DSS.
        port: Of its backend.
        pool_name: The node pool whose pods are let through; None for all.
        elsewhere: Where the pods call instead, if that is not known to be the machine of DSS.
    """
    resource = cluster.resource
    ranges = pod_ranges(resource, pool_name)
    if not ranges:
        return None
    config = resource.get("networkConfig") or {}
    of_cluster = str(config.get("network") or f"projects/{cluster.name.project}/global/networks/default")
    network = host.network or of_cluster
    doubts = []
    if not host.network:
        doubts.append("The network of the DSS host is not known here: it is taken to be that of the cluster.")
    elif host.network != of_cluster:
        doubts.append(
            f"The cluster is in {of_cluster} and DSS in {host.network}: they need a peering, a VPN or the like as well,"
            " which carries the ranges of the pods."
        )
    if elsewhere:
        doubts.append(
            f"{elsewhere} is not known to be this machine: look whether its network is {last_segment(network)}, and add"
            " its service account as the target, or the rule opens the port on every machine."
        )
    elif not host.account:
        doubts.append("The service account of the DSS host is not known: the rule opens the port on every machine.")
    # A pool with a range of its own has a rule beside that of the others.
    own = f"-{pool_name}" if ranges != pod_ranges(resource) else ""
    return FirewallRule(
        name=_rule_name(cluster.name.name + own),
        project=project_of(network) or cluster.name.project,
        network=last_segment(network),
        ranges=ranges,
        port=port,
        target="" if elsewhere else host.account,
        doubts=tuple(doubts),
    )


def _rule_name(of: str) -> str:
    name = re.sub(r"[^a-z0-9-]", "-", of.lower())
    return f"allow-{name[: _LONGEST_NAME - len('allow--pods-to-dss')]}-pods-to-dss"
