"""The objects of one cluster: resource versions, the memory of recent changes, and the watches that follow them.

Objects are never changed in place: a change puts a new object. What the store gives out must not be modified.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.embedded.kinds import ResourceKey

Object = dict[str, Any]
_REMEMBERED_CHANGES = 5000


@dataclass(frozen=True)
class Change:
    """One change: type is `ADDED`, `MODIFIED` or `DELETED`; `before` is the object that was replaced."""

    type: str
    key: ResourceKey
    version: int
    item: Object
    before: Object | None


class TooOldError(LookupError):
    """The changes since that resource version are no longer remembered."""


class Subscription:
    """The changes of one resource from now on; None marks the end."""

    def __init__(self, store: "Store", key: ResourceKey) -> None:
        self._store = store
        self._key = key
        self.queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def close(self) -> None:
        """Stop following."""
        self._store.unsubscribe(self._key, self)


class Store:
    """Keeps objects by resource, namespace and name."""

    def __init__(self, remembered_changes: int = _REMEMBERED_CHANGES) -> None:
        self.version = 1
        self.closed = False
        self._oldest = 1
        self._objects: dict[ResourceKey, dict[tuple[str, str], Object]] = {}
        self._history: deque[Change] = deque()
        self._remembered = remembered_changes
        self._subscriptions: dict[ResourceKey, set[Subscription]] = {}

    def get(self, key: ResourceKey, namespace: str, name: str) -> Object | None:
        """Return one object; the namespace is empty for cluster-wide resources."""
        return self._objects.get(key, {}).get((namespace, name))

    def items(self, key: ResourceKey, namespace: str = "") -> list[Object]:
        """Return the objects of a resource by namespace and name; an empty namespace means all."""
        found = self._objects.get(key, {})
        return [found[place] for place in sorted(found) if not namespace or place[0] == namespace]

    def keys(self) -> list[ResourceKey]:
        """Return the resources that have objects."""
        return [key for key, objects in self._objects.items() if objects]

    def put(self, key: ResourceKey, item: Object) -> Object:
        """Keep an object under a new resource version and tell the watches; returns it as kept."""
        metadata = item["metadata"]
        place = (metadata.get("namespace", ""), metadata["name"])
        objects = self._objects.setdefault(key, {})
        before = objects.get(place)
        self.version += 1
        kept = {**item, "metadata": {**metadata, "resourceVersion": str(self.version)}}
        objects[place] = kept
        self._tell(Change("ADDED" if before is None else "MODIFIED", key, self.version, kept, before))
        return kept

    def remove(self, key: ResourceKey, namespace: str, name: str) -> Object | None:
        """Forget an object and tell the watches; returns its last state."""
        before = self._objects.get(key, {}).pop((namespace, name), None)
        if before is None:
            return None
        self.version += 1
        last = {**before, "metadata": {**before["metadata"], "resourceVersion": str(self.version)}}
        self._tell(Change("DELETED", key, self.version, last, before))
        return last

    def since(self, key: ResourceKey, version: int) -> list[Change]:
        """Return the changes of a resource after a version.

        Raises:
            TooOldError: they are no longer all remembered.
        """
        if version < self._oldest:
            raise TooOldError(f"too old resource version: {version} ({self._oldest})")
        return [change for change in self._history if change.version > version and change.key == key]

    def subscribe(self, key: ResourceKey) -> Subscription:
        """Follow a resource from now on."""
        subscription = Subscription(self, key)
        if self.closed:
            subscription.queue.put_nowait(None)
        else:
            self._subscriptions.setdefault(key, set()).add(subscription)
        return subscription

    def unsubscribe(self, key: ResourceKey, subscription: Subscription) -> None:
        """Stop telling a subscription; safe to call twice."""
        self._subscriptions.get(key, set()).discard(subscription)

    def close(self) -> None:
        """End every watch and forget everything."""
        self.closed = True
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.queue.put_nowait(None)
        self._subscriptions.clear()
        self._objects.clear()
        self._history.clear()

    def _tell(self, change: Change) -> None:
        self._history.append(change)
        if len(self._history) > self._remembered:
            self._oldest = self._history.popleft().version
        for subscription in self._subscriptions.get(change.key, ()):
            subscription.queue.put_nowait(change)
