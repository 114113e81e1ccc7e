"""Faults asked for by a test: which requests they strike and what then happens. The services give them their shape."""

import fnmatch
from dataclasses import dataclass, field
from typing import Any

EFFECTS = frozenset({"status", "quota", "permission", "delay", "reset", "operation", "cluster", "busy", "down"})


class UnusableFaultError(ValueError):
    """A fault that names no service or an effect that the sandbox does not know."""


@dataclass
class Fault:
    """One planned failure.

    Attributes:
        service: the service struck (`container`, `compute`, `metadata`, ...).
        effect: what happens; the keys are `EFFECTS`.
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
        )


@dataclass
class FaultPlan:
    """The faults still to come, in the order they were asked for."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Plan the fault that a `POST /faults` body describes.

        Raises:
            UnusableFaultError: the body is not a fault.
        """
        effect = wanted.get("effect")
        if not isinstance(wanted.get("service"), str) or not isinstance(effect, dict) or not effect:
            raise UnusableFaultError("a fault needs a service and an effect")
        if unknown := sorted(effect.keys() - EFFECTS):
            raise UnusableFaultError(f"unknown effect {', '.join(unknown)}; known are {', '.join(sorted(EFFECTS))}")
        if unknown := sorted(wanted.keys() - {"service", "effect", "method", "path", "times"}):
            raise UnusableFaultError(f"unknown key {', '.join(unknown)}")
        times = wanted.get("times", 1)
        if not isinstance(times, int) or times < 1:
            raise UnusableFaultError("times must be a whole number of at least 1")
        fault = Fault(
            service=wanted["service"],
            effect=effect,
            method=str(wanted.get("method", "*")).upper(),
            path=str(wanted.get("path", "*")),
            times=times,
        )
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
