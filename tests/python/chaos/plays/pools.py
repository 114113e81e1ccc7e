"""The macros that change node pools: nothing doubled, nothing of others touched, nothing unexplained."""

from __future__ import annotations

import random
import re
from typing import Any, Final

from tests.python.chaos import causes
from tests.python.chaos.dialogs import POOL, Options, create_dialog
from tests.python.chaos.dss_clusters import CREATE, DssCluster, End
from tests.python.chaos.plays.kind import Planned, Teller, in_lines, require
from tests.python.chaos.pool_stories import has_failed, tell, text_of
from tests.python.chaos.stage import Stage

_PLACE: Final = "us-central1-b"
_EXTRA: Final = "extra"
_DIALOGS: Final[dict[str, dict[str, Any]]] = {
    "add": {"nodePoolId": _EXTRA, "nodePoolConfig": {"machineType": "n2-highmem-8", "numNodes": 1}},
    "resize": {"nodePoolId": _EXTRA, "numNodes": 2},
    "delete": {"nodePoolId": _EXTRA},
}
_EFFECTS: Final[tuple[dict[str, Any], ...]] = (
    {"status": 503},
    {"status": 429},
    {"reset": "before"},
    {"reset": "after"},
    {"busy": 0.2},
    {"delay": 0.1},
    {"operation": "abort"},
    {"operation": "stockout"},
    {"operation": "quota"},
    {"permission": "container.clusters.update"},
)
_OF_ANY_REQUEST: Final = _EFFECTS[:4]
_TOLD: Final = re.compile(r"may still be there|is left|waits for")
_SECRET: Final = re.compile(r"ya29\.|-----BEGIN")


class Pools:
    """A node pool is added, resized and deleted; then the same without any fault."""

    name = "pools"

    def dss_version(self, _: int) -> str:
        """Return the usual one: DSS itself has no part in it."""
        return "15"

    def describe(self, seed: int) -> str:
        """Say the plan of a seed."""
        return in_lines(f"pools, seed {seed}", _plan(seed))

    def play(self, stage: Stage, seed: int, teller: Teller) -> None:
        """Play a seed on the cluster that all seeds of the stage have in common.

        Raises:
            Violation: something that must be true was not.
        """
        cluster = stage.scene(self.name, lambda: _set(stage))
        cluster.forget_token()
        for planned in _plan(seed):
            before = _names(stage, cluster)
            end, met = teller.tell(
                planned, lambda it: tell(cluster, it.title, it.kill_after_seconds, **_DIALOGS[it.title])
            )
            _require_sound(stage, cluster, end, met, teller.lasting)
            if end.ended == "returned" and has_failed(end) and _EXTRA in set(_names(stage, cluster)) - set(before):
                require(_TOLD.search(text_of(end)), "a failed addition leaves a pool and does not say so", text_of(end))
            # What a story began that was killed, or what it left, can still show.
            teller.lasting += met
        calm = tell(cluster, "add", **_DIALOGS["add"])
        if _EXTRA in _names(stage, cluster):
            ended = tell(cluster, "delete", **_DIALOGS["delete"])
            require(not has_failed(ended), "a deletion without any fault fails", text_of(ended))
        else:
            require(has_failed(calm), "an addition is told as done, and there is no such pool", text_of(calm))
        require(_names(stage, cluster) == [POOL], "not only the first pool is left", _names(stage, cluster))


def _plan(seed: int) -> list[Planned]:
    chance = random.Random(seed)
    return [Planned(story, (_fault(chance, story),), _kill(chance)) for story in ("add", "resize", "delete")]


def _kill(chance: random.Random) -> float | None:
    return round(chance.uniform(0.05, 0.6), 3) if chance.random() < 0.2 else None


def _fault(chance: random.Random, story: str) -> dict[str, Any]:
    """What goes wrong: with the change itself, with a look at it, or with the control plane."""
    struck = chance.choice((1, 1, 2, 4))
    method = {"add": "POST", "resize": "*", "delete": "DELETE"}[story]
    if chance.random() < 0.6:
        effect, target = chance.choice(_EFFECTS), ("container", method, "*/nodePools*")
    else:
        effect, target = chance.choice(_OF_ANY_REQUEST), (chance.choice(("container", "kubernetes")), "GET", "*")
    service, verb, path = target
    return {"service": service, "method": verb, "path": path, "times": struck, "effect": effect}


def _set(stage: Stage) -> DssCluster:
    name = f"pools-{next(stage.plays)}"
    made = DssCluster(stage.component, CREATE, name, create_dialog(_PLACE, Options()))
    started = made.start()
    require(started.succeeded, "the cluster of the node pools does not start", started.message)
    return made


def _pools(stage: Stage, cluster: DssCluster) -> list[dict[str, Any]]:
    [there] = stage.outsider.named(cluster.name)
    return list(there["nodePools"])


def _names(stage: Stage, cluster: DssCluster) -> list[str]:
    return [pool["name"] for pool in _pools(stage, cluster)]


def _require_sound(
    stage: Stage, cluster: DssCluster, end: End, met: list[dict[str, Any]], lasting: list[dict[str, Any]]
) -> None:
    require(end.ended != "endless", "the story does not end", end.log)
    names = _names(stage, cluster)
    require(names in ([POOL], [POOL, _EXTRA]), "other pools than were asked for", names)
    [own] = [pool for pool in _pools(stage, cluster) if pool["name"] == POOL]
    require((own["status"], own["initialNodeCount"]) == ("RUNNING", 1), "a pool that nobody meant has changed", own)
    [bystander] = stage.outsider.named(stage.bystander["name"])
    require(bystander == stage.bystander, "somebody else's cluster has changed", bystander)
    if end.ended == "returned":
        require(not _SECRET.search(text_of(end) + end.log), "there is a secret in the page or the log")
        require(not end.error_type.endswith("UnexpectedFailure"), "a failure that was not foreseen", end.message)
        undone = [fault for fault in met if "operation" in fault["effect"]]
        require(has_failed(end) or not undone, "a change failed, and nobody is told", undone, text_of(end))
        if has_failed(end) and not end.error_type.endswith(".SettingsError"):
            require(
                causes.names_one_of(text_of(end), [*met, *lasting]), "a page that names no cause", met, text_of(end)
            )
