"""What an administrator reads on the page of a macro: its title, its steps with their details, what comes next."""

from __future__ import annotations

import html
import re

_ROW = re.compile(
    r'<tr>\s*<td>(.*?)</td>\s*<td><span class="outcome [^"]+">(.*?)</span></td>\s*<td>(.*?)</td>', re.DOTALL
)
_LINE = re.compile(r"<(?:p|pre)>(.*?)</(?:p|pre)>", re.DOTALL)


def title_of(page: str) -> str:
    """The title of the page."""
    [title] = re.findall(r"<h1>(.*?)</h1>", page)
    return html.unescape(title)


def steps_of(page: str) -> list[tuple[str, str, list[str]]]:
    """Each step: its title, its outcome and the lines beside it."""
    return [
        (html.unescape(title), outcome, [_text(line) for line in _LINE.findall(lines)])
        for title, outcome, lines in _ROW.findall(page)
    ]


def notes_of(page: str) -> list[str]:
    """What the administrator should know or do next."""
    return [_text(note) for note in re.findall(r"<li>(.*?)</li>", page, re.DOTALL)]


def _text(markup: str) -> str:
    return html.unescape(re.sub(r"</?strong>", "", markup)).strip()
