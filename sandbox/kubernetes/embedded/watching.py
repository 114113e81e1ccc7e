"""Watches: the changes of a resource as a stream of JSON lines.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from sandbox.kubernetes.embedded.content import encoded
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.selectors import Selection
from sandbox.kubernetes.embedded.statuses import StatusError, expired
from sandbox.kubernetes.embedded.store import Change, Object, Store, Subscription, TooOldError

_BOOKMARK_SECONDS = 60.0
_MIN_TIMEOUT_SECONDS = 1800
Present = Callable[[Object], Object]


@dataclass(frozen=True)
class WatchOptions:
    """What a watch is to tell.

    Attributes:
        namespace: empty for all.
        selection: which objects.
        version: tell the changes after it; None begins with what is there.
        bookmarks: send bookmarks.
        initial_events: begin with what is there and mark its end by a bookmark.
        timeout_seconds: when to end; None for the server's own choice.
    """

    namespace: str
    selection: Selection
    version: int | None
    bookmarks: bool = False
    initial_events: bool = False
    timeout_seconds: float | None = None


def translate(change: Change, options: WatchOptions) -> tuple[str, Object] | None:
    """Return the event that a change is for this watch: an object may enter or leave the selection."""
    if options.namespace and change.item["metadata"].get("namespace") != options.namespace:
        return None
    now = change.type != "DELETED" and options.selection.matches(change.item)
    then = change.before is not None and options.selection.matches(change.before)
    if now:
        return ("MODIFIED" if then else "ADDED", change.item)
    if then and change.before is not None:
        # Who looks by a selector sees the object go as it was when it still belonged to it.
        metadata = {**change.before["metadata"], "resourceVersion": str(change.version)}
        return ("DELETED", {**change.before, "metadata": metadata})
    return None


class Watch:
    """One watch; it follows the store from its construction on.

    Raises:
        StatusError: 410 when the changes since the wanted version are forgotten.
    """

    def __init__(self, store: Store, resource: ResourceType, options: WatchOptions) -> None:
        self._resource = resource
        self._options = options
        try:
            past = store.since(resource.key, options.version) if options.version is not None else []
        except TooOldError as error:
            raise expired(str(error)) from error
        self._events: list[tuple[str, Object]] = [event for one in past if (event := translate(one, options))]
        if options.version is None:
            present = store.items(resource.key, options.namespace)
            self._events = [("ADDED", one) for one in present if options.selection.matches(one)]
        self._store = store
        self._subscription: Subscription = store.subscribe(resource.key)

    async def lines(self, present: Present) -> AsyncIterator[bytes]:
        """Yield the events as JSON lines until the time is over or the server stops."""
        seconds = self._options.timeout_seconds
        if seconds is None:
            seconds = _MIN_TIMEOUT_SECONDS * (1 + random.random())  # noqa: S311 - spreads reconnects, as a real server does
        ends = time.monotonic() + seconds
        try:
            for line in self._first(present):
                yield line
            bookmark_at = time.monotonic() + _BOOKMARK_SECONDS
            while (now := time.monotonic()) < ends:
                until = min(ends, bookmark_at) if self._options.bookmarks else ends
                change: Change | None
                try:
                    change = await asyncio.wait_for(self._subscription.queue.get(), max(until - now, 0))
                except asyncio.TimeoutError:
                    if self._options.bookmarks and time.monotonic() < ends:
                        yield self._bookmark(present)
                        bookmark_at = time.monotonic() + _BOOKMARK_SECONDS
                    continue
                if change is None:
                    return
                event = translate(change, self._options)
                if event is not None:
                    yield encoded({"type": event[0], "object": present(event[1])})
        finally:
            self._subscription.close()

    def _first(self, present: Present) -> Iterator[bytes]:
        for kind, item in self._events:
            yield encoded({"type": kind, "object": present(item)})
        if self._options.initial_events and self._options.bookmarks:
            yield self._bookmark(present, {"k8s.io/initial-events-end": "true"})

    def _bookmark(self, present: Present, annotations: dict[str, str] | None = None) -> bytes:
        metadata: Object = {"resourceVersion": str(self._store.version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        item = {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": metadata}
        del present
        return encoded({"type": "BOOKMARK", "object": item})


def too_large(version: int, current: int) -> StatusError:
    """Return 504 for a resource version that lies in the future."""
    return StatusError(
        504,
        f"Too large resource version: {version}, current: {current}",
        reason="Timeout",
        details={
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
    )
