import asyncio
import sys
from pathlib import Path

import psutil

from sandbox.programs import Program


def _program(folder: Path, code: str) -> Program:
    return Program("helper", [sys.executable, "-c", code], folder / "log")


def test_a_stopped_program_has_ended(tmp_path: Path) -> None:
    async def story() -> None:
        program = _program(tmp_path, "import signal; print('up', flush=True); signal.pause()")
        await program.start()
        assert not program.ended
        await program.stop()
        await program.stop()
        assert program.ended

    asyncio.run(story())


def test_a_program_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"

    async def story() -> None:
        program = _program(tmp_path, code)
        await program.start()
        while "deaf" not in (tmp_path / "log").read_text():
            await asyncio.sleep(0.01)
        await program.stop(grace_seconds=0.1)
        assert program.ended

    asyncio.run(story())
    assert not [one for one in psutil.Process().children() if code in " ".join(one.cmdline())]


def test_a_failure_tells_the_end_of_the_log(tmp_path: Path) -> None:
    async def story() -> None:
        program = _program(tmp_path, "raise SystemExit('no such flag')")
        await program.start()
        while not program.ended:
            await asyncio.sleep(0.01)
        assert "no such flag" in str(program.failure("ended early"))

    asyncio.run(story())


def test_a_program_that_never_started_has_ended(tmp_path: Path) -> None:
    program = _program(tmp_path, "")
    asyncio.run(program.stop())
    assert program.ended
    assert "helper" in str(program.failure("is not there"))
