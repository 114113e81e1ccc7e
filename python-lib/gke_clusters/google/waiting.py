"""Waiting for an operation of GKE: how often to ask, and until when.

That it is over says nothing on how it ended: whoever waits reads its ``failures``.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from gke_clusters.errors import OperationTimeout
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.operations import CANCELLED, Condition, Operation

logger = logging.getLogger(__name__)

_SHORTEST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 15.0
# Without progress: a tenth of the time that passed. With it: a fifth of the time that is probably left.
_PART_OF_ELAPSED: Final = 1 / 10
_PART_OF_REMAINING: Final = 1 / 5
# A progress that stays near its end for long is no reason to ask ever more often.
_LEAST_PART_OF_ELAPSED: Final = 1 / 50


# After each answer to a request that was lost, until the next look; Google wants a second after a 503 and 30 after a
# 429: https://cloud.google.com/service-usage/docs/troubleshooting
_LOST_PAUSES_SECONDS: Final = (2.0, 30.0, 30.0, 2.0)
MOST_LOST_ANSWERS: Final = len(_LOST_PAUSES_SECONDS)
"""So many answers to one request may be lost before it is given up."""

# So that the clusters that lost their answers in one outage do not ask again at one moment.
_JITTER: Final = 1.5


def lost_pause_seconds(lost: int) -> float:
    """Return how long to wait before it is looked up what became of a request.

    Args:
        lost: How many answers to it were lost, from 1 to :data:`MOST_LOST_ANSWERS`.
    """
    return _LOST_PAUSES_SECONDS[lost - 1] * random.uniform(1, _JITTER)  # noqa: S311 - no secret


class OperationReader(Protocol):
    """What waiting needs of GKE."""

    def find_operation(
        self, project: str, location: str, name: str, *, patience_seconds: float = ...
    ) -> Operation | None:
        """Read an operation; None where it is not known any more."""


OnProgress = Callable[[Operation], None]


def pause_seconds(elapsed_seconds: float, progress: float | None) -> float:
    """Return how long to wait before the operation is read again.

    Args:
        elapsed_seconds: How long it has been waited for.
        progress: The part that is done, from 0 to 1, if Google says it.
    """
    if progress:
        remaining = elapsed_seconds * (1 - progress) / progress
        pause = max(remaining * _PART_OF_REMAINING, elapsed_seconds * _LEAST_PART_OF_ELAPSED)
    else:
        pause = elapsed_seconds * _PART_OF_ELAPSED
    return min(max(pause, _SHORTEST_SECONDS), _LONGEST_SECONDS)


def wait_for_end(
    reader: OperationReader,
    operation: Operation,
    deadline: Deadline,
    on_progress: OnProgress | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Operation:
    """Wait until an operation is over, well or not.

    Google not answering for a while does not end the wait, the deadline does.

    Args:
        reader: Where to read the operation.
        operation: The operation as last seen.
        deadline: When to give up.
        on_progress: Called with each state that was read.
        sleep: Waits for a number of seconds.

    Returns:
        The operation as last seen; one that Google forgot meanwhile is returned as it was. One that was cancelled has
        a failure with the code ``CANCELLED`` where Google names none.

    Raises:
        OperationTimeout: The deadline passed first. The operation goes on.
    """
    waiting = Deadline(deadline.remaining_seconds)
    aborting = False
    while not operation.done:
        if on_progress:
            on_progress(operation)
        aborting = aborting or operation.status == "ABORTING"
        if waiting.expired:
            raise _timeout(operation, deadline)
        sleep(min(pause_seconds(waiting.elapsed_seconds, operation.progress), waiting.remaining_seconds))
        # At least one good try: what ended during the last pause is not reported as still running.
        patience_seconds = max(waiting.remaining_seconds, 5.0)
        seen = reader.find_operation(
            operation.project, operation.location, operation.name, patience_seconds=patience_seconds
        )
        if seen is None:
            logger.warning("Google does not know %s any more; the cluster itself is looked at next", operation.name)
            return operation
        operation = seen
    if on_progress:
        on_progress(operation)
    if aborting and not operation.failures:
        # For whoever waits to judge: that an upgrade which merely held the cluster was cancelled harms nobody.
        return replace(operation, failures=(Condition(CANCELLED, operation.detail or "The operation was cancelled."),))
    if operation.detail and not operation.failures:
        logger.warning("%s ended with a remark: %s", operation.kind, operation.detail)
    return operation


def _timeout(operation: Operation, deadline: Deadline) -> OperationTimeout:
    return OperationTimeout(
        f"{operation.kind} of {operation.cluster} is not over after {deadline.seconds / 60:.0f} minutes.",
        resource=operation.path,
        verbatim=operation.detail or None,
        remedy=(
            f"Follow it with: gcloud container operations describe {operation.name} --location {operation.location}"
            f" --project {operation.project} . Doing the same again waits for it, and creates nothing twice."
        ),
    )
