"""How far a story is, for the log and for DSS's progress bar."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from gke_clusters.google.operations import Operation

logger = logging.getLogger(__name__)

TARGET: Final = 100
UNIT: Final = "NONE"
"""DSS's unit for a target that counts nothing in particular."""

# The log gets a line when the words change, or at each tenth.
_LOGGED_STEP: Final = 10


class Progress:
    """Reports steps to the log and percents to DSS. A callback that fails never fails the story."""

    def __init__(self, callback: Callable[[int], object] | None = None) -> None:
        self._callback = callback
        self._percent = 0

    def step(self, percent: int, words: str) -> None:
        """Say what happens now.

        Args:
            percent: How far the story is, from 0 to 100; it never goes back.
            words: For the log.
        """
        logger.info("%s", words)
        self._report(percent)

    def within(self, first: int, last: int) -> Progress:
        """Return the progress of a story that is a part of this one.

        Args:
            first: Percent of this one where the part begins.
            last: Percent where it ends.
        """
        return Progress(lambda percent: self._report(first + (last - first) * percent // 100))

    def of_operation(self, first: int, last: int) -> Callable[[Operation], None]:
        """Return what follows an operation that fills a part of the bar.

        Args:
            first: Percent where the operation begins.
            last: Percent where it ends.
        """
        said = ""

        def follow(operation: Operation) -> None:
            nonlocal said
            part = 1.0 if operation.done else operation.progress or 0.0
            words = f"{operation.kind} of {operation.cluster} is {operation.status}"
            if operation.progress is not None and not operation.done:
                words += f", about {int(part * 100) // _LOGGED_STEP * _LOGGED_STEP} %"
            if operation.detail:
                words += f": {operation.detail}"
            if words != said:
                logger.info("%s (%s)", words, operation.name)
                said = words
            self._report(first + int((last - first) * part))

        return follow

    def _report(self, percent: int) -> None:
        self._percent = max(self._percent, percent)
        if self._callback is None:
            return
        try:
            self._callback(self._percent)
        except Exception:
            # Whatever DSS's side raises, the cluster matters more than its progress bar.
            logger.debug("DSS did not take the progress", exc_info=True)
