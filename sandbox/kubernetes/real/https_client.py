"""The controllers' client over HTTPS: an administrator's connection to a real API server."""

import json
import ssl
from collections.abc import AsyncIterator
from typing import Any, Literal

import aiohttp

from sandbox.kubernetes.client import MERGE, ApiError, Listing, Object, Patch, PatchType, Resource, WatchEvent

# One watch line holds one object, and etcd's limit on those is 1.5 MB: https://etcd.io/docs/v3.4/dev-guide/limit/
_LINE_BYTES = 4 * 1024 * 1024


class HttpsClient:
    """A `KubernetesClient` over HTTPS.

    Args:
        url: `https://127.0.0.1:PORT`.
        ca_certificate: the CA that signed the server's certificate, PEM.
        token: a bearer token of a member of `system:masters`.
    """

    def __init__(self, url: str, ca_certificate: bytes, token: str) -> None:
        self._session = aiohttp.ClientSession(
            url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            connector=aiohttp.TCPConnector(
                ssl=ssl.create_default_context(cadata=ca_certificate.decode("ascii")), limit=0
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            read_bufsize=_LINE_BYTES,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def ready(self) -> bool:
        """Tell whether the server says that it is ready."""
        try:
            async with self._session.get("/readyz", timeout=aiohttp.ClientTimeout(total=5)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        """Return one object."""
        return await self._call("GET", resource.path(namespace, name))

    async def list(self, resource: Resource, namespace: str | None = None) -> Listing:
        """Return every object of the namespace, or of the cluster."""
        answer = await self._call("GET", resource.path(namespace))
        # The items of a list carry no kind of their own.
        own = {"apiVersion": resource.api_version, "kind": resource.kind}
        return Listing([{**own, **item} for item in answer["items"] or []], answer["metadata"]["resourceVersion"])

    async def watch(self, resource: Resource, resource_version: str) -> AsyncIterator[WatchEvent]:
        """Yield the changes in all namespaces after that version."""
        query = {"watch": "1", "resourceVersion": resource_version}
        async with self._session.get(resource.path(), params=query) as answer:
            if answer.status >= 400:
                raise _error(answer.status, await answer.read())
            async for line in answer.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise ApiError(status.get("code", 500), status.get("reason", ""), status.get("message", ""))
                yield WatchEvent(event["type"], event["object"])

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        """Create an object, or post to a subresource."""
        return await self._call("POST", resource.path(namespace, name, subresource), body)

    async def replace(
        self, resource: Resource, name: str, body: Object, namespace: str | None = None, subresource: str | None = None
    ) -> Object:
        """Put an object or a subresource."""
        return await self._call("PUT", resource.path(namespace, name, subresource), body)

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
        return await self._call("PATCH", resource.path(namespace, name, subresource), patch, patch_type)

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
        """Delete an object."""
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if grace_period_seconds is not None:
            options["gracePeriodSeconds"] = grace_period_seconds
        if propagation_policy is not None:
            options["propagationPolicy"] = propagation_policy
        await self._call("DELETE", resource.path(namespace, name), options)

    async def _call(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        async with self._session.request(method, path, data=data, headers={"Content-Type": content_type}) as answer:
            content = await answer.read()
            if answer.status >= 400:
                raise _error(answer.status, content)
            value: dict[str, Any] = json.loads(content)
            return value


def _error(status: int, content: bytes) -> ApiError:
    try:
        told = json.loads(content)
        return ApiError(status, told.get("reason", ""), told.get("message", ""))
    except (ValueError, AttributeError):
        return ApiError(status, "", content.decode(errors="replace")[:500])
