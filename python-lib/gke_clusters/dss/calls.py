"""One way from what a call to DSS raises to a failure that an administrator can act upon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from gke_clusters.errors import DssRefused


@contextmanager
def calling(doing: str, resource: str) -> Iterator[None]:
    """Run a block of calls to DSS; what they raise leaves as :class:`gke_clusters.errors.DssRefused`.

    Args:
        doing: what is asked, to follow "to".
        resource: of what.
    """
    from dataikuapi.utils import DataikuException  # noqa: PLC0415 - a second to import; DSS has loaded it by then

    try:
        yield
    except DataikuException as error:
        raise DssRefused(f"DSS refused to {doing}.", resource=resource, verbatim=str(error)) from error
    except requests.RequestException as error:
        raise DssRefused(
            f"DSS could not be reached to {doing}; whether it was done is not known.",
            resource=resource,
            verbatim=str(error),
            remedy="Run it again: what was done already is not done twice.",
        ) from error


def failure_in(answer: object) -> str | None:
    """What failed by an ordinary answer of DSS, which tells the failure of an action in its ``messages``.

    Args:
        answer: the JSON that DSS answered with.

    Returns:
        Its words; None where nothing failed.
    """
    messages = answer.get("messages") if isinstance(answer, Mapping) else None
    if not isinstance(messages, Mapping) or not messages.get("error"):
        return None
    return "\n".join(_words(messages.get("messages"))) or str(dict(messages))


def _words(messages: object) -> Iterator[str]:
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, Mapping) and message.get("severity") in (None, "ERROR"):
            yield str(message.get("message") or f"{message.get('title')}: {message.get('details')}")
