from __future__ import annotations

from itertools import product

import pytest

from gke_clusters.lifecycle.adoption import Decision, decide

STATUSES = ["PROVISIONING", "RUNNING", "RECONCILING", "STOPPING", "ERROR", "DEGRADED", "STATUS_UNSPECIFIED", "4711"]
ANY = [False, True]
THREE = list(product(ANY, ANY, ANY))


@pytest.mark.parametrize(("ours", "busy", "well"), THREE)
def test_creates_where_nothing_is(ours: bool, busy: bool, well: bool) -> None:
    assert decide(None, ours=ours, busy=busy, creation_succeeded=well) is Decision.CREATE


@pytest.mark.parametrize(("ours", "busy", "well"), THREE)
def test_waits_for_a_deletion_whoever_asked_for_it(ours: bool, busy: bool, well: bool) -> None:
    assert decide("STOPPING", ours=ours, busy=busy, creation_succeeded=well) is Decision.AWAIT_DELETION


@pytest.mark.parametrize(("status", "busy", "well"), list(product([s for s in STATUSES if s != "STOPPING"], ANY, ANY)))
def test_refuses_what_is_not_ours_in_any_status(status: str, busy: bool, well: bool) -> None:
    assert decide(status, ours=False, busy=busy, creation_succeeded=well) is Decision.REFUSE_FOREIGN


@pytest.mark.parametrize(("status", "well"), list(product([s for s in STATUSES if s != "STOPPING"], ANY)))
def test_waits_while_an_operation_runs_on_what_is_ours(status: str, well: bool) -> None:
    assert decide(status, ours=True, busy=True, creation_succeeded=well) is Decision.RESUME


@pytest.mark.parametrize(
    ("status", "well", "expected"),
    [
        ("PROVISIONING", False, Decision.RESUME),
        ("PROVISIONING", True, Decision.RESUME),
        ("RECONCILING", False, Decision.RESUME),
        ("RECONCILING", True, Decision.RESUME),
        ("RUNNING", False, Decision.ADOPT),
        ("RUNNING", True, Decision.ADOPT),
        ("ERROR", False, Decision.REPLACE),
        ("ERROR", True, Decision.REPLACE),
        ("DEGRADED", False, Decision.REPLACE),
        ("DEGRADED", True, Decision.REFUSE_BROKEN),
        ("STATUS_UNSPECIFIED", False, Decision.RESUME),
        ("4711", True, Decision.RESUME),
    ],
)
def test_decides_by_status_about_what_is_ours_and_at_rest(status: str, well: bool, expected: Decision) -> None:
    assert decide(status, ours=True, creation_succeeded=well) is expected
