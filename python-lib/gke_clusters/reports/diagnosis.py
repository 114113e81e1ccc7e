"""What is the matter with a cluster: a verdict, what to do next, and what was learned, part by part."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.reports.diagnosis_text import bundle_text
from gke_clusters.reports.pages import render
from gke_clusters.reports.secrecy import without_secrets


class Tone(str, Enum):
    """How good or bad something is, in the order of how much it matters."""

    BAD = "bad"
    WARNING = "warning"
    UNKNOWN = "unknown"
    INFO = "info"
    GOOD = "good"

    @property
    def rank(self) -> int:
        """0 for what matters most."""
        return list(Tone).index(self)

    @property
    def words(self) -> str:
        """What the page says of it."""
        return _WORDS[self]


_WORDS: Final = {
    Tone.BAD: "problem",
    Tone.WARNING: "look at it",
    Tone.UNKNOWN: "not known",
    Tone.INFO: "for information",
    Tone.GOOD: "good",
}


@dataclass(frozen=True)
class Cell:
    """A cell of a table that is marked."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Table:
    """Rows of texts.

    Attributes:
        columns: The headings.
        rows: As many texts or cells in each.
        left_out: How many more rows there would be.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    left_out: int = 0


@dataclass(frozen=True)
class Advice:
    """Something to do next.

    Attributes:
        tone: How much it matters.
        what: What is the matter, in a sentence.
        remedy: What to do, in lines.
    """

    tone: Tone
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Part:
    """Something that was learned by itself.

    Attributes:
        title: What it is about.
        tone: How it is.
        summary: How it is, in a sentence.
        facts: Names and values.
        table: Rows, if there are any.
        advice: What to do about it.
        failure: Why it could not be learned, or what is wrong.
    """

    title: str
    tone: Tone
    summary: str
    facts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    advice: tuple[Advice, ...] = ()
    failure: GkeClustersError | None = None


@dataclass(frozen=True)
class Diagnosis:
    """All that was learned of a cluster.

    Attributes:
        cluster: Id of the DSS cluster.
        verdict: The worst of it, or that it is not known.
        words: The same in a sentence.
        parts: In the order of the page.
        identity: Whom Google sees; empty where that is not known.
        taken: When, such as ``2026-01-31 12:00:00 UTC``.
        seconds: How long it took to learn.
    """

    cluster: str
    verdict: Tone
    words: str
    parts: tuple[Part, ...]
    identity: str = ""
    taken: str = ""
    seconds: float = 0.0

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What to do next, worst first, each once."""
        found = dict.fromkeys(each for part in self.parts for each in _advice(part))
        return tuple(sorted(found, key=lambda each: each.tone.rank))


def _advice(part: Part) -> Iterator[Advice]:
    yield from part.advice
    if part.failure:
        yield Advice(part.tone, f"{part.title}: {part.failure.cause}", part.failure.remedy)


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """Return the page. Neither it nor the text in it repeats a secret that somebody wrote into a message or a name."""
    safe = without_secrets(diagnosis)
    text = bundle_text(safe)
    return render(
        "diagnosis.html",
        title=f"Diagnosis of {safe.cluster}",
        diagnosis=safe,
        bundle=text,
        # In base64, so that no character of the text means anything in a link: https://www.rfc-editor.org/rfc/rfc2397
        download=f"data:text/plain;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}",
        file_name=f"diagnosis-{re.sub('[^A-Za-z0-9_.-]+', '-', safe.cluster)}.txt",
    )
