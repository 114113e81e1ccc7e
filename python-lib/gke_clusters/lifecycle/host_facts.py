"""Which facts about the DSS host and its network a new cluster needs, and asking for those only."""

from __future__ import annotations

from gke_clusters.errors import MetadataServerError, Problem, SettingsError
from gke_clusters.google.names import last_segment, project_of
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.settings.create import COMPONENT, CreateSettings
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.network import network_to_search
from gke_clusters.specs.placement import Placement


def placement_facts(settings: CreateSettings, google: GoogleAccess) -> HostFacts:
    """Read what decides where a cluster goes: the host's project and zone, where the connection leaves them open.

    Raises:
        MetadataServerError: A fact is needed and cannot be had.
    """
    connection = settings.connection
    place = connection.effective_region if settings.regional else connection.zone
    return HostFacts(
        project_id=None if connection.project_id else google.host.project_id(),
        zone=None if place else google.host.zone(),
    )


def request_facts(settings: CreateSettings, google: GoogleAccess) -> HostFacts:
    """Read what the request needs: the host's network where it is inherited, its service account where nodes have it.

    Raises:
        MetadataServerError: A fact is needed and cannot be had.
        GkeClustersError: Compute Engine refuses to tell the host's network.
    """
    facts = placement_facts(settings, google)
    network = subnetwork = None
    project, zone = facts.project_id, facts.zone
    if settings.inherit_from_dss_host:
        project, zone = google.host.project_id(), google.host.zone()
        network, subnetwork = _host_network(google, zone)
    elif settings.control_plane_endpoint == "private":
        # Decides on global access only, which does no harm where it is not needed.
        zone = _zone_if_known(google)
    return HostFacts(
        project_id=project,
        zone=zone,
        network=network,
        subnetwork=subnetwork,
        service_account_email=google.host.service_account_email() if _nodes_act_as_host(settings) else None,
    )


def subnetwork_in_region(
    settings: CreateSettings, google: GoogleAccess, facts: HostFacts, placement: Placement
) -> str | None:
    """Find the subnetwork of the host's network in the region of a cluster elsewhere; None where none is needed.

    Raises:
        SettingsError: There is none, or no single choice.
        GkeClustersError: Compute Engine refuses to list them.
    """
    network = network_to_search(settings, facts, placement.region)
    if network is None:
        return None
    project = project_of(network)
    name = last_segment(network)
    found = google.compute.subnetworks(project or placement.project, placement.region, name)
    # In a network that Google fills by itself, the subnetwork of each region bears the network's name.
    own = [item for item in found if item.name == name] or list(found)
    if len(own) == 1:
        return (
            own[0].name
            if project is None
            else f"projects/{project}/regions/{placement.region}/subnetworks/{own[0].name}"
        )
    names = ", ".join(sorted(item.name for item in own))
    count = f"several subnetworks in {placement.region} ({names})" if own else f"no subnetwork in {placement.region}"
    message = f"the network {name} of the DSS host has {count}; untick it, and give the network and one subnetwork"
    raise SettingsError([Problem(cluster_descriptor(COMPONENT).label_of("inheritFromDSSHost"), message)])


def _host_network(google: GoogleAccess, zone: str) -> tuple[str, str | None]:
    project = google.host.project_id()
    interface = google.compute.instance_interface(project, zone, google.host.instance_name())
    if interface is None:
        # The metadata server speaks for something that is no virtual machine, and knows no subnetwork.
        return google.host.network(), None
    subnetwork = interface.subnetwork
    return _as_seen_from(project, interface.network), _as_seen_from(project, subnetwork) if subnetwork else None


def _as_seen_from(project: str, path: str) -> str:
    """The name of a network of the own project; the path of one that another project shares."""
    return last_segment(path) if project_of(path) == project else path


def _zone_if_known(google: GoogleAccess) -> str | None:
    try:
        return google.host.zone()
    except MetadataServerError:
        return None


def _nodes_act_as_host(settings: CreateSettings) -> bool:
    return any(pool.service_account_type == "fromDSSHost" for pool in settings.node_pools)
