"""An identity that needs no token, and the error answers that Google gives."""

from __future__ import annotations

from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from gke_clusters.google.credentials import Authorization
from gke_clusters.google.error_translation import Asked
from tests.python.unit.google.answers import answer, refusal


@pytest.fixture
def authorization() -> Authorization:
    return Authorization(AnonymousCredentials())


@pytest.fixture
def asked(authorization: Authorization) -> Asked:
    return Asked("create the cluster", "projects/p/locations/l/clusters/c", "p", authorization)


@pytest.fixture(name="answer")
def _answer() -> Any:
    """Make what Google's clients raise for an HTTP answer: ``answer(code, body)``."""
    return answer


@pytest.fixture(name="refusal")
def _refusal() -> Any:
    """Make what they raise for an error in Google's envelope: ``refusal(code, status, message, reason=..., ...)``."""
    return refusal


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    # The retries of Google's library wait with this; no test needs the time to pass.
    monkeypatch.setattr("google.api_core.retry.retry_unary.time.sleep", lambda _seconds: None)
    for name in ("CONTAINER", "COMPUTE", "IAMCREDENTIALS"):
        monkeypatch.delenv(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}", raising=False)
