"""Which node groups grow for pods that fit nowhere, and what is said to those that no growth helps. Pure functions.

Wordings: https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/processors/status. Of all groups that
help, the one with the smallest machine grows: https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler
(GKE tries to expand the one with the lowest cost).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.scheduling import NodeRoom, accepts, insufficient, refusal, requests_of
from sandbox.kubernetes.node_groups import NodeGroup

_FULL = "max node group size reached"
_RESTING = "in backoff after failed scale-up"


@dataclass
class Option:
    """A group that could grow.

    Attributes:
        group: the group.
        node: the node that its next instance would be.
        overhead: what daemon sets take of it.
        upcoming: how many of its instances are not yet nodes that take pods.
        resting: whether it has failed to grow a short while ago.
        planned: how many instances more it gets.
    """

    group: NodeGroup
    node: Object
    overhead: Mapping[str, Decimal] = field(default_factory=dict)
    upcoming: int = 0
    resting: bool = False
    planned: int = 0

    @property
    def size(self) -> int:
        """How many instances it has, those planned included."""
        return len(self.group.instances) + self.planned

    @property
    def told(self) -> str:
        """How it grows, as events say it."""
        return f"{{{self.group.link} {len(self.group.instances)}->{self.size} (max: {self.group.most})}}"

    def room(self) -> NodeRoom:
        """Return the room on a new node of the group."""
        return NodeRoom(self.node, dict(self.overhead))


@dataclass
class Expansion:
    """What is to be done.

    Attributes:
        options: the groups, those that grow with the number of their new instances.
        helped: the pods that new instances are for, each with the node pool that grows.
        refused: the pods that nothing helps, each with the words of its event.
    """

    options: Sequence[Option]
    helped: list[tuple[Object, str]] = field(default_factory=list)
    refused: list[tuple[Object, str]] = field(default_factory=list)

    def growing(self, pool: str) -> list[Option]:
        """Return the groups of a pool that grow."""
        return [option for option in self.options if option.group.pool == pool and option.planned]

    def message(self, pool: str) -> str:
        """Return what is said to the pods that a pool grows for."""
        return f"pod triggered scale-up: [{' '.join(option.told for option in self.growing(pool))}]"


def plan(pods: Iterable[Object], options: Sequence[Option]) -> Expansion:
    """Find room for pods: on nodes that are on their way, else on new ones of the group that suits best.

    Args:
        pods: those that fit on no node.
        options: the groups that could grow; `planned` is changed.
    """
    expansion = Expansion(options)
    coming = _Coming(options)
    for pod in pods:
        room = coming.take(pod)
        if room is None:
            option, reasons = _best(pod, options)
            if option is None:
                told = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
                expansion.refused.append((pod, f"pod didn't trigger scale-up: {told}"))
                continue
            option.planned += 1
            room = coming.add(option, pod)
        if room.is_new:
            expansion.helped.append((pod, room.option.group.pool))
    return expansion


def shape(pod: Object) -> str:
    """Return what is the same in all pods that fit on the same nodes."""
    spec = pod["spec"]
    wanted = {name: str(amount) for name, amount in requests_of(pod).items()}
    return json.dumps([wanted, *(spec.get(name) for name in ("nodeSelector", "affinity", "tolerations"))])


@dataclass(frozen=True)
class _ComingNode:
    """A node that is on its way, or only planned now; and the room on it."""

    option: Option
    room: NodeRoom
    is_new: bool = False


class _Coming:
    """The nodes that are on their way, and what pods have taken of them."""

    def __init__(self, options: Iterable[Option]) -> None:
        self._nodes = [_ComingNode(option, option.room()) for option in options for _ in range(option.upcoming)]
        # Nodes that are full for a pod are so for the next one of its shape.
        self._first: dict[str, int] = {}

    def take(self, pod: Object) -> _ComingNode | None:
        """Take room for a pod; return the node that has it."""
        key, wanted = shape(pod), requests_of(pod)
        for index in range(self._first.get(key, 0), len(self._nodes)):
            node = self._nodes[index]
            if accepts(node.option.node, pod) and not node.room.lacking(wanted):
                self._first[key] = index
                _take(node.room, wanted)
                return node
        self._first[key] = len(self._nodes)
        return None

    def add(self, option: Option, pod: Object) -> _ComingNode:
        """Plan one more node, with a pod on it."""
        node = _ComingNode(option, option.room(), is_new=True)
        _take(node.room, requests_of(pod))
        self._nodes.append(node)
        return node


def _take(room: NodeRoom, wanted: Mapping[str, Decimal]) -> None:
    for name, amount in wanted.items():
        room.taken[name] = room.taken.get(name, Decimal(0)) + amount


def _best(pod: Object, options: Sequence[Option]) -> tuple[Option | None, Counter[str]]:
    """Return the group to grow for a pod, or how many groups do not help for which reason."""
    helping: list[Option] = []
    reasons: Counter[str] = Counter()
    totals = Counter({option.group.pool: 0 for option in options})
    for option in options:
        totals[option.group.pool] += option.size
    wanted = requests_of(pod)
    for option in options:
        if option.resting:
            reasons[_RESTING] += 1
        elif option.size >= option.group.most or totals[option.group.pool] >= option.group.pool_most:
            reasons[_FULL] += 1
        elif why := refusal(pod, option.node):
            reasons[why] += 1
        elif lacking := option.room().lacking(wanted):
            reasons.update(map(insufficient, lacking))
        else:
            helping.append(option)
    return min(helping, key=_order, default=None), reasons


def _order(option: Option) -> tuple[int, int, int, str, int, str]:
    group, machine = option.group, option.group.template
    return machine.gpus, machine.cpus, machine.memory_bytes, group.pool, option.size * group.balanced, group.zone
