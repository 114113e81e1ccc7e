"""The error answers that Google gives, as its clients raise them."""

from __future__ import annotations

import json
from typing import Any

import requests
from google.api_core import exceptions as api_exceptions


def answer(code: int, body: Any) -> api_exceptions.GoogleAPICallError:
    """Make what the clients raise for an HTTP answer."""
    response = requests.Response()
    response.status_code = code
    response._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    response.request = requests.Request("GET", "https://container.googleapis.com/v1/x").prepare()
    error: api_exceptions.GoogleAPICallError = api_exceptions.from_http_response(response)
    return error


def refusal(
    code: int,
    status: str,
    message: str,
    *,
    reason: str = "",
    legacy: str = "",
    metadata: dict[str, str] | None = None,
) -> api_exceptions.GoogleAPICallError:
    """Make what they raise for an error in Google's envelope."""
    error: dict[str, Any] = {"code": code, "status": status, "message": message}
    if legacy:
        error["errors"] = [{"domain": "global", "reason": legacy, "message": message}]
    if reason:
        error["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason,
                "domain": "googleapis.com",
                "metadata": metadata or {},
            }
        ]
    return answer(code, {"error": error})
