"""The loop of a controller: changes become keys, keys are reconciled one at a time, failures are tried again."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import aiohttp

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of

_FIRST_RETRY_SECONDS = 0.02
_LONGEST_RETRY_SECONDS = 2.0
# A key whose turn takes longer than this, such as a daemon set's with a thousand nodes, rests before the next one, so
# that many changes share a turn. Its rest is this many times as long as its turn, up to the longest.
_LONG_TURN_SECONDS = 0.02
_REST_PER_TURN = 5
_LONGEST_REST_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Controller(ABC):
    """Makes the world follow one kind of wish; subclasses say what they watch and how they reconcile.

    Attributes:
        watches: the resources whose changes may need work.
    """

    watches: Sequence[Resource] = ()

    def __init__(self, state: ClusterState) -> None:
        self.state = state
        # A dict keeps the order and holds every key once.
        self._waiting: dict[Key, None] = {}
        self._wake = asyncio.Event()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        # Whether something has happened to a key that rests.
        self._resting: dict[Key, bool] = {}
        for resource in self.watches:
            state.caches[resource].subscribe(self._changed)

    @abstractmethod
    async def reconcile(self, key: Key) -> None:
        """Make what belongs to the key as it should be; raises `ApiError` to be called again."""

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the keys that a change concerns: the object's own unless a subclass knows better."""
        del resource, event
        return [key_of(item)]

    def enqueue(self, key: Key) -> None:
        """Have a key reconciled soon."""
        if key in self._resting:
            self._resting[key] = True
            return
        self._waiting[key] = None
        self._wake.set()

    def enqueue_later(self, key: Key, seconds: float) -> None:
        """Have a key reconciled after a while, unless it is due earlier for another reason."""
        if key not in self._timers:
            self._timers[key] = asyncio.get_running_loop().call_later(seconds, self._due, key)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    key = next(iter(self._waiting))
                    del self._waiting[key]
                    started = time.monotonic()
                    await self._attempt(key)
                    self._rest(key, time.monotonic() - started)
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def _changed(self, resource: Resource, event: EventType, item: Object) -> None:
        for key in self.keys(resource, event, item):
            self.enqueue(key)

    def _rest(self, key: Key, turn_seconds: float) -> None:
        if turn_seconds > _LONG_TURN_SECONDS:
            # What has happened during the turn comes after the rest too.
            self._resting[key] = self._waiting.pop(key, self) is None
            seconds = min(turn_seconds * _REST_PER_TURN, _LONGEST_REST_SECONDS)
            asyncio.get_running_loop().call_later(seconds, self._rested, key)

    def _rested(self, key: Key) -> None:
        if self._resting.pop(key, False):
            self.enqueue(key)

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.enqueue(key)

    async def _attempt(self, key: Key) -> None:
        try:
            await self.reconcile(key)
        except (ApiError, aiohttp.ClientError, OSError) as error:
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            _log.debug("%s of %s: %s", type(self).__name__, "/".join(key), error)
            self.enqueue_later(key, min(_FIRST_RETRY_SECONDS * 2**failures, _LONGEST_RETRY_SECONDS))
        except Exception:
            # One odd object must not end the work on all the others; Kubernetes' own controllers go on too.
            _log.exception("%s of %s", type(self).__name__, "/".join(key))
        else:
            self._failures.pop(key, None)
