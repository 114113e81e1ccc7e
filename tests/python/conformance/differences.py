"""Where a real but older server answers otherwise, and why; everything else must agree."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One known difference.

    Attributes:
        step: glob over `<story>: <kubectl arguments>` or `<METHOD> <path>`.
        reason: why the servers may differ.
        version: glob over the kubectl versions concerned.
        make_alike: rewrites both answers so that they can be compared; None leaves only the exit code or status.
    """

    step: str
    reason: str
    version: str = "*"
    make_alike: Callable[[Any], Any] | None = None


DIFFERENCES: tuple[Difference, ...] = ()


def differences_for(step: str, version: str) -> list[Difference]:
    """Return the known differences of a step."""
    return [
        one for one in DIFFERENCES if fnmatch.fnmatchcase(step, one.step) and fnmatch.fnmatchcase(version, one.version)
    ]
