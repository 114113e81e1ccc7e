"""A part of a diagnosis as lines: all that the administrator reads of it, and how it is meant."""

from __future__ import annotations

from gke_clusters.reports.diagnosis import Cell, Part


def told(part: Part) -> list[str]:
    """Each fact, row and piece of advice of a part, with its tone where it has one."""
    lines = [f"{part.tone.name} {part.title}: {part.summary}"]
    lines += [f"{name}: {value}" for name, value in part.facts]
    if part.table:
        lines.append(" | ".join(part.table.columns))
        lines += [" | ".join(_cell(cell) for cell in row) for row in part.table.rows]
        lines += [f"and {part.table.left_out} more"] if part.table.left_out else []
    for advice in part.advice:
        lines += [f"{advice.tone.name}: {advice.what}", f"-> {advice.remedy}"]
    if part.failure:
        lines.append(f"failure: {part.failure.cause}")
    return lines


def _cell(cell: str | Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell.text} [{cell.tone.name}]"
