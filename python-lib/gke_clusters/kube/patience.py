"""Asking an API server again while it needs a moment. For requests that change nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from gke_clusters.kube.failures import CallError

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 3.0

_log = logging.getLogger(__name__)

T = TypeVar("T")


def ask_patiently(ask: Callable[[], T], server: object, patience_seconds: Callable[[CallError], float]) -> T:
    """Ask until there is an answer or the patience is over; one attempt is always made.

    Args:
        ask: one request.
        server: what is asked, for the log.
        patience_seconds: for how long, from the first attempt on, a failure of that kind is put up with.

    Returns:
        What `ask` returns.

    Raises:
        CallError: the last failure.
    """
    started = time.monotonic()
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return ask()
        except CallError as error:
            if time.monotonic() - started + pause_seconds > patience_seconds(error):
                raise
            _log.info("The %s %s; trying again", server, error.failure.value)
        time.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
