"""What a start does about a cluster that is there already. A pure decision; nothing is asked or changed here."""

from __future__ import annotations

from enum import Enum
from typing import Final

PROVISIONING: Final = "PROVISIONING"
RUNNING: Final = "RUNNING"
RECONCILING: Final = "RECONCILING"
STOPPING: Final = "STOPPING"
ERROR: Final = "ERROR"
DEGRADED: Final = "DEGRADED"

USABLE: Final = frozenset({RUNNING, RECONCILING})
"""Statuses in which the cluster answers: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/Status."""

BROKEN: Final = frozenset({ERROR, DEGRADED})
"""Statuses that no waiting cures."""


class Decision(Enum):
    """What to do about what was found."""

    CREATE = "nothing is there: create"
    RESUME = "an earlier start or Google is at work on it: wait, then adopt"
    ADOPT = "it runs and is ours: adopt"
    REPLACE = "it is what a failed creation left: delete, then create"
    AWAIT_DELETION = "it is being deleted: wait until it is gone, then create"
    REFUSE_BROKEN = "it is ours, ran once and is broken: the administrator must look"
    REFUSE_FOREIGN = "it is not ours: touch nothing"


def decide(status: str | None, *, ours: bool, busy: bool = False, creation_succeeded: bool = False) -> Decision:
    """Decide what a start does.

    Args:
        status: Status of the cluster of that name at that location; None if there is none.
        ours: Whether its ownership labels are those of this DSS cluster.
        busy: Whether an operation is running on it.
        creation_succeeded: Whether its creation is known to have ended well, so that it may have been in use.
    """
    if status is None:
        return Decision.CREATE
    if status == STOPPING:
        return Decision.AWAIT_DELETION
    if not ours:
        return Decision.REFUSE_FOREIGN
    if busy:
        return Decision.RESUME
    if status in BROKEN:
        # A cluster in ERROR is unusable for good and Google deletes it; a DEGRADED one may hold work.
        kept = status == DEGRADED and creation_succeeded
        return Decision.REFUSE_BROKEN if kept else Decision.REPLACE
    return Decision.ADOPT if status == RUNNING else Decision.RESUME
