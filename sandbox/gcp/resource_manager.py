"""Cloud Resource Manager: the projects, and what the caller may do in them.

https://cloud.google.com/resource-manager/reference/rest (v1 and v3)
"""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate, json_body
from sandbox.gcp.errors import GoogleError, google_error_response
from sandbox.gcp.principals import EVERYTHING
from sandbox.gcp.projects import Project

_CREATED = "2026-01-05T09:00:00.000Z"


class ResourceManager:
    """Serves projects, their IAM policy and permission tests.

    Args:
        gate: its door.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        routes = []
        for version in ("v1", "v3"):
            routes += [
                Route(f"/{version}/projects", self._list, name=version),
                Route(f"/{version}/projects/{{project}}:testIamPermissions", self._test, methods=["POST"]),
                Route(f"/{version}/projects/{{project}}:getIamPolicy", self._policy, methods=["POST"]),
                Route(f"/{version}/projects/{{project}}", self._get, name=version),
            ]
        self.app = Starlette(
            routes=routes,
            exception_handlers={GoogleError: google_error_response},
        )

    async def _list(self, request: Request) -> JSONResponse:
        self._gate.caller(request)
        return JSONResponse({"projects": [_resource(request, project) for project in self._gate.projects]})

    async def _get(self, request: Request) -> JSONResponse:
        # Any project that the caller may not see looks as one that does not exist.
        self._gate.caller(request)
        return JSONResponse(_resource(request, self._project(request)))

    async def _test(self, request: Request) -> JSONResponse:
        principal = self._gate.caller(request)
        self._project(request)
        asked = (await json_body(request)).get("permissions", [])
        granted = [permission for permission in asked if principal.may(permission)]
        return JSONResponse({"permissions": granted} if granted else {})

    async def _policy(self, request: Request) -> JSONResponse:
        self._gate.require(request, "resourcemanager.projects.getIamPolicy", f"projects/{self._project(request).id}")
        bindings = [
            {"role": "roles/owner", "members": [f"user:{principal.email}"]}
            for principal in self._gate.principals
            if EVERYTHING in principal.permissions
        ]
        return JSONResponse({"version": 1, "etag": "BwY=", "bindings": bindings})

    def _project(self, request: Request) -> Project:
        name = request.path_params["project"]
        project = self._gate.projects.find(name)
        if project is None:
            raise GoogleError(
                403,
                f"The caller does not have permission on project '{name}' (or it may not exist).",
            )
        return project


def _resource(request: Request, project: Project) -> dict[str, Any]:
    if request.url.path.startswith("/v3/"):
        return {
            "name": f"projects/{project.number}",
            "projectId": project.id,
            "state": "ACTIVE",
            "displayName": project.id,
            "createTime": _CREATED,
        }
    return {
        "projectNumber": project.number,
        "projectId": project.id,
        "lifecycleState": "ACTIVE",
        "name": project.id,
        "createTime": _CREATED,
    }
