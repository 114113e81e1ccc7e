"""Where a fault strikes: which node pool and zones an operation fails in, and how many nodes come up all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sandbox.gcp.container import failures, nodes
from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.container.failures import Failure
from sandbox.gcp.container.fleet import Shortage
from sandbox.gcp.container.operations import Operation
from sandbox.gcp.container.state import ClusterRecord

_CREATIONS = frozenset({"CREATE_CLUSTER", "CREATE_NODE_POOL"})
_STOCKOUTS = frozenset({"stockout", "partial"})


@dataclass(frozen=True)
class Strike:
    """What a fault does to an operation.

    Attributes:
        failure: how the operation ends.
        pool: the node pool that is struck; None for a cluster that has none.
        missing: the nodes that a new pool lacks, by zone.
        tolerated: whether best-effort provisioning makes the operation succeed all the same.
    """

    failure: Failure
    pool: Json | None
    missing: Mapping[str, int] = field(default_factory=dict)
    tolerated: bool = False

    def breaks(self, status: str) -> bool:
        """Tell whether a cluster that is created or deleted ends with this status because of it."""
        return not self.tolerated and self.failure.cluster_status == status

    @property
    def lacks_machines(self) -> bool:
        """Tell whether instances cannot be made, which instance groups tell of."""
        return self.failure.instance_error is not None

    def lacking(self, missing: int) -> "Strike":
        """Return the same for a pool that lacks so many nodes more than it did in each of its zones that are struck."""
        return replace(self, missing=dict.fromkeys(self.missing, max(0, missing)))

    def show(self, record: ClusterRecord, operation: Operation) -> None:
        """Let the operation and the instance groups tell what is known before the end."""
        operation.detail = self.failure.detail
        if self.failure.instance_error is not None and self.pool is not None:
            for zone, missing in self.missing.items():
                record.shortages[self.pool["name"], zone] = Shortage(*self.failure.instance_error, missing)

    def mark_pool(self, pool: Json, status: str) -> None:
        """Leave a pool as the failure leaves it."""
        pool |= {"status": status, "statusMessage": self.failure.message, "conditions": self.failure.conditions}


def planned(record: ClusterRecord, operation: Operation, pool: Json | None = None) -> Strike | None:
    """Return what the operation's fault does to it, or None when it succeeds.

    Args:
        record: the cluster.
        operation: what runs.
        pool: the node pool that it is about, if it is about one.
    """
    fault = operation.fault
    struck = pool or _struck_pool(record, fault)
    zones = _struck_zones(record, fault, struck)
    if not zones:
        return None
    creates = operation.type in _CREATIONS
    expected = (struck or {}).get("initialNodeCount", 0)
    running = expected // 2 if fault.get("operation") == "partial" and len(_zones(record, struck)) == 1 else 0
    failure = _failure(record, operation, struck, zones[0], running)
    if failure is None:
        return None
    missing = dict.fromkeys(zones, expected - running if creates else 0)
    if not creates or struck is None or fault.get("operation") not in _STOCKOUTS:
        return Strike(failure, struck, missing)
    best_effort = bool(get(struck, "bestEffortProvisioning.enabled"))
    wanted = get(struck, "bestEffortProvisioning.minProvisionNodes", 0)
    enough = expected * len(_zones(record, struck)) - sum(missing.values()) >= wanted
    if best_effort and not enough:
        failure = replace(failure, cluster_status="ERROR")
    return Strike(failure, struck, missing, tolerated=best_effort and enough)


def _struck_pool(record: ClusterRecord, fault: Json) -> Json | None:
    pools: list[Json] = record.resource["nodePools"]
    named = [pool for pool in pools if pool["name"] == fault.get("pool")]
    # The last pool lacks nodes for want of room; what stops everything is seen at the first one.
    ordered = named or (pools[::-1] if fault.get("operation") == "partial" else pools)
    return ordered[0] if ordered else None


def _zones(record: ClusterRecord, pool: Json | None) -> list[str]:
    zones: list[str] = (pool or {}).get("locations") or record.resource["locations"]
    return zones


def _struck_zones(record: ClusterRecord, fault: Json, pool: Json | None) -> list[str]:
    zones = _zones(record, pool)
    if "zone" in fault:
        return [zone for zone in zones if zone == fault["zone"]]
    return zones[:1] if fault.get("operation") == "partial" else zones


def _failure(
    record: ClusterRecord, operation: Operation, pool: Json | None, zone: str, running: int
) -> failures.Failure | None:
    struck = pool or {"name": "default-pool"}
    base = nodes.base_name(record.resource, struck["name"], zone)
    return failures.planned(
        operation.fault,
        failures.Circumstances(
            project=record.project.id,
            number=record.project.number,
            zone=zone,
            instance=nodes.instance_name(base, running),
            nodes=struck.get("initialNodeCount", 0),
            running=running,
            creates_cluster=operation.type == "CREATE_CLUSTER",
            cluster=record.name,
            cluster_id=record.resource["id"],
            location=record.location,
            network=record.resource["network"],
            subnetwork=get(record.resource, "networkConfig.subnetwork", ""),
        ),
    )
