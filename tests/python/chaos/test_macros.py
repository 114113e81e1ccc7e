"""Whatever goes wrong while a macro runs: nothing of others changed, nothing twice, nothing unexplained."""

import pytest

from tests.python.chaos.crew import Stages, play_seed

# The longer a kind of play takes, the fewer; `make chaos` plays as many as one likes.
SEEDS = {"pools": 12, "looks": 8, "forgotten": 8, "setting-up": 4}


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind, seeds in SEEDS.items() for seed in range(seeds)])
def test_nothing_of_others_is_changed_nothing_is_there_twice_and_nothing_is_unexplained(
    kind: str, seed: int, stages: Stages
) -> None:
    played = play_seed(stages, kind, seed, lambda _: None)
    if played.failure:
        pytest.fail(played.failure, pytrace=False)
