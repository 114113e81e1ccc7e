"""What became of a node pool: the steps, and the pool before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.reports.pages import render


@dataclass(frozen=True)
class PoolState:
    """A node pool at one moment; ``None`` is what is not known.

    Attributes:
        status: as GKE says it; empty where there is no pool.
        machine_type: such as ``n2-highmem-8``; empty for GKE's default.
        nodes: nodes that it is to have, by zone.
        zones: its zones, where the nodes are not known.
        fewest: lower limit of an autoscaled pool.
        most: upper limit of an autoscaled pool.
        in_total: whether the limits are for all zones together.
    """

    status: str = ""
    machine_type: str = ""
    nodes: tuple[tuple[str, int], ...] | None = None
    zones: tuple[str, ...] = ()
    fewest: int | None = None
    most: int | None = None
    in_total: bool = False

    @property
    def total(self) -> int | None:
        """How many nodes it is to have in all its zones."""
        return None if self.nodes is None else sum(number for _, number in self.nodes)

    @property
    def per_zone(self) -> int | None:
        """How many it is to have in each zone; None where that differs, or is not known."""
        numbers = {number for _, number in self.nodes or ()}
        return numbers.pop() if len(numbers) == 1 else None


@dataclass(frozen=True)
class PoolChange:
    """A node pool before and after.

    Attributes:
        name: its name.
        before: None if it was not there.
        after: None if it is not there any more, or would not be.
    """

    name: str
    before: PoolState | None
    after: PoolState | None


def render_pool_change(
    title: str, steps: Sequence[Step], change: PoolChange | None, notes: Sequence[str] = (), *, preview: bool = False
) -> str:
    """Return the page.

    Args:
        title: what the macro does.
        steps: in the order in which they were taken.
        change: the node pool; None where there is nothing to show of it.
        notes: what the administrator should know or do next, a sentence each.
        preview: whether ``change`` is what would become of the pool.
    """
    return render(
        "node_pool_change.html",
        title=title,
        steps=steps,
        notes=notes,
        outcomes=Outcome,
        change=change,
        preview=preview,
    )
