"""What may not be fixed to one place where a cluster may end up in another: the rules of fallback zones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gke_clusters.settings.location import region_of

MINUTES_OF_A_STOCKOUT = 40
"""Google gives up after 35 minutes, and the failed cluster is deleted before the next zone is tried:
https://github.com/GoogleCloudPlatform/magic-modules/issues/17936"""

MINUTES_OF_A_CREATION = 10
"""A cluster of a few pools takes six to seven, and DSS reaches it some seconds later."""

_REGION_IN_PATH = re.compile(r"/regions/([^/]+)/")


def require_other_zones(zones: tuple[str, ...], zone: str | None) -> None:
    """Refuse the zone of the cluster among its fallback zones.

    Args:
        zones: the fallback zones.
        zone: where the cluster is tried first; ``None`` if that is not known yet.

    Raises:
        ValueError: with a message that follows the label of the fallback zones.
    """
    if zone in zones:
        raise ValueError(f"{zone} is tried first already: it is the zone of the cluster")


def require_subnetwork_everywhere(subnetwork: str | None, fallback_zones: Sequence[str]) -> None:
    """Refuse the path of a subnetwork in one region where a fallback zone is in another.

    A name alone is taken: each region may have a subnetwork of that name.

    Raises:
        ValueError: with a message that follows the label of the subnetwork.
    """
    path = _REGION_IN_PATH.search(subnetwork or "")
    elsewhere = [zone for zone in fallback_zones if path and region_of(zone) != path[1]]
    if path and elsewhere:
        raise ValueError(
            f"is in {path[1]}, and the fallback zone {elsewhere[0]} is not: give the name alone of a subnetwork that"
            " each of these regions has"
        )


def require_no_fixed_zones(expert: Mapping[str, Any], fallback_zones: Sequence[str]) -> None:
    """Refuse expert settings that put nodes into zones of their own: after a stockout these would stay the same.

    Raises:
        ValueError: with a message that follows the label of the expert settings.
    """
    fixed = any(part.get("locations") for part in (expert, *expert.get("nodePools", ())))
    if fixed and fallback_zones:
        raise ValueError("cannot set locations, the zones of nodes, where there are fallback zones: remove one of them")
    subnetwork = expert.get("subnetwork")
    require_subnetwork_everywhere(subnetwork if isinstance(subnetwork, str) else None, fallback_zones)


def time_limit_warning(fallback_zones: tuple[str, ...], deadline_minutes: int) -> str | None:
    """What to say of a time limit that ends before the last fallback zone had its chance; ``None`` for nothing."""
    needed = len(fallback_zones) * MINUTES_OF_A_STOCKOUT + MINUTES_OF_A_CREATION
    if not fallback_zones or needed <= deadline_minutes:
        return None
    return (
        f"Google may need 35 minutes to find out that a zone has no machines: {deadline_minutes} minutes may be over"
        f" before the last fallback zone is tried, which takes up to {needed}. Raise the time limit of a start."
    )
