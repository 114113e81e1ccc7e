"""How a failing operation ends: the errors and conditions of a stockout, a quota and an abort, in GKE's wording.

Recorded: https://github.com/GoogleCloudPlatform/magic-modules/issues/17936 (stockout) and
https://github.com/kubernetes-sigs/sig-storage-local-static-provisioner/issues/526 (quota).
"""

from dataclasses import dataclass

from sandbox.gcp.container.documents import Json
from sandbox.gcp.locations import region_of

_EXHAUSTED = 8
_ABORTED = 10


@dataclass(frozen=True)
class Failure:
    """The end of an operation that fails.

    Attributes:
        after_seconds: when, in simulated seconds.
        outcome: the fields that the operation gets: `error`, `statusMessage`, `detail`.
        conditions: for the operation and for the cluster or the node pool.
        instance_error: code and message that the instance groups tell meanwhile, or None.
    """

    after_seconds: float
    outcome: Json
    conditions: list[Json]
    instance_error: tuple[str, str] | None = None


def planned(kind: object, *, project: str, zone: str, instance: str, nodes: int) -> Failure | None:
    """Return the failure that a fault asks for, or None for a kind that this service does not act out.

    Args:
        kind: `stockout`, `quota` or `abort`.
        project: project id.
        zone: where the first node should have come up.
        instance: the name of that node.
        nodes: how many were expected.
    """
    if kind == "stockout":
        reason = (
            f"Instance '{instance}' creation failed: The zone 'projects/{project}/zones/{zone}' does not have enough "
            "resources available to fulfill the request.  '(resource type:compute)'."
        )
        return _exhausted(
            "GCE_STOCKOUT",
            reason,
            seconds=2108.77,
            waited="35m8.77s",
            nodes=nodes,
            instance_code="ZONE_RESOURCE_POOL_EXHAUSTED",
        )
    if kind == "quota":
        reason = (
            f"Instance '{instance}' creation failed: Quota 'CPUS' exceeded.  Limit: 8.0 in region {region_of(zone)}."
        )
        return _exhausted(
            "GCE_QUOTA_EXCEEDED", reason, seconds=26.6, waited="26.6s", nodes=nodes, instance_code="QUOTA_EXCEEDED"
        )
    if kind == "abort":
        message = "The operation was aborted."
        error = {"code": _ABORTED, "message": message}
        return Failure(
            30, {"error": error, "statusMessage": message}, [{"canonicalCode": "ABORTED", "message": message}]
        )
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
