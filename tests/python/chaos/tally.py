"""What was played and what went wrong in it, counted: of one schedule, of one process, of a whole run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_COLUMN: Final = 18


@dataclass
class Tally:
    """Counts that can be added up.

    Attributes:
        seeds: schedules that were played.
        stories: starts, stops, attachments, detachments and macros that were told.
        kills: stories whose process was killed.
        struck: faults that struck, by kind; a fault that struck several requests of one story counts once.
        ends: stories by how they ended: `returned`, the class of an error, or `killed`.
        failed: the seeds in which something that must be true was not.
    """

    seeds: int = 0
    stories: int = 0
    kills: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the counts of another."""
        self.seeds += other.seeds
        self.stories += other.stories
        self.kills += other.kills
        self.struck += other.struck
        self.ends += other.ends
        self.failed += other.failed

    def summary(self) -> str:
        """Say it in a few lines."""
        lines = [
            f"{self.seeds} seeds: {len(self.failed)} failed",
            f"{self.stories} stories, {self.kills} of them killed, {self.struck.total()} faults struck",
            *_table("faults that struck", self.struck),
            *_table("how the stories ended", self.ends),
        ]
        if self.failed:
            lines.append(f"failed seeds: {' '.join(map(str, sorted(self.failed)))}")
        return "\n".join(lines)


def kind_of(fault: Mapping[str, Any]) -> str:
    """Name the kind of a fault, such as `stockout`, `503` or `reset after`."""
    effect = fault["effect"]
    for key in ("operation", "cluster"):
        if key in effect:
            return str(effect[key])
    key, value = next(((key, value) for key, value in effect.items() if key != "status"), ("", effect.get("status")))
    if key in ("reset", "upgrade"):
        return f"{key} {value}"
    return key or str(value)


def _table(title: str, counts: Counter[str]) -> list[str]:
    cells = [f"{name} {count}" for name, count in counts.most_common()]
    rows = [cells[at : at + 5] for at in range(0, len(cells), 5)]
    return [f"{title}:", *("  " + "".join(cell.ljust(_COLUMN + 6) for cell in row).rstrip() for row in rows)]
