"""What every simulated service goes through: who calls, the request log and the faults that strike before an answer."""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import refusals
from sandbox.faults import FaultPlan
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.principals import Principals

Normaliser = Callable[[str, str, Any], Any]
Identify = Callable[[Request], str | None]
Shape = Callable[[GoogleError], Response]
_STATE = "sandbox.call"


@dataclass
class Call:
    """One request as a service sees it: the caller's email, and the effect of a fault that the service must act out."""

    principal: str | None
    effect: dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One line of the request log; the path is the one that faults are matched against, without the query."""

    service: str
    method: str
    path: str
    principal: str | None
    status: int
    time: float
    body: Any
    query: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the line as `GET /requests` gives it; `time` is seconds since the epoch."""
        return dict(vars(self))


@dataclass
class Traffic:
    """The request log and the fault plan of one sandbox.

    Attributes:
        principals: who the bearer tokens stand for.
        faults: what is planned to go wrong.
        exchanges: every request so far.
        normalisers: by service, how a request body is rewritten for the log (enum numbers to names).
        callers: by service that knows its callers otherwise than by bearer token, who calls.
        shapes: by service whose errors have a shape of their own, how it shapes one.
        down_until: by service that refuses connections, when it is back (monotonic seconds).
    """

    principals: Principals
    faults: FaultPlan = field(default_factory=FaultPlan)
    exchanges: list[Exchange] = field(default_factory=list)
    normalisers: dict[str, Normaliser] = field(default_factory=dict)
    callers: dict[str, Identify] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    down_until: dict[str, float] = field(default_factory=dict)

    def observe(self, app: ASGIApp, service: str) -> ASGIApp:
        """Wrap a service's application; it must be the outermost layer, next to the server."""
        return _Observed(app, service, self)

    def caller(self, service: str, scope: Scope) -> str | None:
        """Return who sends a request, as the service would know it."""
        identify = self.callers.get(service)
        if identify is not None:
            return identify(Request(scope))
        token = bearer(scope)
        principal = self.principals.authenticate(token) if token else None
        return principal.email if principal else None

    def refusal(self, service: str, path: str, effect: dict[str, Any]) -> Response:
        """Return the error that a fault asks for, in the shape of the service's own."""
        error = refusals.planned(effect, path, service)
        shape = self.shapes.get(service)
        return shape(error) if shape else error.response()

    def record(self, exchange: Exchange) -> None:
        """Add one request to the log."""
        self.exchanges.append(exchange)


def call_of(request: Request) -> Call:
    """Return the call that `Traffic.observe` attached to a request."""
    call = request.scope.get(_STATE)
    return call if isinstance(call, Call) else Call(None, {})


def bearer(scope: Scope) -> str | None:
    """Return the bearer token of a request, if it has one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else None
    return None


def basic(scope: Scope) -> tuple[str, str] | None:
    """Return the user name and the password of HTTP Basic, if a request has them and they can be read."""
    kind, _, value = Request(scope).headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


class _Observed:
    """The ASGI layer behind `Traffic.observe`."""

    def __init__(self, app: ASGIApp, service: str, traffic: Traffic) -> None:
        self._app = app
        self._service = service
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        caller = self._traffic.caller(self._service, scope)
        body, replay = await _read_body(receive)
        token = bearer(scope)
        expires = token is not None and self._traffic.principals.can_expire(token)
        effect = self._traffic.faults.take(self._service, method, path, body, token_expires=expires)
        scope[_STATE] = Call(caller, effect)
        answered = _Answer(send)
        started = time.time()
        try:
            await self._answer(effect, scope, replay, answered)
        finally:
            if token is not None and "expire_tokens" in effect:
                self._traffic.principals.revoke(token)
            self._traffic.record(
                Exchange(
                    service=self._service,
                    method=method,
                    path=path,
                    query=scope["query_string"].decode("latin-1"),
                    principal=caller,
                    status=answered.status,
                    time=started,
                    body=self._logged(method, path, body),
                )
            )

    async def _answer(self, effect: dict[str, Any], scope: Scope, receive: Receive, send: "_Answer") -> None:
        if "delay" in effect:
            await asyncio.sleep(float(effect["delay"]))
        if "down" in effect:
            self._traffic.down_until[self._service] = time.monotonic() + float(effect["down"])
        down = time.monotonic() < self._traffic.down_until.get(self._service, 0)
        reset: Literal["before", "after"] | None = effect.get("reset")
        if down or reset == "before":
            await send.cut()
        elif "status" in effect:
            await self._traffic.refusal(self._service, scope["path"], effect)(scope, receive, send)
        else:
            if reset == "after":
                send.muted = True
            await self._app(scope, receive, send)
            if reset == "after":
                await send.cut()

    def _logged(self, method: str, path: str, body: bytes) -> Any:
        if not body:
            return None
        try:
            value = json.loads(body)
        except ValueError:
            text = body[:65536].decode(errors="replace")
            return f"({len(body)} bytes)" if "\0" in text else text
        normalise = self._traffic.normalisers.get(self._service)
        return normalise(method, path, value) if normalise else value


class _Answer:
    """Passes an answer on, keeping its status; can swallow it, or cut the connection as a failing network does."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.muted = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        if not self.muted:
            await self._send(message)

    async def cut(self) -> None:
        # uvicorn's `send` is a method of its request cycle, which knows the transport; ASGI itself has no way to reset.
        cycle = getattr(self._send, "__self__", None)
        if cycle is not None:
            cycle.transport.abort()
            # Until uvicorn knows that the connection is lost, it would miss an answer and log that.
            while (await cycle.receive())["type"] != "http.disconnect":
                pass
        self.status = 0


async def _read_body(receive: Receive) -> tuple[bytes, Receive]:
    """Read the whole body; the second value lets the application read it again and still see a disconnect."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(chunks)
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return body, replay
