"""When the clusters of one name came to be and when they were gone, read from GKE's operations. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Final

_FOR_EVER: Final = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Life:
    """The time during which a cluster existed.

    Attributes:
        creation: name of the operation that created it.
        location: zone or region.
        begin: when its creation was accepted.
        end: when its deletion was over; the end of time while there was none.
    """

    creation: str
    location: str
    begin: datetime
    end: datetime = _FOR_EVER

    def __str__(self) -> str:
        until = "now" if self.end == _FOR_EVER else f"{self.end:%H:%M:%S.%f}"
        return f"in {self.location} from {self.begin:%H:%M:%S.%f} until {until}"

    def overlaps(self, later: Life) -> bool:
        """Tell whether it still existed when another one began."""
        return later.begin < self.end


def lives_in(operations: Iterable[Mapping[str, Any]]) -> list[Life]:
    """Return the lives of the clusters of one name, by their begin.

    Args:
        operations: every operation on clusters of that name, as the API shows them, the oldest first.
    """
    ended: list[Life] = []
    alive: dict[str, Life] = {}
    for operation in operations:
        location = operation["zone"]
        if operation["operationType"] == "CREATE_CLUSTER":
            alive[location] = Life(operation["name"], location, _moment(operation["startTime"]))
        elif operation["operationType"] == "DELETE_CLUSTER" and location in alive and _succeeded(operation):
            life = alive.pop(location)
            ended.append(replace(life, end=_moment(operation["endTime"])))
    return sorted((*ended, *alive.values()), key=lambda life: life.begin)


def _succeeded(operation: Mapping[str, Any]) -> bool:
    return operation["status"] == "DONE" and "error" not in operation


def _moment(text: str) -> datetime:
    """Read a timestamp of Google's, to the microsecond."""
    return datetime.strptime(text[:26], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=timezone.utc)
