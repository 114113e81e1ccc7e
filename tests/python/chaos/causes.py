"""By which words an administrator recognises, in the message of a failure, what the sandbox did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tests.python.chaos.dialogs import Options

_CUT: Final = r"reset|cut the connection|refused the connection|could not be reached|abort|closed|did not answer"
_OUTCOMES: Final = {
    "stockout": r"does not have enough resources|STOCKOUT",
    "partial": r"does not have enough resources|STOCKOUT",
    "quota": r"[Qq]uota",
    "abort": r"abort",
    "org_policy": r"[Cc]onstraint constraints/",
    "ip_exhausted": r"IP space of .* is exhausted",
    "pod_range": r"private IP space",
    "node_service_account": r"[Nn]ode service account",
    "service_agent": r"service agent|service account",
    "stuck": r"after \d+ minutes|before the \d+ minutes|[Oo]peration operation-",
    "ERROR": r"Failed to create|Internal error|\bERROR\b",
    "DEGRADED": r"registered|DEGRADED",
}
_STATUSES: Final = {
    401: r"401|invalid authentication credentials|no token|No access token",
    429: r"429|too many requests|Quota exceeded for quota metric",
    500: r"500|Internal error",
    503: r"503|unavailable|overloaded",
}
_BY_KEY: Final = {
    "expire_tokens": _STATUSES[401],
    "missing_zones": r"missingZones|did not answer for",
    # The control plane of a zonal cluster is away meanwhile, and nothing else may change the cluster.
    "upgrade": rf"[Uu]pgrad|UPGRADE|[Oo]peration operation-|RECONCILING|{_CUT}",
    "busy": r"operation",
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


def stays(fault: Mapping[str, Any]) -> bool:
    """Tell whether what a fault began never ends by itself."""
    return bool(fault["effect"].get("operation") == "stuck")


def lasts(fault: Mapping[str, Any]) -> bool:
    """Tell whether a fault shows after the story that it struck: it is in an operation or in what that leaves."""
    return bool(fault["effect"].keys() & {"operation", "cluster", "busy", "upgrade"})


def fails_a_creation(fault: Mapping[str, Any], options: Options) -> bool:
    """Tell whether a creation that this fault struck was accepted, and then failed, and so the start.

    Args:
        fault: it.
        options: of the dialog, some of which are for starts that succeed in spite of a fault.
    """
    effect = fault["effect"]
    if effect.get("operation") in ("stockout", "partial") and (options.best_effort or options.fallback_zones):
        return False
    return fault["method"] == "POST" and bool(effect.keys() & {"operation", "cluster"})


def _words(effect: Mapping[str, Any]) -> str:
    for refused in ("permission", "quota", "org_policy", "service_account"):
        if refused in effect:
            named = effect[refused] if isinstance(effect[refused], list) else [effect[refused]]
            return "|".join(map(re.escape, named))
    for key, words in _BY_KEY.items():
        if key in effect:
            return words
    if "status" in effect:
        return _STATUSES[effect["status"]]
    if outcome := effect.get("operation") or effect.get("cluster"):
        return _OUTCOMES[outcome]
    return _CUT
