"""The general settings: read and replaced as one document, in the shape of the DSS version that is played."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.errors import bad_request
from sandbox.dss.instance.settings_fields import KNOWN_FIELDS, Version
from sandbox.dss.routing import json_body, routes
from sandbox.dss.storage import DataFolder


class GeneralSettings:
    """The settings of the instance.

    Args:
        data: where they are kept.
        version: whose shape they have.
    """

    def __init__(self, data: DataFolder, version: Version) -> None:
        self._document = data.document(f"general-settings-{version}")
        self._known = KNOWN_FIELDS[version]

    def read(self) -> dict[str, Any]:
        """Return the whole document."""
        settings: dict[str, Any] = self._known.conform(self._document.read() or {}, "")
        return settings

    def save(self, wanted: dict[str, Any]) -> None:
        """Replace the document; fields that DSS does not know are dropped without a word.

        Raises:
            DssError: an execution config names a build config that does not exist; nothing is saved.
        """
        kept = self._known.conform(wanted, "")
        built = {config["name"] for config in kept["containerSettings"].get("buildConfigs", [])}
        for config in [*kept["containerSettings"]["executionConfigs"], *kept["sparkSettings"]["executionConfigs"]]:
            named = config.get("imageBuildConfig")
            if named and named not in built:
                raise bad_request(
                    f"Execution config {config['name']} references an unknown image build configuration: {named}"
                )
        self._document.write(kept)

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        return routes(
            [("GET", "/admin/general-settings", self._show), ("PUT", "/admin/general-settings", self._replace)]
        )

    async def _show(self, _request: Request) -> Response:
        return JSONResponse(self.read())

    async def _replace(self, request: Request) -> Response:
        self.save(await json_body(request))
        return Response(status_code=200)
