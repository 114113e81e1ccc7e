"""When a read is asked again: Google overloaded, the connection cut. A write is never repeated blindly."""

from __future__ import annotations

import re
from typing import Final

import requests
from google.api_core import exceptions as api_exceptions
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError, TransportError

READ_PATIENCE_SECONDS: Final = 60.0
"""How long a single read is repeated before its failure is believed."""

_OVERLOADED: Final = frozenset({429, 500, 502, 503, 504})
# https://cloud.google.com/apis/design/errors and Compute's concurrent-operation quota, both sent as 403.
_RATE_REASONS: Final = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED"}
)
# The same without a reason of its own, as Terraform's Google provider knows it (transport/error_retry_predicates.go).
_RATE_TEXT: Final = re.compile(r"Quota exceeded for quota metric '[^']+' and limit '[^']+ per (?:minute|second)")
# Subclasses of a connection error that repeating does not cure.
_PERMANENT: Final = (requests.exceptions.SSLError, requests.exceptions.InvalidProxyURL)
_CUT: Final = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    TransportError,
)


def is_transient(error: Exception) -> bool:
    """Tell whether the same request may succeed a moment later.

    Args:
        error: What the typed client, an authorized session or google-auth raised.
    """
    if isinstance(error, api_exceptions.GoogleAPICallError):
        return error.code in _OVERLOADED or (error.code == requests.codes.forbidden and _is_rate_limit(error))
    if isinstance(error, GoogleAuthError) and not isinstance(error, TransportError):
        return bool(error.retryable) or _is_cut_refresh(error)
    return isinstance(error, _CUT) and not isinstance(error, _PERMANENT)


def read_retry(patience_seconds: float = READ_PATIENCE_SECONDS) -> Retry:
    """Return the policy for a read: exponential with full jitter, bounded by a deadline.

    Args:
        patience_seconds: How long to repeat; the last failure is then raised inside a ``RetryError``.
    """
    return Retry(predicate=is_transient, initial=0.5, maximum=10.0, multiplier=2.0, timeout=patience_seconds)


def _is_cut_refresh(error: GoogleAuthError) -> bool:
    """Tell whether a token was not had because the metadata server blinked.

    google-auth wraps its own transport error there and forgets that it may pass; one that brings the server's answer
    is a refusal, as on a machine without a service account.
    """
    return any(isinstance(part, TransportError) and not _answers(part) for part in error.args)


def _answers(error: TransportError) -> bool:
    return any(hasattr(part, "status") for part in error.args)


def _is_rate_limit(error: api_exceptions.GoogleAPICallError) -> bool:
    reasons = {error.reason, *(item.get("reason") for item in error.errors if isinstance(item, dict))}
    return not reasons.isdisjoint(_RATE_REASONS) or bool(_RATE_TEXT.search(str(error.message)))
