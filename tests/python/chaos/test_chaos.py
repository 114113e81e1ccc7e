"""Whatever goes wrong and whenever the component is killed: nothing lost, nothing left running, nothing unexplained."""

import pytest

from tests.python.chaos.crew import Stages, play_seed
from tests.python.chaos.plays.every import KINDS
from tests.python.chaos.plays.lives import Lives
from tests.python.chaos.schedules import schedule_of


@pytest.mark.parametrize("seed", range(100))
def test_nothing_is_lost_left_running_or_unexplained(seed: int, stages: Stages) -> None:
    played = play_seed(stages, Lives.name, seed, lambda _: None)
    if played.failure:
        pytest.fail(played.failure, pytrace=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_plan_again(kind: str) -> None:
    play = KINDS[kind]
    assert [play.describe(seed) for seed in range(50)] == [play.describe(seed) for seed in range(50)]


@pytest.mark.parametrize("kind", KINDS)
def test_other_seeds_make_other_plans(kind: str) -> None:
    assert len({KINDS[kind].describe(seed).partition("\n")[2] for seed in range(200)}) > 190


def test_other_seeds_of_lives_have_other_places_too() -> None:
    assert len({schedule_of(seed).location for seed in range(200)}) > 3
