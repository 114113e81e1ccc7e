"""Documents that DSS keeps, its general settings first: read, edited and written whole.

DSS has no compare-and-swap for them, drops what it does not know without a word, and refuses a whole document for a
reference that leads nowhere: https://doc.dataiku.com/dss/latest/publicapi/index.html. So each change is made to what
was read a moment ago, is written at once, is read back and compared; what did not stay is put back as it was.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from gke_clusters.dss.documents import (
    ABSENT,
    Difference,
    Place,
    differences,
    innermost,
    not_kept,
    put_at,
    said,
    same,
    value_at,
)
from gke_clusters.errors import DssRefused

logger = logging.getLogger(__name__)

Document = dict[str, Any]

MayDrop: TypeAlias = Callable[[Document, Place], bool]
"""Whether DSS may drop what is asked for at a place of a document."""

_ATTEMPTS: Final = 4


class StoredDocument(Protocol):
    """A document where DSS keeps it."""

    @property
    def name(self) -> str:
        """What it is, such as ``general settings``."""

    def read(self) -> Document:
        """Read the whole document."""

    def write(self, document: Document) -> None:
        """Replace the whole document.

        Raises:
            DssRefused: DSS refuses it; it is as it was.
        """


class NotKept(DssRefused):
    """DSS took a document and dropped a part of what was asked for; the document is as it was again."""


@dataclass(frozen=True)
class DocumentChange:
    """What became of a change.

    Attributes:
        made: what is different now, or would be.
        dropped: places that were wished for and that this version of DSS does not keep, or may not keep where nothing
            was changed yet, in words.
    """

    made: tuple[Difference, ...]
    dropped: tuple[str, ...] = ()


class DraftDocument:
    """A document as it would be: read once where DSS keeps it, and changed here only."""

    def __init__(self, stored: StoredDocument) -> None:
        self.name = stored.name
        self._document = stored.read()

    def read(self) -> Document:
        """Return a copy of the whole document."""
        return copy.deepcopy(self._document)

    def write(self, document: Document) -> None:
        """Replace the whole document."""
        self._document = copy.deepcopy(document)


def _nothing(_document: Document, _place: Place) -> bool:
    return False


def preview_change(
    stored: StoredDocument, edit: Callable[[Document], None], *, optional: MayDrop = _nothing
) -> DocumentChange:
    """Say what :func:`change_document` would change, and what of it may not stay; change nothing."""
    before = stored.read()
    wishes = tuple(differences(before, _edited(before, edit)))
    places = [place for wish in wishes for place in innermost(wish.after, wish.place) if optional(before, place)]
    return DocumentChange(wishes, tuple(map(said, places)))


def change_document(
    stored: StoredDocument,
    edit: Callable[[Document], None],
    *,
    optional: MayDrop = _nothing,
) -> DocumentChange:
    """Change a document at the places that an edit changes, and nowhere else.

    What somebody else saves until the document is read is kept. What somebody else saves over this change, having read
    the document before it, is noticed; the change is then made again on theirs.

    Args:
        stored: the document.
        edit: makes the change in place; pure and quick, since nobody's edit is seen while it runs.
        optional: whether DSS may drop what is asked for at a place of a document.

    Returns:
        What was changed; nothing where all was so already.

    Raises:
        NotKept: this version of DSS does not keep a part of it; it is as it was.
        DssRefused: DSS refuses the document, in which case it is as it was; or somebody else saves it at the same time,
            whose edits stay; or DSS cannot be reached, after which it may be either way.
    """
    asked: tuple[Difference, ...] = ()
    ours: tuple[Difference, ...] = ()
    lost: list[Place] = []
    disturbed = True
    for _attempt in range(_ATTEMPTS):
        before = stored.read()
        wanted = _edited(before, edit)
        wishes = tuple(differences(before, wanted))
        asked = asked or wishes
        if not wishes:
            return DocumentChange(_made(asked, before))
        ours = _still_ours(ours, before, wishes)
        stored.write(wanted)
        found = stored.read()
        places = [place for wish in wishes for place in not_kept(wish.after, value_at(found, wish.place), wish.place)]
        lost = [place for place in places if not optional(before, place)]
        if not lost:
            return DocumentChange(_made(asked, found), tuple(map(said, places)))
        disturbed = _saved_by_somebody_else(wanted, found, wishes)
        if not disturbed:
            break
        logger.warning("Somebody else saved the %s at the same time; the change is made again on theirs", stored.name)
    theirs = put_back(stored, ours)
    state = "everything is as it was."
    if theirs:
        at = ", ".join(map(said, theirs))
        state = f"somebody else has changed {at} meanwhile, which is left so; the rest is as it was."
    raise (DssRefused if disturbed or theirs else NotKept)(
        f"DSS did not keep {', '.join(map(said, lost))}; {state}",
        resource=stored.name,
        remedy=(
            "Nobody else should be saving the same settings at the same time. If it stays so, this version of DSS has"
            " another shape of them: make the change on its own screens."
        ),
    )


def put_back(stored: StoredDocument, ours: Iterable[Difference]) -> list[Place]:
    """Put back what was written, where it still stands.

    Args:
        stored: the document.
        ours: what was written.

    Returns:
        The places that somebody else has changed since, which are left so.

    Raises:
        DssRefused: DSS refuses the document, or cannot be reached.
    """
    found = stored.read()
    document = copy.deepcopy(found)
    theirs = []
    for change in ours:
        value = value_at(found, change.place)
        if _is_undone_or_left(value, change):
            put_at(document, change.place, change.before)
        else:
            theirs.append(change.place)
    if not same(found, document):
        stored.write(document)
    return theirs


def _edited(document: Document, edit: Callable[[Document], None]) -> Document:
    wanted = copy.deepcopy(document)
    edit(wanted)
    return wanted


def _made(asked: tuple[Difference, ...], found: Document) -> tuple[Difference, ...]:
    now = (Difference(wish.place, wish.before, value_at(found, wish.place)) for wish in asked)
    return tuple(one for one in now if one.before != one.after)


def _saved_by_somebody_else(wanted: Document, found: Document, wishes: tuple[Difference, ...]) -> bool:
    ours = [wish.place for wish in wishes]
    return any(
        not any(difference.place[: len(place)] == place for place in ours) for difference in differences(wanted, found)
    )


def _still_ours(
    ours: tuple[Difference, ...], before: Document, wishes: tuple[Difference, ...]
) -> tuple[Difference, ...]:
    """What there is to put back if the document that was just read is changed as wished.

    A place that holds what somebody else saved since we wrote there goes back to that, not to what was there first.
    """
    first = {each.place: each for each in ours if _is_undone_or_left(value_at(before, each.place), each)}
    return tuple({**{wish.place: wish for wish in wishes}, **first}.values())


def _is_undone_or_left(value: Any, change: Difference) -> bool:
    return same(value, change.before) or _is_left_of(value, change.after)


def _is_left_of(found: Any, written: Any) -> bool:
    """Whether a value is what was written, or what DSS makes of it, which drops the unknown and adds defaults."""
    if found in (ABSENT, None, "", [], {}):
        return True
    if isinstance(found, Mapping) and isinstance(written, Mapping):
        return all(_is_left_of(found[key], value) for key, value in written.items() if key in found)
    if isinstance(found, list) and isinstance(written, list):
        return len(found) == len(written) and all(map(_is_left_of, found, written))
    return same(found, written)
