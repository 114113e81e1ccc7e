"""Holds what exists on the sandbox against what must be true after each story, whatever went wrong in it."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import time
from pathlib import Path
from typing import Any, Final

from gke_clusters.specs.ownership import Ownership
from tests.python.chaos import causes
from tests.python.chaos.dialogs import Options
from tests.python.chaos.dss_clusters import INSTALL_ID, DssCluster, End
from tests.python.chaos.lives import lives_in
from tests.python.chaos.stage import Stage

_TOKEN: Final = re.compile(r"ya29\.|-----BEGIN")
_LOG_SHOWN: Final = 3000
# The longest upgrade takes a hundredth of it; a machine that is busy otherwise takes its time.
_SETTLING_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.01


class Violation(AssertionError):  # noqa: N818 - what is violated is said
    """Something that must be true whatever happens is not."""


class Judge:
    """Knows which clusters belong to one DSS cluster and which do not.

    Args:
        stage: where its schedule is played.
        cluster: the DSS cluster; the clusters on GKE that matter to it have its name.
        options: what its dialog says.

    Attributes:
        billed_outside: names of the disks and forwarding rules that Google made for what is in a cluster, by its id.
    """

    def __init__(self, stage: Stage, cluster: DssCluster, options: Options) -> None:
        self._stage = stage
        self._cluster = cluster
        self._options = options
        self._owner = Ownership.of(INSTALL_ID, cluster.name)
        self._foreign: dict[str, dict[str, Any]] = {stage.bystander["id"]: stage.bystander}
        self.billed_outside: dict[str, set[str]] = {}
        # Faults of earlier stories whose consequences may still show.
        self._lasting: list[dict[str, Any]] = []

    # What exists -----------------------------------------------------------------------------------------------------

    def named(self) -> list[dict[str, Any]]:
        """Return the clusters of that name, whoever created them."""
        return self._stage.outsider.named(self._cluster.name)

    def ours(self) -> list[dict[str, Any]]:
        """Return the clusters that the plugin created for the DSS cluster."""
        return [one for one in self.named() if one["id"] not in self._foreign]

    def add_foreign(self, cluster: dict[str, Any]) -> None:
        """Take note of a cluster that must never be changed."""
        self._foreign[cluster["id"]] = cluster

    def foreign_at(self, *places: str) -> bool:
        """Tell whether somebody else's cluster has the name in one of some locations."""
        return any(one["name"] == self._cluster.name and one["location"] in places for one in self._foreign.values())

    def ours_elsewhere(self, place: str) -> list[dict[str, Any]]:
        """Return ours that are not where a start of a cluster in a location looks."""
        return [one for one in self.ours() if one["location"] not in self._options.places(place)]

    def is_replaced(self) -> bool:
        """Tell whether another cluster is where DSS knows its own."""
        saved = self._saved()
        there = [one["id"] for one in self.named() if saved and one["location"] == saved["location"]]
        return any(one != saved["id"] for one in there)

    def forget_lasting(self) -> bool:
        """Tell whether consequences of earlier faults may have shown, and expect none from here on."""
        lasting, self._lasting = self._lasting, [fault for fault in self._lasting if causes.stays(fault)]
        return bool(lasting)

    def all_is_well(self) -> bool:
        """Tell whether the cluster that DSS knows runs, and nothing of an earlier fault can show any more."""
        running = [one["id"] for one in self.ours() if one["status"] == "RUNNING"]
        return running == [self._saved().get("id")] and not self._lasting

    def _saved(self) -> dict[str, Any]:
        saved: dict[str, Any] = (self._cluster.data or {}).get("cluster", {})
        return saved

    # What must be true -----------------------------------------------------------------------------------------------

    def after_any(self, end: End, met: list[dict[str, Any]], *, refusal: str | None = None) -> None:
        """Require what holds after every story.

        Args:
            end: how it ended.
            met: the faults that struck in it.
            refusal: the class of the error that is right here even where nothing went wrong.

        Raises:
            Violation: it does not hold.
        """
        if end.ended == "endless":
            raise Violation(f"the story does not end; its log ends with\n{end.log[-_LOG_SHOWN:]}")
        self._require_at_most_one()
        self._require_findable()
        self._require_foreign_unchanged()
        self._require_no_secret(end)
        if end.ended == "returned" and not end.succeeded:
            self._require_understandable(end)
            self._require_cause(end, [*met, *self._lasting], refusal)
        self._lasting += [fault for fault in met if causes.lasts(fault)]

    def after_start(self, end: End, met: list[dict[str, Any]], before: list[dict[str, Any]]) -> None:
        """Require what holds after a start of a cluster that is to be created.

        Args:
            end: how it ended.
            met: the faults that struck in it.
            before: ours before it.

        Raises:
            Violation: it does not hold.
        """
        if end.succeeded:
            if any(causes.fails_a_creation(fault, self._options) for fault in met):
                raise Violation("a creation failed, and the administrator is not told")
            self._require_usable()
        elif end.ended == "returned":
            left = {one["id"] for one in self.ours()} - {one["id"] for one in before}
            if left and "gcloud container clusters delete" not in end.message:
                raise Violation(f"a failed start leaves a cluster and does not say so:\n{end.message}")
            self._require_kept_as_asked(end, left)

    def after_stop(self, end: End) -> None:
        """Require that a stop which succeeded has deleted the cluster that DSS knows.

        Raises:
            Violation: it has not.
        """
        if end.succeeded and self._saved().get("id") in {one["id"] for one in self.named()}:
            raise Violation("a stop succeeded, and the cluster that DSS knows is still there")

    def after_calm_stop(self, end: End) -> None:
        """Require that a stop in which nothing went wrong leaves nothing that is billed, or names what it leaves.

        Raises:
            Violation: it is not so.
        """
        left = self.billed_outside.get(self._saved().get("id", ""), set()) & self._stage.outsider.billed()
        if left and self._options.clears_first:
            raise Violation(f"a stop was to clear away what is billed, and left {', '.join(left)}:\n{end.log}")
        if untold := [name for name in left if name not in end.log]:
            raise Violation(f"a stop left {', '.join(untold)}, which is billed, and did not say so:\n{end.log}")

    def require_running(self) -> None:
        """Require exactly one cluster of ours, and that it is RUNNING once GKE does nothing with it by itself.

        Raises:
            Violation: it is not so.
        """
        until = time.monotonic() + _SETTLING_SECONDS
        while (statuses := [one["status"] for one in self.ours()]) == ["RECONCILING"] and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        if statuses != ["RUNNING"]:
            raise Violation(f"after a start without any fault the clusters are {statuses or 'none'}")

    def _require_kept_as_asked(self, end: End, left: set[str]) -> None:
        """Require that a failed cluster is kept where that is asked for, and only there."""
        kept = "was kept for inspection" in end.message
        if kept and not self._options.keeps_failed:
            raise Violation(f"a failed cluster is kept, and nobody asked for it:\n{end.message}")
        if kept and not left and not self._lasting:
            raise Violation(f"the message says that a cluster was kept, and there is none:\n{end.message}")
        if self._options.keeps_failed and "had created was deleted again" in end.message:
            raise Violation(f"a failed cluster is deleted, and was to be kept:\n{end.message}")

    def require_one_at_a_time(self) -> None:
        """Require that at no moment so far two clusters of ours existed, not even in the midst of a story.

        Raises:
            Violation: there was such a moment.
        """
        lives = lives_in(self._stage.outsider.operations(self._cluster.name))
        ours = [life for life in lives if life.creation not in self._stage.outsider.creations]
        for before, after in itertools.pairwise(ours):
            if before.overlaps(after):
                raise Violation(f"two clusters of one DSS cluster at one moment: {before}; {after}")

    def _require_at_most_one(self) -> None:
        ours = self.ours()
        if len(ours) > 1:
            places = ", ".join(f"{one['location']} ({one['status']})" for one in ours)
            raise Violation(f"{len(ours)} clusters of one DSS cluster: {places}")

    def _require_findable(self) -> None:
        for one in self.ours():
            labelled = one.get("resourceLabels", {}).items() >= self._owner.labels.items()
            if not (self._saved().get("id") == one["id"] or labelled or self._journal_names(one)):
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

    def _require_understandable(self, end: End) -> None:
        if not end.error_type.startswith("gke_clusters.errors.") or end.error_type.endswith("UnexpectedFailure"):
            log = end.log[-_LOG_SHOWN:]
            raise Violation(f"a failure that the plugin did not foresee, {end.error_type}:\n{end.message}\n{log}")
        if "Traceback" in end.message or "What to do: " not in end.message:
            raise Violation(f"a message that does not help:\n{end.message}")
        if "deleted again." in end.message and self.ours():
            raise Violation(f"the message says that the cluster was deleted, and it is still there:\n{end.message}")

    def _require_cause(self, end: End, faults: list[dict[str, Any]], refusal: str | None) -> None:
        if refusal and end.error_type.endswith(f".{refusal}"):
            return
        if self._options.hasty and end.error_type.endswith(".OperationTimeout"):
            # On a machine that is busy otherwise, even what nothing delays outlasts a short time limit.
            return
        if not causes.names_one_of(end.message, faults):
            raise Violation(f"a message that names no cause, one of {faults}:\n{end.error_type}: {end.message}")

    def _require_usable(self) -> None:
        """Require exactly the cluster that DSS knows, in use, and a private kubeconfig for it."""
        saved, ours = self._saved(), [(one["id"], one["status"]) for one in self.ours()]
        if [one for one, _ in ours] != [saved["id"]] or ours[0][1] not in ("RUNNING", "RECONCILING"):
            raise Violation(f"a start succeeded with {saved['id']}, and there is {ours or 'nothing'}")
        kubeconfig = Path((self._cluster.data or {})["kube_config_path"])
        if not kubeconfig.is_file() or kubeconfig.stat().st_mode & 0o077:
            raise Violation("a start succeeded without a kubeconfig, or others can read it")


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return ", ".join(f"{key}: {before.get(key)!r} -> {after.get(key)!r}" for key in keys)
