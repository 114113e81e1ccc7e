"""Service Usage: which Google APIs a project has enabled. Here: all that are asked for.

https://cloud.google.com/service-usage/docs/reference/rest
"""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.access import Gate
from sandbox.gcp.errors import GoogleError, google_error_response

_ENABLED = (
    "artifactregistry.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)


class ServiceUsage:
    """Serves the enabled services of a project.

    Args:
        gate: its door.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        services = "/{version}/projects/{project}/services"
        self.app = Starlette(
            routes=[Route(services, self._list), Route(f"{services}/{{service}}", self._get)],
            exception_handlers={GoogleError: google_error_response},
        )

    async def _list(self, request: Request) -> JSONResponse:
        project = self._gate.project(request.path_params["project"])
        self._gate.require(request, "serviceusage.services.list", f"projects/{project.id}")
        return JSONResponse({"services": [_resource(project.number, service) for service in _ENABLED]})

    async def _get(self, request: Request) -> JSONResponse:
        project = self._gate.project(request.path_params["project"])
        self._gate.require(request, "serviceusage.services.get", f"projects/{project.id}")
        return JSONResponse(_resource(project.number, request.path_params["service"]))


def _resource(project_number: str, service: str) -> dict[str, Any]:
    return {
        "name": f"projects/{project_number}/services/{service}",
        "config": {"name": service},
        "state": "ENABLED",
        "parent": f"projects/{project_number}",
    }
