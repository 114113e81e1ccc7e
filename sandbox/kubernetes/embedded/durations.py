"""Ages as a server prints them in tables: `45s`, `3m20s`, `5d2h`.

https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go
"""

from datetime import datetime, timezone

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


def _two(whole: int, unit: str, rest: int, rest_unit: str) -> str:
    return f"{whole}{unit}" + (f"{rest}{rest_unit}" if rest else "")


def human(seconds: int) -> str:  # noqa: PLR0911 - one return for each scale
    """Return a duration in the two largest units that matter."""
    if seconds < 2 * _MINUTE:
        return f"{max(seconds, 0)}s"
    if seconds < 10 * _MINUTE:
        return _two(seconds // _MINUTE, "m", seconds % _MINUTE, "s")
    if seconds < 3 * _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 8 * _HOUR:
        return _two(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "m")
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    if seconds < 8 * _DAY:
        return _two(seconds // _DAY, "d", seconds % _DAY // _HOUR, "h")
    if seconds < 2 * _YEAR:
        return f"{seconds // _DAY}d"
    if seconds < 8 * _YEAR:
        return _two(seconds // _YEAR, "y", seconds % _YEAR // _DAY, "d")
    return f"{seconds // _YEAR}y"


def age(timestamp: str | None) -> str:
    """Return the time since a timestamp, `<unknown>` without one."""
    if not timestamp:
        return "<unknown>"
    return human(int((datetime.now(timezone.utc) - moment(timestamp)).total_seconds()))


def moment(timestamp: str) -> datetime:
    """Return the moment that a timestamp of the API stands for."""
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
