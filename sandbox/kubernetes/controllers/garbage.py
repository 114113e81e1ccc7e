"""The garbage collector: what has lost its owners goes.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of

_FOREGROUND = "foregroundDeletion"
_ORPHAN = "orphan"
_DEPENDENT = "dependent"
_ENDING = "ending"


class GarbageCollector(Controller):
    """Follows owner references among everything that the controllers have in caches.

    Its keys are not names: `("dependent", uid)` is an object that may have lost its owners, `("ending", uid)` one that
    is being deleted and whose dependents must go, or be set free, before.
    """

    def __init__(self, state: ClusterState) -> None:
        self._resources: dict[str, Resource] = {}
        self._places: dict[str, Key] = {}
        self._dependents: dict[str, set[str]] = {}
        self.watches = tuple(state.caches)
        super().__init__(state)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Index the object, and return the keys that its change concerns."""
        uid = item["metadata"]["uid"]
        owners = [reference["uid"] for reference in item["metadata"].get("ownerReferences") or ()]
        if event == "DELETED":
            self._resources.pop(uid, None)
            self._places.pop(uid, None)
            for owner in owners:
                self._dependents.get(owner, set()).discard(uid)
            return [
                *((_DEPENDENT, one) for one in self._dependents.get(uid, ())),
                *((_ENDING, owner) for owner in owners),
            ]
        self._resources[uid], self._places[uid] = resource, key_of(item)
        for owner in owners:
            self._dependents.setdefault(owner, set()).add(uid)
        wanted: list[Key] = [(_DEPENDENT, uid)] if owners else []
        if "deletionTimestamp" in item["metadata"] and item["metadata"].get("finalizers"):
            wanted.append((_ENDING, uid))
        return wanted

    async def reconcile(self, key: Key) -> None:
        """Do what the key says."""
        kind, uid = key
        item = self._item(uid)
        if item is None:
            return
        if kind == _DEPENDENT:
            await self._collect(item)
        else:
            await self._end(item)

    async def _collect(self, item: Object) -> None:
        """Delete an object none of whose owners is left."""
        if "deletionTimestamp" in item["metadata"]:
            return
        references = item["metadata"].get("ownerReferences") or []
        for reference in references:
            if await self._exists(reference, item["metadata"].get("namespace")):
                return
        if references:
            resource = self._resources.get(item["metadata"]["uid"])
            if resource is not None:
                await self.state.delete(resource, item, propagation_policy="Background")

    async def _exists(self, reference: Object, namespace: str | None) -> bool:
        if reference["uid"] in self._places:
            return True
        resource = next(
            (
                one
                for one in self.state.caches
                if one.kind == reference["kind"] and one.api_version == reference["apiVersion"]
            ),
            None,
        )
        # Owners of kinds that nobody watches here, such as custom ones, are left alone.
        if resource is None:
            return True
        try:
            found = await self.state.client.get(resource, reference["name"], namespace if resource.namespaced else None)
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return bool(found["metadata"]["uid"] == reference["uid"])

    async def _end(self, item: Object) -> None:
        """Delete or set free what an object owns, then take the finalizer away that made it wait."""
        metadata = item["metadata"]
        finalizers = metadata.get("finalizers") or []
        if "deletionTimestamp" not in metadata:
            return
        dependents = [one for one in map(self._item, sorted(self._dependents.get(metadata["uid"], ()))) if one]
        if _ORPHAN in finalizers:
            for one in dependents:
                await self._set_free(one, metadata["uid"])
            await self._finish(item, _ORPHAN)
        elif _FOREGROUND in finalizers:
            blocking = [one for one in dependents if _blocks(one, metadata["uid"])]
            for one in dependents:
                resource = self._resources.get(one["metadata"]["uid"])
                # Each deletion takes a moment, in which others may have gone by themselves.
                if resource is not None and "deletionTimestamp" not in one["metadata"]:
                    await self.state.delete(resource, one, propagation_policy="Foreground")
            if not blocking:
                await self._finish(item, _FOREGROUND)

    async def _set_free(self, item: Object, owner: str) -> None:
        left = [one for one in item["metadata"].get("ownerReferences") or () if one["uid"] != owner]
        self._dependents.get(owner, set()).discard(item["metadata"]["uid"])
        resource = self._resources.get(item["metadata"]["uid"])
        if resource is not None:
            await self.state.patch(resource, key_of(item), {"metadata": {"ownerReferences": left or None}})

    async def _finish(self, item: Object, finalizer: str) -> None:
        left = [one for one in item["metadata"].get("finalizers") or () if one != finalizer]
        resource = self._resources.get(item["metadata"]["uid"])
        if resource is not None:
            await self.state.set_finalizers(resource, item, left)

    def _item(self, uid: str) -> Object | None:
        if uid not in self._places:
            return None
        item = self.state.get(self._resources[uid], self._places[uid])
        return item if item is not None and item["metadata"]["uid"] == uid else None


def _blocks(item: Object, owner: str) -> bool:
    references = item["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == owner and one.get("blockOwnerDeletion") for one in references)
