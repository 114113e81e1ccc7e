"""Where buckets can be: regions, multi-regions and dual-regions.

https://cloud.google.com/storage/docs/locations
"""

from sandbox.gcp.locations import is_region
from sandbox.gcp.storage.errors import invalid

_MULTI_REGIONS = ("ASIA", "EU", "US")
_DUAL_REGIONS = ("ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4")


def location_type(location: str, *, pair: bool = False) -> str:
    """Return `region`, `dual-region` or `multi-region` of a location in upper case.

    Args:
        location: such as `US-CENTRAL1`, `EU` or `EUR4`.
        pair: whether two regions in it are named, which makes a multi-region a dual-region.

    Raises:
        GoogleError: 400, there is no such location.
    """
    if location in _MULTI_REGIONS:
        return "dual-region" if pair else "multi-region"
    if location in _DUAL_REGIONS:
        return "dual-region"
    if not is_region(location.lower()):
        raise invalid("The specified location constraint is not valid.")
    return "region"
