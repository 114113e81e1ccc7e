"""Where the addresses of pods and services come from: a size, a range, or a named secondary range.

Forms: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#IPAllocationPolicy
"""

from __future__ import annotations

import ipaddress

from pydantic import BaseModel, ConfigDict

from gke_clusters.settings.rules import RFC1035_LABEL_PATTERN, quoted

SMALLEST_BLOCK_PREFIX_LENGTH = 28
LARGEST_BLOCK_PREFIX_LENGTH = 8
"""https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips#cluster_sizing; the exact bounds depend on the
number of pods in each node, so only what is never possible is refused here."""


class IpRange(BaseModel):
    """Addresses for pods or for services: exactly one of the two is set.

    Attributes:
        cidr_block: ``/17`` for a size, ``10.4.0.0/17`` for a range.
        secondary_range_name: name of an existing secondary range of the subnetwork.
    """

    model_config = ConfigDict(frozen=True)

    cidr_block: str | None = None
    secondary_range_name: str | None = None

    def overlaps(self, other: IpRange) -> bool:
        """Whether both certainly share addresses: the same named range, or ranges that meet. Sizes never do."""
        if self.secondary_range_name is not None:
            return self.secondary_range_name == other.secondary_range_name
        mine, theirs = _network(self.cidr_block), _network(other.cidr_block)
        return mine is not None and theirs is not None and mine.overlaps(theirs)


def _network(cidr_block: str | None) -> ipaddress.IPv4Network | None:
    return None if cidr_block is None or cidr_block.startswith("/") else ipaddress.IPv4Network(cidr_block)


def _checked_prefix(text: str, digits: str) -> None:
    usable = range(LARGEST_BLOCK_PREFIX_LENGTH, SMALLEST_BLOCK_PREFIX_LENGTH + 1)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 2 and int(digits) in usable):  # noqa: PLR2004 - two digits
        raise ValueError(f"{quoted(text)} does not end with a size between /{usable[0]} and /{usable[-1]}")


def parse_ip_range(text: str) -> IpRange | None:
    """What an address range field means; ``None`` for an empty one.

    Raises:
        ValueError: if it is neither a size, nor an IPv4 range, nor a name; the message follows a label.
    """
    if not text:
        return None
    if RFC1035_LABEL_PATTERN.fullmatch(text):
        return IpRange(secondary_range_name=text)
    address, slash, digits = text.partition("/")
    if not slash:
        raise ValueError(
            f"{quoted(text)} is neither a size such as /17, nor a range such as 10.4.0.0/17, nor the name of a "
            "secondary range"
        )
    _checked_prefix(text, digits)
    if not address:
        return IpRange(cidr_block=text)
    try:
        meant = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise ValueError(f"{quoted(text)} is not an IPv4 range such as 10.4.0.0/17") from None
    if str(meant) != text:
        raise ValueError(f"{quoted(text)} is not the beginning of a range; use {meant} instead")
    return IpRange(cidr_block=text)
