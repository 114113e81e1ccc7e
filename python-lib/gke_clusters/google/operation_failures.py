"""From a failed operation of GKE to a failure an administrator can act upon.

GKE's own codes: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/StatusCondition
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gke_clusters.errors import GkeClustersError, OperationFailed, PermissionDenied, QuotaExceeded, Stockout
from gke_clusters.google.operations import CANCELLED, Condition, Operation

_STOCKOUT_TEXT: Final = re.compile(
    r"GCE_STOCKOUT|ZONE_RESOURCE_POOL_EXHAUSTED|does not have enough resources available", re.IGNORECASE
)
_QUOTA_TEXT: Final = re.compile(
    r"GCE_QUOTA_EXCEEDED|Quota '[^']+' exceeded|insufficient (?:regional )?quota", re.IGNORECASE
)
_REMEDIES: Final = (
    (
        re.compile(r"constraints/compute\.vmExternalIpAccess"),
        (
            "The organization forbids nodes with external addresses: create the cluster with private nodes (expert JSON"
            ' {"networkConfig": {"defaultEnablePrivateNodes": true}}) in a network with Cloud NAT.'
        ),
    ),
    (
        re.compile(r"KMS_KEY"),
        "Check that the encryption key is enabled and that the service agents of GKE and Compute Engine may use it.",
    ),
    (
        re.compile(r"GKE_SERVICE_ACCOUNT_DELETED"),
        "Restore the GKE service agent: disable and enable container.googleapis.com in the project.",
    ),
    (
        re.compile(r"IP_SPACE_EXHAUSTED|free IP", re.IGNORECASE),
        "Give the cluster a larger or other range for its pods and services, or fewer nodes.",
    ),
)


def operation_failure(operation: Operation) -> GkeClustersError:
    """Choose the failure that a failed operation means, by its codes first, by its text second.

    Args:
        operation: One with ``failures``.
    """
    codes = {condition.code for condition in operation.failures}
    words = "\n".join(_said(condition) for condition in _distinct(operation.failures))
    subject = f"{operation.kind} of {operation.cluster}" if operation.cluster else operation.kind
    if "GCE_STOCKOUT" in codes or _STOCKOUT_TEXT.search(words):
        return Stockout(
            f"{subject} failed: the zone has no machines of that type free at the moment.",
            resource=operation.path,
            verbatim=words,
        )
    if "GCE_QUOTA_EXCEEDED" in codes or _QUOTA_TEXT.search(words):
        return QuotaExceeded(
            f"{subject} failed: the quota of project {operation.project} is too small.",
            resource=operation.path,
            verbatim=words,
        )
    if "NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS" in codes:
        return PermissionDenied(
            f"{subject} failed: the service account of the nodes lacks permissions.",
            resource=operation.path,
            verbatim=words,
            remedy="Grant that service account roles/container.defaultNodeServiceAccount on the project.",
        )
    if CANCELLED in codes:
        return OperationFailed(
            f"{subject} was cancelled.",
            resource=operation.path,
            verbatim=words,
            remedy="Find out who cancelled it in the audit log of the project, then start again.",
        )
    remedy = next((advice for pattern, advice in _REMEDIES if pattern.search(words)), None)
    return OperationFailed(f"{subject} failed.", resource=operation.path, verbatim=words, remedy=remedy)


def _distinct(failures: tuple[Condition, ...]) -> Iterator[Condition]:
    """Leave out what another failure says as well: Google repeats itself in each of its fields."""
    said: list[str] = []
    for failure in failures:
        if not any(failure.message in earlier for earlier in said):
            said.append(failure.message)
            yield failure


def _said(condition: Condition) -> str:
    return f"[{condition.code}] {condition.message}" if condition.code else condition.message
