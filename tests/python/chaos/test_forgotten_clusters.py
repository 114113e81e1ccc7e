"""Whatever goes wrong while forgotten clusters are looked for and deleted: never one that is not proved forgotten."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from gke_clusters.specs.ownership import Ownership
from tests.python.chaos import causes
from tests.python.chaos.dialogs import ZONES
from tests.python.chaos.dss_clusters import INSTALL_ID, End
from tests.python.chaos.looking_stories import find_forgotten
from tests.python.chaos.pool_stories import has_failed, text_of
from tests.python.chaos.stage import Stage

SEEDS = range(int(os.environ.get("FORGOTTEN_SEEDS", "8")))
PLACE = ZONES[0]
EFFECTS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 429},
    {"reset": "before"},
    {"reset": "after"},
    {"delay": 0.1},
)
OF_LISTS: tuple[dict[str, Any], ...] = (*EFFECTS, {"missing_zones": [PLACE]}, {"permission": "container.clusters.list"})
OF_DELETIONS: tuple[dict[str, Any], ...] = (
    *EFFECTS,
    {"busy": 0.2},
    {"operation": "abort"},
    {"permission": "container.clusters.delete"},
)


class Project:
    """Clusters of every standing, and the DSS that knows some of them.

    Attributes:
        forgotten: as the dialog names them.
        guarded: those that no run may change, as the dialog names them.
    """

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.name = f"lost-{seed}-{next(stage.plays)}"
        labels = {
            "gone": Ownership.of(INSTALL_ID, f"{self.name}-x").labels,
            "gone-too": Ownership.of(INSTALL_ID, f"{self.name}-y").labels,
            "used": Ownership.of(INSTALL_ID, f"{self.name}-used").labels,
            "stopped": Ownership.of(INSTALL_ID, f"{self.name}-stopped").labels,
            "foreign": {},
            "others": Ownership.of("another-installation", f"{self.name}-x").labels,
        }
        self._plant: dict[str, dict[str, Any]] = {
            kind: {"name": f"{self.name}-{kind}", "resourceLabels": own} for kind, own in labels.items()
        }
        stage.sandbox.plant(
            *({"location": PLACE, "cluster": {**it, "initialNodeCount": 1}} for it in self._plant.values())
        )
        self.forgotten = [self.named("gone"), self.named("gone-too")]
        self.guarded = [self.named(kind) for kind in ("used", "stopped", "foreign", "others")]
        [used] = stage.outsider.named(self._plant["used"]["name"])
        kept = {key: used[key] for key in ("id", "name", "location", "createTime", "selfLink")}
        self.dss: dict[str, Any] = {
            f"{self.name}-used": {
                "state": "RUNNING",
                "data": {"schema_version": 2, "project": stage.outsider.project, "cluster": kept},
            },
            f"{self.name}-stopped": {"state": "NONE", "data": {}},
        }
        self._before = self.there()

    def named(self, kind: str) -> str:
        """Name a cluster as the dialog does."""
        return f"{PLACE}/{self._plant[kind]['name']}"

    def there(self) -> dict[str, dict[str, Any]]:
        """All clusters of this project that exist, and the bystander."""
        own = {it["name"] for it in self._plant.values()} | {self.stage.bystander["name"]}
        return {f"{it['location']}/{it['name']}": it for it in self.stage.sandbox.clusters() if it["name"] in own}

    def run(self, *to_delete: str, dss: Any = ..., kill: float | None = None, **dialog: Any) -> End:
        """Tell the story."""
        asked = {
            "connectionInfo": {"projectId": self.stage.outsider.project, "zone": PLACE},
            "deleteClusters": list(to_delete),
            **dialog,
        }
        known = self.dss if dss is ... else dss
        return find_forgotten(self.stage.component, self.name, known, asked, kill)

    def require_guarded(self, but: tuple[str, ...] = ()) -> None:
        """Require that no cluster was changed, those that may be deleted excepted."""
        now = self.there()
        changed = [name for name, was in self._before.items() if name not in but and now.get(name) != was]
        assert not changed


def fault(chance: random.Random) -> dict[str, Any]:
    drawn = chance.random()
    if drawn < 0.4:
        effect, target = chance.choice(OF_DELETIONS), ("container", "DELETE", "*/clusters/*")
    elif drawn < 0.7:
        effect, target = chance.choice(OF_LISTS), ("container", "GET", "*/clusters")
    elif drawn < 0.9:
        effect, target = chance.choice(EFFECTS), ("container", "GET", "*")
    else:
        effect, target = chance.choice(EFFECTS), ("metadata", "GET", "*")
    service, method, path = target
    return {"service": service, "method": method, "path": path, "times": chance.choice((1, 1, 3, 30)), "effect": effect}


def require_explained(end: End, met: list[dict[str, Any]], *, refused_by_dss: bool) -> None:
    assert end.ended != "endless", end.log
    if end.ended == "returned":
        assert not end.error_type or end.error_type.endswith(".SettingsError"), (end.error_type, end.message)
        if end.error_type:
            assert "is not deleted" in end.message
        elif has_failed(end):
            said = refused_by_dss and "DSS refused" in text_of(end)
            assert said or causes.names_one_of(text_of(end), met), (met, text_of(end))


@pytest.mark.parametrize("seed", SEEDS)
def test_only_clusters_that_are_proved_forgotten_are_ever_deleted(seed: int, stage: Stage) -> None:
    chance = random.Random(seed)
    project = Project(stage, seed)
    try:
        play(stage, project, chance)
    finally:
        for left in project.there().values():
            if left["name"] != stage.bystander["name"]:
                stage.outsider.delete(left, wait=False)


def play(stage: Stage, project: Project, chance: random.Random) -> None:
    lasting: list[dict[str, Any]] = []

    def tell(*to_delete: str, **how: Any) -> End:
        with stage.faults(tuple(fault(chance) for _ in range(chance.randrange(1, 3)))) as struck:
            end = project.run(*to_delete, **how)
            met = struck()
        require_explained(end, [*met, *lasting], refused_by_dss="dss" in how)
        lasting.extend(met)
        return end

    tell()
    project.require_guarded()
    tell(*project.forgotten, preview=True)
    project.require_guarded()
    guarded = chance.choice(project.guarded)
    refused = tell(*project.forgotten, guarded)
    assert refused.result is None or has_failed(refused)
    project.require_guarded()
    # A DSS that does not tell what it knows may know any of them.
    unread = chance.choice((None, {**project.dss, f"{project.name}-used": None}))
    tell(*project.forgotten, dss=unread)
    project.require_guarded()

    kill = round(chance.uniform(0.05, 0.5), 3) if chance.random() < 0.3 else None
    tell(*project.forgotten, kill=kill)
    project.require_guarded(but=tuple(project.forgotten))

    left = [name for name in project.forgotten if project.there().get(name, {}).get("status") == "RUNNING"]
    seen = text_of(project.run())
    assert all(name in seen for name in left)
    calm = project.run(*project.forgotten)
    if has_failed(calm):
        # A deletion that was to fail only now.
        assert causes.names_one_of(text_of(calm), lasting), text_of(calm)
        calm = project.run(*project.forgotten)
    assert not has_failed(calm), text_of(calm)
    assert not set(project.forgotten) & project.there().keys()
    project.require_guarded(but=tuple(project.forgotten))
