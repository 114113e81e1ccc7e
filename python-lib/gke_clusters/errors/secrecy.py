"""What must not be repeated in a message: keys, credentials files and tokens."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final

NOT_SHOWN: Final = "holds a key or a token, which is not repeated here"
"""What is said in place of a text with a secret in it."""

# PEM (RFC 7468) and what is left of it without its first line, the fields of Google's credentials files
# (https://google.aip.dev/auth/4112 and 4113), access and refresh tokens, and signed JSON web tokens (RFC 7519).
_SECRET: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|MII[\w+/]{2,6}(?:IBADANBgkqhkiG9w0BAQEFAAS|IBAAKC)"
    r"|['\"](?:private_key|private_key_id|client_secret|refresh_token|access_token)\\?['\"]\s*:"
    r"|\bya29\.[\w.-]{10}"
    r"|\b1//[\w-]{20}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10}"
)
_BASE64_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{40,}")


def holds_secret(text: str) -> bool:
    """Whether a text holds what looks like a private key, a credentials file or a token, also in base64."""
    return bool(_SECRET.search(text)) or any(_SECRET.search(inner) for inner in _decoded(text))


def _decoded(text: str) -> Iterator[str]:
    for run in _BASE64_RUN.findall(text):
        usable = run[: len(run) // 4 * 4]
        yield base64.b64decode(usable, altchars=b"-_" if set("-_") & set(usable) else None).decode("latin-1")


def shown(text: str) -> str:
    """The text, or :data:`NOT_SHOWN` where it holds a secret."""
    return NOT_SHOWN if holds_secret(text) else text


# A value that is named a secret, and the password of an address: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
_NAMED_SECRET: Final = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key|access[_-]?key)[\w-]*['\"]?\s*[=:]\s*['\"]?|\bbearer\s+"
    r"|://[^\s/:@]+:(?=[^\s/@]+@))[^\s'\",;@]+"
)


def redacted(text: str) -> str:
    """The text as it may be handed on to others: without what looks like a secret, and without what is called one.

    For texts that anybody may have written, such as events of a cluster. :func:`shown` leaves alone what is only called
    a secret, since messages of Google and of DSS speak of fields by such names.
    """
    return _NAMED_SECRET.sub(r"\1[not shown]", shown(text))
