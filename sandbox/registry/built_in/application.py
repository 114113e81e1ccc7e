"""The distribution API of the built-in registry."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.registry.built_in.content import Manifest, Repository
from sandbox.registry.errors import API_VERSION, RegistryError, registry_error_response
from sandbox.registry.names import Target
from sandbox.registry.tokens import TokenAuthority
from sandbox.traffic import bearer

_READING = ["GET", "HEAD"]


class BuiltInRegistry:
    """Keeps images in memory and serves them to the bearers of tokens."""

    def __init__(self) -> None:
        self._repositories: dict[str, Repository] = {}
        self._tokens: TokenAuthority | None = None
        uploads = "/v2/{name:path}/blobs/uploads"
        blob = "/v2/{name:path}/blobs/{digest}"
        manifest = "/v2/{name:path}/manifests/{reference}"
        self._app = Starlette(
            routes=[
                Route("/v2/", self._base, methods=_READING),
                Route(f"{uploads}/", self._begin, methods=["POST"]),
                Route(f"{uploads}/{{upload}}", self._append, methods=["PATCH"]),
                Route(f"{uploads}/{{upload}}", self._finish, methods=["PUT"]),
                Route(f"{uploads}/{{upload}}", self._progress, methods=["GET"]),
                Route(f"{uploads}/{{upload}}", self._give_up, methods=["DELETE"]),
                Route(blob, self._blob, methods=_READING),
                Route(blob, self._drop_blob, methods=["DELETE"]),
                Route(manifest, self._keep_manifest, methods=["PUT"]),
                Route(manifest, self._manifest, methods=_READING),
                Route(manifest, self._drop_manifest, methods=["DELETE"]),
                Route("/v2/{name:path}/tags/list", self._tags, methods=_READING),
            ],
            exception_handlers={RegistryError: registry_error_response},
        )

    async def start(self, tokens: TokenAuthority) -> None:
        """Be ready to answer."""
        self._tokens = tokens

    async def stop(self) -> None:
        """Forget every image."""
        self._repositories.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    async def _base(self, request: Request) -> Response:
        self._repository(request)
        return JSONResponse({}, headers=API_VERSION)

    async def _begin(self, request: Request) -> Response:
        repository, name = self._repository(request), request.path_params["name"]
        digest = request.query_params.get("digest")
        if digest:
            repository.keep_blob(await request.body(), digest)
            return _kept(name, digest)
        mounted, source = request.query_params.get("mount"), request.query_params.get("from", "")
        held = self._repositories.get(source, Repository()).blobs
        if mounted in held and self._allows(request, source, "pull"):
            repository.blobs[mounted] = held[mounted]
            return _kept(name, mounted)
        return _under_way(name, repository.begin_upload(), 0, status=202)

    async def _append(self, request: Request) -> Response:
        name, upload = request.path_params["name"], request.path_params["upload"]
        so_far = self._repository(request).upload(upload)
        offered = request.headers.get("Content-Range", "")
        if offered and offered.partition("-")[0] != str(len(so_far)):
            return _under_way(name, upload, len(so_far), status=416)
        so_far += await request.body()
        return _under_way(name, upload, len(so_far), status=202)

    async def _finish(self, request: Request) -> Response:
        name, upload = request.path_params["name"], request.path_params["upload"]
        repository = self._repository(request)
        so_far = repository.upload(upload)
        so_far += await request.body()
        del repository.uploads[upload]
        digest = request.query_params.get("digest", "")
        repository.keep_blob(bytes(so_far), digest)
        return _kept(name, digest)

    async def _progress(self, request: Request) -> Response:
        name, upload = request.path_params["name"], request.path_params["upload"]
        return _under_way(name, upload, len(self._repository(request).upload(upload)), status=204)

    async def _give_up(self, request: Request) -> Response:
        repository, upload = self._repository(request), request.path_params["upload"]
        repository.upload(upload)
        del repository.uploads[upload]
        return Response(status_code=204, headers=API_VERSION)

    async def _blob(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        content = self._repository(request).blob(digest)
        headers = API_VERSION | {"Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        return Response(content, media_type="application/octet-stream", headers=headers)

    async def _drop_blob(self, request: Request) -> Response:
        repository, digest = self._repository(request), request.path_params["digest"]
        repository.blob(digest)
        del repository.blobs[digest]
        return Response(status_code=202, headers=API_VERSION)

    async def _keep_manifest(self, request: Request) -> Response:
        name, reference = request.path_params["name"], request.path_params["reference"]
        manifest = Manifest(request.headers.get("Content-Type", ""), await request.body())
        digest = self._repository(request).keep_manifest(reference, manifest)
        headers = API_VERSION | {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        return Response(status_code=201, headers=headers)

    async def _manifest(self, request: Request) -> Response:
        repository = self._repository(request)
        digest = repository.digest(request.path_params["reference"])
        manifest = repository.manifests[digest]
        headers = API_VERSION | {"Content-Type": manifest.media_type, "Docker-Content-Digest": digest}
        return Response(manifest.content, headers=headers | {"ETag": f'"{digest}"'})

    async def _drop_manifest(self, request: Request) -> Response:
        self._repository(request).drop_manifest(request.path_params["reference"])
        return Response(status_code=202, headers=API_VERSION)

    async def _tags(self, request: Request) -> Response:
        name = request.path_params["name"]
        repository = self._repository(request)
        if not repository.manifests and not repository.blobs:
            raise RegistryError(404, "NAME_UNKNOWN", "repository name not known to registry")
        last, count = request.query_params.get("last", ""), request.query_params.get("n")
        tags = sorted(tag for tag in repository.tags if tag > last)
        return JSONResponse({"name": name, "tags": tags[: int(count) if count else None]}, headers=API_VERSION)

    def _repository(self, request: Request) -> Repository:
        """Return what a request is about, if its bearer may do that.

        Raises:
            RegistryError: 401, the token is missing or not good enough.
        """
        target = Target.of(request.method, request.url.path)
        if target is None and self._allows(request):
            return Repository()
        if target is not None and self._allows(request, str(target.name), target.action):
            return self._repositories.setdefault(str(target.name), Repository())
        challenge = self._tokens.challenge(target, insufficient=self._allows(request)) if self._tokens else None
        raise RegistryError(401, "UNAUTHORIZED", "authentication required", challenge=challenge)

    def _allows(self, request: Request, name: str | None = None, action: str = "") -> bool:
        token = bearer(request.scope)
        access = self._tokens.read(token) if token and self._tokens else None
        return access is not None and (name is None or access.allows(name, action))


def _kept(name: str, digest: str) -> Response:
    headers = API_VERSION | {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Response(status_code=201, headers=headers)


def _under_way(name: str, upload: str, size: int, *, status: int) -> Response:
    headers = {
        "Location": f"/v2/{name}/blobs/uploads/{upload}",
        "Docker-Upload-UUID": upload,
        "Range": f"0-{max(0, size - 1)}",
    }
    return Response(status_code=status, headers=API_VERSION | headers)
