"""Who calls an API server: Google's access tokens, the cluster's own service account tokens, or nobody."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.auth import crypt, jwt

from sandbox.certificates import CertificateAuthority
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.embedded.statuses import unauthorized
from sandbox.kubernetes.embedded.store import Store

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    """A caller: name, groups, uid and extra attributes as in `UserInfo`."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the `UserInfo`."""
        info: dict[str, Any] = {"username": self.name}
        if self.uid:
            info["uid"] = self.uid
        info["groups"] = list(self.groups)
        if self.extra:
            info["extra"] = {name: list(values) for name, values in self.extra.items()}
        return info


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))
CONTROLLER = User("system:apiserver", (MASTERS,))


@dataclass(frozen=True)
class _Issued:
    namespace: str
    account: str
    uid: str
    audiences: tuple[str, ...]
    expires_at: float
    pod: Mapping[str, str]


class Authenticator:
    """Tells who a bearer token stands for.

    Args:
        principals: the sandbox's users and service accounts at Google.
        store: the cluster's objects; a service account's token dies with its account.
        authority: the cluster's CA; its key signs service account tokens.
        issuer: the `iss` of service account tokens.
    """

    def __init__(self, principals: Principals, store: Store, authority: CertificateAuthority, issuer: str) -> None:
        self._principals = principals
        self._store = store
        self._signer = crypt.EsSigner(authority.key, key_id="sandbox")
        self._issuer = issuer
        self._issued: dict[str, _Issued] = {}

    def identify(self, token: str | None) -> User:
        """Return who calls; no token is the anonymous user.

        Raises:
            StatusError: 401 for a token that is unknown or expired.
        """
        if not token:
            return ANONYMOUS
        user = self.review(token)
        if user is None:
            raise unauthorized()
        return user

    def review(self, token: str) -> User | None:
        """Return who a token stands for, or None."""
        principal = self._principals.authenticate(token)
        if principal is not None:
            return User(principal.email, (AUTHENTICATED,))
        issued = self._issued.get(token)
        if issued is None or issued.expires_at <= time.time():
            return None
        account = self._store.get(("", "serviceaccounts"), issued.namespace, issued.account)
        if account is None or account["metadata"]["uid"] != issued.uid:
            return None
        extra = {f"authentication.kubernetes.io/pod-{name}": (value,) for name, value in issued.pod.items()}
        return service_account(issued.namespace, issued.account, issued.uid, extra)

    def issue(
        self,
        namespace: str,
        account: str,
        uid: str,
        lifetime_seconds: int,
        audiences: tuple[str, ...] = (),
        pod: Mapping[str, str] | None = None,
    ) -> str:
        """Return a signed token for a service account; `pod` holds the name and uid of the pod it is bound to."""
        now = int(time.time())
        kubernetes: dict[str, Any] = {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}}
        if pod:
            kubernetes["pod"] = dict(pod)
        claims = {
            "aud": list(audiences or (self._issuer,)),
            "exp": now + lifetime_seconds,
            "iat": now,
            "iss": self._issuer,
            "jti": secrets.token_hex(16),
            "kubernetes.io": kubernetes,
            "nbf": now,
            "sub": f"system:serviceaccount:{namespace}:{account}",
        }
        token = jwt.encode(self._signer, claims).decode()
        self._issued[token] = _Issued(namespace, account, uid, audiences, now + lifetime_seconds, pod or {})
        return str(token)


def service_account(
    namespace: str, account: str, uid: str = "", extra: Mapping[str, tuple[str, ...]] | None = None
) -> User:
    """Return a service account as a user."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{account}", groups, uid, extra or {})
