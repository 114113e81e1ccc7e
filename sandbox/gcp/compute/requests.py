"""What every handler of Compute does with a request: who may, where, which page, and how a refusal looks."""

from collections.abc import Iterable
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.gcp.access import Gate
from sandbox.gcp.compute.filters import matches
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.locations import is_region, is_zone
from sandbox.gcp.projects import Project

_PAGE = 500


def allowed(gate: Gate, request: Request, permission: str, *path: str) -> Project:
    """Return the project of a request if the caller may do this to the resource at the path in it, else to it.

    Raises:
        GoogleError: 401, 403, or 404 for an unknown project.
    """
    project = gate.project(request.path_params["project"])
    gate.require(request, permission, "/".join(("projects", project.id, *path)))
    return project


def named(request: Request, kind: Literal["zone", "region"]) -> str:
    """Return the zone or region in the path.

    Raises:
        GoogleError: 400, Google has none of that name.
    """
    name: str = request.path_params[kind]
    if not (is_zone if kind == "zone" else is_region)(name):
        raise GoogleError(400, f"Invalid value for field '{kind}': '{name}'. Unknown {kind}.", reason="invalid")
    return name


def last_part(request: Request) -> str:
    """Return what follows the last slash of the path: in a list, the kind of resource."""
    return request.url.path.rpartition("/")[2]


def missing(project: Project, *path: str) -> GoogleError:
    """Return 404 for a resource, in Compute's wording."""
    return GoogleError(404, f"The resource '{'/'.join(('projects', project.id, *path))}' was not found")


def page(request: Request, kind: str, found: Iterable[dict[str, Any]]) -> JSONResponse:
    """Return the page that a list request asks for, of the found resources that pass its filter.

    Raises:
        GoogleError: 400, unusable filter or page.
    """
    expression = request.query_params.get("filter", "")
    kept = [resource for resource in found if matches(resource, expression)]
    try:
        start = int(request.query_params.get("pageToken") or 0)
        size = int(request.query_params.get("maxResults") or _PAGE)
    except ValueError:
        raise GoogleError(400, "Invalid value for field 'pageToken'.", reason="invalid") from None
    answer: dict[str, Any] = {
        "kind": kind,
        "id": request.url.path.removeprefix(f"/compute/{request.path_params['version']}/"),
        "items": kept[start : start + size],
        "selfLink": f"https://www.googleapis.com{request.url.path}",
    }
    if start + size < len(kept):
        answer["nextPageToken"] = str(start + size)
    return JSONResponse(answer)


async def unknown(request: Request) -> JSONResponse:
    """Refuse a path that is not simulated."""
    raise GoogleError(404, f"The requested URL {request.url.path} was not found on this server.")


def shape(error: GoogleError) -> JSONResponse:
    """Return a refusal as Compute words and shapes it: without a canonical status, except for 401."""
    if error.code == 401:
        return error.response()
    message = error.message
    denied = next((detail["metadata"] for detail in error.details if "permission" in detail.get("metadata", {})), None)
    if denied:
        message = f"Required '{denied['permission']}' permission for '{denied['resource']}'"
    entry = {"message": message, "domain": "global", "reason": error.reason}
    return JSONResponse({"error": {"code": error.code, "message": message, "errors": [entry]}}, status_code=error.code)


async def compute_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `GoogleError` (Starlette exception handler)."""
    assert isinstance(error, GoogleError)  # noqa: S101 - registered for this class only
    return shape(error)
