"""The edits of another administrator, who saves at the worst moment: right after somebody read, or before they save."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jsonpatch
import jsonpointer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REQUEST = re.compile(r"(GET|PUT) (/\S+)")
_FIRST_ERROR = 400
_KEYS = {"before", "after", "at", "patch"}


class UnusableEditError(ValueError):
    """An edit that names no request, or whose patch is none."""


@dataclass
class Edit:
    """One edit to come.

    Attributes:
        moment: whether it is saved before the request is looked at, or after it was acted on and before it is answered.
        method: of the request.
        path: of the request, as documented, without a final slash; the document that is edited is the one there.
        at: how many such requests there are until it happens, itself included.
        patch: what it changes: https://datatracker.ietf.org/doc/html/rfc6902.
        outcome: `to come`, `saved`, or why it could not be saved.
    """

    moment: Literal["before", "after"]
    method: str
    path: str
    at: int
    patch: list[dict[str, Any]]
    outcome: str = "to come"

    @classmethod
    def read(cls, wanted: Mapping[str, Any]) -> "Edit":
        """Read `{"before" or "after": "GET /path", "at", "patch"}`.

        Raises:
            UnusableEditError: it is something else.
        """
        if unknown := sorted(wanted.keys() - _KEYS):
            raise UnusableEditError(f"unknown key {', '.join(unknown)}")
        moments: list[Literal["before", "after"]] = [moment for moment in _MOMENTS if moment in wanted]
        at, patch = wanted.get("at", 1), wanted.get("patch")
        if len(moments) != 1:
            raise UnusableEditError("an edit is saved either before or after a request")
        request = _REQUEST.fullmatch(str(wanted[moments[0]]))
        if request is None:
            raise UnusableEditError(f"{moments[0]} must be GET or PUT and a path, such as GET /admin/general-settings")
        if not isinstance(at, int) or isinstance(at, bool) or at < 1:
            raise UnusableEditError("at must be a whole number of at least 1")
        if not isinstance(patch, list) or not patch:
            raise UnusableEditError("patch must be a list of operations")
        try:
            jsonpatch.JsonPatch(patch)
        except (jsonpatch.InvalidJsonPatch, jsonpointer.JsonPointerException, TypeError) as error:
            raise UnusableEditError(f"patch must be a JSON patch: {error}") from error
        return cls(moments[0], request[1], request[2].rstrip("/"), at, patch)

    def as_json(self) -> dict[str, Any]:
        """Return the edit as the sandbox's own interface shows it."""
        told = {self.moment: f"{self.method} {self.path}", "at": self.at, "patch": self.patch}
        return told | {"outcome": self.outcome}


_MOMENTS: tuple[Literal["before"], Literal["after"]] = ("before", "after")


@dataclass
class Edits:
    """Lets the planned edits happen, each through the public API as any administrator's would.

    No request comes between an edit and the request that it was planned for.

    Attributes:
        app: what requests are passed on to.
        api: the public API without its guard, for the edits.
        prefixes: what may be before the documented paths.
        planned: the edits to come and those that have happened.
    """

    app: ASGIApp
    api: ASGIApp
    prefixes: tuple[str, ...]
    planned: list[Edit] = field(default_factory=list)

    def plan(self, wanted: Mapping[str, Any]) -> Edit:
        """Plan an edit; errors as of `Edit.read`."""
        edit = Edit.read(wanted)
        self.planned.append(edit)
        return edit

    def clear(self) -> None:
        """Forget every edit."""
        self.planned.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the edits that are due."""
        due = self._due(scope) if scope["type"] == "http" else []
        for edit in due:
            if edit.moment == "before":
                await self._save(edit)
        if not any(edit.moment == "after" for edit in due):
            await self.app(scope, receive, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self.app(scope, receive, keep)
        for edit in due:
            if edit.moment == "after":
                await self._save(edit)
        for message in answer:
            await send(message)

    def _due(self, scope: Scope) -> list[Edit]:
        """Count a request, and return the edits that it is the moment of."""
        path = str(scope["path"]).rstrip("/")
        for prefix in self.prefixes:
            path = path.removeprefix(prefix)
        waiting = [
            edit
            for edit in self.planned
            if edit.at > 0 and (edit.method, edit.path) == (scope["method"], path) and edit.outcome == "to come"
        ]
        for edit in waiting:
            edit.at -= 1
        return [edit for edit in waiting if edit.at == 0]

    async def _save(self, edit: Edit) -> None:
        status, document = await self._ask("GET", edit.path)
        if status < _FIRST_ERROR:
            try:
                edited = jsonpatch.apply_patch(json.loads(document), edit.patch)
            except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
                edit.outcome = f"the patch does not fit: {error}"
                return
            status, document = await self._ask("PUT", edit.path, json.dumps(edited).encode())
        edit.outcome = (
            "saved" if status < _FIRST_ERROR else f"refused with {status}: {document.decode(errors='replace')}"
        )

    async def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        status, content = 0, b""

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, content
            status = message.get("status", status)
            content += message.get("body", b"")

        full = f"{self.prefixes[0]}{path}"
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": full,
            "raw_path": full.encode(),
            "query_string": b"",
            "headers": [],
            "client": None,
            "server": None,
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
        }
        await self.api(scope, receive, send)
        return status, content
