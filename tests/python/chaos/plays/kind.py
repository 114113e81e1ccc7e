"""What every kind of play has in common: a seed makes its plan, and a stage and a seed make it happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from tests.python.chaos.dss_clusters import End
from tests.python.chaos.judge import Violation
from tests.python.chaos.stage import Stage
from tests.python.chaos.tally import Tally, kind_of


class Kind(Protocol):
    """A kind of play."""

    name: str
    """What it is called on the command line."""

    def dss_version(self, seed: int) -> str:
        """Return the version of DSS whose stage a seed is played on, `14` or `15`."""

    def describe(self, seed: int) -> str:
        """Say what is planned for a seed, in lines."""

    def play(self, stage: Stage, seed: int, teller: Teller) -> None:
        """Play a seed.

        Raises:
            Violation: something that must be true was not.
        """


@dataclass(frozen=True)
class Planned:
    """One story of a macro in a plan.

    Attributes:
        title: which one.
        faults: what goes wrong meanwhile, each as the sandbox's `POST /faults` takes it.
        kill_after_seconds: when its process gets SIGKILL, in real seconds; None if it does not.
        dialog: what the macro is asked, beyond what all of its kind are.
    """

    title: str
    faults: tuple[dict[str, Any], ...] = ()
    kill_after_seconds: float | None = None
    dialog: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        said = [self.title, *(f"{key} {value!r}" for key, value in self.dialog)]
        said += [f"fault {fault}" for fault in self.faults]
        if self.kill_after_seconds is not None:
            said.append(f"SIGKILL after {self.kill_after_seconds:.3f} s")
        return "; ".join(said)


class Teller:
    """Has stories told under faults, counts what happens and says it.

    Args:
        stage: where.
        tally: what is counted up.
        say: told of each step and how it ended.

    Attributes:
        lasting: the faults that have struck so far and may still show.
    """

    def __init__(self, stage: Stage, tally: Tally, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._tally = tally
        self.say = say
        self.lasting: list[dict[str, Any]] = []

    def tell(self, planned: Planned, act: Callable[[Planned], End]) -> tuple[End, list[dict[str, Any]]]:
        """Have one story told; return its end and the faults that struck in it.

        Args:
            planned: what goes wrong in it.
            act: tells it, and kills it when that is planned.
        """
        self.say(str(planned))
        return self.listen(planned.faults, lambda: act(planned))

    def listen(self, faults: tuple[dict[str, Any], ...], act: Callable[[], End]) -> tuple[End, list[dict[str, Any]]]:
        """Have a story told that was announced already.

        Args:
            faults: what goes wrong in it.
            act: tells it.
        """
        with self._stage.faults(faults) as struck:
            end = act()
            met = struck()
        self._tally.stories += 1
        self._tally.kills += end.ended == "killed"
        self._tally.struck.update(kind_of(fault) for fault in met)
        self._tally.ends[end.error_type.rpartition(".")[2] or end.ended] += 1
        cause = f": {end.message.splitlines()[0]}" if end.message else ""
        self.say(f"   -> {end.ended} in {end.seconds:.2f} s, {len(met)} of {len(faults)} faults struck{cause}")
        return end, met


def require(condition: object, *said: object) -> None:
    """Require that something is true.

    Args:
        condition: it.
        said: what is wrong if it is not, a line each.

    Raises:
        Violation: it is not true.
    """
    if not condition:
        raise Violation("\n".join(map(str, said)))


def in_lines(title: str, plan: Iterable[object]) -> str:
    """Say a plan in numbered lines."""
    return "\n".join([title, *(f"  {number}. {each}" for number, each in enumerate(plan, 1))])
