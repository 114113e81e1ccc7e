"""The story of *Find forgotten clusters*: what exists on GKE and what DSS knows, compared both ways."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

from gke_clusters.errors import ClusterNotFound, GkeClustersError, StateError
from gke_clusters.google.cluster_inventory import ClusterInventory
from gke_clusters.google.clusters import ContainerApi
from gke_clusters.google.compute import ComputeApi
from gke_clusters.google.credentials import authorize
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.cluster_search import ClusterSearch, Found, Inventory, each_once, identity
from gke_clusters.lifecycle.forgotten_deletion import ForgottenDeletion, read_name, require_forgotten
from gke_clusters.lifecycle.forgotten_page import (
    lost_cluster,
    short_name,
    step_of_dss,
    steps_of_projects,
    steps_of_results,
)
from gke_clusters.lifecycle.google_access import GoogleAccess, credentials_choice
from gke_clusters.lifecycle.identities import project_of
from gke_clusters.lifecycle.known_clusters import ClustersOfDss, KnownCluster
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.standing import Judgement, Standing
from gke_clusters.lifecycle.started_cluster import find_started
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.reports.forgotten import ForgottenClusters, GoneCluster, LostCluster, render_forgotten
from gke_clusters.settings.connection import CredentialsSettings
from gke_clusters.settings.instance_macros import FindForgottenSettings

_RUNNING: Final = "RUNNING"
_DSS_PERCENT, _LIST_PERCENT, _GONE_PERCENT, _DELETE_PERCENT, _END_PERCENT = 1, 5, 15, 20, 100
_LEFTOVERS: Final = (
    "Disks and load balancers that workloads of a deleted cluster had are not deleted with it, and are billed: gcloud"
    " compute disks list, gcloud compute forwarding-rules list."
)


@dataclass(frozen=True)
class SearchAccess:
    """The clients that the story uses, as one identity.

    Attributes:
        google: To read single clusters and to delete them.
        inventory: Lists all clusters of a project.
    """

    google: GoogleAccess
    inventory: Inventory


def connect_search(settings: CredentialsSettings) -> SearchAccess:
    """Load the credentials of a connection and make the clients.

    Raises:
        CredentialsError: The credentials cannot be used.
    """
    choice = credentials_choice(settings)
    authorization = authorize(choice)
    google = GoogleAccess(ContainerApi(authorization), ComputeApi(authorization), HostMetadata(), choice)
    return SearchAccess(google, ClusterInventory(authorization))


def find_forgotten_clusters(
    settings: FindForgottenSettings,
    connect: Callable[[CredentialsSettings], SearchAccess],
    instance: ClustersOfDss,
    progress: Progress,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Find forgotten clusters, delete those that were asked for, and return the page.

    Args:
        settings: The dialog.
        connect: Makes the clients.
        instance: DSS.
        progress: Where to report.
        environment: Where the data directory of DSS is looked up.

    Raises:
        SettingsError: A cluster to delete is not forgotten; nothing was deleted.
    """
    try:
        access = connect(settings.connection.credentials)
        project = project_of(settings.connection, access.google.host)
    except GkeClustersError as failure:
        return render_forgotten(ForgottenClusters([Step.failed("GKE connection", failure)]))
    search = ClusterSearch(instance, access.inventory, environment)
    progress.step(_DSS_PERCENT, "Reading the clusters of DSS")
    try:
        known = search.known()
    except GkeClustersError as failure:
        return render_forgotten(ForgottenClusters([Step.failed("Clusters of DSS", failure)]))
    # The same one may be named with its project and without.
    names = list(dict.fromkeys(read_name(text, project) for text in settings.to_delete))
    progress.step(_LIST_PERCENT, "Listing the clusters of Google Cloud")
    found = search.compare(known, _projects(project, known.own, names))
    targets = require_forgotten(names, found)
    progress.step(_GONE_PERCENT, "Looking for GKE clusters that are gone")
    gone = tuple(_gone(found, access.google))
    if settings.preview:
        done = [Step(f"Delete {short_name(each.cluster.name, project)}", Outcome.WOULD_CHANGE) for each in targets]
    else:
        deletion = ForgottenDeletion(search, access.google, project)
        done = list(deletion.delete(targets, progress.within(_DELETE_PERCENT, _END_PERCENT)))
    progress.step(_END_PERCENT, "All was compared")
    return render_forgotten(_page(found, gone, targets, done, names, project))


def _projects(project: str, known: Sequence[KnownCluster], names: Sequence[ClusterName]) -> list[str]:
    """The project of the connection, those of the clusters of DSS, and those of the clusters to delete, each once."""
    saved = (each.saved.name.project for each in known if each.saved)
    return list(dict.fromkeys([project, *saved, *(name.project for name in names)]))


def _gone(found: Found, google: GoogleAccess) -> Iterator[GoneCluster]:
    """Yield the clusters of DSS whose GKE cluster is gone; a list that lacks it is no proof, a read of it is."""
    seen = {each.cluster.name for each in found.judgements if each.standing is Standing.KNOWN}
    for each in found.known.own:
        if each.state != _RUNNING or not each.saved or each.saved.name in seen:
            continue
        listed = found.listed[each.saved.name.project]
        if isinstance(listed, GkeClustersError):
            yield GoneCluster(each.id, is_gone=False, failure=listed)
            continue
        try:
            find_started(each.saved, google.clusters)
        except (ClusterNotFound, StateError) as failure:
            yield GoneCluster(each.id, is_gone=True, failure=failure)
        except GkeClustersError as failure:
            yield GoneCluster(each.id, is_gone=False, failure=failure)


def _page(
    found: Found,
    gone: tuple[GoneCluster, ...],
    targets: Sequence[Judgement],
    done: Sequence[Step],
    names: Sequence[ClusterName],
    project: str,
) -> ForgottenClusters:
    absent = [
        Step(f"Delete {short_name(name, project)}", Outcome.DONE, ("There is none of that name (any more).",))
        for name in names
        if found.judgement_of(name) is None
    ]
    ended = (Outcome.DONE, Outcome.CHANGED)
    deleted = {identity(each.cluster) for each, step in zip(targets, done, strict=True) if step.outcome in ended}
    left = [each for each in each_once(found.judgements) if identity(each.cluster) not in deleted]
    now = datetime.now(timezone.utc)

    def rows(standing: Standing) -> tuple[LostCluster, ...]:
        return tuple(lost_cluster(each, project, now) for each in left if each.standing is standing)

    return ForgottenClusters(
        steps=[
            step_of_dss(found.known),
            *steps_of_projects(found),
            *absent,
            *done,
            *steps_of_results(left, gone),
        ],
        forgotten=rows(Standing.FORGOTTEN),
        in_doubt=rows(Standing.IN_DOUBT),
        gone=gone,
        notes=(_LEFTOVERS,) if deleted else (),
    )
