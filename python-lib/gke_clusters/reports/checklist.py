"""What a macro did, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from gke_clusters.errors import GkeClustersError
from gke_clusters.reports.pages import render


class Outcome(str, Enum):
    """How a step ended, in the word that the page shows."""

    DONE = "done"
    CHANGED = "changed"
    WOULD_CHANGE = "would change"
    WARNING = "warning"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One step of a macro.

    Attributes:
        title: what was to be done.
        outcome: how it ended; ``DONE`` means that it was so already, ``CHANGED`` that it is so now,
            ``WARNING`` that it may well not do.
        details: what was found or changed, or why it was left out, a line each.
        failure: what failed.
    """

    title: str
    outcome: Outcome
    details: tuple[str, ...] = ()
    failure: GkeClustersError | None = None

    @classmethod
    def failed(cls, title: str, failure: GkeClustersError, details: Sequence[str] = ()) -> Step:
        """A step that failed; ``details`` say what was done before."""
        return cls(title, Outcome.FAILED, tuple(details), failure)


def render_checklist(title: str, steps: Sequence[Step], notes: Sequence[str] = ()) -> str:
    """Return the page.

    Args:
        title: what the macro does.
        steps: in the order in which they were taken.
        notes: what the administrator should know or do next, a sentence each.
    """
    return render("checklist.html", title=title, steps=steps, notes=notes, outcomes=Outcome)
