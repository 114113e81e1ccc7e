"""Lists in pages, as `pageSize` and `pageToken` ask for: https://google.aip.dev/158."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.gcp.errors import invalid_argument

_LONGEST = 1000


def paged(field: str, items: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of items that a query asks for; an empty list is left out, as Google does.

    Raises:
        GoogleError: 400, the query has no such page.
    """
    size, start = query.get("pageSize", "0"), query.get("pageToken", "") or "0"
    if not size.isdigit() or not start.isdigit():
        raise invalid_argument("Request contains an invalid argument.")
    first, count = int(start), min(int(size) or _LONGEST, _LONGEST)
    answer: dict[str, Any] = {field: list(items[first : first + count])} if items[first:] else {}
    if first + count < len(items):
        answer["nextPageToken"] = str(first + count)
    return answer
