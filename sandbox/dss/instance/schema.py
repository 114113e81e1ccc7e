"""Documents with known fields: whatever else is saved is dropped silently and defaults are added, as DSS does."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.dss.errors import DssError


class Absent:
    """A default of its own: the field is not there."""


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
    """One of a few words, the first being the default; another word is lost."""

    words: tuple[str, ...]

    def default(self) -> Any:
        """Return the first word."""
        return self.words[0]

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

    def conform(self, value: Any, where: str) -> Any:
        """Return the object with its known fields only, and the defaults of those that are missing."""
        if not isinstance(value, dict):
            raise _unreadable(where, "an object")
        kept = {}
        for name, schema in self.known.items():
            given = value.get(name)
            content = schema.default() if given is None else schema.conform(given, f"{where}.{name}".lstrip("."))
            if content is not Absent:
                kept[name] = content
        return kept


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


def _unreadable(where: str, expected: str) -> DssError:
    return DssError(400, "com.google.gson.JsonSyntaxException", f"Expected {expected} at {where or 'the root'}")
