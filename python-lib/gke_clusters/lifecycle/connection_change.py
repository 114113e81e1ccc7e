"""A GCS connection is made or changed, tested by DSS, and put back as it was where DSS cannot use it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from gke_clusters.dss.connections import KEY_PLACE, GcsConnection, new_gcs_connection, put_gcs_connection, without_key
from gke_clusters.dss.documents import ABSENT, Difference, Place, differences, said, value_at
from gke_clusters.dss.stored_documents import Document, StoredDocument, change_document, preview_change, put_back
from gke_clusters.errors import GkeClustersError
from gke_clusters.lifecycle.steps import Result
from gke_clusters.reports.checklist import Outcome

logger = logging.getLogger(__name__)

_TESTED: Final = "DSS tested it: it works."


class Connection(StoredDocument, Protocol):
    """A connection, as :class:`gke_clusters.dss.connections.StoredConnection` offers it."""

    def find(self) -> Document | None:
        """Read it; None if there is no connection of that name."""

    def create(self, document: Document) -> None:
        """Create it."""

    def delete(self) -> None:
        """Delete it."""

    def key(self) -> str | None:
        """Return the key as it was entered; None where it is not known."""

    def test(self) -> None:
        """Let DSS use it."""


@dataclass(frozen=True)
class ConnectionChange:
    """What is to become of a connection. Each way of making it so returns what was done, a line each.

    Attributes:
        name: of the connection.
        connection: where DSS keeps it.
        found: what is there; None if nothing is.
        wanted: what it should say; its key only if it is not there already.
        old_key: the key that is there, as it was entered; None where it is not known.
    """

    name: str
    connection: Connection
    found: Document | None
    wanted: GcsConnection
    old_key: str | None = field(default=None, repr=False)

    def preview(self) -> Result:
        """Change nothing."""
        if self.found is None:
            return Outcome.WOULD_CHANGE, ["It would be created.", *self._said_of_a_new_one()]
        words = self._said(preview_change(self.connection, self._edit).made)
        return (Outcome.WOULD_CHANGE, words) if words else (Outcome.DONE, ["It is so already."])

    def keep(self, *, preview: bool) -> Result:
        """Leave what is there as it is, and have DSS test it.

        Raises:
            DssRefused: DSS cannot use it.
        """
        words = ["It is there and reaches the bucket; everything else that it says is left as it is."]
        if preview:
            return Outcome.DONE, words
        self.connection.test()
        return Outcome.DONE, [*words, _TESTED]

    def make(self) -> Result:
        """Create or change it, and have DSS test it.

        Raises:
            DssRefused: DSS refuses it or cannot use it; it is as it was before, or what is left of the change is said.
        """
        return self._create() if self.found is None else self._update()

    def _edit(self, document: Document) -> None:
        put_gcs_connection(document, self.wanted)

    def _create(self) -> Result:
        document = new_gcs_connection(self.name)
        self._edit(document)
        self.connection.create(document)
        rest = partial(put_gcs_connection, wanted=replace(self.wanted, key=None))
        try:
            change_document(self.connection, rest)
            self.connection.test()
        except GkeClustersError as failure:
            failure.advise(_undone(self._remove))
            raise
        return Outcome.CHANGED, ["It is new.", *self._said_of_a_new_one(), _TESTED]

    def _update(self) -> Result:
        made: tuple[Difference, ...] = ()
        try:
            made = change_document(self.connection, self._edit, optional=_is_key).made
            self.connection.test()
        except GkeClustersError as failure:
            if made or self._key_may_be_another():
                failure.advise(_undone(partial(self._put_back, made)))
            raise
        words = self._said(made)
        outcome = Outcome.CHANGED if words else Outcome.DONE
        return outcome, [*(words or ["It is so already."]), _TESTED]

    @property
    def _has_key(self) -> bool:
        return isinstance(value_at(self.found, KEY_PLACE), str)

    @property
    def _changes_key(self) -> bool:
        return bool(self.wanted.key) or (self.wanted.credentials_mode == "ENVIRONMENT" and self._has_key)

    def _key_may_be_another(self) -> bool:
        return bool(self.wanted.key) and (self.old_key is None or self.connection.key() != self.old_key)

    def _remove(self) -> str:
        self.connection.delete()
        return "The connection, which was new, was removed again."

    def _put_back(self, made: Iterable[Difference]) -> str:
        ours = [each for each in made if each.place != KEY_PLACE]
        if self._changes_key:
            # DSS shows one key like another, so whose is there now cannot be told.
            there = value_at(self.connection.read(), KEY_PLACE)
            ours.append(Difference(KEY_PLACE, self.old_key or value_at(self.found, KEY_PLACE), there))
        theirs = put_back(self.connection, ours)
        words = "The connection is as it was before"
        if theirs:
            changed = ", ".join(map(said, theirs))
            words = f"Somebody else has changed {changed} meanwhile, which is left so; the rest is as it was before"
        if self._changes_key and self._has_key and not self.old_key:
            return f"{words}, except perhaps for its key, which DSS does not give back: enter the former one again."
        return f"{words}."

    def _said(self, made: Iterable[Difference]) -> list[str]:
        # DSS shows one key like another.
        words = [str(without_key(each)) for each in made if each.place != KEY_PLACE or each.after is ABSENT]
        return [*words, f"{said(KEY_PLACE)}: the key that was given"] if self.wanted.key else words

    def _said_of_a_new_one(self) -> list[str]:
        blank = new_gcs_connection(self.name)
        document = new_gcs_connection(self.name)
        self._edit(document)
        return self._said(tuple(differences(blank, document)))


def _is_key(_document: Document, place: Place) -> bool:
    return place == KEY_PLACE


def _undone(undo: Callable[[], str]) -> str:
    try:
        return undo()
    except GkeClustersError as failure:
        logger.error("The change could not be undone: %s", failure)  # noqa: TRY400 - one line, not a traceback
        return f"The change could not be undone: {failure.cause} Look at the connection in DSS."
