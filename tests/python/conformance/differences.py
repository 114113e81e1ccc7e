"""Where a real but older server answers otherwise, and why; everything else must agree."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.python.conformance.normalising import disagreements


@dataclass(frozen=True)
class Difference:
    """One known difference.

    Attributes:
        step: glob over `<story>: <kubectl arguments>` or `<story>: <METHOD> <path>`.
        reason: why the servers may differ.
        make_alike: rewrites both answers so that they can be compared; None leaves only the exit code or status.
    """

    step: str
    reason: str
    make_alike: Callable[[Any], Any] | None = None


def _without(*fields: str) -> Callable[[Any], Any]:
    """Return what removes these fields wherever they are."""

    def remove(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: remove(item) for key, item in value.items() if key not in fields}
        if isinstance(value, list):
            return [remove(item) for item in value]
        return value

    return remove


def _replacing(pattern: str, stands_for: str) -> Callable[[Any], Any]:
    """Return what rewrites every text in a value."""
    compiled = re.compile(pattern)

    def rewrite(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rewrite(item) for key, item in value.items()}
        if isinstance(value, list):
            return [rewrite(item) for item in value]
        return compiled.sub(stands_for, value) if isinstance(value, str) else value

    return rewrite


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "services: *",
        "fields that Services got after 1.20: https://kubernetes.io/docs/concepts/services-networking/service/",
        _without("allocateLoadBalancerNodePorts", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy"),
    ),
    Difference(
        "workloads: get daemonset agent -o json",
        "maxSurge came with 1.21: https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
        _without("maxSurge"),
    ),
    Difference(
        "*",
        "a rejected value is shown as JSON by Kubernetes 1.34, and in Go's syntax before",
        _replacing(
            r"Invalid value: (\"\[.*?\]\"|\{.*?\}|map\[.*?\}|v\d\.\w+\{.*?\)\}|\[\]string\{.*?\}): ",
            "Invalid value: <value>: ",
        ),
    ),
)


def differences_for(step: str) -> list[Difference]:
    """Return the known differences of a step."""
    return [one for one in DIFFERENCES if fnmatch.fnmatchcase(step, one.step)]


def compared(step: str, embedded: Any, real: Any) -> list[str]:
    """Return what two normalised answers to a step disagree on, the known differences left out."""
    known = [one.make_alike for one in differences_for(step)]
    for make_alike in known:
        if make_alike is None:
            return []
        embedded, real = make_alike(embedded), make_alike(real)
    lines = disagreements(embedded, real)
    return [step, *(f"  {line}" for line in lines)] if lines else []
