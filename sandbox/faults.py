"""Faults asked for by a test: which requests they strike and what then happens. The services give them their shape."""

import fnmatch
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

OPERATION_FAULTS = ("stockout", "quota", "abort", "stuck")
CLUSTER_FAULTS = ("ERROR", "DEGRADED")
# What only GKE knows: operations and the clusters that they hold.
_OF_CONTAINER = frozenset({"operation", "cluster", "busy"})
_FIRST_ERROR, _LAST_ERROR = 400, 599


class UnusableFaultError(ValueError):
    """A fault that names no service, or an effect or a value that the sandbox does not know."""


@dataclass
class Fault:
    """One planned failure.

    Attributes:
        service: the service struck (`container`, `compute`, `metadata`, ...).
        effect: what happens; the keys are those of `EFFECTS`.
        method: HTTP method, or `*`.
        path: glob over the request's path.
        times: how many requests it still strikes.
    """

    service: str
    effect: dict[str, Any]
    method: str = "*"
    path: str = "*"
    times: int = 1

    def strikes(self, service: str, method: str, path: str) -> bool:
        """Tell whether this request is struck."""
        return (
            self.times > 0
            and self.service == service
            and self.method in ("*", method)
            and fnmatch.fnmatchcase(path, self.path)
            and self._can_be_acted_out(method, path)
        )

    def _can_be_acted_out(self, method: str, path: str) -> bool:
        """Tell whether the request has what the effect is about; one that lacks it must not use the fault up."""
        if "busy" in self.effect and "/clusters/" not in path:
            return False
        return method != "GET" or not self.effect.keys() & {"operation", "cluster"}


@dataclass
class FaultPlan:
    """The faults still to come, in the order they were asked for.

    Attributes:
        services: those that can be struck; empty while nobody has told.
    """

    services: Collection[str] = ()
    faults: list[Fault] = field(default_factory=list)

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Plan the fault that a `POST /faults` body describes.

        Raises:
            UnusableFaultError: the body is not a fault.
        """
        service, effect = wanted.get("service"), wanted.get("effect")
        if not isinstance(service, str) or not isinstance(effect, dict) or not effect:
            raise UnusableFaultError("a fault needs a service and an effect")
        if unknown := sorted(wanted.keys() - {"service", "effect", "method", "path", "times"}):
            raise UnusableFaultError(f"unknown key {', '.join(unknown)}")
        if self.services and service not in self.services:
            raise UnusableFaultError(f"unknown service {service}; known are {', '.join(sorted(self.services))}")
        times, method, path = wanted.get("times", 1), wanted.get("method", "*"), wanted.get("path", "*")
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise UnusableFaultError("times must be a whole number of at least 1")
        if not isinstance(method, str) or not isinstance(path, str):
            raise UnusableFaultError("method and path must be texts")
        fault = Fault(service, _checked(service, effect), method.upper(), path, times)
        self.faults.append(fault)
        return fault

    def take(self, service: str, method: str, path: str) -> dict[str, Any]:
        """Return the effect that strikes this request, counting it, or an empty dict."""
        for fault in self.faults:
            if fault.strikes(service, method, path):
                fault.times -= 1
                return fault.effect
        return {}

    def clear(self) -> None:
        """Forget every planned fault."""
        self.faults.clear()


def _checked(service: str, effect: dict[str, Any]) -> dict[str, Any]:
    """Return an effect whose every value can be acted out."""
    if unknown := sorted(effect.keys() - EFFECTS.keys()):
        raise UnusableFaultError(f"unknown effect {', '.join(unknown)}; known are {', '.join(sorted(EFFECTS))}")
    for name, value in effect.items():
        accepts, description = EFFECTS[name]
        if not accepts(value):
            raise UnusableFaultError(f"{name} must be {description}, not {value!r}")
    if service != "container" and (foreign := sorted(effect.keys() & _OF_CONTAINER)):
        raise UnusableFaultError(f"only the service container knows {', '.join(foreign)}")
    # Compute shows a quota, and a fault lowers what it shows; elsewhere a quota is what a request is refused for.
    refused = "permission" in effect or ("quota" in effect and service != "compute")
    return {"status": 403, **effect} if refused else effect


def _is_status(value: object) -> bool:
    return isinstance(value, int) and _FIRST_ERROR <= value <= _LAST_ERROR


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and math.isfinite(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


_DURATION = (_is_duration, "a number of seconds")
EFFECTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "status": (_is_status, "an HTTP status from 400 to 599"),
    "quota": (_is_text, "the name of a resource"),
    "permission": (_is_text, "the name of an IAM permission"),
    "delay": _DURATION,
    "reset": (("before", "after").__contains__, "before or after"),
    "operation": (OPERATION_FAULTS.__contains__, " or ".join(OPERATION_FAULTS)),
    "cluster": (CLUSTER_FAULTS.__contains__, " or ".join(CLUSTER_FAULTS)),
    "busy": _DURATION,
    "down": _DURATION,
}
"""The effects that a fault can have: which values each takes, and how that is said."""
