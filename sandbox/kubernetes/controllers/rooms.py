"""The room on every node of a cluster, kept current change by change: placing a pod need not look at all pods."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from decimal import Decimal

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.scheduling import NodeRoom, Verdict, accepts, fullness, place, requests_of
from sandbox.kubernetes.controllers.state import Key

_FINISHED = ("Succeeded", "Failed")


class Rooms:
    """Knows what the pods of each node have taken, and which node is the emptiest."""

    def __init__(self) -> None:
        self._rooms: dict[str, NodeRoom] = {}
        # Of nodes that are not known yet too: a pod can be told of before its node.
        self._taken: dict[str, dict[str, Decimal]] = {}
        self._pods: dict[Key, tuple[str, dict[str, Decimal]]] = {}
        self._by_fullness: list[tuple[Decimal, str]] = []
        self._fullness: dict[str, tuple[Decimal, str]] = {}

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self._rooms)

    def set_node(self, node: Object) -> None:
        """Take in a node as it is now."""
        name = node["metadata"]["name"]
        self._rooms[name] = NodeRoom(node, self._taken.setdefault(name, {}))
        self._sort(name)

    def forget_node(self, name: str) -> None:
        """Leave out a node that is gone."""
        self._rooms.pop(name, None)
        self._sort(name)

    def set_pod(self, key: Key, pod: Object) -> None:
        """Take in a pod as it is now; one without a node, or finished, takes nothing."""
        self.forget_pod(key)
        node = pod["spec"].get("nodeName")
        if node and pod.get("status", {}).get("phase") not in _FINISHED:
            wanted = requests_of(pod)
            self._pods[key] = (node, wanted)
            self._add(node, wanted, 1)

    def forget_pod(self, key: Key) -> None:
        """Free what a pod has taken."""
        if (known := self._pods.pop(key, None)) is not None:
            self._add(known[0], known[1], -1)

    def place(self, pod: Object) -> Verdict:
        """Choose the emptiest node that takes the pod."""
        named = _named_nodes(pod)
        candidates: Iterable[str] = (name for _, name in self._by_fullness)
        if named is not None:
            candidates = sorted(self._fullness.keys() & set(named), key=self._fullness.__getitem__)
        wanted = requests_of(pod)
        for name in candidates:
            room = self._rooms[name]
            if not room.lacking(wanted) and accepts(room.node, pod):
                return Verdict(name)
        # The message counts all of them.
        return place(pod, list(self._rooms.values()))

    def _add(self, node: str, wanted: dict[str, Decimal], sign: int) -> None:
        taken = self._taken.setdefault(node, {})
        for name, amount in wanted.items():
            taken[name] = taken.get(name, Decimal(0)) + sign * amount
        self._sort(node)

    def _sort(self, name: str) -> None:
        """Put a node where it belongs now."""
        if (known := self._fullness.pop(name, None)) is not None:
            del self._by_fullness[bisect_left(self._by_fullness, known)]
        if (room := self._rooms.get(name)) is not None:
            self._fullness[name] = fullness(room)
            insort(self._by_fullness, self._fullness[name])


def _named_nodes(pod: Object) -> Sequence[str] | None:
    """Return the nodes that a pod names, as those of daemon sets do, or None for one that names none."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    names: list[str] = []
    for term in required.get("nodeSelectorTerms") or ():
        found = [one for one in term.get("matchFields") or () if one["operator"] == "In"]
        if not found:
            return None
        names += found[0].get("values") or []
    return names or None
