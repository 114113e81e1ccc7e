"""From a seed to a schedule: which stories a DSS cluster goes through and what goes wrong in each. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

ZONES: Final = ("us-central1-a", "us-central1-b", "europe-west1-b")
REGIONS: Final = ("us-central1", "europe-west1")

_MOST_STEPS: Final = 4
_MOST_FAULTS: Final = 3
# A story takes half a second where nothing goes wrong: most instants are in the midst of it, some after its end.
_LATEST_KILL_SECONDS: Final = 0.7


class Action(str, Enum):
    """What happens next. A start where DSS takes the cluster for running is a stop, and the other way round."""

    START_OR_STOP = "start, or stop if it runs"
    FORCE_STOP = "stop, forced if DSS does not take it for running"
    ATTACH_OR_DETACH = "attach the bystander as a second DSS cluster, or detach it"
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
        neighbour: somebody else's cluster.
        steps: what happens.
        ending: the last story.
    """

    seed: int
    location: str
    neighbour: Neighbour
    ending: Ending
    steps: tuple[Step, ...] = field(default=())

    @property
    def rerun_command(self) -> str:
        """The command that plays it again and tells each step."""
        return f".venv/bin/python -m tests.python.chaos --seed {self.seed}"

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: location {self.location}, neighbour {self.neighbour.value}"]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, f"  then, without any fault: {self.ending.value}"])


def schedule_of(seed: int) -> Schedule:
    """Make the schedule of a seed; the same seed makes the same schedule."""
    chance = random.Random(seed)
    location = chance.choice((*ZONES, *REGIONS))
    neighbour = chance.choices(tuple(Neighbour), weights=(14, 2, 1, 1))[0]
    first = Step(Action.START_OR_STOP, _faults(chance), _kill(chance))
    more = [_step(chance) for _ in range(chance.randrange(_MOST_STEPS))]
    return Schedule(seed, location, neighbour, chance.choice(tuple(Ending)), (first, *more))


def _step(chance: random.Random) -> Step:
    weights = {
        Action.START_OR_STOP: 24,
        Action.ATTACH_OR_DETACH: 5,
        Action.FORCE_STOP: 2,
        Action.MOVE: 2,
        Action.DAMAGE_JOURNAL: 1,
        Action.LOSE_JOURNAL: 1,
        Action.DELETE_BEHIND: 1,
        Action.REPLACE_BEHIND: 1,
    }
    action = chance.choices(tuple(weights), weights=tuple(weights.values()))[0]
    if action is Action.MOVE:
        return Step(action, location=chance.choice((*ZONES, *REGIONS)))
    if action in (Action.START_OR_STOP, Action.ATTACH_OR_DETACH, Action.FORCE_STOP):
        return Step(action, _faults(chance), _kill(chance))
    return Step(action)


def _kill(chance: random.Random) -> float | None:
    return round(chance.uniform(0.01, _LATEST_KILL_SECONDS), 3) if chance.random() < 0.3 else None


def _faults(chance: random.Random) -> tuple[dict[str, Any], ...]:
    return tuple(_fault(chance) for _ in range(chance.randrange(_MOST_FAULTS + 1)))


def _fault(chance: random.Random) -> dict[str, Any]:
    makers = (_of_a_request, _of_a_creation, _of_a_deletion, _of_the_host, _of_the_control_plane)
    return chance.choices(makers, weights=(6, 5, 3, 2, 2))[0](chance)


def _blink(chance: random.Random) -> dict[str, Any]:
    """Return an effect that any service can have and that passes by itself."""
    return chance.choice(
        (
            {"status": chance.choice((429, 500, 503))},
            {"reset": "before"},
            {"reset": "after"},
            {"delay": round(chance.uniform(0.02, 0.3), 2)},
            {"down": round(chance.uniform(0.05, 0.5), 2)},
        )
    )


def _of_a_request(chance: random.Random) -> dict[str, Any]:
    # 401 is what a token that ended in the midst of a story meets.
    effect = {"status": 401} if chance.random() < 0.15 else _blink(chance)
    target = chance.choice(
        (
            ("container", "GET", "*/clusters/*"),
            ("container", "GET", "*/operations/*"),
            ("container", "GET", "*/operations"),
            ("container", "*", "*"),
            ("compute", "GET", "*"),
        )
    )
    return _struck(target, effect, chance.choice((1, 1, 1, 2, 4, 30)))


def _of_a_creation(chance: random.Random) -> dict[str, Any]:
    effect = chance.choice(
        (
            _blink(chance),
            {"reset": "after"},
            {"operation": "stockout"},
            {"operation": "quota"},
            {"operation": "abort"},
            {"cluster": "ERROR"},
            {"cluster": "DEGRADED"},
            {"status": 403, "quota": "SSD_TOTAL_GB"},
            {"status": 403, "permission": "container.clusters.create"},
        )
    )
    return _struck(("container", "POST", "*/clusters"), effect, chance.choice((1, 1, 1, 2, 5)))


def _of_a_deletion(chance: random.Random) -> dict[str, Any]:
    effect = chance.choice(
        (
            _blink(chance),
            {"reset": "after"},
            {"busy": round(chance.uniform(0.05, 0.4), 2)},
            {"operation": "abort"},
            {"status": 403, "permission": "container.clusters.delete"},
        )
    )
    return _struck(("container", "DELETE", "*/clusters/*"), effect, chance.choice((1, 1, 1, 2, 5)))


def _of_the_host(chance: random.Random) -> dict[str, Any]:
    path = chance.choice(("*", "*/token*", "*/instance/*"))
    return _struck(("metadata", "GET", path), _blink(chance), chance.choice((1, 1, 2, 30)))


def _of_the_control_plane(chance: random.Random) -> dict[str, Any]:
    path = chance.choice(("/version", "*/selfsubjectaccessreviews", "*"))
    return _struck(("kubernetes", "*", path), _blink(chance), chance.choice((1, 1, 2, 8, 60)))


def _struck(target: tuple[str, str, str], effect: dict[str, Any], times: int) -> dict[str, Any]:
    service, method, path = target
    # A service that goes down at every request would never come up again.
    return {
        "service": service,
        "method": method,
        "path": path,
        "times": 1 if "down" in effect else times,
        "effect": effect,
    }
