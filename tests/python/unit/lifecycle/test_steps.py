from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import DssRefused, Problem, SettingsError
from gke_clusters.lifecycle.steps import StepsTaken
from gke_clusters.reports.checklist import Outcome, Step

FAILURE = DssRefused("DSS refused to do that.")


def fail() -> Any:
    raise FAILURE


def change() -> Any:
    return Outcome.CHANGED, ["a line", "another"]


def test_a_step_bears_its_title_its_outcome_and_its_lines() -> None:
    taken = StepsTaken()
    taken.take("First", change)
    assert taken.steps == [Step("First", Outcome.CHANGED, ("a line", "another"))]
    assert taken.notes == []
    assert taken.obstacle is None


def test_one_that_fails_is_named_as_the_obstacle_of_those_after_it() -> None:
    taken = StepsTaken()
    taken.take("First", fail)
    taken.take("Second", change)
    assert taken.steps == [
        Step.failed("First", FAILURE),
        Step("Second", Outcome.SKIPPED, ("“First” failed.",)),
    ]


def test_a_step_may_be_taken_despite_an_obstacle_and_leaves_the_first_one() -> None:
    taken = StepsTaken()
    taken.take("First", fail)
    taken.take("Second", fail, despite_obstacle=True)
    taken.take("Third", change, despite_obstacle=True)
    assert [step.outcome for step in taken.steps] == [Outcome.FAILED, Outcome.FAILED, Outcome.CHANGED]
    assert taken.obstacle == "“First” failed."


def test_a_failure_stands_in_the_log_with_its_step(caplog: pytest.LogCaptureFixture) -> None:
    StepsTaken().take("First", fail)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("First: DSS refused to do that.")


def test_a_wrong_field_ends_the_macro() -> None:
    def refuse() -> Any:
        raise SettingsError([Problem("Bucket", "it does not exist")])

    taken = StepsTaken()
    with pytest.raises(SettingsError):
        taken.take("First", refuse)
    assert taken.steps == []
