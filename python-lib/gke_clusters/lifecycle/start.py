"""The story of a start: look, decide, create or adopt, wait, judge, hand over; and clean up after a failure.

Where Google has no machines left, the next of the fallback zones is tried, once nothing is left in the one before.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from typing import Any

from gke_clusters.errors import ControlPlaneUnreachable, GkeClustersError, QuotaExceeded, Stockout
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.clean_up import clean_up
from gke_clusters.lifecycle.creation import Creation
from gke_clusters.lifecycle.fallback import offer_help, sum_up
from gke_clusters.lifecycle.fields import name_fields
from gke_clusters.lifecycle.footprint import explain_shortage
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import Handover, forget_access
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.other_clusters import clear_leftover, find_own, foreign, require_no_other
from gke_clusters.lifecycle.places import places_to_try, prepare_requests
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.surfacing import wrapped
from gke_clusters.settings.create import COMPONENT, CreateSettings, node_pool_names
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.specs.cluster import ClusterRequest
from gke_clusters.specs.ownership import Ownership, owner_of
from gke_clusters.specs.placement import Placement

logger = logging.getLogger(__name__)


def start_cluster(
    settings: CreateSettings, ownership: Ownership, google: GoogleAccess, handover: Handover, progress: Progress
) -> list[dict[str, Any]]:
    """Start a cluster: create it, or adopt the one that an earlier start created.

    It ends within the time limit of the settings and, where it failed, the time of a clean-up.

    Args:
        settings: The dialog.
        ownership: This DSS cluster, as the labels of its GKE cluster name it.
        google: Clients.
        handover: How to hand the cluster over to DSS; its directory holds the journal.
        progress: Where to report.

    Returns:
        The overrides and the data, as ``start`` returns them to DSS.

    Raises:
        SettingsError: What the settings name does not exist; nothing was created.
        NameTaken: A cluster of that name is not ours; nothing was touched.
        GkeClustersError: It failed. What this start created is deleted again, unless it is still being created or is
            to be kept.
    """
    deadline = Deadline(settings.create_deadline_minutes * 60)
    progress.step(1, f"Starting {settings.name} as {google.clusters.identity}")
    places = places_to_try(settings, google)
    names = {ClusterName(place.project, place.location, settings.name): place for place in places}
    journal = Journal(handover.directory)
    clear_leftover(names, ownership, google, journal, progress, deadline)
    attempts = _attempts(settings, ownership, google, journal, progress, names)
    refused: dict[str, GkeClustersError] = {}
    while True:
        creation = attempts.pop(0)
        try:
            result = _attempt(creation, google, handover, progress, deadline)
        except GkeClustersError as failure:
            attempts = [other for other in attempts if other.name != creation.name]
            untried = attempts if isinstance(failure, Stockout) else []
            goes_on = bool(untried) and not deadline.expired
            is_gone = _clean_up(creation, failure, settings, goes_on=goes_on)
            if goes_on and is_gone and not deadline.expired:
                refused[creation.name.location] = failure
                progress.step(1, f"{failure.cause} {untried[0].name.location} is tried next")
                continue
            if not creation.in_use:
                # No key and no token stays behind for a cluster that is not used.
                forget_access(handover.directory)
            summary = sum_up(refused, creation.name.location, failure, [other.name.location for other in untried])
            if summary is failure:
                raise
            raise summary from failure
        if result:
            journal.write(creation.name, Phase.RUNNING)
            return result


def _attempt(
    creation: Creation, google: GoogleAccess, handover: Handover, progress: Progress, deadline: Deadline
) -> list[dict[str, Any]] | None:
    """Bring one cluster up and hand it over; None where there is none and none is to be created."""
    with wrapped("start the cluster"):
        handover.prepare(google)
        while cluster := creation.ensure(deadline):
            result = _hand_over(cluster, creation, google, handover, progress, deadline)
            if result:
                return result
        return None


def _hand_over(
    cluster: Cluster,
    creation: Creation,
    google: GoogleAccess,
    handover: Handover,
    progress: Progress,
    deadline: Deadline,
) -> list[dict[str, Any]] | None:
    """Hand a cluster over; None where Google is at work on it, so that it is to be waited for once more."""
    try:
        return handover.complete(cluster, google, progress, deadline)
    except ControlPlaneUnreachable as unreachable:
        # A zonal control plane is away for minutes while Google upgrades it, which may begin at any moment.
        if not creation.is_held():
            raise
        logger.warning("%s Google is at work on it, which is waited for", unreachable.cause)
        return None


def _attempts(
    settings: CreateSettings,
    ownership: Ownership,
    google: GoogleAccess,
    journal: Journal,
    progress: Progress,
    places: Mapping[ClusterName, Placement],
) -> list[Creation]:
    """What to try, in order: to bring to a rest what is there in a later place, then to create in each place."""
    requests = functools.cache(lambda: prepare_requests(settings, ownership, google, tuple(places.values())))
    pools = zip(settings.node_pools, node_pool_names(settings.node_pools), strict=True)
    best_effort = frozenset(name for pool, name in pools if pool.best_effort_provisioning)

    def creation(name: ClusterName, *, may_create: bool) -> Creation:
        def make_request() -> ClusterRequest:
            require_no_other(name, ownership, google)
            return requests()[places[name]]

        return Creation(
            name,
            google,
            journal,
            progress,
            is_ours=lambda cluster: owner_of(cluster.labels) == ownership,
            foreign=foreign,
            make_request=make_request,
            may_create=may_create,
            best_effort=best_effort,
        )

    first, *others = places
    own = find_own(places, ownership, google) if others else first
    resumed = [creation(own, may_create=False)] if own and own != first else []
    return [*resumed, *(creation(name, may_create=True) for name in places)]


def _clean_up(creation: Creation, failure: GkeClustersError, settings: CreateSettings, *, goes_on: bool) -> bool:
    if isinstance(failure, Stockout) and not goes_on:
        offer_help(failure, settings)
    if isinstance(failure, QuotaExceeded):
        explain_shortage(failure, settings)
    name_fields(failure)
    # A cluster in one zone at a time: only the last one can be kept.
    is_gone = clean_up(creation, failure, keep=settings.keep_failed_cluster and not goes_on)
    if is_gone and creation.created and isinstance(failure, ControlPlaneUnreachable):
        label = cluster_descriptor(COMPONENT).label_of("controlPlaneEndpoint")
        failure.advise(f'So change the settings and not the cluster: "{label}", or the network, then start again.')
    return is_gone
