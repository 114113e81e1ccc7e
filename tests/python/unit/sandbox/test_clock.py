import asyncio
import time
from datetime import datetime

import pytest

from sandbox.clock import Clock


@pytest.mark.parametrize("speed", [0, -1])
def test_refuses_a_speed_at_which_nothing_ends(speed):
    with pytest.raises(ValueError, match="positive"):
        Clock(speed)


def test_sleeps_simulated_seconds():
    start = time.monotonic()
    asyncio.run(Clock(1000).sleep(50))
    assert 0.05 <= time.monotonic() - start < 5


def test_timestamps_are_utc_with_nanoseconds():
    stamp = Clock.timestamp()
    assert stamp.endswith("000Z")
    parsed = datetime.fromisoformat(stamp[:-4] + "+00:00")
    assert abs((Clock.now() - parsed).total_seconds()) < 60
