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
