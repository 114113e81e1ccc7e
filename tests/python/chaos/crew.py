"""Plays many seeds with several processes, each with a sandbox of its own, and adds up what they tell."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.process import SandboxFailedError, SandboxProcess
from tests.python.chaos.judge import Violation
from tests.python.chaos.player import Play
from tests.python.chaos.schedules import schedule_of
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
        seed: which one; None for what is about none of them.
        tally: what happened in it.
        failure: what must be true and was not, with all that is needed to look into it; empty if all was well.
    """

    seed: int | None
    tally: Tally
    failure: str = ""


@contextmanager
def open_stage(complain: Callable[[str], None]) -> Iterator[Stage]:
    """Give a new sandbox and a new process of the plugin, and end both.

    Args:
        complain: told of each process that is left behind.
    """
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        sandbox = SandboxProcess(Path(folder), SANDBOX_ARGUMENTS)
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


def play_seed(stage: Stage, seed: int, say: Callable[[str], None]) -> Played:
    """Play one seed; whatever goes wrong in it is told and not raised.

    Args:
        stage: where it is played.
        seed: which one.
        say: told of each step and how it ended.
    """
    schedule = schedule_of(seed)
    told: list[str] = []

    def hear(line: str) -> None:
        told.append(line)
        say(line)

    play = Play(stage, schedule, hear)
    failure = ""
    try:
        play.play()
    except Violation as violation:
        failure = str(violation)
    except Exception:
        failure = traceback.format_exc()
    if failure:
        so_far = "\n".join(told)
        failure = f"{failure}\n\n{schedule}\n\nIt went so:\n{so_far}\n\nAgain: {schedule.rerun_command}"
        play.tally.failed.append(seed)
    return Played(seed, play.tally, failure)


def play_seeds(seeds: Iterable[int], workers: int) -> Iterator[Played]:
    """Play seeds with that many processes and give what became of each, in the order in which they end.

    Raises:
        CrewLostError: a process ended before its work was done.
    """
    context = multiprocessing.get_context("spawn")
    waiting: Queue[int | None] = context.Queue()
    played: Queue[Played | None] = context.Queue()
    for seed in (*seeds, *[None] * workers):
        waiting.put(seed)
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


def _work(waiting: Queue[int | None], played: Queue[Played | None]) -> None:
    """Play seeds until there are no more, on a new stage every now and then."""
    # The sandbox and the plugin's process end with this one, also where the whole run is interrupted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = waiting.get()
    while seed is not None:
        with open_stage(lambda line: played.put(Played(None, Tally(), line))) as stage:
            for _ in range(_SEEDS_PER_STAGE):
                if seed is None:
                    break
                played.put(play_seed(stage, seed, lambda _: None))
                seed = waiting.get()
    played.put(None)
