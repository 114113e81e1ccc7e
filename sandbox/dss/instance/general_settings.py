"""The general settings: read and replaced as one document, in the shape of the DSS version that is played."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.errors import bad_request
from sandbox.dss.instance.schema import Schema, Value, read_path
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
        self._version = version
        self._known: Schema = KNOWN_FIELDS[version]

    def know(self, known: Sequence[str], unknown: Sequence[str]) -> None:
        """Let this DSS keep fields that the table lacks, and drop some that it has, until it ends.

        Args:
            known: paths such as `containerSettings.executionConfigs[].newField`; what is there is kept as it is.
            unknown: paths in the same form.

        Raises:
            UnknownPlaceError: a path leads nowhere; nothing is changed.
        """
        schema = self._known
        for path in known:
            schema = schema.replaced(read_path(path), Value())
        for path in unknown:
            schema = schema.replaced(read_path(path), None)
        self._known = schema

    def know_by_itself(self) -> None:
        """Take back what `know` changed."""
        self._known = KNOWN_FIELDS[self._version]

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
        containers, spark = kept["containerSettings"], kept["sparkSettings"]
        built = {config["name"] for config in containers.get("buildConfigs", [])}
        for config in [*containers["executionConfigs"], *spark["executionConfigs"]]:
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
