"""Failures of room: quotas, machines, addresses."""

# The names say the failure in the administrator's words; the word "error" in each would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from dataclasses import dataclass

from gke_clusters.errors.base import GkeClustersError


@dataclass(frozen=True)
class Shortage:
    """One quota that leaves too little room.

    Attributes:
        resource: Google's name of the quota, such as ``SSD_TOTAL_GB``.
        asked: how much the request needs; like the others None where Google does not say.
        short: how much of it is missing.
        limit: the quota.
        available: how much of the quota is free.
        place: the region it is for, or ``all regions``; empty where Google does not say.
    """

    resource: str
    asked: float | None = None
    short: float | None = None
    limit: float | None = None
    available: float | None = None
    place: str = ""

    def __str__(self) -> str:
        # Google counts in floats; most are whole.
        said = (
            ("{:,.12g} asked for", self.asked),
            ("{:,.12g} missing", self.short),
            ("the quota is {:,.12g}", self.limit),
            ("{:,.12g} of it free", self.available),
        )
        amounts = ", ".join(words.format(amount) for words, amount in said if amount is not None)
        place = f" in {self.place}" if self.place else ""
        return f"{self.resource}{place}: {amounts or 'used up'}"


class QuotaExceeded(GkeClustersError):
    """The project's quota does not leave room for what was asked.

    Attributes:
        shortages: the quotas that are too small, where Google names them.
        reckoning: in a line each, what the node pools multiply to; whoever knows them adds it.
    """

    shortages: tuple[Shortage, ...] = ()
    reckoning: tuple[str, ...] = ()
    advice = (
        "Ask for fewer or smaller nodes (a regional cluster has the number of nodes in each of its zones), or request "
        "a higher quota: https://console.cloud.google.com/iam-admin/quotas"
    )
    wordings = (
        (
            "Insufficient regional quota to satisfy request: resource \"SSD_TOTAL_GB\": request requires '300.0' "
            "and is short '50.0'."
        ),
        "Instance 'gke-c-pool-1' creation failed: Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 8.0 in region us-east1.",
    )

    def rows(self) -> tuple[str, ...]:
        """The quotas that are too small, then what was asked for multiplied out."""
        return (*map(str, self.shortages), *self.reckoning)


class Stockout(GkeClustersError):
    """Google has no machines of that type free in that zone at the moment.

    Attributes:
        zones: the zones that have none, where Google names them.
        machine_type: the machine type, where Google names it.
        zones_with_capacity: zones that Google suggests instead.
    """

    zones: tuple[str, ...] = ()
    machine_type: str = ""
    zones_with_capacity: tuple[str, ...] = ()
    advice = "Choose another zone or machine type, untick spot VMs, or try again later."
    wordings = (
        (
            "The zone 'projects/my-project/zones/us-central1-a' does not have enough resources available to fulfill "
            "the request."
        ),
        (
            "Try a different location, or try again later: Google Compute Engine does not have enough resources "
            "available to fulfill request: us-central1-a."
        ),
    )


class AddressesExhausted(GkeClustersError):
    """The range of IP addresses that nodes, pods or services come from is used up, or none can be reserved.

    Attributes:
        range: the range as Google names it, by its name or in CIDR notation; empty if not named.
    """

    range: str = ""
    advice = (
        "Give the pods and services larger or other ranges, or have fewer nodes: a node takes a block of its own out "
        "of the range of the pods, 256 addresses where it may run 110 pods."
    )
    wordings = (
        "IP space of 'projects/my-project/regions/us-central1/subnetworks/pods' is exhausted.",
        'The network "default" does not have available private IP space in 10.0.0.0/8 to reserve a /14 block for pods',
    )
