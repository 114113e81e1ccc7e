"""From a failed operation of GKE to a failure an administrator can act upon.

GKE's own codes: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/StatusCondition
"""

from __future__ import annotations

from collections.abc import Iterator

from gke_clusters.errors import GkeClustersError, OperationFailed
from gke_clusters.google.evidence import Evidence, Scene
from gke_clusters.google.known_failures import known_failure
from gke_clusters.google.operations import CANCELLED, Condition, Operation


def operation_failure(operation: Operation) -> GkeClustersError:
    """Choose the failure that a failed operation means, by its codes first, by its words second.

    What is known wins over what is not, such as an internal error or machines that do not run; of several that are
    known, the one that Google says first. What instance groups say can be among the failures: their codes are known.

    Args:
        operation: One with ``failures``.
    """
    subject = f"{operation.kind} of {operation.cluster}" if operation.cluster else operation.kind
    words = "\n".join(_said(condition) for condition in _distinct(operation.failures))
    known = known_failure(
        Scene(
            lead=f"{subject} failed",
            resource=operation.path,
            project=operation.project,
            location=operation.location,
            verbatim=words,
            evidence=tuple(
                Evidence(condition.message, frozenset({condition.code} - {""})) for condition in operation.failures
            ),
        )
    )
    if known:
        return known
    if any(condition.code == CANCELLED for condition in operation.failures):
        return OperationFailed(
            f"{subject} was cancelled.",
            resource=operation.path,
            verbatim=words,
            remedy="Find out who cancelled it in the audit log of the project, then start again.",
        )
    return OperationFailed(f"{subject} failed.", resource=operation.path, verbatim=words)


def _distinct(failures: tuple[Condition, ...]) -> Iterator[Condition]:
    """Leave out what another failure says as well: Google repeats itself in each of its fields."""
    said: list[str] = []
    for failure in failures:
        if not any(failure.message in earlier for earlier in said):
            said.append(failure.message)
            yield failure


def _said(condition: Condition) -> str:
    return f"[{condition.code}] {condition.message}" if condition.code else condition.message
