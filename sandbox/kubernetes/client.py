"""The small client through which the controllers act on a cluster, in process or over HTTPS."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Object = dict[str, Any]
Patch = Object | list[Object]
EventType = Literal["ADDED", "MODIFIED", "DELETED"]
PatchType = Literal["application/merge-patch+json", "application/json-patch+json"]

MERGE: PatchType = "application/merge-patch+json"


@dataclass(frozen=True)
class Resource:
    """A kind of object that an API server serves.

    Attributes:
        group: API group, empty for core.
        version: API version such as `v1`.
        plural: the name in paths such as `pods`.
        kind: the name in objects such as `Pod`.
        namespaced: whether its objects live in a namespace.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """What objects say in `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Return the path of a collection, an object or its subresource; no namespace means all of them."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/" + "/".join(parts)


class ApiError(Exception):
    """The server refused: the parts of its `Status` that a caller decides by.

    Args:
        code: HTTP status.
        reason: `Status.reason` such as `NotFound`, `AlreadyExists`, `Conflict`, `Expired`.
        message: the server's sentence.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Listing:
    """A consistent list and the resourceVersion from which a watch continues it."""

    items: list[Object]
    resource_version: str


@dataclass(frozen=True)
class WatchEvent:
    """One change; the object is as it became, or as it was last when it is gone."""

    type: EventType
    object: Object


class KubernetesClient(Protocol):
    """What a controller may do; it acts as a member of `system:masters`.

    Objects that come back are the caller's own copies. Every method raises `ApiError` when the server refuses.
    """

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        """Return one object."""
        ...

    async def list(self, resource: Resource, namespace: str | None = None) -> Listing:
        """Return every object of the namespace, or of the cluster."""
        ...

    def watch(self, resource: Resource, resource_version: str) -> AsyncIterator[WatchEvent]:
        """Yield the changes in all namespaces after that version, bookmarks left out.

        The iterator ends when the server ends the watch; the caller then lists again. Closing it (`aclose`) or
        cancelling its reader ends the watch. Raises `ApiError` with code 410 when the version is too old.
        """
        ...

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        """Create an object; with name and subresource (`binding`), post to the subresource of an existing one."""
        ...

    async def replace(
        self, resource: Resource, name: str, body: Object, namespace: str | None = None, subresource: str | None = None
    ) -> Object:
        """Put an object or a subresource such as `finalize`; a stale resourceVersion in the body is 409."""
        ...

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
        """Patch an object or its subresource (`status`)."""
        ...

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
        """Delete an object; with `uid`, only that very one (409 otherwise)."""
        ...
