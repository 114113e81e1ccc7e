"""Google's regions and zones, with the range of each region's subnetwork in an auto-mode network.

Zones: https://cloud.google.com/compute/docs/regions-zones (general-purpose zones; AI zones are left out)
Ranges: https://cloud.google.com/vpc/docs/subnets#ip-ranges
"""

from collections.abc import Mapping
from types import MappingProxyType

# Region: the letters of its zones and the second byte of its auto-mode range, 10.N.0.0/20.
_TABLE: dict[str, tuple[str, int]] = {
    "africa-south1": ("abc", 218),
    "asia-east1": ("abc", 140),
    "asia-east2": ("abc", 170),
    "asia-northeast1": ("abc", 146),
    "asia-northeast2": ("abc", 174),
    "asia-northeast3": ("abc", 178),
    "asia-south1": ("abc", 160),
    "asia-south2": ("abc", 190),
    "asia-southeast1": ("abc", 148),
    "asia-southeast2": ("abc", 184),
    "asia-southeast3": ("abc", 232),
    "australia-southeast1": ("abc", 152),
    "australia-southeast2": ("abc", 192),
    "europe-central2": ("abc", 186),
    "europe-north1": ("abc", 166),
    "europe-north2": ("abc", 226),
    "europe-southwest1": ("abc", 204),
    "europe-west1": ("bcd", 132),
    "europe-west10": ("abc", 214),
    "europe-west12": ("abc", 210),
    "europe-west2": ("abc", 154),
    "europe-west3": ("abc", 156),
    "europe-west4": ("abc", 164),
    "europe-west6": ("abc", 172),
    "europe-west8": ("abc", 198),
    "europe-west9": ("abc", 200),
    "me-central1": ("abc", 212),
    "me-central2": ("abc", 216),
    "me-west1": ("abc", 208),
    "northamerica-northeast1": ("abc", 162),
    "northamerica-northeast2": ("abc", 188),
    "northamerica-south1": ("abc", 224),
    "southamerica-east1": ("abc", 158),
    "southamerica-west1": ("abc", 194),
    "us-central1": ("abcf", 128),
    "us-east1": ("bcd", 142),
    "us-east4": ("abc", 150),
    "us-east5": ("abc", 202),
    "us-south1": ("abc", 206),
    "us-west1": ("abc", 138),
    "us-west2": ("abc", 168),
    "us-west3": ("abc", 180),
    "us-west4": ("abc", 182),
}

REGIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {region: tuple(f"{region}-{letter}" for letter in letters) for region, (letters, _) in _TABLE.items()}
)
"""The zones of each region."""

AUTO_MODE_RANGES: Mapping[str, str] = MappingProxyType(
    {region: f"10.{byte}.0.0/20" for region, (_, byte) in _TABLE.items()}
)
"""The primary range of each region's subnetwork in an auto-mode network."""

_REGION_OF_ZONE = {zone: region for region, zones in REGIONS.items() for zone in zones}


def is_zone(location: str) -> bool:
    """Tell whether this is a zone of Google's."""
    return location in _REGION_OF_ZONE


def is_region(location: str) -> bool:
    """Tell whether this is a region of Google's."""
    return location in REGIONS


def region_of(location: str) -> str:
    """Return the region of a zone, or the region itself.

    Raises:
        KeyError: there is no such zone or region.
    """
    return location if location in REGIONS else _REGION_OF_ZONE[location]


def zones_of(location: str) -> tuple[str, ...]:
    """Return the zones of a region, or the zone itself alone.

    Raises:
        KeyError: there is no such zone or region.
    """
    return (location,) if location in _REGION_OF_ZONE else REGIONS[location]
