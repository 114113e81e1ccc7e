"""From a seed to a schedule: which stories a DSS cluster goes through and what goes wrong in each. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from tests.python.chaos.dialogs import REGIONS, ZONES, Options
from tests.python.chaos.planned_faults import plan_faults

_MOST_STEPS: Final = 4
# A story takes half a second where nothing goes wrong and twice as long with a stockout: most instants are in the midst
# of it, some after its end.
_LATEST_KILL_SECONDS: Final = 0.9


class Action(str, Enum):
    """What happens next. A start where DSS takes the cluster for running is a stop, and the other way round."""

    START_OR_STOP = "start, or stop if it runs"
    FORCE_STOP = "stop, forced if DSS does not take it for running"
    ATTACH_OR_DETACH = "attach the bystander as a second DSS cluster, or detach it"
    FURNISH = "somebody deploys a load balancer and a database with a volume in the cluster"
    MOVE = "edit the location in the dialog"
    DAMAGE_JOURNAL = "cut the journal short"
    LOSE_JOURNAL = "remove the journal"
    DELETE_BEHIND = "somebody else deletes the cluster"
    REPLACE_BEHIND = "somebody else deletes the cluster and creates another of its name"


class Neighbour(str, Enum):
    """A cluster of somebody else that is there from the beginning, beside the bystander that always is."""

    NONE = "none"
    ELSEWHERE = "of the same name, in another zone"
    SAME_PLACE = "of the same name, in the same place"
    OTHER_OWNER = "of the same name in another zone, created by another DSS installation"


class Ending(str, Enum):
    """The last story, in which nothing goes wrong any more."""

    START = "start"
    STOP = "stop"


@dataclass(frozen=True)
class Step:
    """One thing that happens.

    Attributes:
        action: what.
        faults: what goes wrong meanwhile, each as the sandbox's `POST /faults` takes it.
        kill_after_seconds: when the component's process gets SIGKILL, in real seconds; None if it does not.
        location: where the dialog says the cluster is from now on, for a `MOVE`.
    """

    action: Action
    faults: tuple[dict[str, Any], ...] = ()
    kill_after_seconds: float | None = None
    location: str = ""

    def __str__(self) -> str:
        said = [self.action.value, *([f"to {self.location}"] if self.location else [])]
        said += [f"fault {fault}" for fault in self.faults]
        if self.kill_after_seconds is not None:
            said.append(f"SIGKILL after {self.kill_after_seconds:.3f} s")
        return "; ".join(said)


@dataclass(frozen=True)
class Schedule:
    """What happens to one DSS cluster, from its creation in DSS to a last story without any fault.

    Attributes:
        seed: what it was made from.
        location: zone or region of the dialog at the beginning.
        options: what else the dialog says.
        neighbour: somebody else's cluster.
        steps: what happens.
        ending: the last story.
    """

    seed: int
    location: str
    options: Options
    neighbour: Neighbour
    ending: Ending
    steps: tuple[Step, ...] = field(default=())

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: location {self.location}, neighbour {self.neighbour.value}",
            f"  the dialog: {self.options}",
        ]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, f"  then, without any fault: {self.ending.value}"])


def schedule_of(seed: int) -> Schedule:
    """Make the schedule of a seed; the same seed makes the same schedule."""
    chance = random.Random(seed)
    location = chance.choice((*ZONES, *REGIONS))
    options = _options(chance)
    neighbour = chance.choices(tuple(Neighbour), weights=(14, 2, 1, 1))[0]
    actions = [Action.START_OR_STOP, *(_action(chance) for _ in range(chance.randrange(_MOST_STEPS)))]
    alone = neighbour is Neighbour.NONE and Action.REPLACE_BEHIND not in actions
    steps = tuple(_step(chance, action, options, alone=alone) for action in actions)
    return Schedule(seed, location, options, neighbour, chance.choice(tuple(Ending)), steps)


def _options(chance: random.Random) -> Options:
    others = chance.sample(ZONES, chance.randrange(1, len(ZONES) + 1)) if chance.random() < 0.4 else ()
    return Options(
        fallback_zones=tuple(others),
        keeps_failed=chance.random() < 0.2,
        best_effort=chance.random() < 0.2,
        hasty=chance.random() < 0.15,
        by_dns=chance.random() < 0.15,
        clears_first=chance.random() < 0.4,
    )


def _action(chance: random.Random) -> Action:
    weights = {
        Action.START_OR_STOP: 24,
        Action.ATTACH_OR_DETACH: 5,
        Action.FORCE_STOP: 2,
        Action.FURNISH: 4,
        Action.MOVE: 2,
        Action.DAMAGE_JOURNAL: 1,
        Action.LOSE_JOURNAL: 1,
        Action.DELETE_BEHIND: 1,
        Action.REPLACE_BEHIND: 1,
    }
    return chance.choices(tuple(weights), weights=tuple(weights.values()))[0]


def _step(chance: random.Random, action: Action, options: Options, *, alone: bool) -> Step:
    if action is Action.MOVE:
        return Step(action, location=chance.choice((*ZONES, *REGIONS)))
    if action in (Action.START_OR_STOP, Action.ATTACH_OR_DETACH, Action.FORCE_STOP):
        return Step(action, plan_faults(chance, options, alone=alone), _kill(chance))
    return Step(action)


def _kill(chance: random.Random) -> float | None:
    return round(chance.uniform(0.01, _LATEST_KILL_SECONDS), 3) if chance.random() < 0.3 else None
