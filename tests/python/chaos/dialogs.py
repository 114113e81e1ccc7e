"""What the administrator has chosen in the dialog of a DSS cluster. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

ZONES: Final = ("us-central1-a", "us-central1-b", "europe-west1-b")
REGIONS: Final = ("us-central1", "europe-west1")

HASTY_MINUTES: Final = 10
"""A time limit that an operation which never ends exceeds soon."""
POOL: Final = "workers"
_PROJECT: Final = "sandbox-project"


@dataclass(frozen=True)
class Options:
    """The choices that decide on what a start and a stop do, all of them off by default.

    Attributes:
        fallback_zones: where a zonal cluster is tried next; one that is the cluster's own place is left out.
        keeps_failed: whether a cluster whose start failed is kept for inspection.
        best_effort: whether the node pool may begin with fewer nodes.
        hasty: whether starts and stops have short time limits.
        by_dns: whether the control plane is reached by its DNS endpoint.
        clears_first: whether a stop deletes load balancers and volumes first.
    """

    fallback_zones: tuple[str, ...] = ()
    keeps_failed: bool = False
    best_effort: bool = False
    hasty: bool = False
    by_dns: bool = False
    clears_first: bool = False

    def __str__(self) -> str:
        said = [name.replace("_", " ") for name, value in vars(self).items() if value is True]
        said += [f"fallback zones {', '.join(self.fallback_zones)}"] if self.fallback_zones else []
        return "; ".join(said) or "the defaults"

    def patient(self) -> Options:
        """Return the same with the usual time limits."""
        return replace(self, hasty=False)

    def places(self, location: str) -> tuple[str, ...]:
        """Return where a start may create the cluster, in order.

        Args:
            location: zone or region of the dialog.
        """
        others = self.fallback_zones if location in ZONES else ()
        return (location, *(zone for zone in others if zone != location))


def create_dialog(location: str, options: Options) -> dict[str, Any]:
    """Return the dialog of a cluster that is to be created, presets resolved."""
    zonal = location in ZONES
    pool = {"nodePoolName": POOL, "machineType": "n2-highmem-8", "numNodes": 2 if options.best_effort else 1}
    limits = {"createDeadlineMinutes": HASTY_MINUTES, "deleteDeadlineMinutes": HASTY_MINUTES}
    return {
        "connectionInfo": {"projectId": _PROJECT, "zone" if zonal else "region": location},
        "isRegional": not zonal,
        "fallbackZones": list(options.places(location)[1:]),
        "keepFailedCluster": options.keeps_failed,
        "controlPlaneEndpoint": "dns" if options.by_dns else "automatic",
        "deleteLoadBalancers": options.clears_first,
        "deleteVolumes": options.clears_first,
        "nodePools": [pool | ({"bestEffortProvisioning": True} if options.best_effort else {})],
        **(limits if options.hasty else {}),
    }


def attach_dialog(cluster: str) -> dict[str, Any]:
    """Return the dialog of a DSS cluster to which a cluster is attached."""
    return {
        "connectionInfo": {"projectId": _PROJECT, "zone": ZONES[0]},
        "clusterId": cluster,
        "location": ZONES[0],
    }
