"""The simulated GKE against recorded traffic of the real one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.gcp.container.replay import Figures, Replayer, scenario_files

RECORDINGS = scenario_files([Path(__file__).resolve().parents[1] / "data" / "gke-traffic"])


@pytest.fixture(scope="module")
def figures(sandbox) -> list[Figures]:
    """The figures of every recorded scenario, in the order of RECORDINGS."""

    def play(file: Path) -> Figures:
        return Replayer(sandbox.container_url, sandbox.token, sandbox.project, sandbox.project_number).play(file)

    # Scenarios spend their time waiting for operations, each on a cluster of its own.
    with ThreadPoolExecutor(len(RECORDINGS)) as pool:
        return list(pool.map(play, RECORDINGS))


def test_every_recorded_status_is_answered(figures: list[Figures]) -> None:
    assert len(figures) == 11
    assert [each.status for each in figures] == [1.0] * 11


def test_recorded_fields_are_answered(figures: list[Figures]) -> None:
    assert Figures.mean(figures).recall >= 0.98


def test_little_is_answered_that_was_not_recorded(figures: list[Figures]) -> None:
    assert Figures.mean(figures).precise >= 0.95


def test_values_are_the_recorded_ones(figures: list[Figures]) -> None:
    assert Figures.mean(figures).values >= 0.99
