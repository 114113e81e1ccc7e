"""Cloud Storage's JSON API.

https://cloud.google.com/storage/docs/json_api/v1
Which method asks for which permission: https://cloud.google.com/storage/docs/access-control/iam-json
"""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.gcp.access import Gate, json_body
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.partial_answers import partial
from sandbox.gcp.storage.access import Access
from sandbox.gcp.storage.buckets import Bucket, Buckets
from sandbox.gcp.storage.errors import condition_not_met, conflict, error_response, invalid, no_such_object, shape

if TYPE_CHECKING:
    from sandbox.gcp.storage.objects import Objects

_PREFIX = "/storage/v1"
_UPLOAD = f"/upload{_PREFIX}"
_DOWNLOAD = f"/download{_PREFIX}"
_LONGEST_LIST = 1000


class CloudStorage:
    """Serves the API.

    Attributes:
        app: the ASGI application.

    Args:
        gate: its door.
    """

    def __init__(self, gate: Gate) -> None:
        self._buckets = Buckets()
        self._access = Access(gate, self._buckets)
        one, inside = f"{_PREFIX}/b/{{bucket}}", f"{_PREFIX}/b/{{bucket}}/o/{{object:path}}"
        to = "b/{to_bucket}/o/{to_object:path}"
        self.app = Starlette(
            routes=[
                Route(f"{_PREFIX}/b", self._list, methods=["GET"]),
                Route(f"{_PREFIX}/b", self._insert, methods=["POST"]),
                Route(f"{one}/iam/testPermissions", self._test_permissions, methods=["GET"]),
                Route(f"{one}/iam", self._get_policy, methods=["GET"]),
                Route(f"{one}/iam", self._set_policy, methods=["PUT"]),
                Route(f"{one}/storageLayout", self._layout, methods=["GET"]),
                Route(f"{one}/managedFolders", self._list_managed_folders, methods=["GET"]),
                Route(one, self._get, methods=["GET"]),
                Route(one, self._patch, methods=["PATCH"]),
                Route(one, self._delete, methods=["DELETE"]),
                Route(f"{one}/o", self._list_objects, methods=["GET"]),
                *(
                    Route(f"{before}{_UPLOAD}/b/{{bucket}}/o", handler, methods=[method])
                    for before in ("", "/resumable")
                    for method, handler in (("POST", self._upload), ("PUT", self._continue_upload))
                ),
                Route(f"{inside}/rewriteTo/{to}", self._copy, methods=["POST"]),
                Route(f"{inside}/copyTo/{to}", self._copy, methods=["POST"]),
                Route(inside, self._read_object, methods=["GET"]),
                Route(f"{_DOWNLOAD}/b/{{bucket}}/o/{{object:path}}", self._read_object, methods=["GET"]),
                Route(inside, self._patch_object, methods=["PATCH"]),
                Route(inside, self._delete_object, methods=["DELETE"]),
            ],
            exception_handlers={GoogleError: error_response, HTTPException: _unknown},
        )

    @cached_property
    def _objects(self) -> "Objects":
        # Loaded when an object is asked for: most sandboxes never see one.
        from sandbox.gcp.storage.objects import Objects  # noqa: PLC0415

        return Objects()

    async def _list(self, request: Request) -> Response:
        project = self._access.project(request, "storage.buckets.list")
        query = request.query_params
        names = [
            bucket
            for bucket in self._buckets.of(project)
            if bucket.name.startswith(query.get("prefix", "")) and bucket.name >= query.get("pageToken", "")
        ]
        most = _most(request)
        answer: dict[str, Any] = {"kind": "storage#buckets"}
        if names[:most]:
            answer["items"] = [bucket.document() for bucket in names[:most]]
        if names[most:]:
            answer["nextPageToken"] = names[most].name
        return _partial(request, answer)

    async def _insert(self, request: Request) -> Response:
        project = self._access.project(request, "storage.buckets.create")
        bucket = Bucket(project, await json_body(request))
        self._buckets.add(bucket)
        return _shown(request, bucket)

    async def _get(self, request: Request) -> Response:
        return _shown(request, self._access.bucket(request, "storage.buckets.get"))

    async def _patch(self, request: Request) -> Response:
        bucket = self._access.bucket(request, "storage.buckets.get", "storage.buckets.update")
        _require_metageneration(request, bucket)
        bucket.change(await json_body(request))
        return _shown(request, bucket)

    async def _delete(self, request: Request) -> Response:
        bucket = self._access.bucket(request, "storage.buckets.delete")
        _require_metageneration(request, bucket)
        if self._objects.anything_in(bucket.name):
            raise conflict("The bucket you tried to delete is not empty.")
        self._objects.forget(bucket.name)
        self._buckets.remove(bucket)
        return Response(status_code=204)

    async def _layout(self, request: Request) -> Response:
        bucket = self._access.bucket(request, "storage.objects.list")
        shown = bucket.document()
        return JSONResponse(
            {
                "kind": "storage#storageLayout",
                "bucket": bucket.name,
                "location": shown["location"],
                "locationType": shown["locationType"],
                "hierarchicalNamespace": shown.get("hierarchicalNamespace", {"enabled": False}),
            }
        )

    async def _get_policy(self, request: Request) -> Response:
        return JSONResponse(self._access.bucket(request, "storage.buckets.getIamPolicy").policy.document())

    async def _set_policy(self, request: Request) -> Response:
        bucket = self._access.bucket(request, "storage.buckets.setIamPolicy")
        bucket.policy.replace(await json_body(request), public=bucket.may_be_public)
        return JSONResponse(bucket.policy.document())

    async def _test_permissions(self, request: Request) -> Response:
        bucket, caller = self._access.bucket(request), self._access.caller(request)
        asked = request.query_params.getlist("permissions")
        granted = [permission for permission in asked if self._access.granted(caller, permission, bucket)]
        answer: dict[str, object] = {"kind": "storage#testIamPermissionsResponse"}
        return JSONResponse(answer | ({"permissions": granted} if granted else {}))

    async def _list_objects(self, request: Request) -> Response:
        bucket = self._access.bucket(request, "storage.objects.list")
        found = json.loads(bytes((await self._objects.answer(request, [bucket.name])).body))
        names, most = found["prefixes"] + [item["name"] for item in found["items"]], _most(request)
        start = request.query_params.get("pageToken", "")
        page = sorted(name for name in names if name >= start)
        answer = {
            "kind": found["kind"],
            "prefixes": [name for name in found["prefixes"] if name in page[:most]],
            "items": [item for item in found["items"] if item["name"] in page[:most]],
            "nextPageToken": "".join(page[most : most + 1]),
        }
        return _partial(request, {key: value for key, value in answer.items() if value})

    async def _list_managed_folders(self, request: Request) -> Response:
        self._access.bucket(request, "storage.managedFolders.list")
        return JSONResponse({"kind": "storage#managedFolders"})

    async def _upload(self, request: Request) -> Response:
        from sandbox.gcp.storage.objects import uploaded_name  # noqa: PLC0415 - see _objects

        bucket = self._access.bucket(request, "storage.objects.create")
        if "upload_id" not in request.query_params:
            self._may_be_made(request, bucket, uploaded_name(request, await request.body()))
        return await self._objects.answer(request, [bucket.name])

    async def _continue_upload(self, request: Request) -> Response:
        # The address of an upload that was begun is its own credential.
        return await self._objects.answer(request, [self._buckets.get(request.path_params["bucket"]).name])

    async def _read_object(self, request: Request) -> Response:
        if request.query_params.get("alt") != "media":
            return await self._with_object(request, "storage.objects.get")
        try:
            return await self._with_object(request, "storage.objects.get")
        except GoogleError as error:
            # Where content is expected, failures are told in a sentence.
            return PlainTextResponse(error.message, status_code=error.code)

    async def _patch_object(self, request: Request) -> Response:
        return await self._with_object(request, "storage.objects.get", "storage.objects.update")

    async def _delete_object(self, request: Request) -> Response:
        answer = await self._with_object(request, "storage.objects.delete")
        return Response(status_code=204) if answer.status_code == 200 else answer

    async def _copy(self, request: Request) -> Response:
        source = self._access.bucket(request, "storage.objects.get")
        self._find(source, request.path_params["object"])
        target = self._access.named(request, request.path_params["to_bucket"], "storage.objects.create")
        self._may_be_made(request, target, request.path_params["to_object"])
        return await self._objects.answer(request, [source.name, target.name])

    async def _with_object(self, request: Request, *permissions: str) -> Response:
        bucket = self._access.bucket(request, *permissions)
        self._find(bucket, request.path_params["object"])
        return await self._objects.answer(request, [bucket.name])

    def _find(self, bucket: Bucket, name: str) -> None:
        if not self._objects.exists(bucket.name, name):
            raise no_such_object(bucket.name, name)

    def _may_be_made(self, request: Request, bucket: Bucket, name: str) -> None:
        """Raise unless the name is free or the caller may delete what has it, and unless preconditions hold."""
        there = self._objects.exists(bucket.name, name)
        if there and request.query_params.get("ifGenerationMatch") == "0":
            raise condition_not_met()
        if there:
            self._access.named(request, bucket.name, "storage.objects.delete")


def _shown(request: Request, bucket: Bucket) -> JSONResponse:
    return _partial(request, bucket.document())


def _partial(request: Request, answer: dict[str, Any]) -> JSONResponse:
    return JSONResponse(partial(answer, request.query_params))


def _most(request: Request) -> int:
    wanted = request.query_params.get("maxResults") or str(_LONGEST_LIST)
    if not wanted.isdigit() or int(wanted) < 1:
        raise invalid(f"Invalid value '{wanted}'. Values must be within the range: [1, {_LONGEST_LIST}]")
    return min(int(wanted), _LONGEST_LIST)


def _require_metageneration(request: Request, bucket: Bucket) -> None:
    if request.query_params.get("ifMetagenerationMatch", str(bucket.metageneration)) != str(bucket.metageneration):
        raise condition_not_met()


async def _unknown(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return shape(GoogleError(error.status_code, error.detail))
