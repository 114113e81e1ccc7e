"""Which faults a schedule may plan for one story, each as the sandbox's `POST /faults` takes it. Pure."""

from __future__ import annotations

import random
from typing import Any, Final

from tests.python.chaos.dialogs import ZONES, Options

_MOST_FAULTS: Final = 3
# A stockout of the first zone alone, of two, of all that can be tried.
_CREATIONS_STRUCK: Final = (1, 1, 1, 2, 5)


def plan_faults(chance: random.Random, options: Options, *, alone: bool) -> tuple[dict[str, Any], ...]:
    """Draw what goes wrong in one story.

    Args:
        chance: where it is drawn from.
        options: of the dialog; an operation that never ends is for short time limits.
        alone: whether no cluster of the name is somebody else's, so that GKE may upgrade any of the name.
    """
    return tuple(_plan(chance, options, alone=alone) for _ in range(chance.randrange(_MOST_FAULTS + 1)))


def _plan(chance: random.Random, options: Options, *, alone: bool) -> dict[str, Any]:
    makers = (_of_a_request, _of_a_creation, _of_a_deletion, _of_the_host, _of_the_control_plane, _of_gke)
    maker = chance.choices(makers, weights=(6, 6, 3, 2, 2, 3))[0]
    if maker is _of_gke and not alone:
        maker = _of_a_request
    return maker(chance, options)


def _blink(chance: random.Random) -> dict[str, Any]:
    """Return an effect that any service can have and that passes by itself."""
    return chance.choice(
        (
            {"status": chance.choice((429, 500, 503))},
            {"reset": "before"},
            {"reset": "after"},
            {"delay": round(chance.uniform(0.02, 0.3), 2)},
            {"down": round(chance.uniform(0.05, 0.5), 2)},
        )
    )


def _of_a_request(chance: random.Random, _: Options) -> dict[str, Any]:
    drawn = chance.random()
    if drawn < 0.1:
        # What a token meets that has ended in the midst of a story, and cannot be renewed.
        effect: dict[str, Any] = {"status": 401}
    elif drawn < 0.25:
        effect = {"expire_tokens": True}
    else:
        effect = _blink(chance)
    target = chance.choice(
        (
            ("container", "GET", "*/clusters/*"),
            ("container", "GET", "*/operations/*"),
            ("container", "GET", "*/operations"),
            ("container", "*", "*"),
            ("compute", "GET", "*"),
        )
    )
    return _struck(target, effect, chance.choice((1, 1, 1, 2, 4, 30)))


def _of_a_creation(chance: random.Random, options: Options) -> dict[str, Any]:
    effects: list[dict[str, Any]] = [
        _blink(chance),
        {"reset": "after"},
        *({"operation": kind} for kind in ("stockout", "quota", "abort", "partial", "org_policy", "ip_exhausted")),
        # What fallback zones and best-effort pools are for.
        *[{"operation": "stockout"}] * (4 if options.fallback_zones or options.best_effort else 1),
        {"operation": chance.choice(("pod_range", "node_service_account", "service_agent"))},
        {"cluster": "ERROR"},
        {"cluster": "DEGRADED"},
        {"status": 403, "quota": chance.choice(("SSD_TOTAL_GB", ["CPUS", "SSD_TOTAL_GB"]))},
        {"status": 403, "permission": "container.clusters.create"},
        {"org_policy": "constraints/gcp.resourceLocations"},
        {"service_account": "123456789012-compute@developer.gserviceaccount.com"},
        *([{"operation": "stuck"}] * 2 if options.hasty else []),
    ]
    return _struck(("container", "POST", "*/clusters"), chance.choice(effects), chance.choice(_CREATIONS_STRUCK))


def _of_a_deletion(chance: random.Random, options: Options) -> dict[str, Any]:
    effects: list[dict[str, Any]] = [
        _blink(chance),
        {"reset": "after"},
        {"busy": round(chance.uniform(0.05, 0.4), 2)},
        {"operation": "abort"},
        {"status": 403, "permission": "container.clusters.delete"},
        *([{"operation": "stuck"}] if options.hasty else []),
    ]
    return _struck(("container", "DELETE", "*/clusters/*"), chance.choice(effects), chance.choice((1, 1, 1, 2, 5)))


def _of_gke(chance: random.Random, _: Options) -> dict[str, Any]:
    """Return what GKE does of its own accord: upgrades, and lists in which zones are missing."""
    if chance.random() < 0.5:
        target = chance.choice((("container", "GET", "*/clusters"), ("container", "GET", "*/operations")))
        return _struck(target, {"missing_zones": chance.sample(ZONES, 2)}, chance.choice((1, 3, 30)))
    path = ("container", chance.choice(("GET", "DELETE", "*")), "*/clusters/chaos-*")
    return _struck(path, {"upgrade": chance.choice(("master", "nodes"))}, chance.choice((1, 1, 2)))


def _of_the_host(chance: random.Random, _: Options) -> dict[str, Any]:
    path = chance.choice(("*", "*/token*", "*/instance/*"))
    return _struck(("metadata", "GET", path), _blink(chance), chance.choice((1, 1, 2, 30)))


def _of_the_control_plane(chance: random.Random, _: Options) -> dict[str, Any]:
    path = chance.choice(("/version", "*/selfsubjectaccessreviews", "*"))
    effect: dict[str, Any] = {"expire_tokens": True} if chance.random() < 0.15 else _blink(chance)
    return _struck(("kubernetes", "*", path), effect, chance.choice((1, 1, 2, 8, 60)))


def _struck(target: tuple[str, str, str], effect: dict[str, Any], times: int) -> dict[str, Any]:
    service, method, path = target
    # A service that goes down at every request would never come up again.
    return {
        "service": service,
        "method": method,
        "path": path,
        "times": 1 if "down" in effect else times,
        "effect": effect,
    }
