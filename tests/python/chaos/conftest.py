"""The stages that the plays of one worker share."""

from collections.abc import Iterator

import pytest

from tests.python.chaos.crew import Stages


@pytest.fixture(scope="session")
def stages() -> Iterator[Stages]:
    left: list[str] = []
    made = Stages(left.append)
    yield made
    made.close()
    assert not left, left
