"""Plays seeds by hand: `.venv/bin/python -m tests.python.chaos --seeds 5000`, or `--seed 17` for one of them, told."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.process import ROOT, SandboxProcess

sys.path.insert(0, str(ROOT / "python-lib"))

from tests.python.chaos.player import Play
from tests.python.chaos.schedules import schedule_of
from tests.python.chaos.stage import SANDBOX_ARGUMENTS, Stage


def main() -> int:
    """Play what the command line asks for; the status is 1 where something that must be true was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.python.chaos", description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--seed", type=int, help="play this one and tell each step")
    chosen.add_argument("--seeds", type=int, help="play that many")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--show", action="store_true", help="print the schedules and play nothing")
    wanted = parser.parse_args()
    seeds = range(wanted.first, wanted.first + wanted.seeds) if wanted.seed is None else [wanted.seed]
    if wanted.show:
        for seed in seeds:
            _say(str(schedule_of(seed)))
        return 0
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        sandbox = SandboxProcess(Path(folder), SANDBOX_ARGUMENTS)
        stage = Stage.build(sandbox, Path(folder) / "dss")
        try:
            failed = _play(stage, seeds, _say if wanted.seed is not None else lambda _: None)
        finally:
            stage.close()
            left = sandbox.stop()
    for process in left:
        _say(f"left behind: {process}")
    return 1 if failed or left else 0


def _play(stage: Stage, seeds: range | list[int], tell: Callable[[str], None]) -> int:
    failed, started = 0, time.monotonic()
    for seed in seeds:
        schedule = schedule_of(seed)
        tell(f"seed {seed}: location {schedule.location}, neighbour {schedule.neighbour.value}")
        try:
            Play(stage, schedule, tell).play()
        except Exception as error:  # the other seeds are played all the same
            failed += 1
            _say(f"{type(error).__name__}: {error}\n{schedule}\n  again: {schedule.rerun_command}\n")
    _say(f"{len(seeds)} seeds, {failed} failed, {time.monotonic() - started:.0f} s")
    return failed


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
