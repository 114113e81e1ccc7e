"""The border to DSS: which level is logged, and how a failure reaches the administrator."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from gke_clusters.errors import GkeClustersError, UnexpectedFailure

logger = logging.getLogger(__name__)

_DEFAULT_LEVEL: Final = "INFO"
# At DEBUG these write each header or each byte, tokens included.
_TALKATIVE: Final = ("urllib3", "google.auth", "google.api_core", "google.cloud", "kubernetes.client.rest")


def set_log_level(config: Mapping[str, Any]) -> None:
    """Set the level that the dialog asks for; an unknown one is INFO, since settings are not checked yet here.

    Args:
        config: The values of the dialog.
    """
    # Nothing where DSS has a handler already; without any, Python would drop all but warnings.
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    chosen = config.get("logLevel")
    level = getattr(logging, chosen, None) if isinstance(chosen, str) else None
    logging.getLogger().setLevel(level if isinstance(level, int) else _DEFAULT_LEVEL)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    # google-auth asks for regional access boundaries beside every token, and where it is not answered, urllib3 warns of
    # a retry that nobody needs to know of.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


@contextmanager
def wrapped(story: str) -> Iterator[None]:
    """Let nothing but our own failures leave: anything else is said to be unexpected, its traceback in the log.

    Args:
        story: What was being done, such as ``start the cluster``.

    Raises:
        GkeClustersError: What the block raised; :class:`UnexpectedFailure` for anything that is not ours.
    """
    try:
        yield
    except GkeClustersError:
        raise
    except Exception as error:
        logger.exception("The plugin did not foresee this failure to %s", story)
        raise UnexpectedFailure(
            f"Something unexpected kept the plugin from being able to {story}.",
            verbatim=f"{type(error).__name__}: {error}",
        ) from error


@contextmanager
def surfaced(story: str) -> Iterator[None]:
    """Let a failure leave as one message that says what to do, without the history of exceptions behind it.

    DSS shows the text of the exception. One of ours is that text; anything else is wrapped and said to be unexpected,
    with its own type and words, and its traceback goes to the log only.

    Args:
        story: What was being done, such as ``start the cluster``.

    Raises:
        GkeClustersError: What the block raised, or what wraps it.
    """
    try:
        with wrapped(story):
            yield
    except GkeClustersError as error:
        logger.debug("Where it failed", exc_info=True)
        raise error from None
