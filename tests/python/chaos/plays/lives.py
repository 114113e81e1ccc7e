"""The lives of DSS clusters: starts, stops and attachments, with whatever others do to the cluster meanwhile."""

from __future__ import annotations

from tests.python.chaos.player import Play
from tests.python.chaos.plays.kind import Teller
from tests.python.chaos.schedules import schedule_of
from tests.python.chaos.stage import Stage


class Lives:
    """From the creation of a DSS cluster to a last story without any fault."""

    name = "lives"

    def dss_version(self, _: int) -> str:
        """Return the usual one: DSS itself has no part in it."""
        return "15"

    def describe(self, seed: int) -> str:
        """Say the schedule of a seed."""
        return str(schedule_of(seed))

    def play(self, stage: Stage, seed: int, teller: Teller) -> None:
        """Play the schedule of a seed.

        Raises:
            Violation: something that must be true was not.
        """
        Play(stage, schedule_of(seed), teller).play()
