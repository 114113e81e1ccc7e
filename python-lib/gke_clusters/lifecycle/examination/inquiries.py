"""Questions that are asked at the same time, each answered or failed by itself, all by the same deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Final, Generic, TypeVar

from gke_clusters.errors import GkeClustersError, OperationTimeout
from gke_clusters.google.deadlines import Deadline
from gke_clusters.lifecycle.surfacing import wrapped
from gke_clusters.reports.diagnosis import Part, Tone

Found = TypeVar("Found")

_REMEDY: Final = "Run the macro again; if it stays so, look at the part itself in the Google Cloud console."


class NotAskedError(Exception):
    """Raised for what was not asked, because what it takes was not had; the text says what."""


class Inquiry(Generic[Found]):
    """A question on its way.

    Attributes:
        about: what it is about, in words.
    """

    def __init__(self, about: str, deadline: Deadline) -> None:
        self.about = about
        self._deadline = deadline
        self._future: Future[Found] = Future()

    def run(self, work: Callable[[], Found], after: Inquiry[Any] | None) -> None:
        """Find the answer, or what keeps it from being found."""
        try:
            if after:
                after.answer()
        except (GkeClustersError, NotAskedError) as failure:
            # What failed first is explained at its own place.
            cause = (
                failure if isinstance(failure, NotAskedError) else NotAskedError(after.about if after else self.about)
            )
            self._future.set_exception(cause)
            return
        try:
            with wrapped(f"learn about {self.about}"):
                self._future.set_result(work())
        except GkeClustersError as failure:
            self._future.set_exception(failure)

    def answer(self) -> Found:
        """Wait for the answer.

        Raises:
            NotAskedError: what it takes was not had.
            GkeClustersError: why there is none, or that it took too long.
        """
        try:
            return self._future.result(self._deadline.remaining_seconds)
        except FutureTimeout:
            raise OperationTimeout(
                f"There was no answer about {self.about} within {self._deadline.seconds:.0f} s.", remedy=_REMEDY
            ) from None

    def answer_or_none(self) -> Found | None:
        """Wait for the answer; None if there is none, which is said elsewhere."""
        try:
            return self.answer()
        except (GkeClustersError, NotAskedError):
            return None

    def part(self, title: str, show: Callable[[Found], Part], failed: Tone = Tone.UNKNOWN) -> Part:
        """Wait for the answer, and make a part of the page of it or of what kept it from being had.

        Args:
            title: of the part.
            show: makes the part of an answer.
            failed: how bad it is if there is none.
        """
        try:
            found = self.answer()
        except NotAskedError as missing:
            return Part(title, Tone.UNKNOWN, f"Not known, because there is no answer about {missing}: see there.")
        except GkeClustersError as failure:
            return Part(title, failed, "There is no answer.", failure=failure)
        return show(found)


class Inquiries:
    """Asks. What is not answered by the deadline is given up; its thread ends with the process at the latest."""

    def __init__(self, seconds: float) -> None:
        self.deadline = Deadline(seconds)

    def ask(self, about: str, work: Callable[[], Found], *, after: Inquiry[Any] | None = None) -> Inquiry[Found]:
        """Begin to ask.

        Args:
            about: what it is about, in words that follow "about".
            work: finds the answer.
            after: what has to be answered first; if it is not, this is not asked.
        """
        inquiry: Inquiry[Found] = Inquiry(about, self.deadline)
        # Not a pool of threads: the interpreter would wait at its end for those that hang.
        threading.Thread(target=inquiry.run, args=(work, after), name=f"learn {about}", daemon=True).start()
        return inquiry
