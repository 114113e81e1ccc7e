"""Whatever goes wrong and whenever the component is killed: nothing lost, nothing left running, nothing unexplained."""

import os

import pytest

from tests.python.chaos.crew import play_seed
from tests.python.chaos.schedules import schedule_of
from tests.python.chaos.stage import Stage

SEEDS = range(int(os.environ.get("SEEDS", "100")))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_left_running_or_unexplained(seed: int, stage: Stage) -> None:
    played = play_seed(stage, seed, lambda _: None)
    if played.failure:
        pytest.fail(played.failure, pytrace=False)


def test_a_seed_makes_the_same_schedule_again() -> None:
    assert [schedule_of(seed) for seed in range(50)] == [schedule_of(seed) for seed in range(50)]


def test_other_seeds_make_other_schedules() -> None:
    assert len({str(schedule_of(seed)).partition(":")[2] for seed in range(200)}) > 190
