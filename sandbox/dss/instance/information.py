"""What the instance says of itself and of who calls, and its administration actions that change nothing here."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.dss.messages import success
from sandbox.dss.routing import routes


class InstanceInformation:
    """Answers about the instance.

    Args:
        release: the full version number of the DSS that is played.
        install_id: the id of the installation.
    """

    def __init__(self, release: str, install_id: str) -> None:
        self._release = release
        self._install_id = install_id

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        actions = "/admin/container-exec/actions"
        return routes(
            [
                ("GET", "/instance-info", self._instance),
                ("GET", "/auth/info", self._caller),
                ("POST", f"{actions}/apply-kubernetes-policies", self._done),
                ("POST", f"{actions}/build-cde-plugins-image", self._done),
                ("POST", f"{actions}/install-jupyter-support", self._done),
            ]
        )

    async def _instance(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "nodeId": "sandbox",
                "nodeName": "Sandbox",
                "nodeType": "DESIGN",
                "dssVersion": self._release,
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
