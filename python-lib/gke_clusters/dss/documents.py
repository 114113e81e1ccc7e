"""JSON documents of DSS: what differs between two, what of a wish was kept, and putting single places back. Pure.

Items of a list that all have a ``name`` are told apart by it, as DSS itself refers to them; other lists are values.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias


class Absence(Enum):
    """That there is nothing at a place, which is another thing than null."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT
_SHOWN: Final = 200


@dataclass(frozen=True)
class Named:
    """The item of a list whose field ``name`` has this value."""

    name: str


Step: TypeAlias = str | Named
Place: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True)
class Difference:
    """One place at which two documents differ.

    Attributes:
        place: the way to it.
        before: what the first has there; ``ABSENT`` if nothing.
        after: what the second has there.
    """

    place: Place
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is ABSENT and isinstance(self.after, Mapping | list):
            fields = self.after
            if isinstance(fields, Mapping) and isinstance(self.place[-1], Named):
                fields = {key: each for key, each in fields.items() if key != "name"}
            parts = ", ".join(_parts(fields))
            return f"{said(self.place)}: added with {parts}" if parts else f"{said(self.place)}: added"
        if self.after is ABSENT:
            return f"{said(self.place)}: removed"
        return f"{said(self.place)}: {_value(self.before)} → {_value(self.after)}"


def said(place: Place) -> str:
    """The way to a place in words, such as ``containerSettings.executionConfigs[gke].repositoryURL``."""
    words = "".join(f"[{step.name}]" if isinstance(step, Named) else f".{step}" for step in place)
    return words.lstrip(".")


def differences(before: Any, after: Any, place: Place = ()) -> Iterator[Difference]:
    """Yield each place at which two documents differ, the outermost that is wholly new or gone, else the innermost."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_fields(before, after, place, str)
        return
    if isinstance(before, list) and isinstance(after, list):
        old, new = _by_name(before), _by_name(after)
        if old is not None and new is not None and _same_order(old, new):
            yield from _of_fields(old, new, place, Named)
            return
    if not same(before, after):
        yield Difference(place, before, after)


def not_kept(wanted: Any, found: Any, place: Place = ()) -> Iterator[Place]:
    """Yield each innermost place of what was wanted that is not found; what is found beyond that does not count.

    DSS adds defaults to objects wherever they stand, those of a list included. Objects of a list that have no names are
    compared one by one where there are as many; the place of a field of theirs is said without which of them it is.
    """
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            yield from not_kept(value, found.get(key, ABSENT), (*place, str(key)))
        return
    if isinstance(wanted, list) and isinstance(found, list):
        old, new = _by_name(wanted), _by_name(found)
        if old and new is not None:
            for name, value in old.items():
                yield from not_kept(value, new.get(name, ABSENT), (*place, Named(name)))
            return
        if len(wanted) == len(found) and _all_objects((*wanted, *found)):
            for one, other in zip(wanted, found, strict=True):
                yield from not_kept(one, other, place)
            return
    if not same(wanted, found):
        yield place


def innermost(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield each place of a value that has none within it, by which :func:`not_kept` would miss it."""
    if isinstance(value, list) and value and _by_name(value) is None and _all_objects(value):
        yield from dict.fromkeys(each for item in value for each in innermost(item, place))
        return
    fields: Mapping[Any, Any] = {}
    step: Callable[[str], Step] = str
    if isinstance(value, Mapping):
        fields = value
    elif isinstance(value, list):
        fields, step = _by_name(value) or {}, Named
    if not fields:
        yield place
    for key, each in fields.items():
        yield from innermost(each, (*place, step(key)))


def named_item(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the item of that name; where there is none, a new one at the end of the list."""
    for item in items:
        if item.get("name") == name:
            return item
    items.append({"name": name})
    return items[-1]


def value_at(document: Any, place: Place) -> Any:
    """Return what is at a place; ``ABSENT`` if nothing is."""
    for step in place:
        if isinstance(step, Named):
            items = (_by_name(document) or {}) if isinstance(document, list) else {}
            document = items.get(step.name, ABSENT)
        else:
            document = document.get(step, ABSENT) if isinstance(document, Mapping) else ABSENT
        if document is ABSENT:
            return ABSENT
    return document


def put_at(document: Any, place: Place, value: Any) -> None:
    """Put a value at a place of a document, or remove what is there for ``ABSENT``.

    A place whose surroundings are gone meanwhile is left alone.
    """
    *way, last = place
    holder = value_at(document, tuple(way))
    if isinstance(last, Named) and isinstance(holder, list):
        _put_item(holder, last.name, value)
    elif isinstance(last, str) and isinstance(holder, dict):
        if value is ABSENT:
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(value)


def _put_item(items: list[Any], name: str, value: Any) -> None:
    index = next((at for at, item in enumerate(items) if isinstance(item, Mapping) and item.get("name") == name), None)
    if index is None:
        if value is not ABSENT:
            items.append(copy.deepcopy(value))
    elif value is ABSENT:
        del items[index]
    else:
        items[index] = copy.deepcopy(value)


def _of_fields(
    before: Mapping[str, Any], after: Mapping[str, Any], place: Place, step: Callable[[str], Step]
) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        here = (*place, step(key))
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        if old is ABSENT or new is ABSENT:
            yield Difference(here, old, new)
        else:
            yield from differences(old, new, here)


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    """The items by their name; None where one has none, or two have the same."""
    named = {}
    for item in items:
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or name in named:
            return None
        named[name] = item
    return named


def _all_objects(items: Sequence[Any]) -> bool:
    return all(isinstance(each, Mapping) for each in items)


def _same_order(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return [name for name in before if name in after] == [name for name in after if name in before]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: for Python, 1 is true as well."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _parts(value: Any, way: str = "") -> Iterator[str]:
    """Yield what a value says, a part each: what is empty or off says nothing, nor does -1, for DSS no limit."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _parts(each, f"{way}.{key}" if way else key)
    elif value not in (None, "", [], False, -1):
        yield f"{way} {_value(value)}".lstrip()


def _value(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
