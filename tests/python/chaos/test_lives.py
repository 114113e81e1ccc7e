from __future__ import annotations

from typing import Any

from tests.python.chaos.lives import lives_in


def operation(kind: str, place: str, begin: int, end: int | None = None, **more: Any) -> dict[str, Any]:
    times = {"startTime": _at(begin)} | ({"endTime": _at(end), "status": "DONE"} if end is not None else {})
    return {"name": f"{kind}-{begin}", "operationType": kind, "zone": place, "status": "RUNNING", **times, **more}


def _at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}.000000000Z"


def overlapping(*operations: dict[str, Any]) -> bool:
    first, second = lives_in(operations)
    return first.overlaps(second)


def test_a_cluster_that_is_created_while_another_is_still_deleted_overlaps_it() -> None:
    created = operation("CREATE_CLUSTER", "a", 1, 2)
    assert overlapping(created, operation("DELETE_CLUSTER", "a", 3, 6), operation("CREATE_CLUSTER", "b", 5, 7))


def test_one_that_is_created_after_the_other_is_gone_does_not() -> None:
    created = operation("CREATE_CLUSTER", "a", 1, 2)
    assert not overlapping(created, operation("DELETE_CLUSTER", "a", 3, 5), operation("CREATE_CLUSTER", "b", 6, 7))


def test_a_deletion_that_failed_ends_no_life() -> None:
    failed = operation("DELETE_CLUSTER", "a", 3, 4, error={"code": 10})
    assert overlapping(operation("CREATE_CLUSTER", "a", 1, 2), failed, operation("CREATE_CLUSTER", "b", 6, 7))


def test_neither_does_one_that_is_still_running() -> None:
    running = operation("DELETE_CLUSTER", "a", 3)
    assert overlapping(operation("CREATE_CLUSTER", "a", 1, 2), running, operation("CREATE_CLUSTER", "b", 6, 7))
