"""By which words an administrator recognises, in the message of a failure, what the sandbox did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_CUT: Final = r"reset|cut the connection|refused the connection|could not be reached|abort|closed|did not answer"
_OUTCOMES: Final = {
    "stockout": r"does not have enough resources|STOCKOUT",
    "quota": r"[Qq]uota",
    "abort": r"abort",
    "ERROR": r"Failed to create|Internal error|\bERROR\b",
    "DEGRADED": r"registered|DEGRADED",
}
_STATUSES: Final = {
    401: r"401|invalid authentication credentials|no token|No access token",
    429: r"429|too many requests|Quota exceeded for quota metric",
    500: r"500|Internal error",
    503: r"503|unavailable|overloaded",
}
# What a service of the sandbox is called in messages.
_SERVICES: Final = {"metadata": r"metadata|token", "kubernetes": r"Kubernetes API server"}


def names(message: str, fault: Mapping[str, Any]) -> bool:
    """Tell whether a message names a fault as what went wrong."""
    service = _SERVICES.get(fault["service"])
    return bool(re.search(_words(fault["effect"]), message)) and (service is None or bool(re.search(service, message)))


def names_one_of(message: str, faults: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a message names one of the faults; one that only delays an answer makes nothing fail."""
    return any(names(message, fault) for fault in faults if can_fail(fault))


def can_fail(fault: Mapping[str, Any]) -> bool:
    """Tell whether a story may fail for this fault."""
    return "delay" not in fault["effect"]


def lasts(fault: Mapping[str, Any]) -> bool:
    """Tell whether a fault shows after the story that it struck: it is in an operation or in what that leaves."""
    return bool(fault["effect"].keys() & {"operation", "cluster", "busy"})


def fails_a_creation(fault: Mapping[str, Any]) -> bool:
    """Tell whether a creation that this fault struck was accepted, and then failed."""
    return fault["method"] == "POST" and bool(fault["effect"].keys() & {"operation", "cluster"})


def _words(effect: Mapping[str, Any]) -> str:
    for refused in ("permission", "quota"):
        if refused in effect:
            return re.escape(str(effect[refused]))
    if "status" in effect:
        return _STATUSES[effect["status"]]
    if outcome := effect.get("operation") or effect.get("cluster"):
        return _OUTCOMES[outcome]
    return "operation" if "busy" in effect else _CUT
