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
    REPLACE = "it is what a failed start left: delete, then create"
    AWAIT_DELETION = "it is being deleted: wait until it is gone, then create"
    REFUSE_BROKEN = "it is ours and broken, and may hold work: the administrator must look"
    REFUSE_FOREIGN = "it is not ours: touch nothing"


def decide(
    status: str | None,
    *,
    ours: bool,
    busy: bool = False,
    creation_failed: bool = False,
    settled: bool = False,
    start_failed: bool = False,
) -> Decision:
    """Decide what a start does.

    Args:
        status: Status of the cluster of that name at that location; None if there is none.
        ours: Whether its ownership labels are those of this DSS cluster.
        busy: Whether an operation is running on it.
        creation_failed: Whether it is known to hold nothing: its creation failed, or this DSS cluster was still
            creating it, or deleting it already, when it was interrupted.
        settled: Whether it is RECONCILING without any operation for so long that nothing more is to be waited for.
        start_failed: Whether it is known to hold nothing in whichever status: its start failed, and it was kept for
            inspection or about to be deleted.
    """
    if status is None:
        return Decision.CREATE
    if status == STOPPING:
        return Decision.AWAIT_DELETION
    if not ours:
        return Decision.REFUSE_FOREIGN
    if busy:
        return Decision.RESUME
    if start_failed or status in BROKEN:
        # The disks of a broken one may hold work even where the control plane is beyond repair.
        return Decision.REPLACE if start_failed or creation_failed else Decision.REFUSE_BROKEN
    usable = status == RUNNING or (status == RECONCILING and settled)
    return Decision.ADOPT if usable else Decision.RESUME
