"""How a failing operation ends: the errors and conditions of a stockout, a quota and an abort, in GKE's wording.

Recorded: https://github.com/GoogleCloudPlatform/magic-modules/issues/17936 (stockout) and
https://github.com/kubernetes-sigs/sig-storage-local-static-provisioner/issues/526 (quota).
"""

from dataclasses import dataclass, replace

from sandbox.gcp.container.documents import Json
from sandbox.gcp.locations import region_of

_UNKNOWN = 2
_EXHAUSTED = 8
_ABORTED = 10
_INTERNAL = 13
_UNREGISTERED = (
    "All cluster resources were brought up, but: only 0 nodes out of {nodes} have registered; this is likely due to "
    "Nodes failing to start correctly."
)


@dataclass(frozen=True)
class Failure:
    """The end of an operation that fails.

    Attributes:
        after_seconds: when, in simulated seconds.
        outcome: the fields that the operation gets: `error`, `statusMessage`, `detail`.
        conditions: for the operation and for the cluster or the node pool.
        instance_error: code and message that the instance groups tell meanwhile, or None.
        cluster_status: what becomes of a cluster that was created or deleted: `ERROR` or `DEGRADED`.
        breaks_cluster: whether a cluster that was changed gets that status, too.
    """

    after_seconds: float
    outcome: Json
    conditions: list[Json]
    instance_error: tuple[str, str] | None = None
    cluster_status: str = "ERROR"
    breaks_cluster: bool = False

    @property
    def message(self) -> str:
        """The `statusMessage` of whatever failed."""
        return str(self.outcome["statusMessage"])


@dataclass(frozen=True)
class Circumstances:
    """What a failing operation is about.

    Attributes:
        project: project id.
        zone: where the first node should have come up.
        instance: the name of that node.
        nodes: how many were expected.
        creates_cluster: whether the operation creates a cluster.
    """

    project: str
    zone: str
    instance: str
    nodes: int
    creates_cluster: bool


def planned(fault: Json, about: Circumstances) -> Failure | None:
    """Return the failure that a fault asks for, or None for one that lets operations succeed.

    Args:
        fault: its effect; `operation` says why the operation fails, `cluster` what it leaves behind.
        about: what the operation is about.
    """
    status = fault.get("cluster")
    failure = _of_operation(fault.get("operation"), about)
    if status is None:
        return failure
    if failure is None:
        failure = _unregistered(about) if status == "DEGRADED" else _unexplained(about)
    return replace(failure, cluster_status=status, breaks_cluster=True)


def _unexplained(about: Circumstances) -> Failure:
    message = "Failed to create cluster" if about.creates_cluster else "Internal error encountered."
    return _plain(_INTERNAL, "INTERNAL", message, after_seconds=30)


def _unregistered(about: Circumstances) -> Failure:
    return _plain(_UNKNOWN, "UNKNOWN", _UNREGISTERED.format(nodes=about.nodes), after_seconds=30)


def _plain(code: int, canonical: str, message: str, *, after_seconds: float) -> Failure:
    outcome = {"error": {"code": code, "message": message}, "statusMessage": message}
    return Failure(after_seconds, outcome, [{"canonicalCode": canonical, "message": message}])


def _of_operation(kind: object, about: Circumstances) -> Failure | None:
    if kind == "stockout":
        reason = (
            f"Instance '{about.instance}' creation failed: The zone 'projects/{about.project}/zones/{about.zone}' does "
            "not have enough resources available to fulfill the request.  '(resource type:compute)'."
        )
        return _exhausted(
            "GCE_STOCKOUT",
            reason,
            seconds=2108.77,
            waited="35m8.77s",
            nodes=about.nodes,
            instance_code="ZONE_RESOURCE_POOL_EXHAUSTED",
        )
    if kind == "quota":
        reason = (
            f"Instance '{about.instance}' creation failed: Quota 'CPUS' exceeded.  Limit: 8.0 in region "
            f"{region_of(about.zone)}."
        )
        return _exhausted(
            "GCE_QUOTA_EXCEEDED",
            reason,
            seconds=26.6,
            waited="26.6s",
            nodes=about.nodes,
            instance_code="QUOTA_EXCEEDED",
        )
    if kind == "abort":
        return _plain(_ABORTED, "ABORTED", "The operation was aborted.", after_seconds=30)
    return None


def _exhausted(code: str, reason: str, *, seconds: float, waited: str, nodes: int, instance_code: str) -> Failure:
    whole = (
        f"Not all instances running in IGM after {waited}. Expected {nodes}, running 0, transitioning {nodes}. "
        f"Current errors: [{code}]: {reason}"
    )
    if code == "GCE_QUOTA_EXCEEDED":
        whole = f"Insufficient quota to satisfy the request: {whole}"
    conditions = [
        {"code": code, "canonicalCode": "RESOURCE_EXHAUSTED", "message": reason},
        {"canonicalCode": "RESOURCE_EXHAUSTED", "message": whole},
    ]
    outcome = {"error": {"code": _EXHAUSTED, "message": reason}, "statusMessage": whole, "detail": whole}
    return Failure(seconds, outcome, conditions, (instance_code, reason))
