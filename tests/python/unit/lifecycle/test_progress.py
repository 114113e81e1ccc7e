from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from gke_clusters.google.operations import Operation
from gke_clusters.lifecycle.progress import Progress

RUNNING = Operation("operation-1-a", "CREATE_CLUSTER", "RUNNING", "p", "z", cluster="c")


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_tells_steps_to_the_log_and_percents_to_dss(caplog: pytest.LogCaptureFixture) -> None:
    percents: list[int] = []
    Progress(percents.append).step(5, "Looking")
    assert percents == [5]
    assert caplog.messages == ["Looking"]


def test_never_goes_back() -> None:
    percents: list[int] = []
    progress = Progress(percents.append)
    progress.step(50, "a")
    progress.step(10, "b")
    assert percents == [50, 50]


def test_needs_no_callback() -> None:
    Progress().step(5, "Looking")


def test_goes_on_where_dss_does_not_take_the_progress() -> None:
    def fail(percent: int) -> None:
        raise OSError("pipe closed")

    Progress(fail).step(5, "Looking")


def test_an_operation_fills_its_part_of_the_bar() -> None:
    percents: list[int] = []
    follow = Progress(percents.append).of_operation(10, 90)
    for state in (RUNNING, replace(RUNNING, progress=0.5), replace(RUNNING, status="DONE")):
        follow(state)
    assert percents == [10, 50, 90]


def test_logs_an_operation_when_its_words_or_its_tenth_change(caplog: pytest.LogCaptureFixture) -> None:
    follow = Progress().of_operation(0, 100)
    states = [RUNNING, RUNNING, replace(RUNNING, progress=0.31), replace(RUNNING, progress=0.39)]
    for state in [*states, replace(RUNNING, progress=0.39, detail="Waiting for nodes.")]:
        follow(state)
    assert caplog.messages == [
        "CREATE_CLUSTER of c is RUNNING (operation-1-a)",
        "CREATE_CLUSTER of c is RUNNING, about 30 % (operation-1-a)",
        "CREATE_CLUSTER of c is RUNNING, about 30 %: Waiting for nodes. (operation-1-a)",
    ]


def test_a_story_within_another_fills_its_part_of_the_bar() -> None:
    percents: list[int] = []
    whole = Progress(percents.append)
    part = whole.within(20, 60)
    for percent in (0, 33, 50, 100):
        part.step(percent, "within")
    whole.step(61, "after")
    assert [str(percent) for percent in percents] == ["20", "33", "40", "60", "61"]


def test_begins_at_nothing() -> None:
    percents: list[int] = []
    Progress(percents.append).step(0, "a")
    assert percents == [0]


def test_says_words_with_a_percent_sign_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    Progress().step(5, "100 %s of it")
    assert caplog.messages == ["100 %s of it"]


def test_says_at_debug_why_dss_did_not_take_the_progress(caplog: pytest.LogCaptureFixture) -> None:
    def fail(percent: int) -> None:
        raise OSError("pipe closed")

    caplog.set_level(logging.DEBUG)
    Progress(fail).step(5, "Looking")
    record = caplog.records[-1]
    assert (record.levelno, record.getMessage()) == (logging.DEBUG, "DSS did not take the progress")
    assert "pipe closed" in str(record.exc_text or record.exc_info)


def test_an_operation_without_progress_fills_nothing_until_it_is_over() -> None:
    percents: list[int] = []
    follow = Progress(percents.append).of_operation(20, 70)
    follow(RUNNING)
    follow(replace(RUNNING, status="DONE", progress=0.2))
    assert percents == [20, 70]


def test_the_end_of_an_operation_is_said_without_a_part(caplog: pytest.LogCaptureFixture) -> None:
    follow = Progress().of_operation(0, 100)
    follow(replace(RUNNING, progress=0.0))
    follow(replace(RUNNING, status="DONE", progress=0.9))
    assert caplog.messages == [
        "CREATE_CLUSTER of c is RUNNING, about 0 % (operation-1-a)",
        "CREATE_CLUSTER of c is DONE (operation-1-a)",
    ]


def test_two_operations_are_said_each_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress()
    for _ in range(2):
        progress.of_operation(0, 100)(RUNNING)
    assert caplog.messages == ["CREATE_CLUSTER of c is RUNNING (operation-1-a)"] * 2


def test_a_story_within_another_needs_no_callback_either() -> None:
    Progress().within(20, 60).step(50, "within")
