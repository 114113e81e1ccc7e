"""Wordings: GoogleCloudPlatform/magic-modules#17936 (stockout), sig-storage-local-static-provisioner#526 (quota),
hashicorp/terraform-cdk#1964 (addresses), monolith-to-microservices#113 (policy) on GitHub.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.errors import (
    AddressesExhausted,
    EncryptionKeyUnusable,
    GkeClustersError,
    NodeServiceAccountUnusable,
    OperationFailed,
    OrganizationPolicy,
    QuotaExceeded,
    ServiceAgentUnusable,
    Shortage,
    Stockout,
)
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation

NO_MACHINES = (
    "Not all instances running in IGM after 35m8.77s. Expected 1, running 0, transitioning 1. Current errors:"
    " [GCE_STOCKOUT]: Instance 'gke-c-pool-1' creation failed: The zone 'projects/p/zones/us-east1-b' does not have"
    " enough resources available to fulfill the request."
)


def failed(*failures: Condition, cluster: str | None = "c", location: str = "us-east1-b") -> GkeClustersError:
    return operation_failure(
        Operation("operation-1-a", "CREATE_CLUSTER", "DONE", "p", location, cluster=cluster, failures=failures)
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("GCE_STOCKOUT", Stockout),
        ("GCE_QUOTA_EXCEEDED", QuotaExceeded),
        ("CLOUD_KMS_KEY_ERROR", EncryptionKeyUnusable),
        ("CLOUD_KMS_KEY_DESTROYED", EncryptionKeyUnusable),
        ("GKE_SERVICE_ACCOUNT_DELETED", ServiceAgentUnusable),
        ("NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS", NodeServiceAccountUnusable),
        ("UNKNOWN", OperationFailed),
        # What an instance group says of a machine:
        # https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation
        ("ZONE_RESOURCE_POOL_EXHAUSTED", Stockout),
        ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", Stockout),
        ("QUOTA_EXCEEDED", QuotaExceeded),
        ("IP_SPACE_EXHAUSTED", AddressesExhausted),
        ("IP_SPACE_EXHAUSTED_WITH_DETAILS", AddressesExhausted),
        ("PERMISSIONS_ERROR", ServiceAgentUnusable),
        ("CONDITION_NOT_MET", OperationFailed),
        ("RESOURCE_NOT_FOUND", OperationFailed),
    ],
)
def test_the_code_decides(code: str, expected: type[GkeClustersError]) -> None:
    failure = failed(Condition(code, "Any words."))
    assert type(failure) is expected
    assert failure.verbatim == f"[{code}] Any words."
    assert failure.resource == "projects/p/locations/us-east1-b/operations/operation-1-a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The zone 'projects/p/zones/z' does not have enough resources available.", Stockout),
        ("Current errors: [GCE_STOCKOUT]: Instance 'x' creation failed.", Stockout),
        ("Instance 'x' creation failed: Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 8.0 in region r.", QuotaExceeded),
        ("Insufficient quota to satisfy the request: Not all instances running.", QuotaExceeded),
        ("[CONDITION_NOT_MET]: Constraint constraints/compute.vmExternalIpAccess violated.", OrganizationPolicy),
        ("All cluster resources were brought up, but: component failed.", OperationFailed),
    ],
)
def test_the_text_decides_where_the_code_is_the_canonical_one(text: str, expected: type[GkeClustersError]) -> None:
    assert type(failed(Condition("RESOURCE_EXHAUSTED", text))) is expected


def test_a_code_wins_over_the_text_of_another_failure() -> None:
    assert type(failed(Condition("", "Quota 'CPUS' exceeded."), Condition("GCE_STOCKOUT", "No machines."))) is Stockout


def test_the_first_of_two_codes_wins() -> None:
    quota, stockout = Condition("GCE_QUOTA_EXCEEDED", "a"), Condition("GCE_STOCKOUT", "b")
    assert type(failed(quota, stockout)) is QuotaExceeded
    assert type(failed(stockout, quota)) is Stockout


def test_a_remark_on_the_nodes_service_account_hides_no_cause() -> None:
    remark = Condition("NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS", "Grant it a role.")
    assert type(failed(remark, Condition("INTERNAL", "Quota 'CPUS' exceeded."))) is QuotaExceeded


def test_names_the_zone_that_has_no_machines() -> None:
    failure = failed(Condition("", NO_MACHINES), location="us-east1")
    assert isinstance(failure, Stockout)
    assert failure.cause == (
        "CREATE_CLUSTER of c failed: the zone us-east1-b has no machines of that type free at the moment."
    )
    assert failure.zones == ("us-east1-b",)


def test_names_every_quota_that_machines_lacked() -> None:
    failure = failed(
        Condition("GCE_QUOTA_EXCEEDED", "Quota 'CPUS' exceeded.  Limit: 8.0 in region r."),
        Condition("", "Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 4.0 in region r."),
    )
    assert isinstance(failure, QuotaExceeded)
    assert failure.shortages == (Shortage("CPUS", limit=8, place="r"), Shortage("IN_USE_ADDRESSES", limit=4, place="r"))


def test_says_that_it_was_cancelled_where_nothing_else_went_wrong() -> None:
    failure = failed(Condition("CANCELLED", "By somebody."))
    assert failure.cause == "CREATE_CLUSTER of c was cancelled."
    assert "audit log" in failure.remedy


@pytest.mark.parametrize("code", ["CANCELLED", "UNKNOWN", "GCE_STOCKOUT"])
def test_every_failure_names_the_operation_and_repeats_what_google_said(code: str) -> None:
    failure = failed(Condition(code, "One thing."), Condition("", "Another thing."))
    assert failure.resource == "projects/p/locations/us-east1-b/operations/operation-1-a"
    assert failure.verbatim == f"[{code}] One thing.\nAnother thing."


def test_names_the_project_whose_quota_is_too_small() -> None:
    assert "project p" in failed(Condition("GCE_QUOTA_EXCEEDED", "Any words.")).cause


def test_says_each_thing_once() -> None:
    failures = [Condition("A", "Twice: it broke."), Condition("", "it broke."), Condition("", "Twice: it broke.")]
    assert failed(*failures).verbatim == "[A] Twice: it broke."


def test_names_the_cluster_if_there_is_one() -> None:
    assert failed(Condition("", "x")).cause == "CREATE_CLUSTER of c failed."
    assert failed(Condition("", "x"), cluster=None).cause == "CREATE_CLUSTER failed."


UNKNOWN = st.builds(
    Condition,
    st.sampled_from(["", "UNKNOWN", "INTERNAL", "CA_EXPIRING", "SET_BY_OPERATOR", "CONDITION_NOT_MET", "CANCELLED"]),
    st.sampled_from(["", "Internal error.", "Not all instances running in IGM after 1m. Expected 3, running 0."]),
)
KNOWN = st.builds(
    Condition,
    st.sampled_from(["", "GCE_QUOTA_EXCEEDED", "PERMISSIONS_ERROR", "IP_SPACE_EXHAUSTED", "CLOUD_KMS_KEY_ERROR"]),
    st.sampled_from(["Quota 'CPUS' exceeded.  Limit: 8.0", "constraints/a.b", "IP space of 'x' is exhausted"])
    | st.text(),
)
STOCKOUT = st.sampled_from(
    [Condition("GCE_STOCKOUT", ""), Condition("", NO_MACHINES), Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "None.")]
)


@given(st.lists(UNKNOWN, max_size=4), STOCKOUT, st.lists(UNKNOWN, max_size=4))
def test_a_stockout_anywhere_wins_over_what_is_unknown(
    before: list[Condition], stockout: Condition, after: list[Condition]
) -> None:
    assert type(failed(*before, stockout, *after)) is Stockout


@given(st.lists(UNKNOWN | KNOWN | STOCKOUT, min_size=1, max_size=6))
def test_any_mixture_is_one_failure_and_always_the_same(failures: list[Condition]) -> None:
    failure = failed(*failures)
    assert str(failure) == str(failed(*failures))
    assert all(condition.message in (failure.verbatim or "") for condition in failures)


@given(st.lists(UNKNOWN, max_size=5), st.lists(KNOWN, min_size=1, max_size=1), st.randoms(use_true_random=False))
def test_what_is_unknown_decides_nothing_in_any_order(
    unknown: list[Condition], known: list[Condition], chance: random.Random
) -> None:
    alone = type(failed(*known))
    mixed = [*unknown, *known]
    chance.shuffle(mixed)
    assert type(failed(*mixed)) is alone
