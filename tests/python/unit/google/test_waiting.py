from __future__ import annotations

import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gke_clusters.errors import OperationTimeout
from gke_clusters.google import deadlines
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.google.waiting import pause_seconds, wait_for_end

RUNNING = Operation("operation-1-a", "CREATE_CLUSTER", "RUNNING", "p", "z", cluster="c")
DONE = replace(RUNNING, status="DONE")


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        monkeypatch.setattr(deadlines, "time", SimpleNamespace(monotonic=lambda: self.now))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


class Reader:
    """Answers with one state after the other, the last one for ever."""

    def __init__(self, *states: Operation | None) -> None:
        self.states = list(states)
        self.asked: list[str] = []
        self.patience: list[float] = []

    def find_operation(
        self, project: str, location: str, name: str, *, patience_seconds: float = 0
    ) -> Operation | None:
        self.asked.append(f"{project}/{location}/{name}")
        self.patience.append(patience_seconds)
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_asks_until_it_is_done(clock: Clock) -> None:
    reader = Reader(RUNNING, RUNNING, DONE)
    assert wait_for_end(reader, RUNNING, Deadline(60), sleep=clock.sleep) == DONE
    assert reader.asked == ["p/z/operation-1-a"] * 3


def test_asks_nothing_of_an_operation_that_is_over(clock: Clock) -> None:
    reader = Reader(None)
    assert wait_for_end(reader, DONE, Deadline(60), sleep=clock.sleep) == DONE
    assert reader.asked == []


def test_reports_each_state_it_saw(clock: Clock) -> None:
    seen: list[Operation] = []
    half = replace(RUNNING, progress=0.5)
    wait_for_end(Reader(half, DONE), RUNNING, Deadline(60), seen.append, sleep=clock.sleep)
    assert seen == [RUNNING, half, DONE]


def test_gives_up_at_the_deadline_and_names_the_operation(clock: Clock) -> None:
    with pytest.raises(OperationTimeout) as caught:
        wait_for_end(Reader(replace(RUNNING, detail="Nodes.")), RUNNING, Deadline(600), sleep=clock.sleep)
    assert clock.now == pytest.approx(600)
    assert caught.value.resource == "projects/p/locations/z/operations/operation-1-a"
    assert "10 minutes" in caught.value.cause
    assert caught.value.verbatim == "Nodes."
    assert "operations describe operation-1-a --location z --project p" in caught.value.remedy


def test_looks_once_more_at_the_deadline(clock: Clock) -> None:
    class LateReader(Reader):
        def find_operation(self, *args: str, patience_seconds: float = 0) -> Operation | None:
            return DONE if clock.now >= 30 else RUNNING

    assert wait_for_end(LateReader(None), RUNNING, Deadline(30), sleep=clock.sleep) == DONE


def test_lets_google_be_silent_until_the_deadline(clock: Clock) -> None:
    reader = Reader(DONE)
    wait_for_end(reader, RUNNING, Deadline(3600), sleep=clock.sleep)
    assert reader.patience == [pytest.approx(3599.5)]


def test_returns_an_operation_that_google_forgot_as_it_was(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    assert wait_for_end(Reader(None), RUNNING, Deadline(60), sleep=clock.sleep) == RUNNING
    assert "does not know operation-1-a any more" in caplog.text


def test_an_aborted_operation_is_no_success_though_it_is_done(clock: Clock) -> None:
    reader = Reader(replace(RUNNING, status="ABORTING"), replace(DONE, detail="Cancelled by x."))
    ended = wait_for_end(reader, RUNNING, Deadline(60), sleep=clock.sleep)
    assert ended.done
    assert ended.failures == (Condition("CANCELLED", "Cancelled by x."),)


def test_an_aborted_operation_with_a_failure_is_judged_by_the_failure(clock: Clock) -> None:
    failed = replace(DONE, failures=(Condition("", "It broke."),))
    reader = Reader(replace(RUNNING, status="ABORTING"), failed)
    assert wait_for_end(reader, RUNNING, Deadline(60), sleep=clock.sleep) == failed


def test_warns_of_a_remark_on_a_success(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    wait_for_end(Reader(replace(DONE, detail="Some addon is slow.")), RUNNING, Deadline(60), sleep=clock.sleep)
    assert "Some addon is slow." in caplog.text


def test_asks_densely_at_first() -> None:
    assert pause_seconds(0, None) == pytest.approx(0.5)
    assert pause_seconds(3, None) == pytest.approx(0.5)


def test_asks_more_rarely_the_longer_it_lasts() -> None:
    assert pause_seconds(60, None) == pytest.approx(6)
    assert pause_seconds(2000, None) == pytest.approx(15)


def test_asks_rarely_while_the_end_is_far_and_densely_near_it() -> None:
    assert pause_seconds(100, 0.2) == pytest.approx(15)
    assert pause_seconds(350, 0.95) == pytest.approx(7)
    assert pause_seconds(30, 0.99) == pytest.approx(0.6)


def test_asks_not_ever_more_often_where_progress_is_stuck_near_its_end() -> None:
    assert pause_seconds(700, 0.99) == pytest.approx(14)
