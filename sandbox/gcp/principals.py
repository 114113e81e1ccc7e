"""Who calls: principals, the permissions they hold and the tokens that stand for them."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

EVERYTHING = "*"
LIFETIME_SECONDS = 3599
TOKEN_PREFIX = "ya29.sandbox-"  # noqa: S105 - the mark of every sandbox token, not a secret


@dataclass(frozen=True)
class Principal:
    """A user or service account.

    Attributes:
        email: its name in IAM, in the audit log and in Kubernetes.
        permissions: IAM permissions such as `container.clusters.get`; `*` stands for all.
        unique_id: the numeric id that Google gives it.
    """

    email: str
    permissions: frozenset[str]
    unique_id: str

    def may(self, permission: str) -> bool:
        """Tell whether IAM grants the permission."""
        return EVERYTHING in self.permissions or permission in self.permissions


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        value: the bearer string.
        email: whose it is.
        expires_at: seconds since the epoch, or None for a token that never expires.
        scopes: the OAuth scopes it was asked for.
    """

    value: str
    email: str
    expires_at: float | None
    scopes: tuple[str, ...] = ()

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and time.time() >= self.expires_at


@dataclass
class Principals:
    """The directory that every simulated service asks.

    Attributes:
        lifetime_seconds: of the tokens that the metadata server and the token endpoint hand out.
        signed_by: tells which account signed a token for itself, as a service-account key allows; nobody by default.
    """

    lifetime_seconds: float = LIFETIME_SECONDS
    signed_by: Callable[[str], str | None] = lambda _value: None
    _by_email: dict[str, Principal] = field(default_factory=dict)
    _tokens: dict[str, Token] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Principal]:
        return iter(self._by_email.values())

    def add(self, email: str, permissions: Iterable[str]) -> Principal:
        """Add a principal, or replace its permissions."""
        known = self._by_email.get(email)
        unique_id = known.unique_id if known else "1" + "".join(secrets.choice("0123456789") for _ in range(20))
        principal = Principal(email, frozenset(permissions), unique_id)
        self._by_email[email] = principal
        return principal

    def get(self, email: str) -> Principal | None:
        """Return the principal of that email."""
        return self._by_email.get(email)

    def issue(self, email: str, lifetime_seconds: float | None = 3600, scopes: Iterable[str] = ()) -> Token:
        """Issue a token for a known principal; None makes one that does not expire."""
        if email not in self._by_email:
            raise KeyError(email)
        expires_at = None if lifetime_seconds is None else time.time() + lifetime_seconds
        token = Token(TOKEN_PREFIX + secrets.token_urlsafe(24), email, expires_at, tuple(scopes))
        self._tokens[token.value] = token
        return token

    def authenticate(self, value: str) -> Principal | None:
        """Return whose token this is; None when it is unknown, expired or revoked."""
        if value in self._revoked:
            return None
        token = self._tokens.get(value)
        if token is None:
            return self._by_email.get(self.signed_by(value) or "")
        return None if token.expired else self._by_email.get(token.email)

    def token(self, value: str) -> Token | None:
        """Return what is known of a token, expired or not."""
        return self._tokens.get(value)

    def can_expire(self, value: str) -> bool:
        """Tell whether this is a good token that will not be one for ever."""
        token = self._tokens.get(value)
        return self.authenticate(value) is not None and (token is None or token.expires_at is not None)

    def revoke(self, value: str) -> None:
        """Let a token stand for nobody from now on."""
        self._revoked.add(value)
