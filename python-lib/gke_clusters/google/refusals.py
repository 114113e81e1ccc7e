"""The parts of an error answer of Google that tell one failure from another.

Shapes: https://cloud.google.com/apis/design/errors, reasons: https://cloud.google.com/apis/docs/errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from google.api_core import exceptions as api_exceptions

VERBATIM_LIMIT: Final = 2000
"""How much of an answer is repeated, in characters."""

_PERMISSION: Final = re.compile(
    r"[Rr]equired [\"'](?P<required>[a-zA-Z]+(?:\.[a-zA-Z]+)+)[\"'] permission"
    r"|[Pp]ermission '(?P<denied>[a-zA-Z]+(?:\.[a-zA-Z]+)+)' denied"
)


@dataclass(frozen=True)
class Refusal:
    """An error answer.

    Attributes:
        code: HTTP code.
        message: Google's words.
        status: Canonical status, such as ``FAILED_PRECONDITION``; empty where Google sends none, like the others.
        reasons: Reasons, those of the older shape as well.
        metadata: What goes with the first reason that has any.
        details: All details, as JSON.
        is_googles: Whether it has Google's envelope, so that it is not the page of a proxy.
    """

    code: int
    message: str
    status: str = ""
    reasons: frozenset[str] = frozenset()
    metadata: dict[str, str] = field(default_factory=dict)
    details: tuple[dict[str, Any], ...] = ()
    is_googles: bool = True

    @property
    def permission(self) -> str:
        """The permission that it says is missing; empty if it names none."""
        found = _PERMISSION.search(self.message)
        return self.metadata.get("permission") or (found["required"] or found["denied"] if found else "")


def read_refusal(error: api_exceptions.GoogleAPICallError) -> Refusal:
    """Read what a client of Google raised for an error answer."""
    body: Any = None
    if isinstance(error.response, requests.Response):
        try:
            body = error.response.json().get("error")
        except (ValueError, AttributeError):
            body = None
    if not isinstance(body, dict):
        # A page of something between us and Google, unless the client raised it by itself.
        return Refusal(
            code=int(error.code or 0), message=str(error.message)[:VERBATIM_LIMIT], is_googles=error.response is None
        )
    details, legacy = _objects(body.get("details")), _objects(body.get("errors"))
    metadata: dict[Any, Any] = next(
        (item["metadata"] for item in details if isinstance(item.get("metadata"), dict)), {}
    )
    return Refusal(
        code=int(error.code or 0),
        message=str(body.get("message", ""))[:VERBATIM_LIMIT],
        status=str(body.get("status", "")),
        reasons=frozenset(str(item["reason"]) for item in (*details, *legacy) if item.get("reason")),
        metadata={str(key): str(value) for key, value in metadata.items()},
        details=tuple(details),
    )


def _objects(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
