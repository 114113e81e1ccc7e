"""Copies of JSON values, of which every simulated service makes many."""

import copy
import marshal
from typing import Any, TypeVar, cast

Json = TypeVar("Json")
_WITHOUT_REFERENCES = 2


def copied(value: Json) -> Json:
    """Return a copy of a JSON value that shares nothing with it; many times faster than `copy.deepcopy`."""
    whole: Any = value
    try:
        # This version of the format knows no references, which would be shared in the copy too.
        found = marshal.loads(marshal.dumps(whole, _WITHOUT_REFERENCES))  # noqa: S302 - nobody else had it in between
    except ValueError:
        # YAML has dates, which are not JSON.
        found = copy.deepcopy(value)
    return cast("Json", found)
