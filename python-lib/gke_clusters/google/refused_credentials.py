"""From what google-auth raises where Google gives no access token to what is wrong with the credentials.

The token endpoint says it in words alone: https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
"""

from __future__ import annotations

import re
from typing import Final

from google.auth.exceptions import GoogleAuthError

from gke_clusters.errors import ClockSkewed, CredentialsError, CredentialsExpired

_VERBATIM_LIMIT: Final = 2000

_KEYS: Final = "gcloud iam service-accounts keys create KEY_FILE --iam-account ACCOUNT"
# What is said where a key or a login was good once, and why, and what to do. The first that fits.
_EXPIRED: Final = (
    (
        re.compile(r"invalid jwt signature", re.IGNORECASE),
        "the service account key was deleted, or is not a key of that account",
        f"Create another key and give it to the GKE connection: {_KEYS}",
    ),
    (
        re.compile(r"account has been deleted|account not found|invalid_client|deleted_client", re.IGNORECASE),
        "the account was deleted",
        (
            "Give the GKE connection the key of another service account; a deleted one can be restored for 30 days:"
            " gcloud iam service-accounts undelete"
        ),
    ),
    (
        re.compile(r"expired or revoked|rapt|reauth", re.IGNORECASE),
        "the login has expired or was revoked",
        (
            "Log in again as the user who runs DSS: gcloud auth application-default login . A service account does not"
            " expire: attach one to the DSS host or give the GKE connection a key."
        ),
    ),
    (
        re.compile(r"(?:robot|account|client|key)\b.{0,40}disabled", re.IGNORECASE),
        "the account or its key is disabled",
        "Enable it again: gcloud iam service-accounts enable ACCOUNT ; a key: gcloud iam service-accounts keys enable",
    ),
    (
        re.compile(r"invalid_grant", re.IGNORECASE),
        "Google does not take the key or the login any more",
        (
            f"Give the GKE connection a new key ({_KEYS}), or log in again as the user who runs DSS: gcloud auth"
            " application-default login"
        ),
    ),
)
_SKEWED: Final = re.compile(r"short-lived token|iat and exp|issued in the future", re.IGNORECASE)
_IMPERSONATION: Final = (
    "Grant the identity of the DSS host roles/iam.serviceAccountTokenCreator on the service account that the connection"
    " impersonates, and enable iamcredentials.googleapis.com."
)


def refused_credentials(error: GoogleAuthError, identity: str, doing: str, resource: str) -> CredentialsError:
    """Choose what is wrong with credentials for which there is no access token.

    Args:
        error: What google-auth raised.
        identity: Whose token was asked for.
        doing: What it was needed for, such as ``create the cluster``.
        resource: What was to be acted upon.
    """
    text = " ".join(str(part) for part in error.args if isinstance(part, (str, Exception)))[:_VERBATIM_LIMIT]
    kind: type[CredentialsError] = CredentialsError
    why, remedy = "", None
    if _SKEWED.search(text):
        kind, why = ClockSkewed, ": the clock of the DSS host is wrong"
    elif "impersonated" in text:
        remedy = _IMPERSONATION
    else:
        for pattern, reason, advice in _EXPIRED:
            if pattern.search(text):
                kind, why, remedy = CredentialsExpired, f": {reason}", advice
                break
    return kind(
        f"No access token could be obtained for {identity}, needed to {doing}{why}.",
        resource=resource,
        verbatim=text,
        remedy=remedy,
    )
