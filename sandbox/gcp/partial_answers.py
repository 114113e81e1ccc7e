"""The part of an answer that `fields` in a query asks for.

https://cloud.google.com/compute/docs/api/using-fields and https://cloud.google.com/apis/docs/system-parameters
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.gcp.errors import invalid_argument

_WORD = re.compile(r"[A-Za-z0-9_$*-]+|[,/.()]")
_SEPARATORS = ("/", ".")
Mask = dict[str, "Mask"]


def partial(answer: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """Return what a query wants of an answer: all of it unless it says `fields` or `$fields`.

    Raises:
        GoogleError: 400, the fields cannot be read.
    """
    wanted = query.get("fields") or query.get("$fields")
    if not wanted:
        return answer
    kept: dict[str, Any] = _kept(answer, read_mask(wanted))
    return kept


def read_mask(text: str) -> Mask:
    """Read `a,b/c,d(e,f/g)`, also with dots for slashes, as a tree; a leaf keeps all that is below it.

    Raises:
        GoogleError: 400, it is written otherwise.
    """
    words = [match.group() for match in _WORD.finditer(text)]
    if "".join(words) != text.replace(" ", ""):
        raise _unreadable(text)
    reader = _Reader(text, iter([*words, ""]))
    mask = reader.selection()
    if reader.word:
        raise _unreadable(text)
    return mask


class _Reader:
    """One pass over the words of a mask; an empty word is the end."""

    def __init__(self, text: str, words: Iterator[str]) -> None:
        self._text = text
        self._words = words
        self.word = next(words)

    def selection(self) -> Mask:
        """Read paths that commas part."""
        mask: Mask = {}
        self._path(mask)
        while self._skip(","):
            self._path(mask)
        return mask

    def _path(self, mask: Mask) -> None:
        inner = mask.setdefault(self._name(), {})
        while self._skip(*_SEPARATORS):
            inner = inner.setdefault(self._name(), {})
        if self._skip("("):
            inner.update(self.selection())
            if not self._skip(")"):
                raise _unreadable(self._text)

    def _name(self) -> str:
        name = self.word
        if not name or not (name[0].isalnum() or name[0] in "_$*"):
            raise _unreadable(self._text)
        self.word = next(self._words)
        return name

    def _skip(self, *wanted: str) -> bool:
        if self.word not in wanted:
            return False
        self.word = next(self._words)
        return True


def _unreadable(text: str) -> Exception:
    return invalid_argument(f"Invalid field selection {text}")


def _kept(value: Any, mask: Mask) -> Any:
    if not mask:
        return value
    if isinstance(value, list):
        return [_kept(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _kept(item, {**mask.get("*", {}), **mask.get(name, {})})
        for name, item in value.items()
        if name in mask or "*" in mask
    }
