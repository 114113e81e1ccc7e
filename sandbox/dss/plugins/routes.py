"""The public API of plugins and their code environments."""

import asyncio
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.clusters.registry import Clusters
from sandbox.dss.errors import bad_request
from sandbox.dss.futures import Futures, Progress
from sandbox.dss.messages import success
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.plugins.code_envs import CodeEnvs
from sandbox.dss.plugins.settings import PluginSettings
from sandbox.dss.routing import json_body, routes


class PluginRoutes:
    """Handlers over the catalogue, the settings and the code envs.

    Args:
        catalogue: the installed plugins.
        settings: their settings documents.
        code_envs: their code environments.
        futures: where long tasks run.
        clusters: what may use a plugin.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        settings: PluginSettings,
        code_envs: CodeEnvs,
        futures: Futures,
        clusters: Clusters,
    ) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._code_envs = code_envs
        self._futures = futures
        self._clusters = clusters

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        return routes(
            [
                ("GET", "/plugins/", self._list),
                ("POST", "/plugins/actions/installFromZip", self._install),
                ("POST", "/plugins/actions/future/installFromZip", self._install_later),
                ("POST", "/plugins/{plugin_id}/actions/updateFromZip", self._install),
                ("POST", "/plugins/{plugin_id}/actions/future/updateFromZip", self._install_later),
                ("GET", "/plugins/{plugin_id}/settings", self._get_settings),
                ("POST", "/plugins/{plugin_id}/settings", self._save_settings),
                ("POST", "/plugins/{plugin_id}/settings/future", self._save_settings_later),
                ("GET", "/plugins/{plugin_id}/actions/listUsages", self._usages),
                ("POST", "/plugins/{plugin_id}/actions/delete", self._delete),
                ("POST", "/plugins/{plugin_id}/code-env/actions/create", self._create_code_env),
                ("POST", "/plugins/{plugin_id}/code-env/actions/update", self._update_code_env),
                ("GET", "/admin/code-envs/", self._list_code_envs),
                ("GET", "/admin/code-envs/PYTHON/{name}", self._get_code_env),
                ("DELETE", "/admin/code-envs/PYTHON/{name}", self._delete_code_env),
                ("POST", "/admin/code-envs/PYTHON/{name}/images", self._build_images),
            ]
        )

    async def _list(self, _request: Request) -> Response:
        return JSONResponse([plugin.as_list_item() for plugin in self._catalogue.all()])

    async def _install(self, request: Request) -> Response:
        archive, expected = await self._upload(request)
        return JSONResponse(await self._do_install(archive, expected))

    async def _install_later(self, request: Request) -> Response:
        archive, expected = await self._upload(request)

        async def work(_progress: Progress) -> dict[str, Any]:
            return await self._do_install(archive, expected)

        return await self._futures.answer(self._futures.start("Install plugin", work))

    async def _upload(self, request: Request) -> tuple[bytes, str | None]:
        expected = request.path_params.get("plugin_id")
        if expected is not None:
            self._catalogue.get(expected)
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise bad_request("The request has no part called file with the plugin archive")
            return await file.read(), expected

    async def _do_install(self, archive: bytes, expected: str | None) -> dict[str, Any]:
        plugin = await asyncio.to_thread(self._catalogue.install, archive, expected)
        return {
            "pluginId": plugin.plugin_id,
            "version": plugin.desc.get("version"),
            "needsRestart": False,
            "messages": success(),
        }

    async def _get_settings(self, request: Request) -> Response:
        plugin = self._catalogue.get(request.path_params["plugin_id"])
        return JSONResponse(self._settings.shown(plugin, request.query_params.get("projectKey")))

    async def _save_settings(self, request: Request) -> Response:
        plugin = self._catalogue.get(request.path_params["plugin_id"])
        self._settings.save(plugin, await json_body(request), request.query_params.get("projectKey"))
        return Response(status_code=200)

    async def _save_settings_later(self, request: Request) -> Response:
        await self._save_settings(request)
        return JSONResponse({"hasResult": True, "alive": False, "aborted": False, "result": {}})

    def _using(self, plugin_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        plugin = self._catalogue.get(plugin_id)
        usages, missing = [], []
        for cluster in self._clusters.of_plugin(plugin_id):
            component = plugin.components.get(cluster.type)
            whose = {"objectId": cluster.cluster_id, "objectType": "CLUSTER", "projectKey": None}
            if component is None:
                missing.append({"missingType": cluster.type, **whose})
            else:
                usages.append({"elementKind": component.kind, "elementType": component.element_type, **whose})
        return usages, missing

    async def _usages(self, request: Request) -> Response:
        usages, missing = self._using(request.path_params["plugin_id"])
        return JSONResponse({"usages": usages, "missingTypes": missing})

    async def _delete(self, request: Request) -> Response:
        plugin_id = request.path_params["plugin_id"]
        force = (await json_body(request)).get("force") is True
        usages, missing = self._using(plugin_id)

        async def work(_progress: Progress) -> dict[str, Any]:
            if (usages or missing) and not force:
                names = sorted(str(usage["objectId"]) for usage in [*usages, *missing])
                raise bad_request(f"Plugin {plugin_id} is in use by {', '.join(names)}")
            plugin = self._catalogue.get(plugin_id)
            self._settings.delete(plugin)
            await asyncio.to_thread(self._catalogue.delete, plugin_id)
            return {"success": True, "messages": success()}

        return await self._futures.answer(self._futures.start(f"Delete plugin {plugin_id}", work))

    async def _create_code_env(self, request: Request) -> Response:
        plugin = self._catalogue.get(request.path_params["plugin_id"])
        wanted = await json_body(request)

        async def work(_progress: Progress) -> dict[str, Any]:
            interpreter = wanted.get("pythonInterpreter")
            return await self._code_envs.create(plugin, interpreter, conda=wanted.get("conda") is True)

        return await self._futures.answer(self._futures.start(f"Create code env of {plugin.plugin_id}", work))

    async def _update_code_env(self, request: Request) -> Response:
        plugin = self._catalogue.get(request.path_params["plugin_id"])
        name = self._settings.stored(plugin)["codeEnvName"]

        async def work(_progress: Progress) -> dict[str, Any]:
            return await self._code_envs.update(plugin, name)

        return await self._futures.answer(self._futures.start(f"Update code env of {plugin.plugin_id}", work))

    async def _list_code_envs(self, _request: Request) -> Response:
        return JSONResponse(self._code_envs.all())

    async def _get_code_env(self, request: Request) -> Response:
        return JSONResponse(self._code_envs.get(request.path_params["name"]))

    async def _delete_code_env(self, request: Request) -> Response:
        self._code_envs.delete(request.path_params["name"])
        return JSONResponse({"messages": success()})

    async def _build_images(self, request: Request) -> Response:
        name = self._code_envs.get(request.path_params["name"])["envName"]

        async def work(_progress: Progress) -> dict[str, Any]:
            return {"messages": success()}

        if request.query_params.get("wait", "True").lower() == "true":
            return JSONResponse({"messages": success()})
        return await self._futures.answer(self._futures.start(f"Build images of {name}", work))
