"""The backend's internal calls that plugins use although they are no part of the public API."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.components.runner import ComponentRunner
from sandbox.dss.errors import not_found
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.routing import json_object


class Intercom:
    """Answers the internal calls.

    Args:
        catalogue: the plugins.
        runner: what resolves presets for their components.
    """

    def __init__(self, catalogue: Catalogue, runner: ComponentRunner) -> None:
        self._catalogue = catalogue
        self._runner = runner

    def routes(self) -> list[Route]:
        """Return the routes below the internal prefix."""
        return [Route("/plugins/get-resolved-settings", self._resolved, methods=["POST"])]

    async def _resolved(self, request: Request) -> Response:
        async with request.form() as form:
            element_type = str(form.get("elementType", ""))
            config = json_object(str(form.get("elementConfig", "")), "elementConfig")
        component = self._catalogue.component(element_type)
        if component is None:
            raise not_found(f"Element type {element_type}")
        resolved = self._runner.resolve(component, config)
        return JSONResponse({"config": resolved.config, "pluginConfig": resolved.plugin_config})
