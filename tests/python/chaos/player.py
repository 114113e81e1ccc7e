"""Plays a schedule on a sandbox, and after each story holds what exists against what must be true."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests

from gke_clusters.specs.ownership import Ownership
from sandbox.process import SandboxProcess
from tests.python.chaos import causes
from tests.python.chaos.dss_clusters import ATTACH, CREATE, INSTALL_ID, Component, DssCluster, End
from tests.python.chaos.outsider import Outsider
from tests.python.chaos.schedules import ZONES, Action, Ending, Neighbour, Schedule, Step

BYSTANDER: Final = "bystander"
_TOKEN: Final = re.compile(r"ya29\.|-----BEGIN")
_TIMEOUT_SECONDS: Final = 20
_OTHER_DSS: Final = Ownership.of("another-installation", "its-cluster").labels


class Violation(AssertionError):  # noqa: N818 - what is violated is said
    """Something that must be true whatever happens is not."""


@dataclass
class Stage:
    """What one process's schedules share: a sandbox, the plugin's process and a cluster that is nobody's business.

    Attributes:
        sandbox: the cloud.
        component: the plugin.
        outsider: somebody else in the project.
        bystander: a cluster of somebody else, as it was created.
    """

    sandbox: SandboxProcess
    component: Component
    outsider: Outsider
    bystander: dict[str, Any]
    plays: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def build(cls, sandbox: SandboxProcess, folder: Path) -> Stage:
        """Prepare a sandbox for schedules."""
        outsider = Outsider(sandbox)
        return cls(sandbox, Component(sandbox, folder), outsider, outsider.create(ZONES[0], BYSTANDER))

    @contextlib.contextmanager
    def faults(self, faults: tuple[dict[str, Any], ...]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """Plan faults; what is given tells which of them have struck."""
        with self.sandbox.faults(*faults):
            yield lambda: self._struck(faults)

    def _struck(self, planned: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.sandbox.admin_url}/faults", timeout=_TIMEOUT_SECONDS)
        pending = answer.json()["faults"]
        return [fault for fault in planned if fault not in pending]

    def close(self) -> None:
        """End the plugin's process."""
        self.component.close()


class Play:
    """One schedule on its way.

    Args:
        stage: where it is played.
        schedule: what happens.
        say: told of each step and how it ended.
    """

    def __init__(self, stage: Stage, schedule: Schedule, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._schedule = schedule
        self._say = say
        self._place = schedule.location
        # Of its own, so that a seed can be played again on the same sandbox.
        name = f"chaos-{schedule.seed}-{next(stage.plays)}"
        self._cluster = DssCluster(stage.component, CREATE, name, _create_dialog(schedule.location))
        self._attached = DssCluster(stage.component, ATTACH, f"{name}-attached", _attach_dialog())
        self._foreign: dict[str, dict[str, Any]] = {stage.bystander["id"]: stage.bystander}
        # Faults of earlier stories whose consequences may still show.
        self._lasting: list[dict[str, Any]] = []

    @property
    def name(self) -> str:
        """The name of the cluster, in DSS and on GKE."""
        return self._cluster.name

    def play(self) -> None:
        """Play it all.

        Raises:
            Violation: something that must be true was not.
        """
        try:
            self._invite_neighbour()
            for step in self._schedule.steps:
                self._take(step)
            self._end()
        finally:
            for cluster in self._stage.outsider.named(self.name):
                self._stage.outsider.delete(cluster, wait=False)

    def _invite_neighbour(self) -> None:
        neighbour = self._schedule.neighbour
        if neighbour is Neighbour.NONE:
            return
        elsewhere = next(zone for zone in ZONES if zone != self._place)
        place = self._place if neighbour is Neighbour.SAME_PLACE else elsewhere
        self._plant(place, _OTHER_DSS if neighbour is Neighbour.OTHER_OWNER else None)

    def _plant(self, place: str, labels: dict[str, str] | None = None) -> None:
        planted = self._stage.outsider.create(place, self.name, labels)
        self._foreign[planted["id"]] = planted

    def _take(self, step: Step) -> None:
        self._say(str(step))
        acts: dict[Action, Callable[[Step], object]] = {
            Action.START_OR_STOP: self._start_or_stop,
            Action.FORCE_STOP: self._stop,
            Action.ATTACH_OR_DETACH: self._attach_or_detach,
            Action.MOVE: self._move,
            Action.DAMAGE_JOURNAL: self._damage_journal,
            Action.LOSE_JOURNAL: lambda _: self._cluster.journal.unlink(missing_ok=True),
            Action.DELETE_BEHIND: self._delete_behind,
            Action.REPLACE_BEHIND: self._replace_behind,
        }
        acts[step.action](step)

    def _move(self, step: Step) -> None:
        self._place = step.location
        self._cluster.config = _create_dialog(step.location)

    def _damage_journal(self, _: Step) -> None:
        journal = self._cluster.journal
        if journal.exists():
            journal.write_text(journal.read_text()[:20])

    def _delete_behind(self, _: Step) -> None:
        for cluster in self._ours():
            self._stage.outsider.delete(cluster)

    def _replace_behind(self, _: Step) -> None:
        for cluster in self._ours():
            self._stage.outsider.delete(cluster)
            if not self._foreign_at(cluster["location"]):
                self._plant(cluster["location"])

    def _start_or_stop(self, step: Step) -> None:
        (self._stop if self._cluster.running else self._start)(step)

    def _start(self, step: Step) -> End:
        occupied = self._foreign_at(self._place)
        with self._stage.faults(step.faults) as struck:
            end = self._cluster.start(step.kill_after_seconds)
            met = struck()
        self._check(end, met, excused=occupied)
        if end.succeeded:
            if occupied:
                raise Violation("a start succeeded although the name is somebody else's")
            self._require_usable()
        return end

    def _stop(self, step: Step) -> End:
        replaced = self._is_replaced()
        with self._stage.faults(step.faults) as struck:
            end = self._cluster.stop(step.kill_after_seconds)
            met = struck()
        self._check(end, met, excused=replaced)
        if end.succeeded and self._cluster.data:
            left = [one["id"] for one in self._named() if one["id"] == self._cluster.data["cluster"]["id"]]
            if left:
                raise Violation("a stop succeeded, and the cluster that DSS knows is still there")
        return end

    def _attach_or_detach(self, step: Step) -> None:
        attached = self._attached
        with self._stage.faults(step.faults) as struck:
            end = (attached.stop if attached.running else attached.start)(step.kill_after_seconds)
            met = struck()
        self._check(end, met, excused=False)

    def _end(self) -> None:
        """Tell the last story, in which nothing goes wrong, and require what must be true after it."""
        self._say(f"without any fault: {self._schedule.ending.value}")
        calm = Step(Action.START_OR_STOP)
        if self._schedule.ending is Ending.STOP:
            self._calmly(self._stop, calm)
            data = self._cluster.data
            if data and not self._is_replaced() and self._at(data["cluster"]):
                raise Violation("after a stop without any fault the cluster that DSS knows is still there")
            return
        if self._cluster.running and not self._calmly(self._stop, calm).succeeded:
            # Somebody else's cluster has taken the place: DSS's administrator marks it as stopped, by force.
            self._cluster.running = False
        if self._calmly(self._start, calm).succeeded:
            self._require_usable()
            (ours,) = self._ours()
            if ours["status"] != "RUNNING":
                raise Violation(f"after a start without any fault the cluster is {ours['status']}")
        elif not self._foreign_at(self._place):
            raise Violation("a start without any fault fails")

    def _calmly(self, tell: Callable[[Step], End], step: Step) -> End:
        end = tell(step)
        if end.ended == "returned" and not end.succeeded and self._lasting:
            # What an earlier story had asked for failed only now, as it was told to: from here on all is calm.
            self._lasting.clear()
            end = tell(step)
        return end

    # What must be true -----------------------------------------------------------------------------------------------

    def _check(self, end: End, met: list[dict[str, Any]], *, excused: bool) -> None:
        said = end.message.splitlines()[0] if end.message else ""
        self._say(f"   -> {end.ended} in {end.seconds:.2f} s{f': {said}' if said else ''}; struck: {len(met)}")
        if end.ended == "endless":
            raise Violation(f"the story does not end; its log ends with\n{end.log[-2000:]}")
        self._require_at_most_one()
        self._require_findable()
        self._require_foreign_unchanged()
        self._require_no_secret(end)
        if end.ended == "returned" and not end.succeeded:
            self._require_explained(end, [*met, *self._lasting], excused=excused)
        self._lasting += [fault for fault in met if causes.lasts(fault)]

    def _require_at_most_one(self) -> None:
        ours = self._ours()
        if len(ours) > 1:
            places = ", ".join(f"{one['location']} ({one['status']})" for one in ours)
            raise Violation(f"{len(ours)} clusters of one DSS cluster: {places}")

    def _require_findable(self) -> None:
        for one in self._ours():
            data = self._cluster.data or {}
            known = data.get("cluster", {}).get("id") == one["id"]
            labelled = one.get("resourceLabels", {}).items() >= Ownership.of(INSTALL_ID, self.name).labels.items()
            if not (known or labelled or self._journal_names(one)):
                raise Violation(f"nobody can find {one['name']} in {one['location']} again")

    def _journal_names(self, cluster: dict[str, Any]) -> bool:
        try:
            entry = json.loads(self._cluster.journal.read_text())
        except (OSError, ValueError):
            return False
        return (entry["name"], entry["location"]) == (cluster["name"], cluster["location"])

    def _require_foreign_unchanged(self) -> None:
        there = {one["id"]: one for one in self._stage.sandbox.clusters()}
        for planted in self._foreign.values():
            found = there.get(planted["id"])
            if found != planted:
                what = "gone" if found is None else f"changed: {_difference(planted, found)}"
                raise Violation(f"somebody else's cluster {planted['name']} in {planted['location']} is {what}")

    def _require_no_secret(self, end: End) -> None:
        shown = {"message": end.message, "result": json.dumps(end.result), "log": end.log}
        with contextlib.suppress(FileNotFoundError):
            shown["journal"] = self._cluster.journal.read_text()
        for where, text in shown.items():
            if _TOKEN.search(text):
                raise Violation(f"there is a secret in the {where}")

    def _require_explained(self, end: End, faults: list[dict[str, Any]], *, excused: bool) -> None:
        kind, message = end.error_type, end.message
        if not kind.startswith("gke_clusters.errors.") or kind.endswith("UnexpectedFailure"):
            raise Violation(f"a failure that the plugin did not foresee, {kind}:\n{message}\n{end.log[-3000:]}")
        if "Traceback" in message or "What to do: " not in message:
            raise Violation(f"a message that does not help:\n{message}")
        if "deleted again." in message and self._ours():
            raise Violation(f"the message says that the cluster was deleted, and it is still there:\n{message}")
        if not excused and not causes.names_one_of(message, faults):
            raise Violation(f"a message that does not name the cause, one of {faults}:\n{kind}: {message}")

    def _require_usable(self) -> None:
        """After a start: exactly the cluster that DSS knows, running, and a private kubeconfig for it."""
        data = self._cluster.data or {}
        kubeconfig = Path(data["kube_config_path"])
        ours = [(one["id"], one["status"]) for one in self._ours()]
        if [one for one, _ in ours] != [data["cluster"]["id"]] or ours[0][1] not in ("RUNNING", "RECONCILING"):
            raise Violation(f"a start succeeded with {data['cluster']['id']}, and there is {ours or 'nothing'}")
        if not kubeconfig.is_file() or kubeconfig.stat().st_mode & 0o077:
            raise Violation("a start succeeded without a kubeconfig, or others can read it")

    # What exists -----------------------------------------------------------------------------------------------------

    def _named(self) -> list[dict[str, Any]]:
        return self._stage.outsider.named(self.name)

    def _ours(self) -> list[dict[str, Any]]:
        return [one for one in self._named() if one["id"] not in self._foreign]

    def _at(self, saved: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in self._named() if one["location"] == saved["location"]]

    def _foreign_at(self, place: str) -> bool:
        return any(one["name"] == self.name and one["location"] == place for one in self._foreign.values())

    def _is_replaced(self) -> bool:
        """Tell whether where DSS knows its cluster, there is another one."""
        data = self._cluster.data
        return data is not None and any(one["id"] != data["cluster"]["id"] for one in self._at(data["cluster"]))


def _create_dialog(location: str) -> dict[str, Any]:
    zonal = location in ZONES
    return {
        "connectionInfo": {"projectId": "sandbox-project", "zone" if zonal else "region": location},
        "isRegional": not zonal,
        "nodePools": [{"machineType": "n2-highmem-8", "numNodes": 1}],
    }


def _attach_dialog() -> dict[str, Any]:
    return {
        "connectionInfo": {"projectId": "sandbox-project", "zone": ZONES[0]},
        "clusterId": BYSTANDER,
        "location": ZONES[0],
    }


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return ", ".join(f"{key}: {before.get(key)!r} -> {after.get(key)!r}" for key in keys)
