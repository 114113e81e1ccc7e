"""Which regions a location of Cloud Storage is in. Pure.

https://cloud.google.com/storage/docs/locations
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

# The regions of a multi-region begin with its name; London and Zurich are no part of the European Union.
_MULTI_REGIONS: Final = {"US": "us-", "EU": "europe-", "ASIA": "asia-"}
_OUTSIDE_THE_EU: Final = frozenset({"europe-west2", "europe-west6"})
_DUAL_REGIONS: Final = {
    "ASIA1": ("asia-northeast1", "asia-northeast2"),
    "EUR4": ("europe-north1", "europe-west4"),
    "EUR5": ("europe-west1", "europe-west2"),
    "EUR7": ("europe-west2", "europe-west3"),
    "EUR8": ("europe-west3", "europe-west6"),
    "NAM4": ("us-central1", "us-east1"),
}


def is_near(location: str, chosen_regions: Collection[str], region: str) -> bool:
    """Whether data at a location of Cloud Storage is in a region, or in the multi-region around it.

    Args:
        location: of a bucket, such as ``EUROPE-WEST1``, ``EU`` or ``EUR4``, in whatever case.
        chosen_regions: the regions of a dual-region whose maker chose them, in whatever case; empty for any other.
        region: such as ``europe-west1``.
    """
    name = location.upper()
    if chosen_regions:
        return region in {each.lower() for each in chosen_regions}
    if name in _MULTI_REGIONS:
        return region.startswith(_MULTI_REGIONS[name]) and not (name == "EU" and region in _OUTSIDE_THE_EU)
    return region in _DUAL_REGIONS.get(name, (location.lower(),))
