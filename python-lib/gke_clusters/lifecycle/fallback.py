"""What to tell after a stockout: what helps, and which zones were tried in vain."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gke_clusters.errors import GkeClustersError, Stockout
from gke_clusters.settings.create import COMPONENT, CreateSettings
from gke_clusters.settings.descriptors import cluster_descriptor, parameter_set_descriptor


def offer_help(failure: Stockout, settings: CreateSettings) -> None:
    """Add to a stockout which machines were asked for, and what in the dialogs helps and is not used yet."""
    types = sorted({pool.machine_type for pool in settings.node_pools if pool.machine_type})
    if types and not failure.machine_type:
        # Google seldom says of which type it has no machines.
        failure.advise(f"The node pools ask for {', '.join(types)}.")
    if not settings.regional and not settings.fallback_zones:
        label = cluster_descriptor(COMPONENT).label_of("fallbackZones")
        failure.advise(f'With "{label}", a start tries other zones by itself.')
    if any(not pool.best_effort_provisioning for pool in settings.node_pools):
        label = parameter_set_descriptor("node-pool-request").label_of("bestEffortProvisioning")
        failure.advise(f'With "{label}", a node pool begins with the nodes that there are.')


def sum_up(
    refused: Mapping[str, GkeClustersError], location: str, failure: GkeClustersError, untried: Collection[str]
) -> GkeClustersError:
    """Make one failure of those of several zones.

    Args:
        refused: The zones that were tried before, each with its stockout.
        location: The zone that was tried last.
        failure: Why that failed.
        untried: Zones that were not tried any more.

    Returns:
        The last failure itself, with the others told; a stockout of all zones where none of them had machines.
    """
    if refused and isinstance(failure, Stockout):
        every = {**refused, location: failure}
        last, failure = (
            failure,
            Stockout(
                f"Google has no machines of that type free in any of the zones that were tried: {', '.join(every)}.",
                resource=failure.resource,
                verbatim="\n".join(f"{zone}: {_first_words(each)}" for zone, each in every.items()),
                remedy=failure.remedy,
            ),
        )
        failure.machine_type = last.machine_type
        failure.zones_with_capacity = last.zones_with_capacity
        failure.zones = tuple(every)
    elif refused:
        told = "; ".join(f"{zone}: {each.cause}" for zone, each in refused.items())
        failure.advise(f"Zones that were tried before: {told}")
    if untried:
        failure.advise(
            f"Not tried any more: {', '.join(untried)}. A zone is tried only while the time limit of the start lasts,"
            " and once nothing is left in the zone before."
        )
    return failure


def _first_words(failure: GkeClustersError) -> str:
    """What Google said first: the rest says the same of the instance group and of each machine."""
    return next((line for line in (failure.verbatim or "").splitlines() if line.strip()), failure.cause)
