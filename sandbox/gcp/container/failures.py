"""How a failing operation ends: the errors and conditions of a stockout, a quota and the like, in GKE's wording.

Recorded: https://github.com/GoogleCloudPlatform/magic-modules/issues/17936 (stockout),
https://github.com/kubernetes-sigs/sig-storage-local-static-provisioner/issues/526 (quota),
https://github.com/2i2c-org/infrastructure/pull/489 (organisation policy) and
https://github.com/hashicorp/terraform-cdk/issues/1964 and https://github.com/cilium/cilium/issues/20338 (addresses).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sandbox.gcp.container.documents import Json
from sandbox.gcp.locations import region_of

STOCKOUT_SECONDS = 2108.77
_UNKNOWN = 2
_PERMISSION_DENIED = 7
_EXHAUSTED = 8
_FAILED_PRECONDITION = 9
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
        told_after_seconds: when the operation and the instance groups begin to tell, in simulated seconds.
        detail: what the operation tells until it ends.
        instance_error: code and message that the instance groups tell, or None.
        cluster_status: what becomes of a cluster that was created or deleted: `ERROR`, `DEGRADED`, or `RUNNING` where
            the pool alone has failed.
        breaks_cluster: whether a cluster that was changed gets that status, too.
    """

    after_seconds: float
    outcome: Json
    conditions: list[Json]
    told_after_seconds: float = 0.0
    detail: str = ""
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
        number: project number.
        zone: where the node that does not come up should be.
        instance: the name of that node.
        nodes: how many were expected in the zone.
        creates_cluster: whether the operation creates a cluster.
        running: how many nodes come up in the zone all the same.
        cluster: the cluster's name.
        cluster_id: its unique id.
        location: its zone or region.
        network: its network's name.
        subnetwork: its subnetwork's relative name.
    """

    project: str
    zone: str
    instance: str
    nodes: int
    creates_cluster: bool
    number: str = ""
    running: int = 0
    cluster: str = ""
    cluster_id: str = ""
    location: str = ""
    network: str = ""
    subnetwork: str = ""


@dataclass(frozen=True)
class _InstanceFault:
    """What keeps instances from coming up.

    Attributes:
        seconds: when the operation gives up.
        waited: the same, as GKE writes it.
        told_seconds: when the first instance has failed.
        told: the same, as GKE writes it.
        reason: the instance's error, a format of the circumstances.
        instance_code: Compute Engine's code of that error.
        group_code: how GKE calls it among the current errors of the instance group.
        code: of the condition; empty for none.
        canonical: name and number of the canonical code.
        prefix: what the whole message begins with.
    """

    seconds: float
    waited: str
    told_seconds: float
    told: str
    reason: str
    instance_code: str
    group_code: str
    code: str = ""
    canonical: tuple[str, int] = ("RESOURCE_EXHAUSTED", _EXHAUSTED)
    prefix: str = ""


# When a stockout can first be seen is a guess: after a minute, as instances fail at once and the group reports them.
_STOCKOUT = _InstanceFault(
    seconds=STOCKOUT_SECONDS,
    waited="35m8.77s",
    told_seconds=60.0,
    told="1m0.12s",
    reason="The zone 'projects/{project}/zones/{zone}' does not have enough resources available to fulfill the "
    "request.  '(resource type:compute)'.",
    instance_code="ZONE_RESOURCE_POOL_EXHAUSTED",
    group_code="GCE_STOCKOUT",
    code="GCE_STOCKOUT",
)
_INSTANCE_FAULTS: Mapping[str, _InstanceFault] = MappingProxyType(
    {
        "stockout": _STOCKOUT,
        "partial": _STOCKOUT,
        "quota": _InstanceFault(
            seconds=26.6,
            waited="26.6s",
            told_seconds=20.0,
            told="20.1s",
            reason="Quota 'CPUS' exceeded.  Limit: 8.0 in region {region}.",
            instance_code="QUOTA_EXCEEDED",
            group_code="GCE_QUOTA_EXCEEDED",
            code="GCE_QUOTA_EXCEEDED",
            prefix="Insufficient quota to satisfy the request: ",
        ),
        "org_policy": _InstanceFault(
            seconds=40.24,
            waited="40.24s",
            told_seconds=20.0,
            told="20.1s",
            reason="Constraint constraints/compute.vmExternalIpAccess violated for project {number}. Add instance "
            "projects/{project}/zones/{zone}/instances/{instance} to the constraint to use external IP with it.",
            instance_code="CONDITION_NOT_MET",
            group_code="CONDITION_NOT_MET",
            # The canonical code is a guess: the recordings have the text alone.
            canonical=("FAILED_PRECONDITION", _FAILED_PRECONDITION),
        ),
        "ip_exhausted": _InstanceFault(
            seconds=24.16,
            waited="24.16s",
            told_seconds=15.0,
            told="15.1s",
            reason="IP space of '{subnetwork}' is exhausted.",
            instance_code="IP_SPACE_EXHAUSTED",
            group_code="IP_SPACE_EXHAUSTED",
        ),
    }
)


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


def _of_operation(kind: object, about: Circumstances) -> Failure | None:
    if kind == "abort":
        return _plain(_ABORTED, "ABORTED", "The operation was aborted.", after_seconds=30)
    if kind == "pod_range":
        return _without_pod_range(about)
    if kind == "service_agent":
        return _without_agent(about)
    if kind == "node_service_account":
        return _without_permissions(about)
    if isinstance(kind, str) and kind in _INSTANCE_FAULTS:
        failure = _of_instances(_INSTANCE_FAULTS[kind], about)
        return replace(failure, cluster_status="RUNNING") if kind == "partial" else failure
    return None


def _plain(code: int, canonical: str, message: str, *, after_seconds: float, condition: str = "") -> Failure:
    outcome = {"error": {"code": code, "message": message}, "statusMessage": message}
    named = {"code": condition} if condition else {}
    return Failure(after_seconds, outcome, [{**named, "canonicalCode": canonical, "message": message}])


def _without_pod_range(about: Circumstances) -> Failure:
    """Return how a cluster fails whose network has no room for its pods; code and time are guesses."""
    message = (
        f'The network "{about.network}" does not have available private IP space in 10.0.0.0/9 to reserve a /14 block '
        f"for pods for cluster {{Zone={about.location}, ProjectNum={about.number}, ProjectName={about.project}, "
        f"ClusterName={about.cluster}, ClusterHash={about.cluster_id}}}."
    )
    return _plain(_EXHAUSTED, "RESOURCE_EXHAUSTED", message, after_seconds=30)


def _without_permissions(about: Circumstances) -> Failure:
    """Return how nodes fail whose service account may not write logs; the sentence around the first one is a guess.

    https://cloud.google.com/kubernetes-engine/docs/troubleshooting/service-accounts
    """
    message = (
        f"{_UNREGISTERED.format(nodes=about.nodes)} Node service account is missing permissions: grant it the role "
        "roles/container.defaultNodeServiceAccount."
    )
    code = "NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS"
    return _plain(_PERMISSION_DENIED, "PERMISSION_DENIED", message, after_seconds=600, condition=code)


def _without_agent(about: Circumstances) -> Failure:
    """Return how an operation fails once somebody has deleted GKE's own account; all but its code is a guess.

    https://cloud.google.com/kubernetes-engine/docs/troubleshooting/service-accounts
    """
    message = (
        f"The service account service-{about.number}@container-engine-robot.iam.gserviceaccount.com was deleted or "
        "lacks the role roles/container.serviceAgent."
    )
    return _plain(
        _FAILED_PRECONDITION,
        "FAILED_PRECONDITION",
        message,
        after_seconds=30,
        condition="GKE_SERVICE_ACCOUNT_DELETED",
    )


def _of_instances(fault: _InstanceFault, about: Circumstances) -> Failure:
    reason = f"Instance '{about.instance}' creation failed: " + fault.reason.format(
        project=about.project,
        number=about.number,
        zone=about.zone,
        region=region_of(about.zone),
        instance=about.instance,
        subnetwork=about.subnetwork,
    )
    whole = _waiting(fault, fault.waited, reason, about)
    canonical, number = fault.canonical
    named = {"code": fault.code} if fault.code else {}
    return Failure(
        after_seconds=fault.seconds,
        outcome={"error": {"code": number, "message": reason}, "statusMessage": whole, "detail": whole},
        conditions=[
            {**named, "canonicalCode": canonical, "message": reason},
            {"canonicalCode": canonical, "message": whole},
        ],
        told_after_seconds=fault.told_seconds,
        detail=_waiting(fault, fault.told, reason, about),
        instance_error=(fault.instance_code, reason),
    )


def _waiting(fault: _InstanceFault, waited: str, reason: str, about: Circumstances) -> str:
    return (
        f"{fault.prefix}Not all instances running in IGM after {waited}. Expected {about.nodes}, "
        f"running {about.running}, transitioning {about.nodes - about.running}. "
        f"Current errors: [{fault.group_code}]: {reason}"
    )
