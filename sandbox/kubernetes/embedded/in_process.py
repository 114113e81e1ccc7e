"""The controllers' client on the embedded server: straight to the registry, no HTTP between."""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, cast

from sandbox.copies import copied
from sandbox.kubernetes.client import MERGE, ApiError, EventType, Listing, Patch, PatchType, Resource, WatchEvent
from sandbox.kubernetes.embedded import subresources
from sandbox.kubernetes.embedded.authentication import Authenticator
from sandbox.kubernetes.embedded.deletion import Deletion
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.registry import Registry, Write
from sandbox.kubernetes.embedded.selectors import Selection
from sandbox.kubernetes.embedded.statuses import StatusError
from sandbox.kubernetes.embedded.store import Object, TooOldError

_MANAGER = "kube-controller-manager"


class InProcessClient:
    """Acts on one cluster as its control plane does.

    Args:
        registry: the cluster's objects.
        authenticator: issues the tokens of its service accounts.
    """

    def __init__(self, registry: Registry, authenticator: Authenticator) -> None:
        self._registry = registry
        self._authenticator = authenticator

    def _find(self, resource: Resource) -> ResourceType:
        found = self._registry.catalogue.find(resource.group, resource.version, resource.plural)
        if found is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        return found

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        """Return one object."""
        try:
            return copied(self._registry.get(self._find(resource), namespace or "", name))
        except StatusError as error:
            raise _told(error) from None

    async def list(self, resource: Resource, namespace: str | None = None) -> Listing:
        """Return every object of the namespace, or of the cluster."""
        items = self._registry.list(self._find(resource), namespace or "", Selection())
        return Listing(copied(items), str(self._registry.store.version))

    async def watch(self, resource: Resource, resource_version: str) -> AsyncIterator[WatchEvent]:
        """Yield the changes in all namespaces after that version until the server stops."""
        store, key = self._registry.store, self._find(resource).key
        try:
            past = store.since(key, int(resource_version))
        except TooOldError as error:
            raise ApiError(410, "Expired", str(error)) from None
        subscription = store.subscribe(key)
        try:
            for change in past:
                yield WatchEvent(cast("EventType", change.type), copied(change.item))
            while (following := await subscription.queue.get()) is not None:
                yield WatchEvent(cast("EventType", following.type), copied(following.item))
        finally:
            subscription.close()

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        """Create an object; with name and subresource, `binding` binds a pod and `token` issues a token."""
        await _turn_of_others()
        found, write = self._find(resource), Write(_MANAGER)
        try:
            if subresource == "binding" and name:
                return subresources.bind(self._registry, found, namespace or "", body, name, write)
            if subresource == "token" and name:
                account = self._registry.get(found, namespace or "", name)
                return subresources.issue_token(self._authenticator, account, body, self._registry.store)
            return copied(self._registry.create(found, namespace or "", body, write))
        except StatusError as error:
            raise _told(error) from None

    async def replace(
        self, resource: Resource, name: str, body: Object, namespace: str | None = None, subresource: str | None = None
    ) -> Object:
        """Put an object or a subresource such as `finalize`."""
        await _turn_of_others()
        try:
            changed = self._registry.update(
                self._find(resource), namespace or "", name, body, Write(_MANAGER), subresource or ""
            )
            return copied(changed)
        except StatusError as error:
            raise _told(error) from None

    async def patch(
        self,
        resource: Resource,
        name: str,
        patch: Patch,
        namespace: str | None = None,
        subresource: str | None = None,
        *,
        patch_type: PatchType = MERGE,
    ) -> Object:
        """Patch an object or its subresource."""
        await _turn_of_others()
        found = self._find(resource)
        try:
            changed = self._registry.patch(
                found, namespace or "", name, patch, patch_type, Write(_MANAGER), subresource or ""
            )
            return copied(changed)
        except StatusError as error:
            raise _told(error) from None

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        grace_period_seconds: int | None = None,
        propagation_policy: Literal["Background", "Foreground", "Orphan"] | None = None,
    ) -> None:
        """Delete an object; with `uid`, only that very one."""
        await _turn_of_others()
        deletion = Deletion(grace_period_seconds, propagation_policy or "", uid or "")
        try:
            self._registry.delete(self._find(resource), namespace or "", name, deletion)
        except StatusError as error:
            raise _told(error) from None


async def _turn_of_others() -> None:
    """Let the rest of the sandbox work before a write, as one over the wire would; nothing else of this is awaited."""
    await asyncio.sleep(0)


def _told(error: StatusError) -> ApiError:
    return ApiError(error.code, error.reason, error.message)
