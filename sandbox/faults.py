"""Faults asked for by a test: which requests they strike and what then happens. The services give them their shape."""

import fnmatch
import json
import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

OPERATION_FAULTS = (
    "stockout",
    "quota",
    "abort",
    "stuck",
    "partial",
    "org_policy",
    "ip_exhausted",
    "pod_range",
    "node_service_account",
    "service_agent",
)
CLUSTER_FAULTS = ("ERROR", "DEGRADED")
UPGRADES = ("master", "nodes")
PULL_FAULTS = ("denied", "missing", "unreachable")
# What keeps the autoscaler's instances from coming up.
GROWTH_FAULTS = ("stockout", "quota", "ip_exhausted", "org_policy")
# What only GKE knows: operations, the clusters that they hold, and lists that lack zones.
_OF_CONTAINER = frozenset({"operation", "cluster", "busy", "pool", "zone", "missing_zones", "upgrade"})
_OF_OPERATIONS = frozenset({"operation", "cluster"})
# What only DSS does: an answer of 200 that tells of a failure.
_OF_DSS = frozenset({"failed_action"})
# What only nodes do: they pull images, which is no request to a simulated service.
_OF_KUBERNETES = frozenset({"pull"})
_OF_SERVICES = {"container": _OF_CONTAINER, "dss": _OF_DSS, "kubernetes": _OF_KUBERNETES}
# These services know their callers otherwise than by Google's tokens.
_WITHOUT_TOKENS = frozenset({"dss", "metadata", "oauth2"})
_FIRST_ERROR, _LAST_ERROR = 400, 599


Act = Literal["request", "pull", "growth"]


class UnusableFaultError(ValueError):
    """A fault that names no service, or an effect or a value that the sandbox does not know."""


@dataclass(frozen=True)
class Asked:
    """A request, as far as faults look at it.

    Attributes:
        service: who is asked.
        method: HTTP method.
        path: without the query.
        body: as sent.
        token_expires: whether it has a token that can expire.
        act: whether it is a request, a node's pull of the image that `path` names, or the autoscaler's wish for more
            instances of the group that `path` names.
    """

    service: str
    method: str
    path: str
    body: bytes = b""
    token_expires: bool = True
    act: Act = "request"

    @property
    def creates_nodes(self) -> bool:
        """Whether it asks GKE for a cluster or a node pool."""
        return self.method == "POST" and self.path.endswith(("/clusters", "/nodePools"))

    @property
    def lists_by_zone(self) -> bool:
        """Whether the answer can lack zones."""
        return self.path.endswith(("/clusters", "/operations"))

    def names_pool(self, name: str | None) -> bool:
        """Tell whether it is about a node pool of that name; None stands for any."""
        if name is None or re.search(rf"/nodePools/{re.escape(name)}(?:[:/]|$)", self.path):
            return True
        return self.creates_nodes and name in _pools_in(self.body)

    def names_zone(self, zone: str | None) -> bool:
        """Tell whether it is about a place that has that zone; None stands for any."""
        places = re.findall(r"/(?:locations|zones)/([^/:]+)", self.path)
        return zone is None or any(place in (zone, zone.rpartition("-")[0]) for place in places)


@dataclass
class Fault:
    """One planned failure.

    Attributes:
        service: the service struck (`container`, `compute`, `metadata`, ...).
        effect: what happens; the keys are those of `EFFECTS`.
        method: HTTP method, or `*`.
        path: glob over the request's path; over the image's name for a pull.
        times: how many requests it still strikes.
    """

    service: str
    effect: dict[str, Any]
    method: str = "*"
    path: str = "*"
    times: int = 1

    def strikes(self, asked: "Asked") -> bool:
        """Tell whether this request is struck."""
        return (
            self.times > 0
            and self.service == asked.service
            and self._act == asked.act
            and self.method in ("*", asked.method)
            and fnmatch.fnmatchcase(asked.path, self.path)
            and (asked.act != "request" or self._can_be_acted_out(asked))
        )

    @property
    def _act(self) -> Act:
        """What is struck: requests, unless the effect is one that only something else can have."""
        if "pull" in self.effect:
            return "pull"
        return "growth" if self.service == "compute" and "operation" in self.effect else "request"

    def _can_be_acted_out(self, asked: "Asked") -> bool:
        """Tell whether the request has what the effect is about; one that lacks it must not use the fault up."""
        effect = self.effect
        if effect.keys() & (_OF_OPERATIONS | _OF_DSS) and asked.method == "GET":
            return False
        if effect.get("operation") == "partial" and not asked.creates_nodes:
            return False
        if effect.keys() & {"busy", "upgrade"} and "/clusters/" not in asked.path:
            return False
        if "missing_zones" in effect and not (asked.method == "GET" and asked.lists_by_zone):
            return False
        if "expire_tokens" in effect and not asked.token_expires:
            return False
        return asked.names_pool(effect.get("pool")) and asked.names_zone(effect.get("zone"))


# Why a request is refused, and with which status unless the fault says another.
_REFUSALS = {"permission": 403, "quota": 403, "org_policy": 400, "service_account": 404}


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
        if "pull" in effect and method != "*":
            raise UnusableFaultError("an image is pulled by no request to the sandbox: a pull has no method")
        fault = Fault(service, _checked(service, effect), method.upper(), path, times)
        self.faults.append(fault)
        return fault

    def take(
        self, service: str, method: str, path: str, body: bytes = b"", *, token_expires: bool = True
    ) -> dict[str, Any]:
        """Return the effect that strikes this request, counting it, or an empty dict."""
        return self._take(Asked(service, method, path, body, token_expires))

    def take_pull(self, image: str) -> str:
        """Return why a node cannot pull an image, counting it: one of `PULL_FAULTS`, or empty when it can."""
        return str(self._take(Asked("kubernetes", "*", image, act="pull")).get("pull", ""))

    def take_growth(self, path: str) -> str:
        """Return why an instance group cannot grow, counting it: one of `GROWTH_FAULTS`, or empty when it can."""
        return str(self._take(Asked("compute", "POST", path, act="growth")).get("operation", ""))

    def _take(self, asked: Asked) -> dict[str, Any]:
        for fault in self.faults:
            if fault.strikes(asked):
                fault.times -= 1
                return fault.effect
        return {}

    def clear(self) -> None:
        """Forget every planned fault."""
        self.faults.clear()


def _checked(service: str, effect: dict[str, Any]) -> dict[str, Any]:
    """Return an effect whose every value can be acted out."""
    _check_values(effect)
    if service == "compute" and effect.get("operation") in GROWTH_FAULTS:
        return _alone(effect, "operation")
    for only, own in _OF_SERVICES.items():
        if service != only and (foreign := sorted(effect.keys() & own)):
            raise UnusableFaultError(f"only the service {only} knows {', '.join(foreign)}")
    if "pull" in effect:
        return _alone(effect, "pull")
    if effect.keys() & {"pool", "zone"} and not effect.keys() & _OF_OPERATIONS:
        raise UnusableFaultError("pool and zone say where an operation or cluster fails, which is missing")
    if "expire_tokens" in effect and service in _WITHOUT_TOKENS:
        raise UnusableFaultError(f"the service {service} is not called with tokens that expire")
    if service == "compute" and not isinstance(effect.get("quota", ""), str):
        raise UnusableFaultError("quota must be the name of one resource for the service compute")
    if (reasons := sorted(effect.keys() & _REFUSALS.keys())) and reasons[1:]:
        raise UnusableFaultError(f"a request is refused for one reason, not for {' and '.join(reasons)}")
    # Compute shows a quota, and a fault lowers what it shows; elsewhere a quota is what a request is refused for.
    if reasons and not (reasons == ["quota"] and service == "compute"):
        return {"status": _REFUSALS[reasons[0]], **effect}
    return effect


def _check_values(effect: dict[str, Any]) -> None:
    if unknown := sorted(effect.keys() - EFFECTS.keys()):
        raise UnusableFaultError(f"unknown effect {', '.join(unknown)}; known are {', '.join(sorted(EFFECTS))}")
    for name, value in effect.items():
        accepts, description = EFFECTS[name]
        if not accepts(value):
            raise UnusableFaultError(f"{name} must be {description}, not {value!r}")


def _alone(effect: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an effect that strikes no request, and so can have nothing that only a request meets."""
    if len(effect) > 1:
        raise UnusableFaultError(f"this {name} has no other effect beside it")
    return effect


def _pools_in(body: bytes) -> set[str]:
    """Return the names of the node pools that a request to GKE asks for; clusters may have one without asking."""
    try:
        asked = json.loads(body)
        cluster = asked.get("cluster", {})
        pools = [asked["nodePool"]] if "nodePool" in asked else cluster.get("nodePools") or [{"name": "default-pool"}]
        return {pool["name"] for pool in pools}
    except (ValueError, TypeError, KeyError, AttributeError):
        return set()


def _is_status(value: object) -> bool:
    return isinstance(value, int) and _FIRST_ERROR <= value <= _LAST_ERROR


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and math.isfinite(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_some_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


_DURATION = (_is_duration, "a number of seconds")
EFFECTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "status": (_is_status, "an HTTP status from 400 to 599"),
    "quota": (lambda value: _is_text(value) or _is_some_texts(value), "the name of a resource, or a list of names"),
    "org_policy": (_is_text, "the name of a constraint"),
    "service_account": (_is_text, "an email address"),
    "permission": (_is_text, "the name of an IAM permission"),
    "delay": _DURATION,
    "reset": (("before", "after").__contains__, "before or after"),
    "operation": (OPERATION_FAULTS.__contains__, " or ".join(OPERATION_FAULTS)),
    "cluster": (CLUSTER_FAULTS.__contains__, " or ".join(CLUSTER_FAULTS)),
    "busy": _DURATION,
    "down": _DURATION,
    "pool": (_is_text, "the name of a node pool"),
    "zone": (_is_text, "the name of a zone"),
    "missing_zones": (_is_some_texts, "a list of zones"),
    "upgrade": (UPGRADES.__contains__, " or ".join(UPGRADES)),
    "expire_tokens": (lambda value: value is True, "true"),
    "pull": (PULL_FAULTS.__contains__, " or ".join(PULL_FAULTS)),
    "failed_action": (_is_text, "what DSS says of the failure"),
}
"""The effects that a fault can have: which values each takes, and how that is said."""
