"""The OAuth token endpoint: access tokens for service-account keys (JWT bearer grant) and for users' refresh tokens.

Protocol: https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

import time
from typing import Any
from urllib.parse import parse_qs

from google.auth import exceptions, jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.principals import Principals
from sandbox.gcp.service_accounts import ServiceAccountKeys

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Clients name Google's own endpoint as the audience even when a key file sends them to another.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_LONGEST_ASSERTION_SECONDS = 3600
_CLOCK_SKEW_SECONDS = 300


class GrantError(Exception):
    """A token request that is refused.

    Args:
        error: OAuth's error code, such as `invalid_grant`.
        description: the sentence that Google adds.
        status: HTTP status.
    """

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class TokenEndpoint:
    """Serves `POST /token`.

    Args:
        principals: where tokens are issued.
        keys: the keys and refresh tokens that were handed out.
    """

    def __init__(self, principals: Principals, keys: ServiceAccountKeys) -> None:
        self._principals = principals
        self._keys = keys
        self.app = Starlette(
            routes=[Route("/token", self._token, methods=["POST"])], exception_handlers={GrantError: _refuse}
        )

    async def _token(self, request: Request) -> JSONResponse:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        grant = form.get("grant_type", "")
        if grant == JWT_BEARER:
            email, scopes = self._signed_by(form.get("assertion", ""))
        elif grant == "refresh_token":
            email, scopes = self._refreshed(form)
        else:
            raise GrantError("unsupported_grant_type", f"Invalid grant_type: {grant}")
        lifetime = self._principals.lifetime_seconds
        token = self._principals.issue(email, lifetime, scopes)
        answer = {"access_token": token.value, "expires_in": int(lifetime), "token_type": "Bearer"}
        if grant == "refresh_token":
            answer["scope"] = " ".join(scopes)
        return JSONResponse(answer)

    def _signed_by(self, assertion: str) -> tuple[str, list[str]]:
        """Return the account and the scopes of a signed assertion."""
        claims = _claims(assertion)
        email = str(claims.get("iss", ""))
        if self._principals.get(email) is None:
            raise GrantError("invalid_grant", "Invalid grant: account not found")
        if jwt.decode_header(assertion).get("alg") != "RS256":
            raise GrantError("invalid_grant", "Invalid JWT: the algorithm must be RS256.")
        now, issued, expires = time.time(), claims.get("iat"), claims.get("exp")
        if (
            not isinstance(issued, int)
            or not isinstance(expires, int)
            or expires - issued > _LONGEST_ASSERTION_SECONDS
            or not issued - _CLOCK_SKEW_SECONDS <= now <= expires + _CLOCK_SKEW_SECONDS
        ):
            raise GrantError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
        if claims.get("aud") not in (self._keys.token_uri, _AUDIENCE):
            raise GrantError("invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {_AUDIENCE}")
        try:
            jwt.decode(assertion, certs=self._keys.public_keys(email), clock_skew_in_seconds=_CLOCK_SKEW_SECONDS)
        except (exceptions.GoogleAuthError, ValueError):
            raise GrantError("invalid_grant", "Invalid JWT Signature.") from None
        scopes = str(claims.get("scope", "")).split()
        if not scopes:
            raise GrantError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return email, scopes

    def _refreshed(self, form: dict[str, str]) -> tuple[str, list[str]]:
        """Return the user and the scopes of a refresh token."""
        if not form.get("client_id"):
            raise GrantError("invalid_request", "Could not determine client ID from request.")
        email = self._keys.owner_of(form.get("refresh_token", ""))
        if email is None:
            raise GrantError("invalid_grant", "Token has been expired or revoked.")
        return email, form.get("scope", "https://www.googleapis.com/auth/cloud-platform").split()


def _claims(assertion: str) -> dict[str, Any]:
    try:
        claims = jwt.decode(assertion, verify=False)
    except (exceptions.GoogleAuthError, ValueError):
        raise GrantError("invalid_grant", "Invalid JWT: it cannot be decoded.") from None
    if not isinstance(claims, dict):
        raise GrantError("invalid_grant", "Invalid JWT: the payload must be an object.")
    return claims


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GrantError)  # noqa: S101 - registered for this class only
    return JSONResponse({"error": error.error, "error_description": error.description}, status_code=error.status)
