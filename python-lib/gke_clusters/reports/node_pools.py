"""The node pools of a cluster: how many nodes they have, how full these are, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.reports.diagnosis import Advice, Tone
from gke_clusters.reports.pages import render

_FULL: Final = 0.9
# From here on nobody minds the decimals.
_MANY: Final = 99.95
_OPEN_POOLS: Final = 5
"""Of so many pools all are shown unfolded; of more, those that something is said of."""
_OPEN_TROUBLED: Final = 10


@dataclass(frozen=True)
class Share:
    """How much of what nodes have is asked for by pods.

    Attributes:
        name: such as ``CPU``.
        requested: by the pods on the nodes; ``None`` where that is not known.
        allocatable: what the nodes have for pods; ``None`` where that is not known.
        unit: such as ``GiB``; empty for none.
    """

    name: str
    requested: float | None
    allocatable: float | None
    unit: str = ""

    @property
    def part(self) -> float | None:
        """The part that is asked for, 1 being all; ``None`` where it is not known, or there is nothing to ask for."""
        return self.requested / self.allocatable if self.requested is not None and self.allocatable else None

    @property
    def is_full(self) -> bool:
        """Whether hardly anything is left."""
        return self.part is not None and self.part >= _FULL

    @property
    def words(self) -> str:
        """Such as ``3.2 of 7.8 GiB``."""
        of = f"{_number(self.requested)} of {_number(self.allocatable)}"
        return f"{of} {self.unit}" if self.unit else of


def _number(amount: float | None) -> str:
    if amount is None:
        return "?"
    return f"{amount:,.0f}" if amount >= _MANY else f"{amount:.1f}".removesuffix(".0")


@dataclass(frozen=True)
class PoolZone:
    """A node pool in one of its zones. ``None`` is what could not be learned.

    Attributes:
        name: the zone; empty where a node does not tell.
        wanted: how many nodes there are to be.
        actual: how many are registered with Kubernetes.
        ready: how many of them are ready.
        pods: how many pods are on them.
        shares: CPU, memory and, where there are any, GPUs.
    """

    name: str
    wanted: int | None
    actual: int | None
    ready: int | None
    pods: int | None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class PoolView:
    """A node pool.

    Attributes:
        name: its name.
        state: as GKE says it, such as ``RUNNING``; else in a few words why GKE does not.
        tone: how it is.
        machine: such as ``n2-standard-8, spot``.
        facts: names and values.
        zones: its zones.
        advice: what is wrong and what to do.
        failures: what GKE or Compute Engine says is wrong.
        unwell: nodes that are not well: name, what is the matter, and the words of the node.
        left_out: how many more of these there are.
    """

    name: str
    state: str
    tone: Tone
    machine: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    zones: tuple[PoolZone, ...] = ()
    advice: tuple[Advice, ...] = ()
    failures: tuple[GkeClustersError, ...] = ()
    unwell: tuple[tuple[str, str, str], ...] = ()
    left_out: int = 0

    @property
    def whole(self) -> PoolZone:
        """The sums over its zones."""
        return total("", self.zones)

    @property
    def is_troubled(self) -> bool:
        """Whether it is to be looked at."""
        return self.tone in (Tone.BAD, Tone.WARNING)


@dataclass(frozen=True)
class Unlearned:
    """A part of the page that could not be learned.

    Attributes:
        what: what it is, such as ``How many nodes each pool is to have``.
        failure: why not.
    """

    what: str
    failure: GkeClustersError


@dataclass(frozen=True)
class Inspection:
    """The page.

    Attributes:
        cluster: id of the DSS cluster.
        tone: how its node pools are, all in all.
        words: the same in a sentence.
        facts: names and values of the cluster.
        pools: the node pools, in the order of the page.
        advice: what is about no pool by itself.
        unlearned: what could not be learned.
        taken: when, such as ``2026-01-31 12:00:00 UTC``.
        seconds: how long it took to learn.
    """

    cluster: str
    tone: Tone
    words: str
    facts: tuple[tuple[str, str], ...] = ()
    pools: tuple[PoolView, ...] = ()
    advice: tuple[Advice, ...] = ()
    unlearned: tuple[Unlearned, ...] = ()
    taken: str = ""
    seconds: float = 0.0


def total(name: str, zones: Iterable[PoolZone]) -> PoolZone:
    """Sum up zones; what is not known of one of them is not known of all.

    Args:
        name: name of the sum.
        zones: those to sum up.
    """
    parts = tuple(zones)
    named = {share.name: share for part in parts for share in part.shares}
    return PoolZone(
        name,
        _sum(part.wanted for part in parts),
        _sum(part.actual for part in parts),
        _sum(part.ready for part in parts),
        _sum(part.pods for part in parts),
        tuple(
            Share(
                share.name,
                _sum(each.requested for part in parts for each in part.shares if each.name == share.name),
                _sum(each.allocatable for part in parts for each in part.shares if each.name == share.name),
                share.unit,
            )
            for share in named.values()
        ),
    )


def _sum(amounts: Iterable[float | None]) -> int | None:
    known = tuple(amounts)
    return None if None in known else sum(amount or 0 for amount in known)  # type: ignore[return-value]  # of ints


def render_inspection(inspection: Inspection) -> str:
    """Return the page."""
    all_pools = total("All", (zone for pool in inspection.pools for zone in pool.zones))
    troubled = [pool.name for pool in inspection.pools if pool.is_troubled][:_OPEN_TROUBLED]
    return render(
        "node_pools.html",
        title=f"Node pools of {inspection.cluster}",
        inspection=inspection,
        all_pools=all_pools,
        has_gpus=any(share.name == "GPU" for share in all_pools.shares),
        unfolded=[pool.name for pool in inspection.pools] if len(inspection.pools) <= _OPEN_POOLS else troubled,
    )
