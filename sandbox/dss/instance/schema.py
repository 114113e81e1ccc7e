"""Documents with known fields: whatever else is saved is dropped silently and defaults are added, as DSS does."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.dss.errors import DssError


class Absent:
    """A default of its own: the field is not there."""


class UnknownPlaceError(ValueError):
    """A path that leads nowhere, or into a value of any kind."""


class Schema(ABC):
    """What a place in a document may hold."""

    @abstractmethod
    def default(self) -> Any:
        """Return what is there when nothing was saved; `Absent` for nothing."""

    @abstractmethod
    def conform(self, value: Any, where: str) -> Any:
        """Return a saved value as it is kept.

        Raises:
            DssError: it is of another kind than what belongs there.
        """

    def replaced(self, path: Sequence[str], by: "Schema | None") -> "Schema":
        """Return a schema that is another one at a place in it.

        Args:
            path: names of fields, and `[]` for the items of a list.
            by: what is there then; None for nothing.

        Raises:
            UnknownPlaceError: there is no such place.
        """
        raise UnknownPlaceError(f"nothing is known of {'.'.join(path)}")


@dataclass(frozen=True)
class Value(Schema):
    """A value of any kind, kept as it is."""

    initial: Any = Absent

    def default(self) -> Any:
        """Return the initial value."""
        return copy.deepcopy(self.initial)

    def conform(self, value: Any, where: str) -> Any:
        """Return the value."""
        return value


@dataclass(frozen=True)
class Choice(Schema):
    """One of a few words, the first being the default unless it is optional; another word is lost."""

    words: tuple[str, ...]
    optional: bool = False

    def default(self) -> Any:
        """Return the first word, or nothing when it is optional."""
        return Absent if self.optional else self.words[0]

    def conform(self, value: Any, where: str) -> Any:
        """Return the word, or the default for an unknown one."""
        return value if value in self.words else self.default()


@dataclass(frozen=True)
class Fields(Schema):
    """An object with known fields."""

    known: Mapping[str, Schema] = field(default_factory=dict)
    optional: bool = False

    def default(self) -> Any:
        """Return the object with every default, or nothing when it is optional."""
        return Absent if self.optional else self.conform({}, "")

    def conform(self, value: Any, where: str) -> dict[str, Any]:
        """Return the object with its known fields only, in their order, then the defaults of those that are missing."""
        if not isinstance(value, dict):
            raise _unreadable(where, "an object")
        given = {name: content for name, content in value.items() if name in self.known and content is not None}
        kept = {
            name: self.known[name].conform(content, f"{where}.{name}".lstrip(".")) for name, content in given.items()
        }
        kept |= {name: schema.default() for name, schema in self.known.items() if name not in kept}
        return {name: content for name, content in kept.items() if content is not Absent}

    def replaced(self, path: Sequence[str], by: Schema | None) -> Schema:
        """Return an object with another field, or without one."""
        name, *rest = path
        others = {other: schema for other, schema in self.known.items() if other != name}
        if rest:
            inner = self.known.get(name)
            if inner is None:
                raise UnknownPlaceError(f"there is no field {name}")
            by = inner.replaced(rest, by)
        elif by is None and name not in self.known:
            raise UnknownPlaceError(f"there is no field {name}")
        return replace(self, known=others if by is None else {**others, name: by})


@dataclass(frozen=True)
class Items(Schema):
    """A list, each item by the same schema."""

    item: Schema

    def default(self) -> Any:
        """Return an empty list."""
        return []

    def conform(self, value: Any, where: str) -> Any:
        """Return the list with every item as it is kept."""
        if not isinstance(value, list):
            raise _unreadable(where, "a list")
        return [self.item.conform(item, f"{where}[{index}]") for index, item in enumerate(value)]

    def replaced(self, path: Sequence[str], by: Schema | None) -> Schema:
        """Return a list of other items."""
        if path[0] != "[]" or not path[1:]:
            raise UnknownPlaceError("a list has items, which are written []")
        return Items(self.item.replaced(path[1:], by))


def read_path(text: str) -> list[str]:
    """Read a path such as `containerSettings.executionConfigs[].name`.

    Raises:
        UnknownPlaceError: it has an empty part.
    """
    path = text.replace("[]", ".[]").split(".")
    if not all(path):
        raise UnknownPlaceError(f"{text!r} is no path")
    return path


def _unreadable(where: str, expected: str) -> DssError:
    return DssError(400, "com.google.gson.JsonSyntaxException", f"Expected {expected} at {where or 'the root'}")
