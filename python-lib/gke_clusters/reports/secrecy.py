"""Takes out of a report what looks like a secret: parts of it are words that anybody may have written."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, TypeVar, cast

from gke_clusters.errors import redacted

T = TypeVar("T")


def without_secrets(report: T) -> T:
    """Return the same with every text redacted; failures have seen to their own.

    Args:
        report: A text, a tuple or a data class of such, and so on; what is none of them stays.
    """
    return cast("T", _redacted(report))


def _redacted(value: Any) -> Any:
    if isinstance(value, Enum) or (not isinstance(value, str | tuple) and not dataclasses.is_dataclass(value)):
        return value
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, tuple):
        return tuple(map(_redacted, value))
    fields = dataclasses.fields(value)
    return dataclasses.replace(
        value,  # type: ignore[type-var]  # it is a data class
        **{field.name: _redacted(getattr(value, field.name)) for field in fields},
    )
