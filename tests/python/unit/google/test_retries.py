from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from google.auth import exceptions as auth_exceptions

from gke_clusters.google.retries import is_transient, read_retry


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_an_overloaded_google_is_transient(refusal: Any, code: int) -> None:
    assert is_transient(refusal(code, "", "x"))


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409])
def test_a_refusal_is_not_transient(refusal: Any, code: int) -> None:
    assert not is_transient(refusal(code, "", "x"))


@pytest.mark.parametrize("how", [{"legacy": "rateLimitExceeded"}, {"reason": "RATE_LIMIT_EXCEEDED"}])
def test_a_rate_limit_is_transient(refusal: Any, how: dict[str, str]) -> None:
    assert is_transient(refusal(403, "PERMISSION_DENIED", "x", **how))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.exceptions.ConnectionError(), True),
        (requests.exceptions.ReadTimeout(), True),
        (requests.exceptions.ChunkedEncodingError(), True),
        (requests.exceptions.SSLError(), False),
        (requests.exceptions.InvalidURL(), False),
        (auth_exceptions.TransportError(), True),
        (auth_exceptions.RefreshError("no"), False),
        # What google-auth makes of a metadata server that blinks, and of one that says that there is no such account.
        (auth_exceptions.RefreshError(auth_exceptions.TransportError("unavailable")), True),
        (
            auth_exceptions.RefreshError(auth_exceptions.TransportError("Status: 404", SimpleNamespace(status=404))),
            False,
        ),
        (auth_exceptions.RefreshError("later", retryable=True), True),
        (ValueError(), False),
    ],
)
def test_cut_connections_are_transient_and_mistakes_are_not(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected


def test_gives_up_after_its_patience(refusal: Any) -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise refusal(503, "", "x")

    with pytest.raises(Exception, match="Timeout"):
        read_retry(0.0)(fail)()
    assert tries == [1]
