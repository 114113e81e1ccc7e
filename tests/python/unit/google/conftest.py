"""An identity that needs no token, and the error answers that Google gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from google.api_core import exceptions as api_exceptions
from google.auth.credentials import AnonymousCredentials

from gke_clusters.google.credentials import Authorization
from gke_clusters.google.error_translation import Asked


@pytest.fixture
def authorization() -> Authorization:
    return Authorization(AnonymousCredentials())


@pytest.fixture
def asked(authorization: Authorization) -> Asked:
    return Asked("create the cluster", "projects/p/locations/l/clusters/c", "p", authorization)


def _answer(code: int, body: Any) -> api_exceptions.GoogleAPICallError:
    response = requests.Response()
    response.status_code = code
    response._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    response.request = requests.Request("GET", "https://container.googleapis.com/v1/x").prepare()
    error: api_exceptions.GoogleAPICallError = api_exceptions.from_http_response(response)
    return error


@pytest.fixture
def answer() -> Any:
    """Make what Google's clients raise for an HTTP answer: ``answer(code, body)``."""
    return _answer


@pytest.fixture
def refusal() -> Any:
    """Make what they raise for an error in Google's envelope: ``refusal(code, status, message, reason=..., ...)``."""

    def make(
        code: int,
        status: str,
        message: str,
        *,
        reason: str = "",
        legacy: str = "",
        metadata: dict[str, str] | None = None,
    ) -> api_exceptions.GoogleAPICallError:
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
        return _answer(code, {"error": error})

    return make


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    # The retries of Google's library wait with this; no test needs the time to pass.
    monkeypatch.setattr("google.api_core.retry.retry_unary.time.sleep", lambda _seconds: None)
    for name in ("CONTAINER", "COMPUTE", "IAMCREDENTIALS"):
        monkeypatch.delenv(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}", raising=False)
