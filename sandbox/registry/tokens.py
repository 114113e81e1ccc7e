"""The registry's own tokens: short-lived, signed, and naming what their bearer may do with which image.

Format: https://distribution.github.io/distribution/spec/auth/jwt/
"""

import base64
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding
from google.auth import exceptions, jwt
from google.auth.crypt.es256 import ES256Signer

from sandbox.certificates import CertificateAuthority
from sandbox.registry.names import Target

LIFETIME_SECONDS = 300
ISSUER = "artifact-registry"


@dataclass(frozen=True)
class Access:
    """What a token says.

    Attributes:
        subject: whose it is; empty for somebody without credentials.
        actions: by image name, those of `pull`, `push` and `delete` that are allowed.
    """

    subject: str
    actions: Mapping[str, frozenset[str]]

    def allows(self, name: str, action: str) -> bool:
        """Tell whether an action is allowed on an image."""
        return action in self.actions.get(name, ())


class TokenAuthority:
    """Signs tokens and reads them.

    Attributes:
        service: whom the tokens are for, in the challenge and in the audience: the registry's host and port.
        realm: where tokens are to be had.
    """

    def __init__(self) -> None:
        self.service = ""
        self.realm = ""
        self._authority = CertificateAuthority.create("Sandbox registry tokens")
        # The registry finds the key in the token itself and trusts it for the root that it was configured with.
        chain = [base64.b64encode(self._authority.certificate.public_bytes(Encoding.DER)).decode("ascii")]
        self._header = {"x5c": chain, "alg": "ES256"}
        self._signer = ES256Signer(self._authority.key)

    def listen(self, url: str) -> None:
        """Tell the registry's address, `http://127.0.0.1:PORT`."""
        self.service = urlsplit(url).netloc
        self.realm = f"{url}/v2/token"

    def challenge(self, target: Target | None, *, insufficient: bool = False) -> str:
        """Return the `WWW-Authenticate` header that sends a client for the token that a request needs.

        Args:
            target: what the request is about.
            insufficient: say that the token which it had is good, but not for this.
        """
        challenge = f'Bearer realm="{self.realm}",service="{self.service}"'
        if target is None:
            return challenge
        actions = "pull,push" if target.action == "push" else target.action
        scoped = f'{challenge},scope="repository:{target.name}:{actions}"'
        return f'{scoped},error="insufficient_scope"' if insufficient else scoped

    @property
    def certificate(self) -> bytes:
        """The root of trust, as PEM."""
        return self._authority.pem

    def issue(self, subject: str, actions: Mapping[str, Iterable[str]]) -> str:
        """Return a token for somebody and what they may do, by image name."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": self.service,
            "exp": now + LIFETIME_SECONDS,
            "nbf": now,
            "iat": now,
            "jti": secrets.token_hex(8),
            "access": [
                {"type": "repository", "name": name, "actions": sorted(allowed)} for name, allowed in actions.items()
            ],
        }
        encoded: bytes = jwt.encode(self._signer, claims, header=dict(self._header))
        return encoded.decode("ascii")

    def read(self, token: str) -> Access | None:
        """Return what a token says; None when it is not one of these, or no longer good."""
        try:
            claims: Mapping[str, Any] = jwt.decode(token, certs=self._authority.pem, audience=self.service)
        except (exceptions.GoogleAuthError, ValueError):
            return None
        actions = {entry["name"]: frozenset(entry["actions"]) for entry in claims["access"]}
        return Access(str(claims["sub"]), actions)
