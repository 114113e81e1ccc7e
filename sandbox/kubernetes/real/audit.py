"""The request log of a real API server, which tells the sandbox of every request through its audit webhook.

Format: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.traffic import Exchange, Traffic

_METHODS = {
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
_OWN_USERS = ("system:apiserver", "system:anonymous", "sandbox-controllers")


def audit_app(traffic: Traffic) -> Starlette:
    """Return the application that takes audit events into the request log, those of the sandbox itself left out."""

    async def take(request: Request) -> Response:
        for event in (await request.json())["items"]:
            if event["user"].get("username") not in _OWN_USERS:
                traffic.record(_exchange(event))
        return Response()

    return Starlette(routes=[Route("/audit", take, methods=["POST"])])


def _exchange(event: dict[str, Any]) -> Exchange:
    received = datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00"))
    path, _, query = event["requestURI"].partition("?")
    return Exchange(
        service="kubernetes",
        method=_METHODS.get(event["verb"], "GET"),
        path=path,
        query=query,
        principal=event["user"].get("username"),
        status=event.get("responseStatus", {}).get("code", 0),
        time=received.timestamp(),
        body=event.get("requestObject"),
    )


def write_audit_policy(file: Path) -> Path:
    """Write the policy that asks for every finished request with its body, and return its file."""
    file.write_text(
        json.dumps(
            {
                "apiVersion": "audit.k8s.io/v1",
                "kind": "Policy",
                "omitStages": ["RequestReceived", "ResponseStarted", "Panic"],
                "rules": [
                    {"level": "None", "users": list(_OWN_USERS)},
                    # The body of a request for a token, or of a secret, has no business in a log.
                    {
                        "level": "Metadata",
                        "resources": [{"group": "", "resources": ["secrets", "serviceaccounts/token"]}],
                    },
                    {"level": "Request"},
                ],
            }
        )
    )
    return file
