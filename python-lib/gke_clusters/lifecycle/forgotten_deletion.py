"""Deleting forgotten clusters that somebody named: never one that is not proved to be forgotten at that very moment."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gke_clusters.errors import GkeClustersError, Problem, SettingsError, StateError
from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.adoption import STOPPING
from gke_clusters.lifecycle.cluster_search import ClusterSearch, Found, each_once
from gke_clusters.lifecycle.deletion import DELETE_DEADLINE_SECONDS, delete_until_gone
from gke_clusters.lifecycle.forgotten_page import short_name
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.standing import Judgement, Standing
from gke_clusters.lifecycle.surfacing import wrapped
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.instance_macros import FIND_FORGOTTEN
from gke_clusters.settings.register import REMEDY
from gke_clusters.specs.ownership import owner_of

logger = logging.getLogger(__name__)

# Each takes minutes, most of which is waiting; Google limits requests by the minute.
_AT_ONCE: Final = 4

_NOT_DELETED: Final = {
    Standing.KNOWN: "it is in use; stop it in DSS",
    Standing.IN_DOUBT: "it is in doubt, not forgotten",
    Standing.OTHER_DSS: "another installation of DSS created it",
    Standing.UNMARKED: "it has no label of this plugin, so this DSS did not create it, or by its version 1.5.1",
}


def read_name(text: str, project: str) -> ClusterName:
    """Read the name of a cluster as the dialog takes it.

    Args:
        text: ``LOCATION/NAME`` or ``PROJECT/LOCATION/NAME``.
        project: The project that is meant by the first form.
    """
    *others, location, name = text.split("/")
    return ClusterName(others[0] if others else project, location, name)


def require_forgotten(names: Sequence[ClusterName], found: Found) -> tuple[Judgement, ...]:
    """Return the clusters to delete, of those that are named; what is not there (any more) is left out.

    One that is named twice, by the id of its project and by its number, is returned once.

    Args:
        names: The names.
        found: Both sides.

    Raises:
        SettingsError: One is not forgotten, or that it is cannot be told.
    """
    label = macro_descriptor(FIND_FORGOTTEN).label_of("deleteClusters")
    problems = [Problem(label, f"{name} is not deleted: {why}") for name in names for why in _objections(name, found)]
    if problems:
        raise SettingsError(problems, remedy=f"Nothing was deleted. {REMEDY}")
    return tuple(each_once(judgement for judgement in map(found.judgement_of, names) if judgement))


def _objections(name: ClusterName, found: Found) -> Iterator[str]:
    listed, judgement = found.listed[name.project], found.judgement_of(name)
    if isinstance(listed, GkeClustersError):
        yield f"the clusters of the project could not be listed. {listed.cause}"
    elif judgement is None and name.location in _silent_places(listed):
        yield f"Google does not answer for {name.location} at the moment"
    elif judgement and judgement.standing is not Standing.FORGOTTEN:
        yield f"{_NOT_DELETED[judgement.standing]}. {judgement.reason}".strip()


def _silent_places(listed: ClusterList) -> set[str]:
    """The zones that did not answer, and their regions."""
    return {place for zone in listed.missing_zones for place in (zone, zone.rpartition("-")[0])}


class ForgottenDeletion:
    """Deletes clusters, several at once.

    Args:
        search: Tells again, right before each deletion, whether the cluster is still forgotten.
        google: Clients.
        project: Of the connection: it is left out of the names on the page.
    """

    def __init__(self, search: ClusterSearch, google: GoogleAccess, project: str) -> None:
        self._search = search
        self._google = google
        self._project = project

    def delete(self, targets: Sequence[Judgement], progress: Progress) -> Iterator[Step]:
        """Delete clusters and wait until they are gone.

        Args:
            targets: Forgotten clusters.
            progress: Where to report.

        Yields:
            How it ended, a step for each in their order.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for number, step in enumerate(pool.map(self._delete, targets), start=1):
                progress.step(100 * number // len(targets), f"{step.title}: {step.outcome.value}")
                yield step

    def _delete(self, target: Judgement) -> Step:
        cluster = target.cluster
        title = f"Delete {short_name(cluster.name, self._project)}"
        try:
            with wrapped(f"delete {cluster.name.name}"):
                there = delete_until_gone(
                    self._google,
                    cluster.name,
                    Progress(),
                    Deadline(DELETE_DEADLINE_SECONDS),
                    is_target=lambda found: self._is_target(found, cluster),
                )
        except _NoLongerForgottenError as changed:
            return Step(title, Outcome.SKIPPED, ("It was not deleted: that has changed meanwhile.", changed.cause))
        except GkeClustersError as failure:
            logger.error("%s: %s", title, failure)  # noqa: TRY400 - one line, not a traceback
            return Step.failed(title, failure)
        if not there:
            return Step(title, Outcome.DONE, ("It was gone already.",))
        return Step(title, Outcome.CHANGED, ("It was deleted, with everything that ran in it.",))

    def _is_target(self, found: Cluster, cluster: Cluster) -> bool:
        """Tell whether a cluster that was read right before a deletion is the one that was judged.

        It is asked before each request, since an upgrade that holds the cluster may be waited for for long, and DSS may
        take the cluster over meanwhile.

        Raises:
            StateError: It is, and its labels say something else now.
            _NoLongerForgottenError: It is, and something of DSS leads to it by now.
        """
        if found.id != cluster.id:
            return False
        if found.status == STOPPING:
            return True
        if owner_of(found.labels) != owner_of(cluster.labels):
            raise StateError(
                "The labels by which this DSS knew the cluster for its own were changed meanwhile; it was not deleted.",
                resource=cluster.name.path,
            )
        now = self._search.judge_again(found)
        if now.standing is not Standing.FORGOTTEN:
            raise _NoLongerForgottenError(now.reason)
        return True


class _NoLongerForgottenError(GkeClustersError):
    """Raised where a cluster is not to be deleted any more; its cause says why."""
