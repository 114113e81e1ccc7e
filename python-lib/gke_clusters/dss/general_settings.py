"""The general settings of DSS: one document, which is read, edited and written whole.

DSS has no compare-and-swap for it, drops what it does not know without a word, and refuses the whole document for a
reference that leads nowhere: https://doc.dataiku.com/dss/latest/publicapi/index.html. So each change is made to what
was read a moment ago, is written at once, is read back and compared; what did not stay is put back as it was.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gke_clusters.dss.documents import Difference, Place, differences, not_kept, put_at, said, value_at
from gke_clusters.errors import DssRefused

logger = logging.getLogger(__name__)

Document = dict[str, Any]

_ATTEMPTS: Final = 4


class SettingsStore(Protocol):
    """Where the general settings are."""

    def read_general_settings(self) -> Document:
        """Read the whole document."""

    def write_general_settings(self, document: Document) -> None:
        """Replace the whole document.

        Raises:
            DssRefused: DSS refuses it; it is as it was.
        """


@dataclass(frozen=True)
class SettingsChange:
    """What became of a change.

    Attributes:
        made: what is different now, or would be.
        dropped: places that were wished for and that this version of DSS does not keep, in words.
    """

    made: tuple[Difference, ...]
    dropped: tuple[str, ...] = ()


def preview_change(store: SettingsStore, edit: Callable[[Document], None]) -> SettingsChange:
    """Say what :func:`change_general_settings` would change; change nothing."""
    before = store.read_general_settings()
    return SettingsChange(tuple(differences(before, _edited(before, edit))))


def change_general_settings(
    store: SettingsStore,
    edit: Callable[[Document], None],
    *,
    optional: Callable[[Document, Place], bool] = lambda _document, _place: False,
) -> SettingsChange:
    """Change the general settings and nothing else in them.

    What somebody else saves until the document is read is kept. What somebody else saves over this change, having read
    the document before it, is noticed; the change is then made again on theirs.

    Args:
        store: where they are.
        edit: makes the change in place; pure and quick, since nobody's edit is seen while it runs.
        optional: whether DSS may drop what is asked for at a place of a document.

    Returns:
        What was changed; nothing where all was so already.

    Raises:
        DssRefused: DSS refuses the document or does not keep a part of it; the settings are as they were.
    """
    asked: tuple[Difference, ...] = ()
    lost: list[Place] = []
    for _attempt in range(_ATTEMPTS):
        before = store.read_general_settings()
        wanted = _edited(before, edit)
        wishes = tuple(differences(before, wanted))
        asked = asked or wishes
        if not wishes:
            return SettingsChange(_made(asked, before))
        store.write_general_settings(wanted)
        found = store.read_general_settings()
        places = [place for wish in wishes for place in not_kept(wish.after, value_at(found, wish.place), wish.place)]
        lost = [place for place in places if not optional(before, place)]
        if not lost:
            return SettingsChange(_made(asked, found), tuple(map(said, places)))
        if not _saved_by_somebody_else(wanted, found, wishes):
            break
        logger.warning("Somebody else saved the general settings at the same time; the change is made again on theirs")
    _restore(store, asked)
    raise DssRefused(
        f"DSS did not keep {', '.join(map(said, lost))} in its general settings, which are as they were.",
        resource="general settings",
        remedy=(
            "Nobody else should be saving the administration settings at the same time. If it stays so, this version of"
            " DSS has another shape of these settings: make the change on its own screens."
        ),
    )


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


def _restore(store: SettingsStore, asked: tuple[Difference, ...]) -> None:
    document = store.read_general_settings()
    for wish in asked:
        put_at(document, wish.place, wish.before)
    store.write_general_settings(document)
