"""The stage that the schedules of one worker share."""

from collections.abc import Iterator

import pytest

from sandbox.process import SandboxProcess
from tests.python.chaos.stage import SANDBOX_ARGUMENTS, Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("chaos")
    sandbox = SandboxProcess(folder, SANDBOX_ARGUMENTS)
    built = Stage.build(sandbox, folder / "dss")
    yield built
    built.close()
    left = sandbox.stop()
    assert not left, left
