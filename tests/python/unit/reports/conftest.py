"""What every page has to be: valid HTML, with nothing in it that came from a name."""

from __future__ import annotations

from collections.abc import Callable

import html5lib
import pytest

HOSTILE = "</td></pre><script>alert(1)</script>&\"'{{ 7 * 7 }}"
"""A name full of markup."""


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def require_valid() -> Callable[[str], None]:
    """Hold a page to what HTML demands, and to bringing no script along."""

    def check(page: str) -> None:
        html5lib.HTMLParser(strict=True).parse(page)
        assert "<script" not in page

    return check
