"""Whatever goes wrong while a macro looks: it ends with a page that says what is not known, and nothing has changed."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest

from tests.python.chaos import causes
from tests.python.chaos.dialogs import Options, create_dialog
from tests.python.chaos.dss_clusters import CREATE, DssCluster, End
from tests.python.chaos.looking_stories import LOOKS, look
from tests.python.chaos.pool_stories import page_of, text_of
from tests.python.chaos.stage import Stage
from tests.python.integration.furnished_cluster import FurnishedCluster

SEEDS = range(int(os.environ.get("LOOKING_SEEDS", "8")))
PLACE = "us-central1-b"
PODS = "/api/v1/namespaces/default/pods"
TEST_PODS = "dss-network-test-"
UNTIL = "gke-clusters.dataiku.com/until"
EFFECTS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 500},
    {"status": 429},
    {"status": 401},
    {"reset": "before"},
    {"reset": "after"},
    {"delay": 0.1},
    {"down": 0.3},
)
SECRET = re.compile(r"ya29\.|-----BEGIN")
UNKNOWN = re.compile(
    r"[Nn]ot known|could not be|no answer|[Nn]ot everything|did not answer|is left behind|There was no"
)
# Not a warning: with the quick clock every answer is slow.
TROUBLES = ("failed", "bad", "unknown", "skipped")


class Looked:
    """A cluster, and what each macro says of it where nothing goes wrong."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cluster = DssCluster(
            stage.component, CREATE, f"looks-{next(stage.plays)}", create_dialog(PLACE, Options())
        )
        assert self.cluster.start().succeeded
        self.inside = FurnishedCluster(stage.sandbox, self.resource(), stage.component.folder)
        self.calm = {story: self._calm(story) for story in LOOKS}
        self.lasting: list[dict[str, Any]] = []

    def _calm(self, story: str) -> Counter[str]:
        end = look(self.cluster, story)
        assert end.result is not None, end.message
        return troubles(end)

    def resource(self) -> dict[str, Any]:
        """The cluster as GKE has it."""
        [found] = self.stage.outsider.named(self.cluster.name)
        return found

    def truth(self) -> Any:
        """All that a macro could have changed on GKE."""
        operations = [one["name"] for one in self.stage.outsider.operations(self.cluster.name)]
        [bystander] = self.stage.outsider.named(self.stage.bystander["name"])
        return self.resource(), bystander, operations

    def pods(self) -> list[str]:
        """The pods that network tests have left."""
        names = (item["metadata"]["name"] for item in self.inside.api.items(PODS))
        return [name for name in names if name.startswith(TEST_PODS)]

    def let_time_pass(self) -> None:
        """Let nobody wait for the pods of earlier tests any more."""
        for name in self.pods():
            # The kubelet of the sandbox still writes the state of a pod whose test was killed.
            self.inside.edit(f"{PODS}/{name}", lambda pod: pod["metadata"]["annotations"].update({UNTIL: "1"}))


@pytest.fixture(scope="module")
def looked(stage: Stage) -> Iterator[Looked]:
    made = Looked(stage)
    yield made
    stage.outsider.delete(made.resource(), wait=False)


def troubles(end: End) -> Counter[str]:
    shown = re.findall(r'class="(?:outcome|badge) (\w+)"', page_of(end).partition("<body")[2])
    return Counter(tone for tone in shown if tone in TROUBLES)


def fault(chance: random.Random) -> dict[str, Any]:
    service = chance.choice(("container", "compute", "kubernetes", "kubernetes", "metadata"))
    effect = chance.choice(EFFECTS)
    times = 1 if "down" in effect else chance.choice((1, 1, 3, 30, 300))
    return {"service": service, "method": "*", "path": "*", "times": times, "effect": effect}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_look_ends_with_a_page_that_says_what_is_not_known_and_changes_nothing(seed: int, looked: Looked) -> None:
    chance = random.Random(seed)
    for story in LOOKS:
        kill = round(chance.uniform(0.05, 0.6), 3) if story == "test-network" and chance.random() < 0.3 else None
        before = looked.truth()
        with looked.stage.faults(tuple(fault(chance) for _ in range(chance.randrange(1, 3)))) as struck:
            end = look(looked.cluster, story, kill)
            met = struck()
        assert looked.truth() == before
        require_told(end, [*met, *looked.lasting], looked.calm[story])
        # A service that went down may still be so in the next look.
        looked.lasting = [one for one in met if "down" in one["effect"]]
        if looked.pods():
            assert kill is not None or "left behind" in text_of(end), (met, text_of(end))
            looked.let_time_pass()
            assert look(looked.cluster, "test-network").succeeded
            assert not looked.pods()


def require_told(end: End, met: list[dict[str, Any]], calm: Counter[str]) -> None:
    assert end.ended != "endless", end.log
    if end.ended == "killed":
        return
    assert end.result is not None, (met, end.error_type, end.message)
    assert not SECRET.search(page_of(end) + end.log)
    html5lib.HTMLParser(strict=True).parse(page_of(end))
    if troubles(end) - calm:
        text = text_of(end)
        assert "Something unexpected" not in text, (met, text)
        assert causes.names_one_of(text, met) or UNKNOWN.search(text), f"{met}\n{text}"
