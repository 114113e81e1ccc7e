"""Plays seeds by hand: `.venv/bin/python -m tests.python.chaos --seeds 5000`, or `--seed 17` for one of them, told."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterable

from sandbox.process import ROOT

sys.path.insert(0, str(ROOT / "python-lib"))

from tests.python.chaos.crew import WORKERS_PER_CORE, Played, open_stage, play_seed, play_seeds
from tests.python.chaos.schedules import schedule_of
from tests.python.chaos.tally import Tally

_TOLD_EVERY = 250


def main() -> int:
    """Play what the command line asks for; the status is 1 where something that must be true was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.python.chaos", description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--seed", type=int, help="play this one and tell each step")
    chosen.add_argument("--seeds", type=int, help="play that many")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument(
        "--workers",
        type=int,
        default=WORKERS_PER_CORE * (os.cpu_count() or 1),
        help="processes that play, each with a sandbox of its own (default %(default)s)",
    )
    parser.add_argument("--show", action="store_true", help="print the schedules and play nothing")
    wanted = parser.parse_args()
    # As after Ctrl-C: what plays ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seeds = (
        range(wanted.first, wanted.first + wanted.seeds) if wanted.seed is None else range(wanted.seed, wanted.seed + 1)
    )
    if wanted.show:
        for seed in seeds:
            _say(str(schedule_of(seed)))
        return 0
    if wanted.seed is not None:
        return _report(_tell(wanted.seed))
    return _report(play_seeds(seeds, max(1, min(wanted.workers, len(seeds)))))


def _tell(seed: int) -> Iterable[Played]:
    with open_stage(_say) as stage:
        yield play_seed(stage, seed, _say)


def _report(played: Iterable[Played]) -> int:
    total, complaints, started = Tally(), 0, time.monotonic()
    for one in played:
        total.add(one.tally)
        if one.failure:
            complaints += 1
            _say(f"\n{one.failure}\n")
        if one.seed is not None and total.seeds % _TOLD_EVERY == 0:
            _say(f"{total.seeds} seeds, {len(total.failed)} failed, {time.monotonic() - started:.0f} s")
    _say(total.summary(time.monotonic() - started))
    return 1 if complaints else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
