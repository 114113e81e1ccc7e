"""What exists on GKE and what DSS knows, read once and compared."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gke_clusters.dss.installation import install_id
from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.known_clusters import ClustersOfDss, DssClusters, read_clusters_of_dss
from gke_clusters.lifecycle.standing import Judgement, judge

logger = logging.getLogger(__name__)


class Inventory(Protocol):
    """GKE, as :class:`gke_clusters.google.cluster_inventory.ClusterInventory` offers it."""

    def list_clusters(self, project: str) -> ClusterList:
        """List the clusters of a project in every location."""


@dataclass(frozen=True)
class Found:
    """Both sides.

    Attributes:
        known: The clusters of DSS.
        listed: The clusters of each project, or why they could not be listed.
        judgements: How each GKE cluster stands to this DSS.
    """

    known: DssClusters
    listed: Mapping[str, ClusterList | GkeClustersError]
    judgements: tuple[Judgement, ...]

    def judgement_of(self, name: ClusterName) -> Judgement | None:
        """Return the judgement of a cluster; None if it was not found."""
        return next((each for each in self.judgements if each.cluster.name == name), None)


def identity(cluster: Cluster) -> tuple[str, str, str]:
    """Return what tells a cluster from all others, whether its project is named by its id or by its number."""
    return cluster.id or cluster.name.project, cluster.name.location, cluster.name.name


def each_once(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Leave out what was there before: a project listed by its id and by its number gives all that it has twice."""
    first: dict[tuple[str, str, str], Judgement] = {}
    for judgement in judgements:
        first.setdefault(identity(judgement.cluster), judgement)
    return list(first.values())


class ClusterSearch:
    """Looks at both sides.

    Attributes:
        instance: DSS.
        inventory: GKE.
        environment: Where the data directory of DSS is looked up.
    """

    def __init__(self, instance: ClustersOfDss, inventory: Inventory, environment: Mapping[str, str]) -> None:
        self.instance = instance
        self.inventory = inventory
        self.environment = environment
        self._install = install_id(environment)

    def known(self) -> DssClusters:
        """Read the clusters of DSS.

        Raises:
            DssRefused: They cannot be listed.
        """
        return read_clusters_of_dss(self.instance, self.environment)

    def compare(self, known: DssClusters, projects: Sequence[str]) -> Found:
        """List the clusters of projects, by one call for each, and judge them.

        Args:
            known: The clusters of DSS.
            projects: Ids of projects, each once. One that cannot be listed says so itself.
        """
        listed = {project: self._listed(project) for project in projects}
        clusters = [each for found in listed.values() if isinstance(found, ClusterList) for each in found.clusters]
        return Found(known, listed, tuple(judge(each, self._install, known) for each in clusters))

    def _listed(self, project: str) -> ClusterList | GkeClustersError:
        try:
            return self.inventory.list_clusters(project)
        except GkeClustersError as failure:
            logger.error("%s", failure)  # noqa: TRY400 - one line, not a traceback
            return failure

    def judge_again(self, cluster: Cluster) -> Judgement:
        """Judge a cluster by what DSS knows now.

        Raises:
            DssRefused: The clusters of DSS cannot be listed.
        """
        return judge(cluster, self._install, self.known())
