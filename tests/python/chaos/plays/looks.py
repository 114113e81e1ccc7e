"""The macros that look: each ends with a page that says what is not known, and nothing has changed."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any, Final

import html5lib

from tests.python.chaos import causes
from tests.python.chaos.dialogs import Options, create_dialog
from tests.python.chaos.dss_clusters import CREATE, DssCluster, End
from tests.python.chaos.looking_stories import LOOKS, look
from tests.python.chaos.plays.kind import Planned, Teller, in_lines, require
from tests.python.chaos.pool_stories import page_of, text_of
from tests.python.chaos.stage import Stage
from tests.python.integration.furnished_cluster import FurnishedCluster

_PLACE: Final = "us-central1-b"
_PODS: Final = "/api/v1/namespaces/default/pods"
_TEST_PODS: Final = "dss-network-test-"
_UNTIL: Final = "gke-clusters.dataiku.com/until"
_EFFECTS: Final[tuple[dict[str, Any], ...]] = (
    {"status": 503},
    {"status": 500},
    {"status": 429},
    {"status": 401},
    {"reset": "before"},
    {"reset": "after"},
    {"delay": 0.1},
    {"down": 0.3},
)
_SECRET: Final = re.compile(r"ya29\.|-----BEGIN")
_UNKNOWN: Final = re.compile(
    r"[Nn]ot known|could not be|no answer|[Nn]ot everything|did not answer|is left behind|There was no"
)
# Not a warning: with the quick clock every answer is slow.
_TROUBLES: Final = ("failed", "bad", "unknown", "skipped")


class Looks:
    """Each macro looks once at a cluster that all seeds of the stage have in common."""

    name = "looks"

    def dss_version(self, _: int) -> str:
        """Return the usual one: DSS itself has no part in it."""
        return "15"

    def describe(self, seed: int) -> str:
        """Say the plan of a seed."""
        return in_lines(f"looks, seed {seed}", _plan(seed))

    def play(self, stage: Stage, seed: int, teller: Teller) -> None:
        """Play a seed.

        Raises:
            Violation: something that must be true was not.
        """
        looked = stage.scene(self.name, lambda: _Looked(stage))
        looked.cluster.forget_token()
        for planned in _plan(seed):
            before = looked.truth()
            end, met = teller.tell(planned, lambda it: look(looked.cluster, it.title, it.kill_after_seconds))
            require(looked.truth() == before, "a look has changed something on GKE", before, looked.truth())
            _require_told(end, [*met, *looked.lasting], looked.calm[planned.title])
            # A service that went down may still be so in the next look.
            looked.lasting = [one for one in met if "down" in one["effect"]]
            if looked.pods():
                told = planned.kill_after_seconds is not None or "left behind" in text_of(end)
                require(told, "a test leaves a pod and does not say so", met, text_of(end))
                looked.let_time_pass()
                require(look(looked.cluster, "test-network").succeeded, "a network test without any fault fails")
                require(not looked.pods(), "the next test does not remove what the last one left", looked.pods())


def _plan(seed: int) -> list[Planned]:
    chance = random.Random(seed)
    plan = []
    for story in LOOKS:
        kill = round(chance.uniform(0.05, 0.6), 3) if story == "test-network" and chance.random() < 0.3 else None
        plan.append(Planned(story, tuple(_fault(chance) for _ in range(chance.randrange(1, 3))), kill))
    return plan


def _fault(chance: random.Random) -> dict[str, Any]:
    service = chance.choice(("container", "compute", "kubernetes", "kubernetes", "metadata"))
    effect = chance.choice(_EFFECTS)
    times = 1 if "down" in effect else chance.choice((1, 1, 3, 30, 300))
    return {"service": service, "method": "*", "path": "*", "times": times, "effect": effect}


class _Looked:
    """A cluster, and what each macro says of it where nothing goes wrong."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        name = f"looks-{next(stage.plays)}"
        self.cluster = DssCluster(stage.component, CREATE, name, create_dialog(_PLACE, Options()))
        started = self.cluster.start()
        require(started.succeeded, "the cluster to look at does not start", started.message)
        self._inside = FurnishedCluster(stage.sandbox, self._resource(), stage.component.folder)
        self.calm = {story: self._calm(story) for story in LOOKS}
        self.lasting: list[dict[str, Any]] = []

    def _calm(self, story: str) -> Counter[str]:
        end = look(self.cluster, story)
        require(end.succeeded, "a look without any fault fails", end.message)
        return _troubles(end)

    def _resource(self) -> dict[str, Any]:
        [found] = self._stage.outsider.named(self.cluster.name)
        return found

    def truth(self) -> Any:
        """Return all that a macro could have changed on GKE."""
        operations = [one["name"] for one in self._stage.outsider.operations(self.cluster.name)]
        [bystander] = self._stage.outsider.named(self._stage.bystander["name"])
        return self._resource(), bystander, operations

    def pods(self) -> list[str]:
        """Return the pods that network tests have left."""
        names = (item["metadata"]["name"] for item in self._inside.api.items(_PODS))
        return [name for name in names if name.startswith(_TEST_PODS)]

    def let_time_pass(self) -> None:
        """Let nobody wait for the pods of earlier tests any more."""
        for name in self.pods():
            # The kubelet of the sandbox still writes the state of a pod whose test was killed.
            self._inside.edit(f"{_PODS}/{name}", lambda pod: pod["metadata"]["annotations"].update({_UNTIL: "1"}))


def _troubles(end: End) -> Counter[str]:
    shown = re.findall(r'class="(?:outcome|badge) (\w+)"', page_of(end).partition("<body")[2])
    return Counter(tone for tone in shown if tone in _TROUBLES)


def _require_told(end: End, met: list[dict[str, Any]], calm: Counter[str]) -> None:
    require(end.ended != "endless", "the story does not end", end.log)
    if end.ended == "killed":
        return
    require(end.succeeded, "a look that ends without a page", met, end.error_type, end.message)
    require(not _SECRET.search(page_of(end) + end.log), "there is a secret in the page or the log")
    html5lib.HTMLParser(strict=True).parse(page_of(end))
    if _troubles(end) - calm:
        text = text_of(end)
        require("Something unexpected" not in text, "a failure that was not foreseen", met, text)
        said = causes.names_one_of(text, met) or _UNKNOWN.search(text)
        require(said, "a page that neither names the cause nor says what is not known", met, text)
