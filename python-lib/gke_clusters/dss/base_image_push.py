"""DSS's own action *Push base images*, followed to its end.

Some versions answer with a task to follow, older ones when all is over; what failed stands in the messages of an
ordinary answer: https://developer.dataiku.com/latest/api-reference/python/client.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from gke_clusters.dss.calls import calling, failure_in
from gke_clusters.errors import DssRefused

logger = logging.getLogger(__name__)

BOUND_SECONDS: Final = 2 * 60 * 60.0
"""How long a push is followed: base images have several GB each."""

_ACTION: Final = "/admin/container-exec/actions/push-base-images"
_WHAT: Final = "the base images"
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 5.0
# DSS restarting or busy; by then the answers that it gives are believed.
_MISSES: Final = 5


class BaseImagePush:
    """The action. Each call raises :class:`gke_clusters.errors.DssRefused`."""

    def __init__(
        self,
        client: Any,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the client and the clock.

        Args:
            client: a ``dataikuapi.DSSClient``.
            sleep: waits for a number of seconds.
            clock: tells seconds.
        """
        self._client = client
        self._sleep = sleep
        self._clock = clock

    def version(self) -> str:
        """Return the version of DSS, such as ``14.2.0``."""
        with calling("tell its version", "DSS"):
            return str(self._client._perform_json("GET", "/instance-info")["dssVersion"])  # noqa: SLF001 - any client

    def run(self, follow: Callable[[float], None]) -> None:
        """Let DSS push, and wait until it is over.

        Args:
            follow: is told how much is done, from 0 to 1.

        Raises:
            DssRefused: DSS refuses, a push failed, DSS lost track of it, or it takes longer than two hours.
        """
        # Clients older than the answer with a task have no method that shows it.
        with calling("push the base images", _WHAT):
            state = self._client._perform_json("POST", _ACTION)  # noqa: SLF001
        state = state if isinstance(state, dict) else {}
        if state.get("jobId") and not state.get("hasResult"):
            state = self._ended(str(state["jobId"]), follow)
        _raise_what_failed(state.get("result"))
        _raise_what_failed(state)
        follow(1.0)

    def _ended(self, job_id: str, follow: Callable[[float], None]) -> dict[str, Any]:
        begin, pause, misses = self._clock(), _FIRST_PAUSE_SECONDS, 0
        while True:
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
            try:
                with calling("tell how far the push is", _WHAT):
                    state: dict[str, Any] = self._client._perform_json(  # noqa: SLF001
                        "GET", f"/futures/{job_id}", params={"peek": False}
                    )
            except DssRefused as refused:
                misses += 1
                if misses == _MISSES:
                    raise _lost(refused.verbatim) from refused
                logger.warning("%s", refused.cause)
                continue
            misses = 0
            if state.get("hasResult"):
                return state
            if state.get("unknown") or state.get("aborted") or state.get("alive") is False:
                raise _lost("aborted" if state.get("aborted") else None)
            follow(_part(state))
            if self._clock() - begin > BOUND_SECONDS:
                raise DssRefused(
                    "DSS is still pushing the base images after two hours.",
                    resource=_WHAT,
                    remedy="It goes on without the macro: see Administration › Monitoring › Running background tasks."
                    " Run the macro again when it is over.",
                )


def _lost(verbatim: str | None) -> DssRefused:
    return DssRefused(
        "DSS lost track of the push: what was pushed by then is in the registry, the rest may not be.",
        resource=_WHAT,
        verbatim=verbatim,
        remedy="See whether DSS was restarted or somebody stopped the task, then run the macro again: what is in the"
        " registry already is not sent twice.",
    )


def _raise_what_failed(answer: object) -> None:
    said = failure_in(answer)
    if said is not None:
        raise DssRefused(
            "DSS could not push the base images.",
            resource=_WHAT,
            verbatim=said,
            remedy="Correct what the answer names, then run the macro again: what is in the registry already is not"
            " sent twice.",
        )


def _part(state: Mapping[str, Any]) -> float:
    """How much of the innermost task that knows its size is done."""
    steps = (state.get("progress") or {}).get("states") or []
    parts = [step["cur"] / step["target"] for step in steps if step.get("target") and "cur" in step]
    return min(1.0, float(parts[0])) if parts else 0.0
