"""Plays seeds by hand: `.venv/bin/python -m tests.python.chaos --seeds 5000` of each kind, or one, each step told.

One: `.venv/bin/python -m tests.python.chaos --kind pools --seed 17`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sandbox.process import ROOT

sys.path.insert(0, str(ROOT / "python-lib"))

from tests.python.chaos.crew import WORKERS_PER_CORE, Played, Stages, play_seed, play_seeds
from tests.python.chaos.plays.every import KINDS
from tests.python.chaos.tally import Tally

_TOLD_EVERY = 250


def main() -> int:
    """Play what the command line asks for; the status is 1 where something that must be true was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.python.chaos", description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--seed", type=int, help="play this one and tell each step")
    chosen.add_argument("--seeds", type=int, help="play that many of each kind")
    parser.add_argument("--kind", action="append", choices=tuple(KINDS), help="only these (default: all of them)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument(
        "--workers",
        type=int,
        default=WORKERS_PER_CORE * (os.cpu_count() or 1),
        help="processes that play, each with sandboxes of its own (default %(default)s)",
    )
    parser.add_argument("--show", action="store_true", help="print what is planned and play nothing")
    wanted = parser.parse_args()
    # As after Ctrl-C: what plays ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    first, number = (wanted.first, wanted.seeds) if wanted.seed is None else (wanted.seed, 1)
    plays = [(kind, seed) for seed in range(first, first + number) for kind in wanted.kind or KINDS]
    if wanted.show:
        for kind, seed in plays:
            _say(KINDS[kind].describe(seed))
        return 0
    if wanted.seed is not None:
        return _report(_tell(plays))
    return _report(play_seeds(plays, max(1, min(wanted.workers, len(plays)))))


def _tell(plays: Sequence[tuple[str, int]]) -> Iterator[Played]:
    stages = Stages(_say)
    try:
        for kind, seed in plays:
            yield play_seed(stages, kind, seed, _say)
    finally:
        stages.close()


def _report(played: Iterable[Played]) -> int:
    totals: defaultdict[str, Tally] = defaultdict(Tally)
    complaints, started = 0, time.monotonic()
    try:
        for one in played:
            if one.failure:
                complaints += 1
                _say(f"\n{one.failure}\n")
            if one.seed is None:
                continue
            total = totals[one.kind]
            total.add(one.tally)
            if total.seeds % _TOLD_EVERY == 0:
                _say(f"{one.kind}: {total.seeds} seeds, {len(total.failed)} failed, {time.monotonic() - started:.0f} s")
    finally:
        # Also of a run that was interrupted.
        for kind, total in totals.items():
            _say(f"\n{kind}: {total.summary()}")
        _say(f"\n{sum(total.seeds for total in totals.values())} seeds in {time.monotonic() - started:.0f} s")
    return 1 if complaints else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
