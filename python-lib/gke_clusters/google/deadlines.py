"""A point in time after which waiting ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


def _now() -> float:
    return time.monotonic()


@dataclass(frozen=True)
class Deadline:
    """A deadline that many seconds from the moment it is made, by a clock that no time change moves."""

    seconds: float
    _started: float = field(default_factory=_now)

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the deadline was set."""
        return _now() - self._started

    @property
    def remaining_seconds(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.seconds - self.elapsed_seconds)

    @property
    def expired(self) -> bool:
        """Whether no time is left."""
        return self.remaining_seconds == 0
