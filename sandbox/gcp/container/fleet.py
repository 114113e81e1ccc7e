"""How many nodes a cluster should have, which of them run, and what keeps the others from it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shortage:
    """Why instances of a pool do not come up in a zone.

    Attributes:
        code: Compute Engine's, such as `ZONE_RESOURCE_POOL_EXHAUSTED`.
        message: the error of the first instance.
        missing: how many nodes the pool has less there than it should.
    """

    code: str
    message: str
    missing: int = 0


@dataclass
class Scaled:
    """What the autoscaler has made of a pool's group in a zone.

    Attributes:
        numbers: of the instances that the group has or is getting, in the order of their creation.
        starting: how many of the last ones are not up yet.
    """

    numbers: tuple[int, ...]
    starting: int = 0

    def add(self, count: int) -> tuple[int, ...]:
        """Let the group get instances, and return their numbers."""
        free = (number for number in itertools.count() if number not in self.numbers)
        added = tuple(itertools.islice(free, count))
        self.numbers += added
        return added

    def resize(self, size: int) -> None:
        """Give the group a size, as a client does; what starts is up then."""
        self.numbers = self.numbers[:size]
        self.add(size - len(self.numbers))
        self.starting = 0


Place = tuple[str, str]
"""A node pool and a zone of it."""
Shortages = Mapping[Place, Shortage]
Scales = Mapping[Place, Scaled]


@dataclass(frozen=True)
class Fleet:
    """How many nodes a cluster should have and which of them run.

    Attributes:
        sizes: nodes that should run in each zone, by pool.
        shortages: what keeps instances from coming up, by pool and zone.
        scaled: the groups that the autoscaler has changed, by pool and zone.
    """

    sizes: Mapping[str, int]
    shortages: Shortages = field(default_factory=dict)
    scaled: Scales = field(default_factory=dict)

    def wanted(self, pool: str, zone: str) -> Sequence[int]:
        """Return the numbers of the instances that a group has or is getting."""
        own = self.scaled.get((pool, zone))
        return own.numbers if own else range(self.sizes.get(pool, 0))

    def running(self, pool: str, zone: str) -> Sequence[int]:
        """Return the numbers of the instances that run."""
        wanted, own, shortage = self.wanted(pool, zone), self.scaled.get((pool, zone)), self.shortages.get((pool, zone))
        absent = (own.starting if own else 0) + (shortage.missing if shortage else 0)
        return wanted[: max(0, len(wanted) - absent)]
