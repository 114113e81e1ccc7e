"""Clusters that were lost sight of: GKE clusters that DSS forgot, and clusters of DSS whose GKE cluster is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.reports.checklist import Step
from gke_clusters.reports.pages import render

_HOUR_SECONDS: Final = 3600
_DAY_SECONDS: Final = 24 * _HOUR_SECONDS
_DAYS_FROM_SECONDS: Final = 2 * _DAY_SECONDS


@dataclass(frozen=True)
class LostCluster:
    """A GKE cluster that no started cluster of DSS is.

    Attributes:
        name: as the field of the dialog takes it.
        status: as GKE says it.
        created: RFC 3339; empty if not known.
        age_seconds: since then; None if not known.
        nodes: how many it has; None if not known.
        owner: id of the DSS cluster that it was created for, as its label has it.
        why: why it is judged so, a sentence.
    """

    name: str
    status: str
    created: str
    age_seconds: float | None
    nodes: int | None
    owner: str
    why: str

    @property
    def age(self) -> str:
        """The age in days, or in hours in the first two days."""
        if self.age_seconds is None:
            return "unknown"
        if self.age_seconds >= _DAYS_FROM_SECONDS:
            return f"{self.age_seconds // _DAY_SECONDS:.0f} days"
        hours = int(self.age_seconds // _HOUR_SECONDS)
        return f"{hours} hour{'' if hours == 1 else 's'}" if hours > 0 else "less than an hour"


@dataclass(frozen=True)
class GoneCluster:
    """A cluster of DSS that is started there, and whose GKE cluster is gone or could not be looked for.

    Attributes:
        id: its id in DSS.
        is_gone: whether Google says so; if not, it is not known.
        failure: what was found instead.
    """

    id: str
    is_gone: bool
    failure: GkeClustersError

    @property
    def command(self) -> str:
        """The call of DSS's Python client that marks it as stopped.

        https://developer.dataiku.com/latest/api-reference/python/clusters.html
        """
        return f"client.get_cluster({self.id!r}).stop(terminate=False, force_stop=True)"


@dataclass(frozen=True)
class ForgottenClusters:
    """What was found.

    Attributes:
        steps: where was looked, with what result, and what was done about the clusters to delete.
        forgotten: GKE clusters that may be deleted.
        in_doubt: those that a cluster of DSS may still come back to.
        gone: clusters of DSS without a GKE cluster, or of which it is not known.
        notes: what the administrator should know or do next, a sentence each.
    """

    steps: Sequence[Step]
    forgotten: tuple[LostCluster, ...] = ()
    in_doubt: tuple[LostCluster, ...] = ()
    gone: tuple[GoneCluster, ...] = ()
    notes: tuple[str, ...] = ()


def render_forgotten(found: ForgottenClusters) -> str:
    """Return the page."""
    return render("forgotten.html", title="Forgotten clusters", steps=found.steps, notes=found.notes, found=found)
