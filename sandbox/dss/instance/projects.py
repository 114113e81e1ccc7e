"""Projects, as far as macros and the choice of cluster and containerized execution need them."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.errors import bad_request, not_found
from sandbox.dss.instance.schema import Choice, Fields, Value
from sandbox.dss.routing import json_body, routes
from sandbox.dss.storage import DataFolder, Document

_KEY = re.compile(r"[A-Za-z0-9_]+")


_CLUSTER = Fields(
    {
        "clusterMode": Choice(("INHERIT", "EXPLICIT_CLUSTER")),
        "clusterId": Value(),
        "defaultClusterId": Value(),
    }
)
_CONTAINER = Fields({"containerMode": Choice(("INHERIT", "NONE", "EXPLICIT_CONTAINER")), "containerConf": Value()})
_SELECTIONS: Mapping[str, Fields] = {
    "cluster": _CLUSTER,
    "k8sCluster": _CLUSTER,
    "container": _CONTAINER,
    "containerForVisualRecipesWorkloads": _CONTAINER,
}
"""What a project runs on. Other settings are kept as they are: no list of them is known.

Whether a cluster or a configuration of such a name exists is not looked at when settings are saved.
"""


def _new_settings(given: dict[str, Any]) -> dict[str, Any]:
    environments = {"python": {"mode": "INHERIT"}, "r": {"mode": "INHERIT"}}
    return {
        "settings": {**{name: {} for name in _SELECTIONS}, "codeEnvs": environments, **given},
        "exposedObjects": {"objects": []},
    }


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document of settings as it is kept; null is as good as nothing."""
    settings = document.get("settings")
    if not isinstance(settings, dict):
        raise bad_request("The settings of a project are an object with settings")
    given = {key: value for key, value in settings.items() if value is not None}
    kept = {
        name: _SELECTIONS[name].conform(value, f"settings.{name}") if name in _SELECTIONS else value
        for name, value in given.items()
    }
    missing = {name: selection.default() for name, selection in _SELECTIONS.items() if name not in kept}
    return {**document, "settings": kept | missing}


class Projects:
    """The projects, by key.

    Args:
        data: where they are kept.
    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data

    def _document(self, project_key: str) -> Document:
        return self._data.document("projects", project_key, "project")

    def get(self, project_key: str) -> dict[str, Any]:
        """Return a project: its `summary` and its `settings`.

        Raises:
            DssError: there is none of that key.
        """
        project = self._document(project_key).read() if _KEY.fullmatch(project_key) else None
        if project is None:
            raise not_found(f"Project {project_key}")
        return dict(project)

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        one = "/projects/{project_key}"
        return routes(
            [
                ("GET", "/projects/", self._list),
                ("POST", "/projects/", self._create),
                ("GET", one, self._show),
                ("DELETE", one, self._delete),
                ("GET", f"{one}/settings", self._get_settings),
                ("PUT", f"{one}/settings", self._save_settings),
            ]
        )

    async def _list(self, _request: Request) -> Response:
        keys = sorted(path.parent.name for path in (self._data.config / "projects").glob("*/project.json"))
        return JSONResponse([self.get(key)["summary"] for key in keys])

    async def _create(self, request: Request) -> Response:
        wanted = await json_body(request)
        key = wanted.get("projectKey")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise bad_request("A project key has letters, digits and underscores only")
        if self._document(key).read() is not None:
            raise bad_request(f"Project {key} already exists")
        summary = {
            "projectKey": key,
            "name": wanted.get("name") or key,
            "ownerLogin": wanted.get("owner") or "admin",
            "shortDesc": wanted.get("description") or "",
            "tags": wanted.get("tags") or [],
        }
        self._document(key).write({"summary": summary, "settings": _kept(_new_settings(wanted.get("settings") or {}))})
        return JSONResponse({"msg": f"Created project {key}"})

    async def _show(self, request: Request) -> Response:
        return JSONResponse(self.get(request.path_params["project_key"])["summary"])

    async def _delete(self, request: Request) -> Response:
        key = request.path_params["project_key"]
        self.get(key)
        self._document(key).delete()
        return JSONResponse({"hasResult": True, "alive": False, "aborted": False, "result": {}})

    async def _get_settings(self, request: Request) -> Response:
        return JSONResponse(self.get(request.path_params["project_key"])["settings"])

    async def _save_settings(self, request: Request) -> Response:
        key = request.path_params["project_key"]
        project = self.get(key)
        self._document(key).write({**project, "settings": _kept(await json_body(request))})
        return Response(status_code=200)
