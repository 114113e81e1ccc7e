"""OpenAPI documents on request: `kubectl explain`, client-side apply and kubectl's validation read them.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
"""

import asyncio
import functools
import hashlib

from starlette.requests import Request
from starlette.responses import Response

from sandbox.kubernetes.embedded import openapi_documents, openapi_protobuf
from sandbox.kubernetes.embedded.content import accepts, encoded
from sandbox.kubernetes.embedded.kinds import BUILT_IN, Catalogue, ResourceType
from sandbox.kubernetes.embedded.statuses import StatusError, no_such_resource

_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
# Answered with a dot, since `@` is no letter of a media type.
_PROTOBUF_ANSWER = _PROTOBUF.replace("@", ".")
_JSON = {"application/json", "application/*", "*/*"}
_VERSION_3 = "/openapi/v3/"


class OpenApi:
    """The documents of one cluster; those of the built-in API are made once for all clusters."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def answer(self, request: Request, path: str) -> Response:
        """Answer `/openapi/v2`, `/openapi/v3` and what lies below it.

        Raises:
            StatusError: there is no such document, or not in the form that is asked for.
        """
        if path == "/openapi/v3":
            return _json(encoded({"paths": self._index()}))
        if path == "/openapi/v2":
            return await self._version_2(request)
        parts = path.removeprefix(_VERSION_3).split("/")
        if path.startswith(_VERSION_3) and parts[0] == "api" and len(parts) == 2:
            return await self._version_3("", parts[1])
        if path.startswith(_VERSION_3) and parts[0] == "apis" and len(parts) == 3:
            return await self._version_3(parts[1], parts[2])
        raise no_such_resource()

    def _resources(self, group: str, version: str) -> list[ResourceType]:
        return [one for one in self._catalogue if (one.group, one.version) == (group, version)]

    def _custom(self) -> list[ResourceType]:
        return [one for one in self._catalogue if one.custom]

    def _index(self) -> dict[str, dict[str, str]]:
        paths = {}
        for group, versions in self._catalogue.groups().items():
            for version in versions:
                path = f"apis/{group}/{version}" if group else f"api/{version}"
                kinds = [(one.plural, repr(one.schema)) for one in self._resources(group, version)]
                digest = hashlib.sha256(repr(kinds).encode()).hexdigest().upper()
                paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return paths

    async def _version_3(self, group: str, version: str) -> Response:
        resources = self._resources(group, version)
        if not resources:
            raise no_such_resource()
        if any(one.custom for one in resources):
            return _json(encoded(openapi_documents.version_3(resources)))
        return _json(await asyncio.to_thread(_built_in_version_3, group, version))

    async def _version_2(self, request: Request) -> Response:
        custom = self._custom()
        for entry in accepts(request):
            if entry["media"] == _PROTOBUF:
                # The parts of a protobuf message may stand one after the other: the second adds to the first.
                content = await asyncio.to_thread(_built_in_protobuf)
                if custom:
                    content += openapi_protobuf.encode(openapi_documents.version_2(custom))
                return Response(content, media_type=_PROTOBUF_ANSWER)
            if entry["media"] in _JSON:
                return _json(encoded(openapi_documents.version_2([*BUILT_IN, *custom])))
        raise StatusError(
            406, f"only the following media types are accepted: application/json, {_PROTOBUF}", details={}
        )


def _json(content: bytes) -> Response:
    return Response(content, headers={"Cache-Control": "no-cache, private"}, media_type="application/json")


@functools.cache
def _built_in_version_3(group: str, version: str) -> bytes:
    return encoded(
        openapi_documents.version_3([one for one in BUILT_IN if (one.group, one.version) == (group, version)])
    )


@functools.lru_cache(maxsize=1)
def _built_in_protobuf() -> bytes:
    return openapi_protobuf.encode(openapi_documents.version_2(list(BUILT_IN)))
