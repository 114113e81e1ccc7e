from __future__ import annotations

import pytest

from gke_clusters.errors import GkeClustersError, OperationFailed, PermissionDenied, QuotaExceeded, Stockout
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation


def failed(*failures: Condition, cluster: str | None = "c") -> GkeClustersError:
    return operation_failure(
        Operation("operation-1-a", "CREATE_CLUSTER", "DONE", "p", "z", cluster=cluster, failures=failures)
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("GCE_STOCKOUT", "Any words."), Stockout),
        (Condition("GCE_QUOTA_EXCEEDED", "Any words."), QuotaExceeded),
        (Condition("NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS", "Any words."), PermissionDenied),
        (Condition("UNKNOWN", "Any words."), OperationFailed),
    ],
)
def test_the_code_decides(condition: Condition, expected: type[GkeClustersError]) -> None:
    failure = failed(condition)
    assert type(failure) is expected
    assert failure.verbatim == f"[{condition.code}] Any words."
    assert failure.resource == "projects/p/locations/z/operations/operation-1-a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The zone 'projects/p/zones/z' does not have enough resources available.", Stockout),
        ("Current errors: [GCE_STOCKOUT]: Instance 'x' creation failed.", Stockout),
        ("Instance 'x' creation failed: Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 8.0 in region r.", QuotaExceeded),
        ("Insufficient quota to satisfy the request: Not all instances running.", QuotaExceeded),
        ("All cluster resources were brought up, but: component failed.", OperationFailed),
    ],
)
def test_the_text_decides_where_the_code_is_the_canonical_one(text: str, expected: type[GkeClustersError]) -> None:
    assert type(failed(Condition("RESOURCE_EXHAUSTED", text))) is expected


def test_a_code_wins_over_the_text_of_another_failure() -> None:
    assert type(failed(Condition("", "Quota 'CPUS' exceeded."), Condition("GCE_STOCKOUT", "No machines."))) is Stockout


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Constraint constraints/compute.vmExternalIpAccess violated", "private nodes"),
        ("CLOUD_KMS_KEY_ERROR", "encryption key"),
        ("GKE_SERVICE_ACCOUNT_DELETED", "service agent"),
        ("IP_SPACE_EXHAUSTED", "larger or other range"),
    ],
)
def test_gives_advice_for_what_it_recognises(text: str, advice: str) -> None:
    assert advice in failed(Condition("", text)).remedy


def test_says_that_it_was_cancelled_where_nothing_else_went_wrong() -> None:
    failure = failed(Condition("CANCELLED", "By somebody."))
    assert failure.cause == "CREATE_CLUSTER of c was cancelled."
    assert "audit log" in failure.remedy


def test_says_each_thing_once() -> None:
    failures = [Condition("A", "Twice: it broke."), Condition("", "it broke."), Condition("", "Twice: it broke.")]
    assert failed(*failures).verbatim == "[A] Twice: it broke."


def test_names_the_cluster_if_there_is_one() -> None:
    assert failed(Condition("", "x")).cause == "CREATE_CLUSTER of c failed."
    assert failed(Condition("", "x"), cluster=None).cause == "CREATE_CLUSTER failed."
