"""The registry's address: logs callers in as Artifact Registry does, and passes on to where images are kept.

Docker's way to a token: https://distribution.github.io/distribution/spec/auth/token/
"""

import asyncio
from datetime import datetime, timezone
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from sandbox.gcp.errors import GoogleError
from sandbox.gcp.principals import Principal
from sandbox.registry.credentials import Callers
from sandbox.registry.errors import (
    RegistryError,
    authentication_failed,
    other_media_type,
    registry_error_response,
    repository_not_found,
)
from sandbox.registry.images import Images
from sandbox.registry.names import Target, read_scopes
from sandbox.registry.rights import Repositories, Rights
from sandbox.registry.tokens import LIFETIME_SECONDS, TokenAuthority
from sandbox.traffic import basic, bearer


class Store(Protocol):
    """Where images are kept: an ASGI application of the distribution API that admits the bearers of our tokens."""

    async def start(self, tokens: TokenAuthority) -> None:
        """Be ready to answer the bearers of these tokens."""

    async def stop(self) -> None:
        """Leave nothing behind; safe to call twice."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""


class Registry:
    """Serves one registry for every repository.

    Attributes:
        app: the ASGI application.
        images: what has been pushed.

    Args:
        callers: who sends the requests.
        repositories: which repositories there are, and who may do what in them.
        store: where images are kept.
    """

    def __init__(self, callers: Callers, repositories: Repositories, store: Store) -> None:
        self.images = Images()
        self._callers = callers
        self._repositories = repositories
        self._rights = Rights(repositories)
        self._store = store
        self._tokens = TokenAuthority()
        self.app = Starlette(
            routes=[Route("/v2/token", self._token), Mount("/", app=self._enter)],
            exception_handlers={RegistryError: registry_error_response},
        )

    @property
    def host(self) -> str:
        """The host and port that image names begin with."""
        return self._tokens.service

    def listen(self, url: str) -> None:
        """Tell the registry its own address, `http://127.0.0.1:PORT`."""
        self._tokens.listen(url)

    async def start(self) -> None:
        """Be ready to take images."""
        await self._store.start(self._tokens)

    async def stop(self) -> None:
        """Leave nothing behind; safe to call twice."""
        await self._store.stop()

    async def forget(self, project: str, repository: str) -> None:
        """Delete every image of a repository, as deleting the repository does."""
        for image in self.images.of(project, repository):
            token = self._tokens.issue("", {str(image.name): ["delete"]})
            await _send_delete(self._store, f"/v2/{image.name}/manifests/{image.digest}", token)
            self.images.deleted(image.name, image.digest)

    def caller(self, request: Request) -> str | None:
        """Return the email of whoever sends a request."""
        token = bearer(request.scope)
        access = self._tokens.read(token) if token else None
        if access is not None:
            return access.subject or None
        principal = self._principal(request)
        return principal.email if principal else None

    @staticmethod
    def failure(error: GoogleError) -> Response:
        """Return an error of Google's in the registry's shape."""
        code = {401: "UNAUTHORIZED", 403: "DENIED", 404: "NAME_UNKNOWN", 429: "TOOMANYREQUESTS"}.get(error.code)
        return RegistryError(error.code, code or "UNKNOWN", error.message).response()

    async def _token(self, request: Request) -> Response:
        """Answer a token request; who asks for more than IAM permits gets none at all."""
        principal = self._principal(request)
        if principal is None and "Authorization" in request.headers:
            raise authentication_failed()
        scopes = read_scopes(request.query_params.getlist("scope"))
        for name, actions in scopes:
            # Without the right to push, the right to pull is not asked for.
            self._rights.require(principal, name, sorted(actions, reverse=True))
        if principal is None and not scopes:
            raise authentication_failed()
        token = self._tokens.issue(
            principal.email if principal else "", {str(name): actions for name, actions in scopes}
        )
        issued = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = {"token": token, "access_token": token, "expires_in": LIFETIME_SECONDS, "issued_at": issued}
        return JSONResponse(answer)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A mount changes the path in the scope as Starlette goes; what was asked for is the whole of it.
        request = Request(scope, receive)
        path: str = scope["path"]
        if not path.startswith("/v2"):
            await JSONResponse({"detail": "Not Found"}, status_code=404)(scope, receive, send)
            return
        target = Target.of(request.method, path)
        admitted = self._admit(request, target)
        if admitted is not None:
            others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
            scope = {**scope, "headers": [*others, (b"authorization", f"Bearer {admitted}".encode("ascii"))]}
        if admitted is not None and target is not None and target.kind == "manifests" and target.action == "pull":
            scope = self._as_stored(request, target, scope)
        # The store's paths begin where ours do.
        scope = {**scope, "root_path": "", "app_root_path": ""}
        if target is None or target.kind != "manifests" or request.method not in ("PUT", "DELETE"):
            await self._store(scope, receive, send)
            return
        body = await request.body()

        async def noting(message: Message) -> None:
            # Whoever has the answer may ask Artifact Registry at once.
            if message["type"] == "http.response.start":
                self._note(request, target, body, message)
            await send(message)

        await self._store(scope, _replay(body, receive), noting)

    def _admit(self, request: Request, target: Target | None) -> str | None:
        """Return the token to go on with; None for a caller without credentials, whom the store sends for a token.

        Raises:
            RegistryError: the credentials are not good, IAM does not permit the action, or there is no repository.
        """
        if "Authorization" not in request.headers:
            return None
        token = bearer(request.scope)
        access = self._tokens.read(token) if token else None
        principal = None if access else self._principal(request)
        if access is None and principal is None:
            raise authentication_failed(self._tokens.challenge(target))
        if target is None:
            return token if access else self._tokens.issue(principal.email if principal else "", {})
        if principal is not None:
            # Artifact Registry takes an access token in place of one of its own.
            self._rights.require(principal, target.name, [target.action])
            token = self._tokens.issue(
                principal.email, {str(target.name): self._rights.permitted(principal, target.name)}
            )
        if not self._repositories.exists(target.name.project, target.name.repository):
            raise repository_not_found(target.name.repository)
        return token

    def _as_stored(self, request: Request, target: Target, scope: Scope) -> Scope:
        """Ask for a manifest as it was pushed; `docker-registry` would turn it into an older form unasked.

        Raises:
            RegistryError: 404, the client accepts other forms only.
        """
        image = self.images.find(target.name, target.reference)
        if image is None:
            return scope
        # Some clients send a header for each form.
        accept = ",".join(request.headers.getlist("Accept")) or "*/*"
        accepted = [part.partition(";")[0].strip() for part in accept.split(",")]
        if not {image.media_type, "*/*", "application/*"} & set(accepted):
            raise other_media_type(target.reference, image.media_type, accepted)
        others = [(name, value) for name, value in scope["headers"] if name != b"accept"]
        return {**scope, "headers": [*others, (b"accept", image.media_type.encode("latin-1"))]}

    def _principal(self, request: Request) -> Principal | None:
        login = basic(request.scope)
        if login is not None:
            return self._callers.basic(*login)
        token = bearer(request.scope)
        return self._callers.bearer(token) if token else None

    def _note(self, request: Request, target: Target, manifest: bytes, answer: Message) -> None:
        if request.method == "PUT" and answer["status"] == 201:
            digest = dict(answer["headers"])[b"docker-content-digest"].decode("ascii")
            media_type = request.headers.get("Content-Type", "")
            self.images.pushed(target.name, target.reference, media_type, manifest, digest)
        elif request.method == "DELETE" and answer["status"] == 202:
            self.images.deleted(target.name, target.reference)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


async def _send_delete(store: Store, path: str, token: str) -> None:
    """Send a DELETE to an ASGI application of this process, and wait for its answer."""
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "DELETE",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("ascii"),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {token}".encode("ascii"))],
    }
    never = asyncio.Event()

    async def receive() -> Message:
        await never.wait()
        return {"type": "http.disconnect"}

    async def ignore(_message: Message) -> None:
        pass

    await store(scope, _replay(b"", receive), ignore)
