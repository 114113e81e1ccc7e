"""The expert settings of a new cluster: any fields of the GKE API's Cluster resource, as JSON.

Fields: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from gke_clusters.settings.rules import gke_name, quoted

MAX_DEPTH = 32
"""Deeper than any field of the API; a bound keeps the code that walks the object simple."""

MAX_DIGITS = 20
"""No field of the API is wider than 64 bits."""

LOCATION_FIELDS = frozenset({"location", "zone"})
FIXED_FIELDS = LOCATION_FIELDS | {"name", "selfLink"}
"""What says which cluster it is: changed here, DSS would look after another cluster than the one it created."""


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"holds a number of more than {MAX_DIGITS} digits")
    return int(digits)


def _require_plain(value: object, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"has more than {MAX_DEPTH} levels")
    match value:
        case dict():
            for key, each in value.items():
                _require_plain(key, depth)
                _require_plain(each, depth + 1)
        case list():
            for each in value:
                _require_plain(each, depth + 1)
        case float() if not math.isfinite(value):
            raise ValueError("holds a number that JSON does not have, such as NaN")
        case str() if any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("holds characters that are not valid Unicode")


def parse_expert_json(text: str) -> Mapping[str, Any]:
    """The object that the field holds; an empty field is an empty object.

    Of a key that is given twice in one object the last value counts, as in 1.5.1; see :func:`keys_given_twice`.

    Raises:
        ValueError: if it is not one JSON object, or one that no cluster can have; the message follows a label.
    """
    if not text:
        return {}
    try:
        content = json.loads(text, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"has more than {MAX_DEPTH} levels") from None
    if not isinstance(content, dict):
        raise ValueError("must be a JSON object: { ... }")  # noqa: TRY004 - pydantic collects ValueError only
    _require_plain(content)
    named: dict[str, Any] = {}
    for field, value in content.items():
        name = _json_name(field)
        if name in named:
            raise ValueError(f"the field {quoted(name)} is given in two spellings")
        named[name] = value
    _require_allowed(named)
    return named


def keys_given_twice(text: str) -> list[str]:
    """The keys of which an earlier value is not used, in text that :func:`parse_expert_json` took."""
    found: dict[str, None] = {}

    def note_keys(pairs: list[tuple[str, Any]]) -> None:
        found.update((key, None) for key, times in Counter(key for key, _ in pairs).items() if times > 1)

    if text:
        json.loads(text, object_pairs_hook=note_keys)
    return list(found)


def require_same_cluster(expert: Mapping[str, Any], *, name: str, location: str | None) -> None:
    """Refuse expert settings that name another cluster than the one that DSS looks after.

    Args:
        expert: the fields.
        name: name of the cluster.
        location: its zone or region; ``None`` if that is not known yet.

    Raises:
        ValueError: with a message that follows a label.
    """
    same = {"name": name, "location": location, "zone": location}
    judged = FIXED_FIELDS if location is not None else FIXED_FIELDS - LOCATION_FIELDS
    changed = sorted(field for field in judged & expert.keys() if expert[field] != same.get(field))
    if changed:
        raise ValueError(f"cannot change {', '.join(changed)}: use the fields of the dialog")


def _require_allowed(content: Mapping[str, Any]) -> None:
    if not isinstance(content.get("resourceLabels"), dict | None):
        raise ValueError("resourceLabels must be an object")  # noqa: TRY004 - pydantic collects ValueError only
    pools = content.get("nodePools", [])
    if not isinstance(pools, list) or not all(isinstance(pool, dict) and _name(pool) for pool in pools):
        raise ValueError("nodePools must be a list of objects that have a name, such as node-pool-0")
    names = [_name(pool) for pool in pools]
    for name in names:
        gke_name(name)
        if names.count(name) > 1:
            raise ValueError(f"the node pool name {quoted(name)} is given twice")


def _json_name(field: str) -> str:
    """The API takes ``node_pools`` for ``nodePools``: https://protobuf.dev/programming-guides/json/."""
    first, *others = field.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _name(pool: Mapping[str, Any]) -> str:
    name = pool.get("name")
    return name if isinstance(name, str) else ""


def require_same_mode(expert: Mapping[str, Any], *, is_autopilot: bool) -> None:
    """Refuse expert settings that turn a Standard cluster into an Autopilot one, or the other way round.

    Raises:
        ValueError: with a message that follows a label.
    """
    if "autopilot" in expert:
        autopilot = expert["autopilot"]
        if not isinstance(autopilot, Mapping) or autopilot.get("enabled", is_autopilot) is not is_autopilot:
            raise ValueError("cannot set autopilot.enabled: tick or untick Autopilot in the dialog")
    if is_autopilot and expert.get("nodePools"):
        raise ValueError("cannot set nodePools: an Autopilot cluster has none of its own")
