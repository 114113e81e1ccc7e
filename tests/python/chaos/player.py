"""Plays a schedule on a sandbox: the stories of one DSS cluster, with the faults and kills that it plans."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from gke_clusters.errors import GkeClustersError
from gke_clusters.specs.ownership import Ownership
from tests.python.chaos import causes
from tests.python.chaos.dialogs import ZONES, attach_dialog, create_dialog
from tests.python.chaos.dss_clusters import ATTACH, CREATE, DssCluster, End
from tests.python.chaos.judge import Judge, Violation
from tests.python.chaos.plays.kind import Teller
from tests.python.chaos.schedules import Action, Ending, Neighbour, Schedule, Step
from tests.python.chaos.stage import BYSTANDER, Stage
from tests.python.integration.furnished_cluster import FurnishedCluster

_OTHER_DSS = Ownership.of("another-installation", "its-cluster").labels


class Play:
    """One schedule on its way.

    Args:
        stage: where it is played.
        schedule: what happens.
        teller: has the stories told.
    """

    def __init__(self, stage: Stage, schedule: Schedule, teller: Teller) -> None:
        self._stage = stage
        self._schedule = schedule
        self._teller = teller
        self._say = teller.say
        self._place = schedule.location
        self._options = schedule.options
        # Of its own, so that a seed can be played again on the same sandbox.
        name = f"chaos-{schedule.seed}-{next(stage.plays)}"
        self._cluster = DssCluster(stage.component, CREATE, name, create_dialog(schedule.location, schedule.options))
        self._attached = DssCluster(stage.component, ATTACH, f"{name}-attached", attach_dialog(BYSTANDER))
        self._judge = Judge(stage, self._cluster, schedule.options)
        # Whether an operation never ends: then nobody can ever use the cluster or delete it.
        self._stuck = False

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
            self._judge.require_one_at_a_time()
        finally:
            for cluster in self._judge.named():
                self._stage.outsider.delete(cluster, wait=False)

    def _invite_neighbour(self) -> None:
        neighbour = self._schedule.neighbour
        if neighbour is Neighbour.NONE:
            return
        elsewhere = next(zone for zone in ZONES if zone != self._place)
        place = self._place if neighbour is Neighbour.SAME_PLACE else elsewhere
        self._plant(place, _OTHER_DSS if neighbour is Neighbour.OTHER_OWNER else None)

    def _plant(self, place: str, labels: dict[str, str] | None = None) -> None:
        self._judge.add_foreign(self._stage.outsider.create(place, self._cluster.name, labels))

    def _take(self, step: Step) -> None:
        self._say(str(step))
        acts: dict[Action, Callable[[Step], object]] = {
            Action.START_OR_STOP: self._start_or_stop,
            Action.FORCE_STOP: self._stop,
            Action.ATTACH_OR_DETACH: self._attach_or_detach,
            Action.FURNISH: self._furnish,
            Action.MOVE: self._move,
            Action.DAMAGE_JOURNAL: self._damage_journal,
            Action.LOSE_JOURNAL: lambda _: self._cluster.journal.unlink(missing_ok=True),
            Action.DELETE_BEHIND: self._delete_behind,
            Action.REPLACE_BEHIND: self._replace_behind,
        }
        acts[step.action](step)

    def _move(self, step: Step) -> None:
        self._place = step.location
        self._cluster.config = create_dialog(step.location, self._options)

    def _furnish(self, _: Step) -> None:
        for cluster in self._judge.ours():
            if cluster["status"] == "RUNNING" and cluster["id"] not in self._judge.billed_outside:
                # Its control plane may be away for an upgrade.
                with contextlib.suppress(GkeClustersError):
                    inside = FurnishedCluster(self._stage.sandbox, cluster, self._stage.component.folder)
                    self._judge.billed_outside[cluster["id"]] = {inside.add_load_balancer(), inside.add_database()}

    def _damage_journal(self, _: Step) -> None:
        journal = self._cluster.journal
        if journal.exists():
            journal.write_text(journal.read_text()[:20])

    def _delete_behind(self, _: Step) -> None:
        for cluster in self._judge.ours():
            self._stage.outsider.delete(cluster)

    def _replace_behind(self, _: Step) -> None:
        for cluster in self._judge.ours():
            gone = self._stage.outsider.delete(cluster)
            if gone and not self._judge.foreign_at(cluster["location"]):
                self._plant(cluster["location"])

    def _start_or_stop(self, step: Step) -> None:
        (self._stop if self._cluster.running else self._start)(step)

    def _start(self, step: Step) -> End:
        judge, places = self._judge, self._options.places(self._place)
        occupied, elsewhere, before = judge.foreign_at(*places), judge.ours_elsewhere(self._place), judge.ours()
        end, met = self._tell(self._cluster.start, step)
        judge.after_any(end, met, refusal="NameTaken" if occupied else "StateError" if elsewhere else None)
        if end.succeeded and len(places) == 1 and occupied:
            raise Violation("a start succeeded although the name is somebody else's")
        judge.after_start(end, met, before)
        return end

    def _stop(self, step: Step) -> End:
        refusal = "StateError" if self._judge.is_replaced() else None
        end, met = self._tell(self._cluster.stop, step)
        self._judge.after_any(end, met, refusal=refusal)
        self._judge.after_stop(end)
        return end

    def _attach_or_detach(self, step: Step) -> None:
        attached = self._attached
        end, met = self._tell(attached.stop if attached.running else attached.start, step)
        self._judge.after_any(end, met)

    def _tell(self, act: Callable[[float | None], End], step: Step) -> tuple[End, list[dict[str, Any]]]:
        end, met = self._teller.listen(step.faults, lambda: act(step.kill_after_seconds))
        self._stuck = self._stuck or any(causes.stays(fault) for fault in met)
        return end, met

    def _end(self) -> None:
        """Tell the last story, in which nothing goes wrong; the judge requires what must be true after it."""
        self._options = self._options.patient()
        self._cluster.config = create_dialog(self._place, self._options)
        self._say(f"without any fault: {self._schedule.ending.value}")
        if self._cluster.running or self._schedule.ending is Ending.STOP:
            all_is_well = self._judge.all_is_well()
            stopped = self._calmly(self._stop)
            if all_is_well:
                self._judge.after_calm_stop(stopped)
            if not stopped.succeeded:
                # Somebody else's cluster has taken the place: the administrator of DSS marks it as stopped.
                self._cluster.running = False
        if self._schedule.ending is Ending.STOP:
            return
        if self._stuck:
            self._start(Step(Action.START_OR_STOP))
            return
        started = self._calmly(self._start).succeeded
        if not started and (elsewhere := self._judge.ours_elsewhere(self._place)):
            # An earlier start left its cluster where the dialog does not look any more; the message advises to go back.
            self._move(Step(Action.MOVE, location=elsewhere[0]["location"]))
            started = self._calmly(self._start).succeeded
        if started:
            self._judge.require_running()
        elif not self._judge.foreign_at(self._place):
            raise Violation("a start without any fault fails")

    def _calmly(self, tell: Callable[[Step], End]) -> End:
        calm = Step(Action.START_OR_STOP)
        end = tell(calm)
        if not end.succeeded and self._judge.forget_lasting():
            # What an earlier story had asked for failed only now, as it was told to: from here on all is calm.
            end = tell(calm)
        return end
