"""Macros of plugins, run from a project: run, poll, fetch the result once, abort."""

import shutil
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.components.process import ComponentError
from sandbox.dss.components.runner import ComponentRunner, Place
from sandbox.dss.errors import bad_request, failed, not_found
from sandbox.dss.futures import Future, Futures, Progress, abort
from sandbox.dss.instance.projects import Projects
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.plugins.descriptors import Component
from sandbox.dss.routing import flag, json_body, routes
from sandbox.dss.storage import DataFolder

_MIME_TYPES = {
    "HTML": "text/html",
    "URL": "text/plain",
    "RESULT_TABLE": "application/json",
    "JSON_OBJECT": "application/json",
}


class Macros:
    """The macros of the installed plugins, and their runs.

    Args:
        data: the data folder.
        catalogue: the plugins.
        runner: what runs the components.
        futures: where the runs go on.
        projects: where macros are run from.
    """

    def __init__(
        self, data: DataFolder, catalogue: Catalogue, runner: ComponentRunner, futures: Futures, projects: Projects
    ) -> None:
        self._data = data
        self._catalogue = catalogue
        self._runner = runner
        self._futures = futures
        self._projects = projects
        self._runs: dict[str, Future] = {}

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        one = "/projects/{project_key}/runnables/{runnable_type}"
        return routes(
            [
                ("GET", "/projects/{project_key}/runnables/", self._list),
                ("GET", one, self._show),
                ("POST", one, self._run),
                ("GET", f"{one}/state/{{run_id}}", self._state),
                ("GET", f"{one}/result/{{run_id}}", self._result),
                ("POST", f"{one}/abort/{{run_id}}", self._abort),
            ]
        )

    def start(self, component: Component, values: dict[str, Any], project_key: str) -> Future:
        """Start a macro with its parameters, presets unresolved; the result is its text."""

        async def work(progress: Progress) -> str:
            folder = self._data.root / "runnables" / future.job_id
            try:
                text = await self._runner.call(
                    component, "macro", values, Place(folder, self._log(future)), progress, project_key=project_key
                )
            except ComponentError as error:
                raise failed(str(error)) from error
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return str(text)

        future = self._futures.start(f"Run macro {component.element_type}", work)
        self._runs[future.job_id] = future
        return future

    def _log(self, run: Future) -> Path:
        return self._data.root / "run" / "macros" / f"{run.job_id}.log"

    def _component(self, request: Request) -> Component:
        self._projects.get(request.path_params["project_key"])
        runnable_type = request.path_params["runnable_type"]
        component = self._catalogue.component(runnable_type)
        if component is None or component.kind != "python-runnables":
            raise not_found(f"Macro {runnable_type}")
        return component

    def _found(self, request: Request) -> Future:
        self._component(request)
        run = self._runs.get(request.path_params["run_id"])
        if run is None:
            raise not_found(f"Macro run {request.path_params['run_id']}")
        return run

    async def _list(self, request: Request) -> Response:
        self._projects.get(request.path_params["project_key"])
        found = [
            _definition(component)
            for plugin in self._catalogue.all()
            for component in plugin.components.values()
            if component.kind == "python-runnables"
        ]
        return JSONResponse(found)

    async def _show(self, request: Request) -> Response:
        return JSONResponse(_definition(self._component(request)))

    async def _run(self, request: Request) -> Response:
        component = self._component(request)
        wanted = await json_body(request)
        params, admin_params = wanted.get("params") or {}, wanted.get("adminParams") or {}
        if not isinstance(params, dict) or not isinstance(admin_params, dict):
            raise bad_request("The parameters of the macro are not an object")
        run = self.start(component, {**params, **admin_params}, request.path_params["project_key"])
        if flag(request, "wait", default=True):
            await self._futures.ended(run)
        return JSONResponse({"runId": run.job_id})

    async def _state(self, request: Request) -> Response:
        run = self._found(request)
        state = {"exists": True, "running": not run.done, "type": self._component(request).element_type}
        if run.failure:
            state["storedError"] = {"errorType": run.failure.error_type, "message": run.failure.message}
        return JSONResponse({**state, "progress": run.state()["progress"]})

    async def _result(self, request: Request) -> Response:
        run = self._found(request)
        if not run.done:
            raise bad_request("The macro is still running")
        del self._runs[run.job_id]
        if run.failure:
            raise run.failure
        desc = self._component(request).desc
        mime_type = desc.get("mimeType") or _MIME_TYPES.get(desc.get("resultType", ""), "application/octet-stream")
        return Response(run.task.result().encode(), media_type=mime_type)

    async def _abort(self, request: Request) -> Response:
        await abort(self._found(request).task)
        return Response(status_code=200)


def _definition(component: Component) -> dict[str, Any]:
    return {
        **component.desc,
        "runnableType": component.element_type,
        "ownerPluginId": component.plugin_id,
        "adminParams": component.desc.get("adminParams", []),
    }
