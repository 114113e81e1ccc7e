"""Plays many seeds with several processes, each with sandboxes of its own, and tells what became of each."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.process import SandboxFailedError, SandboxProcess
from tests.python.chaos.judge import Violation
from tests.python.chaos.plays.every import KINDS
from tests.python.chaos.plays.kind import Teller
from tests.python.chaos.stage import SANDBOX_ARGUMENTS, Stage
from tests.python.chaos.tally import Tally

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import Queue

WORKERS_PER_CORE: Final = 2
"""A schedule waits for about half of its time."""
# The sandbox remembers every request and every operation: after so many schedules a new one answers faster.
_SEEDS_PER_STAGE: Final = 100
_LOOK_SECONDS: Final = 1.0


class CrewLostError(Exception):
    """A process that plays seeds ended before its work was done."""


@dataclass(frozen=True)
class Played:
    """What became of one seed.

    Attributes:
        kind: of the play; empty for what is about none.
        seed: which one; None for what is about none of them.
        tally: what happened in it.
        failure: what must be true and was not, with all that is needed to look into it; empty if all was well.
    """

    kind: str
    seed: int | None
    tally: Tally
    failure: str = ""


@contextmanager
def open_stage(complain: Callable[[str], None], dss_version: str = "15") -> Iterator[Stage]:
    """Give a new sandbox and a new process of the plugin, and end both.

    Args:
        complain: told of each process that is left behind.
        dss_version: of the simulated DSS.
    """
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        sandbox = SandboxProcess(Path(folder), (*SANDBOX_ARGUMENTS, "--dss-version", dss_version))
        try:
            stage = Stage.build(sandbox, Path(folder) / "dss")
            try:
                yield stage
            finally:
                stage.close()
        finally:
            try:
                for process in sandbox.stop():
                    complain(f"left behind: {process}")
            except SandboxFailedError as error:
                complain(str(error))


class Stages:
    """The stages of one process: one for each version of DSS, made where it is wanted, and a new one now and then.

    Args:
        complain: told of each process that a stage leaves behind.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._open: dict[str, tuple[ExitStack, Stage, Iterator[int]]] = {}

    def stage(self, dss_version: str) -> Stage:
        """Return the stage for the next seed."""
        if dss_version in self._open and next(self._open[dss_version][2], None) is None:
            self._open.pop(dss_version)[0].close()
        if dss_version not in self._open:
            with ExitStack() as made:
                stage = made.enter_context(open_stage(self._complain, dss_version))
                self._open[dss_version] = (made.pop_all(), stage, iter(range(_SEEDS_PER_STAGE - 1)))
        return self._open[dss_version][1]

    def close(self) -> None:
        """End all of them."""
        while self._open:
            self._open.popitem()[1][0].close()


def play_seed(stages: Stages, kind: str, seed: int, say: Callable[[str], None]) -> Played:
    """Play one seed; whatever goes wrong in it is told and not raised.

    Args:
        stages: where it is played.
        kind: of the play, one of `KINDS`.
        seed: which one.
        say: told of each step and how it ended.
    """
    play = KINDS[kind]
    told: list[str] = []

    def hear(line: str) -> None:
        told.append(line)
        say(line)

    tally = Tally(seeds=1)
    stage = stages.stage(play.dss_version(seed))
    failure = ""
    try:
        play.play(stage, seed, Teller(stage, tally, hear))
    except Violation as violation:
        failure = str(violation)
    except Exception:
        failure = traceback.format_exc()
    if failure:
        # What it left is not the next one's fault.
        stage.scenery.pop(kind, None)
        so_far = "\n".join(told)
        again = f".venv/bin/python -m tests.python.chaos --kind {kind} --seed {seed}"
        failure = f"{failure}\n\n{play.describe(seed)}\n\nIt went so:\n{so_far}\n\nAgain: {again}"
        tally.failed.append(seed)
    return Played(kind, seed, tally, failure)


def play_seeds(plays: Iterable[tuple[str, int]], workers: int) -> Iterator[Played]:
    """Play seeds with that many processes and give what became of each, in the order in which they end.

    Args:
        plays: the kind and the seed of each.
        workers: how many processes.

    Raises:
        CrewLostError: a process ended before its work was done.
    """
    context = multiprocessing.get_context("spawn")
    waiting: Queue[tuple[str, int] | None] = context.Queue()
    played: Queue[Played | None] = context.Queue()
    for one in (*plays, *[None] * workers):
        waiting.put(one)
    crew = [context.Process(target=_work, args=(waiting, played)) for _ in range(workers)]
    try:
        for process in crew:
            process.start()
        yield from _collect(played, crew)
    finally:
        for process in crew:
            process.terminate()
            process.join()


def _collect(played: Queue[Played | None], crew: Sequence[BaseProcess]) -> Iterator[Played]:
    at_work = len(crew)
    while at_work:
        try:
            item = played.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if lost := [process.exitcode for process in crew if process.exitcode]:
                raise CrewLostError(f"a process that plays seeds ended with {lost[0]}; what it said is above") from None
            continue
        if item is None:
            at_work -= 1
        else:
            yield item


def _work(waiting: Queue[tuple[str, int] | None], played: Queue[Played | None]) -> None:
    """Play seeds until there are no more."""
    # The sandboxes and the plugin's processes end with this one, also where the whole run is interrupted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    stages = Stages(lambda line: played.put(Played("", None, Tally(), line)))
    try:
        while (one := waiting.get()) is not None:
            played.put(play_seed(stages, *one, lambda _: None))
    finally:
        stages.close()
    # It ends by itself now: a signal in the middle of that would leave a traceback behind.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    played.put(None)
