"""Who sends a request: Google's ways to say so to a registry.

https://cloud.google.com/artifact-registry/docs/docker/authentication
"""

import base64
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from sandbox.gcp.principals import Principal, Principals
from sandbox.gcp.service_accounts import ServiceAccountKeys

ACCESS_TOKEN_USER = "oauth2accesstoken"  # noqa: S105 - the user name that announces a token as the password
_KEY_USERS = ("_json_key", "_json_key_base64")


@dataclass(frozen=True)
class Callers:
    """Recognises principals by what they send.

    Attributes:
        principals: who the access tokens stand for.
        keys: the service-account keys that were handed out.
    """

    principals: Principals
    keys: ServiceAccountKeys

    def bearer(self, token: str) -> Principal | None:
        """Return whose access token this is."""
        return self.principals.authenticate(token)

    def basic(self, user: str, password: str) -> Principal | None:
        """Return who logs in with a user name and a password: an access token, or a key file."""
        if user == ACCESS_TOKEN_USER:
            return self.principals.authenticate(password)
        if user in _KEY_USERS:
            return self._holder_of(password.encode(), encoded=user == "_json_key_base64")
        return None

    def _holder_of(self, content: bytes, *, encoded: bool) -> Principal | None:
        try:
            key = json.loads(base64.b64decode(content, validate=True) if encoded else content)
            private = load_pem_private_key(key["private_key"].encode(), password=None)
            email, key_id = str(key["client_email"]), key["private_key_id"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self.principals.get(email) if self.keys.public_keys(email).get(key_id) == public else None
