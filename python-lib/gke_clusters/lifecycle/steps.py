"""The steps of a macro as they are taken: one that fails keeps the following ones from being tried."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from gke_clusters.errors import GkeClustersError, SettingsError
from gke_clusters.reports.checklist import Outcome, Step

logger = logging.getLogger(__name__)

Result = tuple[Outcome, Sequence[str]]


class StepsTaken:
    """What was done so far, for the page.

    Attributes:
        steps: in the order in which they were taken.
        notes: what the administrator should know or do next, a sentence each.
        obstacle: why nothing more is tried; None as long as it is.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.notes: list[str] = []
        self.obstacle: str | None = None

    def take(self, title: str, work: Callable[[], Result], *, despite_obstacle: bool = False) -> None:
        """Take a step, unless one before it failed.

        Args:
            title: what is to be done.
            work: does it; says how it ended, and a line for each thing found or changed.
            despite_obstacle: do it all the same.

        Raises:
            SettingsError: the step finds that the dialog is wrong.
        """
        if self.obstacle and not despite_obstacle:
            self.steps.append(Step(title, Outcome.SKIPPED, (self.obstacle,)))
            return
        try:
            outcome, details = work()
        except SettingsError:
            raise
        except GkeClustersError as failure:
            logger.error("%s: %s", title, failure)  # noqa: TRY400 - one line, not a traceback
            self.steps.append(Step.failed(title, failure))
            self.obstacle = self.obstacle or f"“{title}” failed."
        else:
            self.steps.append(Step(title, outcome, tuple(details)))
