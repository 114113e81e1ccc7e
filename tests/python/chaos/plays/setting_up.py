"""The macros that set up compute: nothing of others changed, nothing twice, nothing unexplained, all of it there."""

from __future__ import annotations

import random
import re
from typing import Any, Final

from tests.python.chaos import causes
from tests.python.chaos.dss_clusters import End
from tests.python.chaos.plays.kind import Planned, Teller, in_lines, require
from tests.python.chaos.pool_stories import has_failed, page_of, text_of
from tests.python.chaos.setting_up_dss import MACROS, SettingUpDss, key_of
from tests.python.chaos.stage import Stage
from tests.python.integration.shared_settings import NAME

_MOST_STORIES: Final = 3
_MOST_FAULTS: Final = 3
_LATEST_KILL_SECONDS: Final = {"register": 0.4, "use": 0.3, "connect": 0.5, "push": 2.0, "set-up": 2.5}
# What each service is asked for, and by which stories.
_OF_DSS: Final = (("dss", "GET", "*"), ("dss", "PUT", "*"), ("dss", "POST", "*"), ("dss", "*", "*"))
_OF_SETTINGS: Final = (("dss", "GET", "*/general-settings"), ("dss", "PUT", "*/general-settings"))
_OF_HOST: Final = (("metadata", "GET", "*"), ("metadata", "GET", "*/token*"))
_OF_BUCKETS: Final = (("storage", "*", "*"), ("storage", "GET", "*"), ("storage", "POST", "*"))
_OF_IMAGES: Final = (
    ("artifactregistry", "GET", "*"),
    ("artifactregistry", "POST", "*"),
    ("registry", "*", "*"),
    ("registry", "PUT", "*/manifests/*"),
    ("registry", "*", "*/blobs/*"),
)
_OF_PROJECT: Final = (("cloudresourcemanager", "*", "*"), ("serviceusage", "*", "*"), ("container", "GET", "*"))
_TARGETS: Final = {
    "register": (*_OF_DSS, *_OF_SETTINGS),
    "use": _OF_DSS,
    "connect": (*_OF_DSS, *_OF_BUCKETS, *_OF_HOST),
    "push": (*_OF_IMAGES, *_OF_SETTINGS, *_OF_DSS, *_OF_HOST),
    "set-up": (*_OF_IMAGES, *_OF_SETTINGS, *_OF_DSS, *_OF_BUCKETS, *_OF_HOST, *_OF_PROJECT),
}
_SECRET: Final = re.compile(r"ya29\.|-----BEGIN|dkuaps-")
_UNKNOWN: Final = re.compile(r"[Nn]ot known|could not be|no answer|did not answer|could not check|DSS refused")


class SettingUp:
    """Macros in any order against one started cluster; then all at once without any fault, twice."""

    name = "setting-up"

    def dss_version(self, seed: int) -> str:
        """Return the shape of the general settings: both, in turns."""
        return "15" if seed % 2 else "14"

    def describe(self, seed: int) -> str:
        """Say the plan of a seed."""
        return in_lines(f"setting-up, seed {seed}, DSS {self.dss_version(seed)}", _plan(seed))

    def play(self, stage: Stage, seed: int, teller: Teller) -> None:
        """Play a seed on the DSS that all seeds of the stage have in common.

        Raises:
            Violation: something that must be true was not.
        """
        dss = stage.scene(self.name, lambda: SettingUpDss(stage))
        name = f"setup-{seed}-{next(stage.plays)}"
        dss.prepare(name)
        before = dss.of_others(name)
        for planned in _plan(seed):
            ours = dss.ours(name)
            end, met = teller.tell(planned, lambda it: _tell(dss, name, it))
            _require_sound(end, [*met, *teller.lasting])
            teller.lasting = [one for one in met if "down" in one["effect"]]
            require(dss.of_others(name) == before, "what is not ours has changed", before, dss.of_others(name))
            if dict(planned.dialog).get("preview"):
                require(dss.ours(name) == ours, "a preview has changed something", ours, dss.ours(name))
        _end(dss, name, before, teller)


def _end(dss: SettingUpDss, name: str, before: str, teller: Teller) -> None:
    """Set up everything without any fault: it is all there, once, and a second time changes nothing."""
    everything = Planned("set-up")
    calm, _ = teller.tell(everything, lambda it: _tell(dss, name, it))
    require(calm.succeeded and not has_failed(calm), "without any fault it fails", text_of(calm))
    amiss = dss.twice_or_missing(name)
    require(not amiss, "not everything is there exactly once", *amiss, text_of(calm))
    made = dss.ours(name)
    again, _ = teller.tell(everything, lambda it: _tell(dss, name, it))
    require(again.succeeded and not has_failed(again), "the second time fails", text_of(again))
    require(dss.ours(name) == made, "the second time changes something", made, dss.ours(name))
    require(dss.of_others(name) == before, "what is not ours has changed", before, dss.of_others(name))
    require(not _SECRET.search(made), "there is a secret in what DSS keeps")


def _plan(seed: int) -> list[Planned]:
    chance = random.Random(seed)
    plan = []
    for _ in range(chance.randrange(1, _MOST_STORIES + 1)):
        story = chance.choice(tuple(MACROS))
        if story == "push" and any(one.title == "register" for one in plan):
            # What was registered before there was a repository names Google's own host, which is not in the sandbox.
            story = "set-up"
        faults = tuple(_fault(chance, story) for _ in range(chance.randrange(_MOST_FAULTS + 1)))
        kill = round(chance.uniform(0.02, _LATEST_KILL_SECONDS[story]), 3) if chance.random() < 0.25 else None
        plan.append(Planned(story, faults, kill, _choices(chance, story)))
    return plan


def _choices(chance: random.Random, story: str) -> tuple[tuple[str, Any], ...]:
    """What an administrator may choose otherwise than by default."""
    choices: dict[str, dict[str, tuple[Any, ...]]] = {
        "register": {"withSpark": (True, False), "makeDefault": (True, False), "makeDefaultCluster": (True, False)},
        "push": {"logInBeforePushes": (True, False)},
        "connect": {"path": ("/", "/dss"), "synchronizeMetastore": (True, False), "usableBy": ("ALL",)},
        "use": {"choice": ("USE", "USE", "INHERIT")},
        "set-up": {"withSpark": (True, True, False), "makeDefault": (True, False)},
    }
    drawn = {key: chance.choice(values) for key, values in choices[story].items()}
    drawn |= {"preview": True} if chance.random() < 0.15 else {}
    return tuple(drawn.items())


def _tell(dss: SettingUpDss, name: str, planned: Planned) -> End:
    return dss.tell(name, planned.title, _dialog(dss, name, planned), planned.kill_after_seconds)


def _dialog(dss: SettingUpDss, name: str, planned: Planned) -> dict[str, Any]:
    registry = {"registryUrl": dss.registry(name)}
    google = {"connectionInfo": dss.connection_info}
    fields: dict[str, dict[str, Any]] = {
        "register": {"clusterId": dss.cluster, "configurationName": NAME, **registry},
        "push": {**google, **registry, "createRepository": True},
        "connect": {**google, "connectionName": name, "bucket": name},
        "use": {"clusterId": dss.cluster, "projects": [key_of(name)]},
        "set-up": {
            **google,
            **registry,
            "clusterId": dss.cluster,
            "configurationName": NAME,
            "createRepository": True,
            "bucket": name,
            "connectionName": name,
            "projects": [key_of(name)],
        },
    }
    return fields[planned.title] | dict(planned.dialog)


def _fault(chance: random.Random, story: str) -> dict[str, Any]:
    service, method, path = chance.choice(_TARGETS[story])
    effects: tuple[dict[str, Any], ...] = (
        {"status": chance.choice((429, 500, 503))},
        {"status": chance.choice((401, 500, 503))},
        {"reset": "before"},
        {"reset": "after"},
        {"delay": 0.1},
        {"down": 0.3},
    )
    effect = chance.choice(effects)
    times = 1 if "down" in effect else chance.choice((1, 1, 3, 30))
    return {"service": service, "method": method, "path": path, "times": times, "effect": effect}


def _require_sound(end: End, met: list[dict[str, Any]]) -> None:
    require(end.ended != "endless", "the story does not end", end.log)
    require(not _SECRET.search(page_of(end) + end.log), "there is a secret in the page or the log")
    if end.ended == "killed" or not has_failed(end):
        return
    text = text_of(end)
    if end.error_type:
        ours = end.error_type.startswith("gke_clusters.errors.") and not end.error_type.endswith("UnexpectedFailure")
        require(ours, "a failure that was not foreseen", end.error_type, text, end.log)
    require("Something unexpected" not in text, "a failure that was not foreseen", text, end.log)
    require(met, "it fails, and nothing went wrong", text)
    named = causes.names_one_of(text, met) or _UNKNOWN.search(text)
    require(named, "a page that neither names the cause nor says what is not known", met, text)
