"""What the controllers know of the cluster: caches kept current by watches, and writes that the caches see at once."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Literal

import aiohttp

from sandbox.kubernetes.client import (
    ApiError,
    EventType,
    KubernetesClient,
    Object,
    Patch,
    PatchType,
    Resource,
    WatchEvent,
)
from sandbox.kubernetes.controllers.kinds import PODS

Key = tuple[str, str]
Listener = Callable[[Resource, EventType, Object], None]

_RETRY_SECONDS = 0.5
_log = logging.getLogger(__name__)


def key_of(item: Object) -> Key:
    """Return an object's namespace (empty when it has none) and name."""
    metadata = item["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def revision_of(item: Object) -> int:
    """Return an object's resourceVersion, which grows with time on both servers."""
    return int(item["metadata"].get("resourceVersion") or 0)


def _node_of(item: Object | None) -> str:
    """Return the node that a pod is bound to; empty for none, and for other objects."""
    return str(((item or {}).get("spec") or {}).get("nodeName") or "")


class Cache:
    """Every object of one resource, as a watch tells it.

    Attributes:
        objects: the objects by namespace and name; not to be changed by readers.
        synced: set once the first list is in.
    """

    def __init__(self, client: KubernetesClient, resource: Resource) -> None:
        self.resource = resource
        self.objects: dict[Key, Object] = {}
        self._ordered: list[Key] | None = None
        self._on_nodes: dict[str, dict[Key, None]] = {}
        self.synced = asyncio.Event()
        self._client = client
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Have every change told; what is known already is not repeated."""
        self._listeners.append(listener)

    def observe(self, item: Object) -> None:
        """Take in an object that a write returned, unless the watch has told something newer."""
        known = self.objects.get(key_of(item))
        if known is None or revision_of(known) < revision_of(item):
            self.assume(item)
            self._tell("MODIFIED" if known else "ADDED", item)

    def assume(self, item: Object) -> None:
        """Take in what an object is certain to be, and tell nobody: the watch is about to."""
        key = key_of(item)
        known = self.objects.get(key)
        if known is None:
            self._ordered = None
        before, after = _node_of(known), _node_of(item)
        if before != after:
            self._on_nodes.get(before, {}).pop(key, None)
            self._on_nodes.setdefault(after, {})[key] = None
        self.objects[key] = item

    def ordered(self) -> list[Object]:
        """Return the objects by namespace and name."""
        if self._ordered is None:
            self._ordered = sorted(self.objects)
        return [self.objects[key] for key in self._ordered]

    def on_node(self, name: str) -> list[Object]:
        """Return the objects, pods that is, that are bound to a node."""
        return [self.objects[key] for key in sorted(self._on_nodes.get(name, ()))]

    def _drop(self, key: Key) -> Object | None:
        item = self.objects.pop(key, None)
        if item is not None:
            self._ordered = None
            self._on_nodes.get(_node_of(item), {}).pop(key, None)
        return item

    def update(self, item: Object) -> None:
        """Take in what a patch returned, unless the watch has already told that the object is gone.

        The patch that takes the last finalizer away ends the object, and its answer can come after the news of that.
        """
        known = self.objects.get(key_of(item))
        if known is not None and known["metadata"]["uid"] == item["metadata"]["uid"]:
            self.observe(item)

    def forget(self, key: Key) -> None:
        """Drop an object that the server says is gone."""
        item = self._drop(key)
        if item is not None:
            self._tell("DELETED", item)

    async def run(self) -> None:
        """List and watch until cancelled; a server that is away is tried again."""
        while True:
            if not await self._follow():
                await asyncio.sleep(_RETRY_SECONDS)

    async def _follow(self) -> bool:
        """List, then watch for as long as the server lets; tell whether to list again at once."""
        try:
            listing = await self._client.list(self.resource)
            self._replace(listing.items)
            self.synced.set()
            async for event in self._client.watch(self.resource, listing.resource_version):
                self._take(event)
        except ApiError as error:
            _log.debug("watching %s: %s", self.resource.plural, error.message)
            return error.code == 410
        except (aiohttp.ClientError, OSError) as error:
            _log.debug("watching %s: %s", self.resource.plural, error)
            return False
        return True

    def _replace(self, items: Iterable[Object]) -> None:
        current = {key_of(item) for item in items}
        for key in self.objects.keys() - current:
            self.forget(key)
        for item in items:
            self.observe(item)

    def _take(self, event: WatchEvent) -> None:
        if event.type == "DELETED":
            known = self.objects.get(key_of(event.object))
            if known is not None and revision_of(known) <= revision_of(event.object):
                self._drop(key_of(event.object))
                self._tell("DELETED", event.object)
        else:
            self.observe(event.object)

    def _tell(self, kind: EventType, item: Object) -> None:
        for listener in self._listeners:
            listener(self.resource, kind, item)


class ClusterState:
    """The caches of one cluster, and the client whose writes they see at once.

    Args:
        client: acts on the server.
        resources: what to keep in caches.
    """

    def __init__(self, client: KubernetesClient, resources: Iterable[Resource]) -> None:
        self.client = client
        self.caches = {resource: Cache(client, resource) for resource in resources}

    def all(self, resource: Resource, namespace: str | None = None) -> list[Object]:
        """Return the cached objects of a resource, ordered by name."""
        objects = self.caches[resource].ordered()
        if namespace is None:
            return objects
        return [item for item in objects if item["metadata"].get("namespace", "") == namespace]

    def pods_on(self, node: str) -> list[Object]:
        """Return the cached pods that are bound to a node."""
        return self.caches[PODS].on_node(node)

    def get(self, resource: Resource, key: Key) -> Object | None:
        """Return a cached object."""
        return self.caches[resource].objects.get(key)

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
    ) -> Object:
        """Create an object; raises `ApiError`."""
        body = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        created = await self.client.create(resource, body, namespace)
        if resource in self.caches:
            self.caches[resource].observe(created)
        return created

    async def ensure(self, resource: Resource, body: Object, namespace: str | None = None) -> None:
        """Create an object unless one of that name is there."""
        if self._cached(resource, (namespace or "", body["metadata"]["name"])) is not None:
            return
        try:
            await self.create(resource, body, namespace)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise

    async def patch(
        self,
        resource: Resource,
        key: Key,
        patch: Patch,
        subresource: str | None = None,
        patch_type: PatchType = "application/merge-patch+json",
    ) -> Object:
        """Patch an object; raises `ApiError`."""
        try:
            changed = await self.client.patch(
                resource, key[1], patch, key[0] or None, subresource, patch_type=patch_type
            )
        except ApiError as error:
            self._gone(resource, key, error)
            raise
        if resource in self.caches:
            self.caches[resource].update(changed)
        return changed

    async def set_finalizers(self, resource: Resource, item: Object, finalizers: list[str]) -> None:
        """Replace the finalizers of that version of the object; raises `ApiError` 409 when it has changed since."""
        metadata = {"resourceVersion": item["metadata"]["resourceVersion"], "finalizers": finalizers or None}
        await self.patch(resource, key_of(item), {"metadata": metadata})

    async def delete(
        self,
        resource: Resource,
        item: Object,
        *,
        grace_period_seconds: int | None = None,
        propagation_policy: Literal["Background", "Foreground", "Orphan"] | None = None,
    ) -> None:
        """Delete that very object; one that is gone is fine."""
        namespace, name = key_of(item)
        try:
            await self.client.delete(
                resource,
                name,
                namespace or None,
                uid=item["metadata"]["uid"],
                grace_period_seconds=grace_period_seconds,
                propagation_policy=propagation_policy,
            )
        except ApiError as error:
            self._gone(resource, (namespace, name), error)
            # 409: another object took the name meanwhile.
            if error.code not in (404, 409):
                raise

    def _cached(self, resource: Resource, key: Key) -> Object | None:
        cache = self.caches.get(resource)
        return cache.objects.get(key) if cache else None

    def _gone(self, resource: Resource, key: Key, error: ApiError) -> None:
        if error.code == 404 and resource in self.caches:
            self.caches[resource].forget(key)
