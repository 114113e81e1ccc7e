"""Simulated durations: the real service's seconds divided by one speed. Timestamps stay those of the wall clock."""

import asyncio
from datetime import datetime, timezone


class Clock:
    """Turns the durations of the real service into waiting time.

    Args:
        speed: how many simulated seconds pass in one real second; must be positive.
    """

    def __init__(self, speed: float = 100.0) -> None:
        if speed <= 0:
            raise ValueError("the speed must be positive")
        self.speed = speed

    @staticmethod
    def now() -> datetime:
        """Return the current time in UTC."""
        return datetime.now(timezone.utc)

    @classmethod
    def timestamp(cls) -> str:
        """Return the current time as Google's APIs write it: RFC 3339, UTC, with nanoseconds."""
        return cls.now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z")

    async def sleep(self, simulated_seconds: float) -> None:
        """Wait until that many simulated seconds have passed."""
        await asyncio.sleep(self.real_seconds(simulated_seconds))

    def real_seconds(self, simulated_seconds: float) -> float:
        """Return how many real seconds that many simulated ones take."""
        return simulated_seconds / self.speed
