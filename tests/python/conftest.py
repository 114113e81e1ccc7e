"""What holds for all tests of rules: the suite tries the same examples each time, `make fuzz` ever new ones.

No time limits, which a machine that is busy otherwise would exceed.
"""

import os

from hypothesis import HealthCheck, settings

ASKED = os.environ.get("EXAMPLES")

settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=ASKED is None,
    max_examples=int(ASKED or "100"),
)
settings.load_profile("suite")
