"""What the instance says of itself and of who calls, and its administration actions that change nothing here."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.instance.settings_fields import Version
from sandbox.dss.messages import success
from sandbox.dss.routing import routes


class InstanceInformation:
    """Answers about the instance.

    Args:
        version: the DSS version that is played.
        install_id: the id of the installation.
    """

    def __init__(self, version: Version, install_id: str) -> None:
        self._version = version
        self._install_id = install_id

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        base_images = "/admin/container-exec/actions"
        return routes(
            [
                ("GET", "/instance-info", self._instance),
                ("GET", "/auth/info", self._caller),
                ("POST", f"{base_images}/push-base-images", self._done),
                ("POST", f"{base_images}/apply-kubernetes-policies", self._done),
                ("POST", f"{base_images}/build-cde-plugins-image", self._done),
                ("POST", f"{base_images}/install-jupyter-support", self._done),
            ]
        )

    async def _instance(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "nodeId": "sandbox",
                "nodeName": "Sandbox",
                "nodeType": "DESIGN",
                "dssVersion": f"{self._version}.0.0",
                "installId": self._install_id,
            }
        )

    async def _caller(self, _request: Request) -> Response:
        return JSONResponse(
            {"authIdentifier": "admin", "groups": ["administrators"], "via": [], "associatedDSSUser": "admin"}
        )

    async def _done(self, _request: Request) -> Response:
        messages = success()
        return JSONResponse(
            {
                "hasResult": True,
                "alive": False,
                "aborted": False,
                "result": {"messages": messages},
                "messages": messages,
            }
        )
