"""A clock for the plugin that runs faster than the wall's, so that its pauses and deadlines fit the sandbox's speed.

The sandbox creates a cluster in a tenth of a second; the plugin asks for it every half second at the most. In the
process that tells the stories, the plugin's modules and the retries of Google's libraries see a module `time` whose
seconds are shorter. Sockets, processes and certificates keep the real one.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

SPEED: Final = 200.0
"""How many of the plugin's seconds pass in a real one."""


class QuickTime(ModuleType):
    """The module `time`, with a monotonic clock and pauses of shorter seconds."""

    def __init__(self, speed: float) -> None:
        super().__init__("time")
        self._speed = speed
        self._started = time.monotonic()

    def monotonic(self) -> float:
        """Return the quick seconds of a clock that cannot go backwards."""
        return self._started + (time.monotonic() - self._started) * self._speed

    def sleep(self, seconds: float) -> None:
        """Wait for that many quick seconds."""
        time.sleep(seconds / self._speed)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@contextlib.contextmanager
def importing_with(quick: QuickTime) -> Iterator[None]:
    """Give every module that is imported for the first time inside the block the quick clock as `time`."""
    sys.modules["time"] = quick
    try:
        yield
    finally:
        sys.modules["time"] = time
