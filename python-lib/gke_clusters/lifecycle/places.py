"""Where a start may create its cluster, and what it asks for there: all of it known before anything is spent."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from gke_clusters.dss.overrides import without_secrets
from gke_clusters.errors import ApiNotEnabled, GoogleUnavailable, PermissionDenied
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.host_facts import placement_facts, request_facts, subnetwork_in_region
from gke_clusters.settings.create import CreateSettings
from gke_clusters.settings.location import require_known_zones
from gke_clusters.specs.cluster import ClusterRequest, create_request
from gke_clusters.specs.ownership import Ownership
from gke_clusters.specs.placement import Placement, fallback_placements, place_new_cluster

logger = logging.getLogger(__name__)


def places_to_try(settings: CreateSettings, google: GoogleAccess) -> tuple[Placement, ...]:
    """Return where the cluster is to be, then the fallback zones in their order.

    Raises:
        SettingsError: The settings leave the place open, or name a fallback zone that does not exist.
        MetadataServerError: The place is that of the DSS host, which does not say it.
    """
    first = place_new_cluster(settings, placement_facts(settings, google))
    places = (first, *fallback_placements(settings, first))
    if len(places) > 1:
        # Each of them is looked at before anything else is done, which fails in odd ways where there is no such zone.
        require_known_places(settings, google, first)
    return places


def require_known_places(settings: CreateSettings, google: GoogleAccess, first: Placement) -> None:
    """Refuse zones and regions that the project does not have, as far as that can be looked up.

    Raises:
        SettingsError: Naming each of them under its label.
    """
    try:
        known = google.compute.zones(first.project)
    except (PermissionDenied, ApiNotEnabled, GoogleUnavailable) as error:
        # A convenience, not a need: Google refuses an unknown zone as well, in other words. And GKE may answer where
        # Compute Engine does not, or is kept from the DSS host.
        logger.warning("Whether the zones exist is not checked: %s", error.cause)
        return
    require_known_zones((first.location,), known, settings.locations, settings.fallback_zones)


def prepare_requests(
    settings: CreateSettings, ownership: Ownership, google: GoogleAccess, places: tuple[Placement, ...]
) -> Mapping[Placement, ClusterRequest]:
    """Write the request for each place, so that what is wrong with the last one shows before the first is tried.

    Raises:
        SettingsError: The settings name what does not exist, or contradict themselves.
        GkeClustersError: Google does not tell what has to be known.
    """
    if len(places) == 1:
        # Of several, `places_to_try` has asked.
        require_known_places(settings, google, places[0])
    facts = request_facts(settings, google)
    requests = {
        place: create_request(settings, place, facts, ownership, subnetwork_in_region(settings, google, facts, place))
        for place in places
    }
    for warning in dict.fromkeys(warning for request in requests.values() for warning in request.warnings):
        logger.warning("%s", warning)
    logger.debug("The cluster that is asked for: %s", without_secrets(requests[places[0]].as_json()["cluster"]))
    return requests
