"""Who may do what: the check that each handler of a Google service makes before it answers."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from sandbox.gcp.errors import GoogleError, invalid_argument, permission_denied, unauthenticated
from sandbox.gcp.principals import Principal, Principals
from sandbox.gcp.projects import Project, Projects
from sandbox.traffic import bearer


@dataclass(frozen=True)
class Gate:
    """The door of one Google service.

    Attributes:
        principals: who the bearer tokens stand for.
        projects: the projects that exist.
        service: the service's name in errors, such as `compute.googleapis.com`.
    """

    principals: Principals
    projects: Projects
    service: str

    def caller(self, request: Request) -> Principal:
        """Return who calls.

        Raises:
            GoogleError: 401, the token is missing, unknown or expired.
        """
        token = bearer(request.scope)
        principal = self.principals.authenticate(token) if token else None
        if principal is None:
            raise unauthenticated()
        return principal

    def require(self, request: Request, permission: str, resource: str) -> Principal:
        """Return who calls if IAM grants the permission on the resource.

        Raises:
            GoogleError: 401 without a good token, 403 without the permission.
        """
        principal = self.caller(request)
        if not principal.may(permission):
            raise permission_denied(permission, resource, self.service)
        return principal

    def project(self, id_or_number: str) -> Project:
        """Return a project.

        Raises:
            GoogleError: 404, there is none of that id or number.
        """
        project = self.projects.find(id_or_number)
        if project is None:
            raise GoogleError(404, f"The resource 'projects/{id_or_number}' was not found")
        return project


async def json_body(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request carries; an empty body is an empty object.

    Raises:
        GoogleError: 400, the body is something else.
    """
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        raise invalid_argument("Invalid JSON payload received.") from None
    if not isinstance(body, dict):
        raise invalid_argument("Invalid JSON payload received. Root element must be a message.")
    return body
