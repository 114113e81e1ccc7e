"""Whatever goes wrong while node pools are changed: nothing doubled, nothing of others touched, nothing unexplained."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.python.chaos import causes
from tests.python.chaos.dialogs import POOL, Options, create_dialog
from tests.python.chaos.dss_clusters import CREATE, DssCluster, End
from tests.python.chaos.pool_stories import has_failed, tell, text_of
from tests.python.chaos.stage import Stage

SEEDS = range(int(os.environ.get("POOL_SEEDS", "12")))
PLACE = "us-central1-b"
EXTRA = "extra"
DIALOGS: dict[str, dict[str, Any]] = {
    "add": {"nodePoolId": EXTRA, "nodePoolConfig": {"machineType": "n2-highmem-8", "numNodes": 1}},
    "resize": {"nodePoolId": EXTRA, "numNodes": 2},
    "delete": {"nodePoolId": EXTRA},
}
EFFECTS: tuple[dict[str, Any], ...] = (
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
SECRET = re.compile(r"ya29\.|-----BEGIN")


@pytest.fixture(scope="module")
def cluster(stage: Stage) -> Iterator[DssCluster]:
    name = f"pools-{next(stage.plays)}"
    made = DssCluster(stage.component, CREATE, name, create_dialog(PLACE, Options()))
    assert made.start().succeeded
    yield made
    for left in stage.outsider.named(name):
        stage.outsider.delete(left, wait=False)


def pools(stage: Stage, cluster: DssCluster) -> list[dict[str, Any]]:
    [there] = stage.outsider.named(cluster.name)
    return list(there["nodePools"])


def fault(chance: random.Random, story: str) -> dict[str, Any]:
    """What goes wrong: with the change itself, with a look at it, or with the control plane."""
    struck = chance.choice((1, 1, 2, 4))
    method = {"add": "POST", "resize": "*", "delete": "DELETE"}[story]
    if chance.random() < 0.6:
        effect, target = chance.choice(EFFECTS), ("container", method, "*/nodePools*")
    else:
        effect, target = chance.choice(EFFECTS[:4]), (chance.choice(("container", "kubernetes")), "GET", "*")
    service, verb, path = target
    return {"service": service, "method": verb, "path": path, "times": struck, "effect": effect}


def require_sound(stage: Stage, cluster: DssCluster, end: End, met: list[dict[str, Any]]) -> None:
    assert end.ended != "endless", end.log
    names = [pool["name"] for pool in pools(stage, cluster)]
    assert names in ([POOL], [POOL, EXTRA])
    [own] = [pool for pool in pools(stage, cluster) if pool["name"] == POOL]
    assert (own["status"], own["initialNodeCount"]) == ("RUNNING", 1)
    [bystander] = stage.outsider.named(stage.bystander["name"])
    assert bystander == stage.bystander
    if end.ended == "returned":
        assert not SECRET.search(text_of(end) + end.log)
        assert not end.error_type.endswith("UnexpectedFailure"), end.message
        if has_failed(end) and not end.error_type.endswith(".SettingsError"):
            assert causes.names_one_of(text_of(end), met), (met, text_of(end))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_pool_is_doubled_and_none_of_others_changed(seed: int, stage: Stage, cluster: DssCluster) -> None:
    chance = random.Random(seed)
    lasting: list[dict[str, Any]] = []
    for story in ("add", "resize", "delete"):
        planned = (fault(chance, story),)
        kill = round(chance.uniform(0.05, 0.6), 3) if chance.random() < 0.2 else None
        with stage.faults(planned) as struck:
            end = tell(cluster, story, kill, **DIALOGS[story])
            met = struck()
        require_sound(stage, cluster, end, [*met, *lasting])
        # What a story began that was killed, or what it left, can still show.
        lasting += met
    calm = tell(cluster, "add", **DIALOGS["add"])
    if any(pool["name"] == EXTRA for pool in pools(stage, cluster)):
        ended = tell(cluster, "delete", **DIALOGS["delete"])
        assert not has_failed(ended), text_of(ended)
    else:
        assert has_failed(calm)
    assert [pool["name"] for pool in pools(stage, cluster)] == [POOL]
