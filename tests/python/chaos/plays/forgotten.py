"""The macro that deletes forgotten clusters: never one that is not proved forgotten."""

from __future__ import annotations

import random
from typing import Any, Final

from gke_clusters.specs.ownership import Ownership
from tests.python.chaos import causes
from tests.python.chaos.dialogs import ZONES
from tests.python.chaos.dss_clusters import INSTALL_ID, End
from tests.python.chaos.looking_stories import find_forgotten
from tests.python.chaos.plays.kind import Planned, Teller, in_lines, require
from tests.python.chaos.pool_stories import has_failed, text_of
from tests.python.chaos.stage import Stage

_PLACE: Final = ZONES[0]
_EFFECTS: Final[tuple[dict[str, Any], ...]] = (
    {"status": 503},
    {"status": 429},
    {"reset": "before"},
    {"reset": "after"},
    {"delay": 0.1},
)
_OF_LISTS: Final[tuple[dict[str, Any], ...]] = (
    *_EFFECTS,
    {"missing_zones": [_PLACE]},
    {"permission": "container.clusters.list"},
)
_OF_DELETIONS: Final[tuple[dict[str, Any], ...]] = (
    *_EFFECTS,
    {"busy": 0.2},
    {"operation": "abort"},
    {"permission": "container.clusters.delete"},
)
_GUARDED: Final = ("used", "stopped", "foreign", "others")
_LOOK: Final = "look for forgotten clusters"
_PREVIEW: Final = "preview the deletion of the forgotten ones"
_TOO_MANY: Final = "delete the forgotten ones and one that is not"
_UNREAD: Final = "delete the forgotten ones, of which DSS does not tell what it knows"
_DELETE: Final = "delete the forgotten ones"


class Forgotten:
    """Clusters of every standing, and five runs of the macro; then one without any fault."""

    name = "forgotten"

    def dss_version(self, _: int) -> str:
        """Return the usual one: DSS itself has no part in it."""
        return "15"

    def describe(self, seed: int) -> str:
        """Say the plan of a seed."""
        return in_lines(f"forgotten, seed {seed}", _plan(seed))

    def play(self, stage: Stage, seed: int, teller: Teller) -> None:
        """Play a seed with clusters of its own.

        Raises:
            Violation: something that must be true was not.
        """
        project = _Project(stage, seed)
        try:
            for planned in _plan(seed):
                _take(project, planned, teller)
            _end(project, teller)
        finally:
            for left in project.there().values():
                if left["name"] != stage.bystander["name"]:
                    stage.outsider.delete(left, wait=False)


def _plan(seed: int) -> list[Planned]:
    chance = random.Random(seed)

    def faults() -> tuple[dict[str, Any], ...]:
        return tuple(_fault(chance) for _ in range(chance.randrange(1, 3)))

    kill = round(chance.uniform(0.05, 0.5), 3) if chance.random() < 0.3 else None
    return [
        Planned(_LOOK, faults()),
        Planned(_PREVIEW, faults()),
        Planned(_TOO_MANY, faults(), dialog=(("beside them", chance.choice(_GUARDED)),)),
        # A DSS that does not tell what it knows may know any of them.
        Planned(_UNREAD, faults(), dialog=(("its list", chance.random() < 0.5),)),
        Planned(_DELETE, faults(), kill),
    ]


def _fault(chance: random.Random) -> dict[str, Any]:
    drawn = chance.random()
    if drawn < 0.4:
        effect, target = chance.choice(_OF_DELETIONS), ("container", "DELETE", "*/clusters/*")
    elif drawn < 0.7:
        effect, target = chance.choice(_OF_LISTS), ("container", "GET", "*/clusters")
    elif drawn < 0.9:
        effect, target = chance.choice(_EFFECTS), ("container", "GET", "*")
    else:
        effect, target = chance.choice(_EFFECTS), ("metadata", "GET", "*")
    service, method, path = target
    return {"service": service, "method": method, "path": path, "times": chance.choice((1, 1, 3, 30)), "effect": effect}


class _Project:
    """Clusters of every standing, and the DSS that knows some of them.

    Attributes:
        forgotten: as the dialog names them.
        without_one: what DSS keeps, but for the cluster that it uses, which it refuses to tell.
    """

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._name = f"lost-{seed}-{next(stage.plays)}"
        labels = {
            "gone": Ownership.of(INSTALL_ID, f"{self._name}-x").labels,
            "gone-too": Ownership.of(INSTALL_ID, f"{self._name}-y").labels,
            "used": Ownership.of(INSTALL_ID, f"{self._name}-used").labels,
            "stopped": Ownership.of(INSTALL_ID, f"{self._name}-stopped").labels,
            "foreign": {},
            "others": Ownership.of("another-installation", f"{self._name}-x").labels,
        }
        self._plant: dict[str, dict[str, Any]] = {
            kind: {"name": f"{self._name}-{kind}", "resourceLabels": own} for kind, own in labels.items()
        }
        stage.sandbox.plant(
            *({"location": _PLACE, "cluster": {**it, "initialNodeCount": 1}} for it in self._plant.values())
        )
        self.forgotten = [self.named("gone"), self.named("gone-too")]
        [used] = stage.outsider.named(self._plant["used"]["name"])
        kept = {key: used[key] for key in ("id", "name", "location", "createTime", "selfLink")}
        self._dss: dict[str, Any] = {
            f"{self._name}-used": {
                "state": "RUNNING",
                "data": {"schema_version": 2, "project": stage.outsider.project, "cluster": kept},
            },
            f"{self._name}-stopped": {"state": "NONE", "data": {}},
        }
        self.without_one = {**self._dss, f"{self._name}-used": None}
        self._before = self.there()

    def named(self, kind: str) -> str:
        """Name a cluster as the dialog does."""
        return f"{_PLACE}/{self._plant[kind]['name']}"

    def there(self) -> dict[str, dict[str, Any]]:
        """Return all clusters of this project that exist, and the bystander."""
        own = {it["name"] for it in self._plant.values()} | {self._stage.bystander["name"]}
        return {f"{it['location']}/{it['name']}": it for it in self._stage.sandbox.clusters() if it["name"] in own}

    def run(self, *to_delete: str, dss: Any = ..., kill: float | None = None, **dialog: Any) -> End:
        """Tell the story."""
        asked = {
            "connectionInfo": {"projectId": self._stage.outsider.project, "zone": _PLACE},
            "deleteClusters": list(to_delete),
            **dialog,
        }
        known = self._dss if dss is ... else dss
        return find_forgotten(self._stage.component, self._name, known, asked, kill)

    def require_guarded(self, *but: str) -> None:
        """Require that no cluster was changed, those that may be deleted excepted."""
        now = self.there()
        changed = [name for name, was in self._before.items() if name not in but and now.get(name) != was]
        require(not changed, "clusters that nobody may touch are changed or gone", *changed)


def _take(project: _Project, planned: Planned, teller: Teller) -> None:
    lost, how = project.forgotten, dict(planned.dialog)
    asked: dict[str, Any] = {}
    wanted: tuple[str, ...] = tuple(lost)
    if planned.title == _LOOK:
        wanted = ()
    elif planned.title == _PREVIEW:
        asked = {"preview": True}
    elif planned.title == _TOO_MANY:
        wanted = (*lost, project.named(how["beside them"]))
    elif planned.title == _UNREAD:
        asked = {"dss": None if how["its list"] else project.without_one}
    end, met = teller.tell(planned, lambda it: project.run(*wanted, kill=it.kill_after_seconds, **asked))
    _require_explained(end, [*met, *teller.lasting], refused_by_dss=planned.title == _UNREAD)
    teller.lasting += met
    if planned.title == _TOO_MANY:
        require(not end.succeeded or has_failed(end), "a deletion that must be refused is told as done", text_of(end))
    project.require_guarded(*(lost if planned.title == _DELETE else ()))


def _end(project: _Project, teller: Teller) -> None:
    """Look and delete without any fault: what an interrupted run left is found and finished."""
    left = [name for name in project.forgotten if project.there().get(name, {}).get("status") == "RUNNING"]
    seen = text_of(project.run())
    require(all(name in seen for name in left), "a forgotten cluster is not found", left, seen)
    calm = project.run(*project.forgotten)
    if has_failed(calm):
        # A deletion that was to fail only now.
        named = causes.names_one_of(text_of(calm), teller.lasting)
        require(named, "a deletion without any fault fails", text_of(calm))
        calm = project.run(*project.forgotten)
    require(not has_failed(calm), "a deletion without any fault fails", text_of(calm))
    still = set(project.forgotten) & project.there().keys()
    require(not still, "a deletion without any fault leaves clusters", *still)
    project.require_guarded(*project.forgotten)


def _require_explained(end: End, met: list[dict[str, Any]], *, refused_by_dss: bool) -> None:
    require(end.ended != "endless", "the story does not end", end.log)
    if end.ended != "returned":
        return
    if end.error_type:
        require(end.error_type.endswith(".SettingsError"), "not a page", end.error_type, end.message)
        require("is not deleted" in end.message, "a refusal that does not say that nothing is deleted", end.message)
    elif has_failed(end):
        said = refused_by_dss and "DSS refused" in text_of(end)
        named = said or causes.names_one_of(text_of(end), met)
        require(named, "a page that names no cause", met, text_of(end))
