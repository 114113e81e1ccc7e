"""A diagnosis as plain text, to be sent to whoever is asked for help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gke_clusters.errors import redacted

if TYPE_CHECKING:
    from gke_clusters.reports.diagnosis import Diagnosis, Part, Table


def bundle_text(diagnosis: Diagnosis) -> str:
    """Return all that the page says, line by line, each without what looks like a secret."""
    return "".join(f"{redacted(line)}\n" for text in _lines(diagnosis) for line in (text.splitlines() or [""]))


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"Diagnosis of the DSS cluster {diagnosis.cluster}"
    yield f"Taken {diagnosis.taken} in {diagnosis.seconds:.1f} s, as {diagnosis.identity or 'an unknown identity'}"
    yield ""
    yield f"Verdict: {diagnosis.words}"
    for number, advice in enumerate(diagnosis.advice, 1):
        yield f"{number}. [{advice.tone.words}] {advice.what}"
        yield from (f"   {line}" for line in advice.remedy.splitlines())
    for part in diagnosis.parts:
        yield ""
        yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    yield f"== {part.title} [{part.tone.words}]"
    yield part.summary
    for name, value in part.facts:
        yield f"{name}: {value}"
    if part.failure:
        yield str(part.failure)
    if part.table:
        yield from _table(part.table)


def _table(table: Table) -> Iterator[str]:
    yield " | ".join(table.columns)
    for row in table.rows:
        texts = (cell if isinstance(cell, str) else cell.text for cell in row)
        yield " | ".join(" ".join(text.split()) for text in texts)
    if table.left_out:
        yield f"and {table.left_out} more"
