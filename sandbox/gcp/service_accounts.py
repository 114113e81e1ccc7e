"""Key files of service accounts and of users, and what the token endpoint remembers to recognise them.

File format: https://cloud.google.com/iam/docs/keys-create-delete
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions, jwt

from sandbox.gcp.principals import Principals
from sandbox.gcp.projects import Project


@dataclass
class ServiceAccountKeys:
    """The private keys and refresh tokens that were handed out.

    Attributes:
        principals: their owners.
        project: the project named in the key files.
        token_uri: address of the token endpoint; set once its server is bound.
    """

    principals: Principals
    project: Project
    token_uri: str = ""
    _public_keys: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _refresh_tokens: dict[str, str] = field(default_factory=dict)

    def create(self, email: str) -> dict[str, Any]:
        """Make a key of a known service account and return its key file. Takes a tenth of a second.

        Raises:
            KeyError: there is no such account.
        """
        principal = self.principals.get(email)
        if principal is None:
            raise KeyError(email)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key_id = secrets.token_hex(20)
        self._public_keys.setdefault(email, {})[key_id] = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": self.project.id,
            "private_key_id": key_id,
            "private_key": private.decode(),
            "client_email": email,
            "client_id": principal.unique_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": self.token_uri,
            "universe_domain": "googleapis.com",
        }

    def create_user(self, email: str) -> dict[str, Any]:
        """Return the file that `gcloud auth application-default login` would write for a known user.

        Raises:
            KeyError: there is no such user.
        """
        if self.principals.get(email) is None:
            raise KeyError(email)
        refresh_token = "1//sandbox-" + secrets.token_urlsafe(24)
        self._refresh_tokens[refresh_token] = email
        return {
            "type": "authorized_user",
            "client_id": "sandbox.apps.googleusercontent.com",
            "client_secret": "not-a-secret",
            "refresh_token": refresh_token,
            "token_uri": self.token_uri,
            "universe_domain": "googleapis.com",
        }

    def public_keys(self, email: str) -> dict[str, bytes]:
        """Return the public keys of an account as PEM, by key id; none for an unknown account."""
        return self._public_keys.get(email, {})

    def signer_of(self, token: str) -> str | None:
        """Return the account that signed a token for itself, which Google's APIs take in place of an access token.

        Google's client libraries send one where a key is at hand and no token endpoint needs to be asked:
        https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
        """
        try:
            email = str(jwt.decode(token, verify=False)["iss"])
            claims = jwt.decode(token, certs=self.public_keys(email))
        except (exceptions.GoogleAuthError, ValueError, KeyError, TypeError):
            return None
        addressed = claims.get("scope") or str(claims.get("aud")).endswith(".googleapis.com/")
        return email if claims.get("sub") == email and addressed else None

    def owner_of(self, refresh_token: str) -> str | None:
        """Return the user to whom this refresh token was given."""
        return self._refresh_tokens.get(refresh_token)
