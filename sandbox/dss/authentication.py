"""Who may call: the administrator's API key over HTTP Basic, and the tickets of component processes."""

import contextlib
import secrets
from collections.abc import Iterator

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.dss.errors import unauthorized
from sandbox.traffic import basic

TICKET_HEADER = "X-DKU-APITicket"
USER = "admin"
"""The one user of the instance: the API key's and the tickets'."""


class Keyring:
    """The API key of the instance's administrator, and the tickets given out so far."""

    def __init__(self) -> None:
        self.api_key = f"dkuaps-{secrets.token_urlsafe(24)}"
        self._tickets: set[str] = set()

    @contextlib.contextmanager
    def ticket(self) -> Iterator[str]:
        """Give a ticket that is valid inside the `with` block."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        try:
            yield ticket
        finally:
            self._tickets.discard(ticket)

    def admits(self, request: Request) -> bool:
        """Tell whether the request carries the key (HTTP Basic, key as user) or a valid ticket."""
        if request.headers.get(TICKET_HEADER) in self._tickets:
            return True
        credentials = basic(request.scope)
        return credentials is not None and secrets.compare_digest(credentials[0].encode(), self.api_key.encode())

    def caller(self, request: Request) -> str | None:
        """Return the user whose key or ticket the request carries."""
        return USER if self.admits(request) else None

    def guard(self, app: ASGIApp) -> ASGIApp:
        """Wrap an application: requests that are not admitted get 401."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and not self.admits(Request(scope)):
                await unauthorized().response()(scope, receive, send)
            else:
                await app(scope, receive, send)

        return guarded
