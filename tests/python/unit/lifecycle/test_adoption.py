from __future__ import annotations

from itertools import product

import pytest

from gke_clusters.lifecycle.adoption import Decision, decide

STATUSES = ["PROVISIONING", "RUNNING", "RECONCILING", "STOPPING", "ERROR", "DEGRADED", "STATUS_UNSPECIFIED", "4711"]
ANY = [False, True]
AT_REST = [status for status in STATUSES if status != "STOPPING"]
THREE = list(product(ANY, ANY, ANY))


@pytest.mark.parametrize(("ours", "busy", "failed"), THREE)
def test_creates_where_nothing_is(ours: bool, busy: bool, failed: bool) -> None:
    assert decide(None, ours=ours, busy=busy, creation_failed=failed) is Decision.CREATE


@pytest.mark.parametrize(("ours", "busy", "failed"), THREE)
def test_waits_for_a_deletion_whoever_asked_for_it(ours: bool, busy: bool, failed: bool) -> None:
    assert decide("STOPPING", ours=ours, busy=busy, creation_failed=failed) is Decision.AWAIT_DELETION


@pytest.mark.parametrize(("status", "busy", "failed"), list(product(AT_REST, ANY, ANY)))
def test_refuses_what_is_not_ours_in_any_status(status: str, busy: bool, failed: bool) -> None:
    assert decide(status, ours=False, busy=busy, creation_failed=failed) is Decision.REFUSE_FOREIGN


@pytest.mark.parametrize(("status", "failed"), list(product(AT_REST, ANY)))
def test_waits_while_an_operation_runs_on_what_is_ours(status: str, failed: bool) -> None:
    assert decide(status, ours=True, busy=True, creation_failed=failed) is Decision.RESUME


@pytest.mark.parametrize(
    ("status", "failed", "expected"),
    [
        ("PROVISIONING", False, Decision.RESUME),
        ("PROVISIONING", True, Decision.RESUME),
        ("RECONCILING", False, Decision.RESUME),
        ("RECONCILING", True, Decision.RESUME),
        ("RUNNING", False, Decision.ADOPT),
        ("RUNNING", True, Decision.ADOPT),
        ("ERROR", False, Decision.REFUSE_BROKEN),
        ("ERROR", True, Decision.REPLACE),
        ("DEGRADED", False, Decision.REFUSE_BROKEN),
        ("DEGRADED", True, Decision.REPLACE),
        ("STATUS_UNSPECIFIED", False, Decision.RESUME),
        ("4711", True, Decision.RESUME),
    ],
)
def test_decides_by_status_about_what_is_ours_and_at_rest(status: str, failed: bool, expected: Decision) -> None:
    assert decide(status, ours=True, creation_failed=failed) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("RECONCILING", Decision.ADOPT), ("RUNNING", Decision.ADOPT), ("DEGRADED", Decision.REFUSE_BROKEN)],
)
def test_adopts_what_reconciles_by_itself_for_long(status: str, expected: Decision) -> None:
    assert decide(status, ours=True, settled=True) is expected


def test_waits_for_an_operation_however_long_it_reconciles() -> None:
    assert decide("RECONCILING", ours=True, busy=True, settled=True) is Decision.RESUME


@pytest.mark.parametrize("status", AT_REST)
def test_replaces_what_a_failed_start_left_in_any_status(status: str) -> None:
    assert decide(status, ours=True, start_failed=True) is Decision.REPLACE


def test_never_replaces_what_is_not_ours_whatever_failed() -> None:
    assert decide("ERROR", ours=False, start_failed=True) is Decision.REFUSE_FOREIGN


def test_waits_for_an_operation_on_what_a_failed_start_left() -> None:
    assert decide("RUNNING", ours=True, busy=True, start_failed=True) is Decision.RESUME
