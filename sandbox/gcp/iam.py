"""IAM and IAM Credentials: service accounts, permission tests on them, and impersonation.

https://cloud.google.com/iam/docs/reference/rest and https://cloud.google.com/iam/docs/reference/credentials/rest
"""

from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate, json_body
from sandbox.gcp.errors import GoogleError, google_error_response, invalid_argument
from sandbox.gcp.principals import Principal

_SUFFIX = ".iam.gserviceaccount.com"
_COMPUTE_DEFAULT = "-compute@developer.gserviceaccount.com"
_LONGEST_LIFETIME_SECONDS = 3600


class ServiceAccounts:
    """Serves the service accounts of a project (`iam.googleapis.com`).

    Args:
        gate: its door.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        accounts = "/v1/projects/{project}/serviceAccounts"
        self.app = Starlette(
            routes=[
                Route(accounts, self._list),
                Route(f"{accounts}/{{email}}:testIamPermissions", self._test, methods=["POST"]),
                Route(f"{accounts}/{{email}}", self._get),
            ],
            exception_handlers={GoogleError: google_error_response},
        )

    async def _list(self, request: Request) -> JSONResponse:
        project = self._gate.project(request.path_params["project"])
        self._gate.require(request, "iam.serviceAccounts.list", f"projects/{project.id}")
        accounts = [
            _resource(principal, project.id)
            for principal in self._gate.principals
            if principal.email.endswith(f"@{project.id}{_SUFFIX}")
        ]
        return JSONResponse({"accounts": accounts})

    async def _get(self, request: Request) -> JSONResponse:
        email, project = request.path_params["email"], request.path_params["project"]
        self._gate.require(request, "iam.serviceAccounts.get", f"projects/{project}/serviceAccounts/{email}")
        return JSONResponse(_resource(self._account(email), project))

    async def _test(self, request: Request) -> JSONResponse:
        caller = self._gate.caller(request)
        self._account(request.path_params["email"])
        asked = (await json_body(request)).get("permissions", [])
        granted = [permission for permission in asked if caller.may(permission)]
        return JSONResponse({"permissions": granted} if granted else {})

    def _account(self, email: str) -> Principal:
        account = self._gate.principals.get(email)
        if account is None and email.endswith(_COMPUTE_DEFAULT) and self._gate.projects.find(email.partition("-")[0]):
            # Every project with the Compute Engine API has this account.
            account = self._gate.principals.add(email, ())
        if account is None or not email.endswith(".gserviceaccount.com"):
            raise GoogleError(404, f"Unknown service account: {email}")
        return account


class Impersonation:
    """Serves short-lived tokens of other service accounts (`iamcredentials.googleapis.com`).

    Args:
        gate: its door, whose principals are issued tokens.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.app = Starlette(
            routes=[
                Route(
                    "/v1/projects/{project}/serviceAccounts/{email}:generateAccessToken",
                    self._generate,
                    methods=["POST"],
                )
            ],
            exception_handlers={GoogleError: google_error_response},
        )

    async def _generate(self, request: Request) -> JSONResponse:
        caller, email = self._gate.caller(request), request.path_params["email"]
        permission = "iam.serviceAccounts.getAccessToken"
        if not caller.may(permission):
            raise GoogleError(
                403,
                f"Permission '{permission}' denied on resource (or it may not exist).",
                details=[
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "IAM_PERMISSION_DENIED",
                        "domain": "iam.googleapis.com",
                        "metadata": {"permission": permission},
                    }
                ],
            )
        if self._gate.principals.get(email) is None:
            raise GoogleError(404, f"Not found; Gaia id not found for email {email}")
        body = await json_body(request)
        scopes = body.get("scope")
        if not isinstance(scopes, list) or not scopes:
            raise invalid_argument("Request contains an invalid argument.")
        lifetime = _seconds(body.get("lifetime", "3600s"))
        token = self._gate.principals.issue(email, lifetime, scopes)
        expires = datetime.now(timezone.utc) + timedelta(seconds=lifetime)
        return JSONResponse({"accessToken": token.value, "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})


def _seconds(duration: Any) -> int:
    """Read a protobuf duration such as `3600s`."""
    text = str(duration)
    if not text.endswith("s") or not text[:-1].isdigit() or not 0 < int(text[:-1]) <= _LONGEST_LIFETIME_SECONDS:
        raise invalid_argument("Request contains an invalid argument.")
    return int(text[:-1])


def _resource(account: Principal, project: str) -> dict[str, Any]:
    return {
        "name": f"projects/{project}/serviceAccounts/{account.email}",
        "projectId": project,
        "uniqueId": account.unique_id,
        "email": account.email,
        "displayName": account.email.partition("@")[0],
        "etag": "MDEwMjE5MjA=",
        "oauth2ClientId": account.unique_id,
    }
