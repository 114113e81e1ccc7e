"""From the credentials of a connection to an identity that Google accepts. Nothing of a key ever enters a message."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import google.auth
from google.auth import compute_engine, impersonated_credentials
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

from gke_clusters.errors import CredentialsError, MetadataServerError
from gke_clusters.google.endpoints import endpoint
from gke_clusters.google.metadata import HostMetadata

SCOPES: Final = (
    "https://www.googleapis.com/auth/cloud-platform",
    # Without it the Kubernetes API server sees the numeric id of a service account, not its e-mail address:
    # https://cloud.google.com/kubernetes-engine/docs/how-to/role-based-access-control#troubleshooting
    "https://www.googleapis.com/auth/userinfo.email",
)
"""The OAuth scopes of every token."""

_LOADS: Final = 2
"""google-auth takes a metadata server that blinks for none: it is asked once more where it answers again."""

_ADC_HELP: Final = (
    "On Compute Engine, give the DSS host a service account and let it reach metadata.google.internal; elsewhere, set"
    " GOOGLE_APPLICATION_CREDENTIALS for DSS, or run `gcloud auth application-default login` as the user that runs DSS,"
    " or choose a service-account key in the GKE connection."
    " https://cloud.google.com/docs/authentication/application-default-credentials"
)
_KEY_HELP: Final = (
    "Give the GKE connection the path of a service-account key file that the user who runs DSS can read, or the whole"
    " JSON of the key. Create one with `gcloud iam service-accounts keys create`."
)


@dataclass(frozen=True)
class CredentialsChoice:
    """How to authenticate.

    Attributes:
        mode: Application Default Credentials, or a service-account key.
        key: The key's path or its JSON, where the mode asks for one.
        impersonate: The e-mail address of a service account to act as, if any.
    """

    mode: Literal["application-default", "service-account-key"] = "application-default"
    key: str | None = field(default=None, repr=False)
    impersonate: str | None = None

    @property
    def key_is_json(self) -> bool:
        """Whether the key was given as JSON rather than as a path."""
        return (self.key or "").lstrip().startswith("{")


class Authorization:
    """Credentials, the name of the identity behind them, and one HTTP session that carries them."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    @property
    def identity(self) -> str:
        """The e-mail address that Google sees; a description where it is not known (yet)."""
        email = getattr(self.credentials, "service_account_email", None)
        if email == "default":
            # What Compute Engine credentials say of themselves until their first token.
            return "the service account of the DSS host"
        return email or "the Application Default Credentials of the user that runs DSS"

    @property
    def is_host(self) -> bool:
        """Whether it is the service account of the DSS host that Google sees."""
        return isinstance(self.credentials, compute_engine.Credentials)

    @cached_property
    def session(self) -> AuthorizedSession:
        """A session that adds the token and asks for a new one at a 401."""
        return AuthorizedSession(self.credentials)


def authorize(choice: CredentialsChoice) -> Authorization:
    """Load the credentials that a connection chose. Asks for no token yet.

    Args:
        choice: How to authenticate.

    Returns:
        The credentials with the scopes of :data:`SCOPES`.

    Raises:
        CredentialsError: None were found, or the key cannot be read or used.
    """
    # Some versions of google-auth try mutual TLS with the metadata server where an image ships certificates for it,
    # and fail on them: https://github.com/googleapis/google-auth-library-python/pull/1856
    os.environ.setdefault("GCE_METADATA_MTLS_MODE", "none")
    source = _from_key(choice) if choice.mode == "service-account-key" else _application_default()
    if not choice.impersonate:
        return Authorization(source)
    return Authorization(
        impersonated_credentials.Credentials(
            source_credentials=source,
            target_principal=choice.impersonate,
            target_scopes=list(SCOPES),
            iam_endpoint_override=(
                f"{endpoint('iamcredentials')}/v1/projects/-/serviceAccounts/{choice.impersonate}:generateAccessToken"
            ),
        )
    )


def _application_default() -> Credentials:
    for _ in range(_LOADS):
        try:
            credentials, _project = google.auth.default(scopes=SCOPES)
        except (GoogleAuthError, OSError, ValueError) as error:
            failure = str(error)
        else:
            return credentials
        silence = _silence_of_metadata_server()
        if silence:
            # google-auth only says that it found nothing; this says why.
            failure = f"{failure} {silence}"
            break
    raise CredentialsError(
        "No usable Application Default Credentials were found on the DSS host.", verbatim=failure, remedy=_ADC_HELP
    )


def _silence_of_metadata_server() -> str:
    """Return what kept the metadata server from being asked; nothing where it answers now and only blinked before."""
    try:
        HostMetadata().project_id()
    except MetadataServerError as error:
        return f"The metadata server: {error.verbatim}"
    return ""


def _from_key(choice: CredentialsChoice) -> Credentials:
    text, origin = _key_text(choice)
    try:
        info: Any = json.loads(text)
    except ValueError:
        info = None
    if not isinstance(info, dict):
        raise CredentialsError("The service-account key is not JSON.", resource=origin, remedy=_KEY_HELP)
    if info.get("type") != "service_account":
        raise CredentialsError(
            'The JSON is not a service-account key: its "type" is not "service_account".',
            resource=origin,
            remedy=_KEY_HELP,
        )
    try:
        credentials: Credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    except (GoogleAuthError, ValueError, TypeError):
        # The library's message may quote what it could not parse: it is dropped, not passed on.
        raise CredentialsError(
            "The service-account key is incomplete or damaged.", resource=origin, remedy=_KEY_HELP
        ) from None
    return credentials


def _key_text(choice: CredentialsChoice) -> tuple[str, str]:
    key = (choice.key or "").strip()
    if not key:
        raise CredentialsError("The GKE connection asks for a service-account key but gives none.", remedy=_KEY_HELP)
    if choice.key_is_json:
        return key, "the key given in the GKE connection"
    try:
        path = Path(key).expanduser()
        return path.read_text(encoding="utf-8"), str(path)
    except (OSError, ValueError, RuntimeError) as error:
        # Text that is neither a path nor JSON may be a damaged key: only the reason is said, not the text.
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        raise CredentialsError(
            "The service-account key file cannot be read.", verbatim=reason, remedy=_KEY_HELP
        ) from None
