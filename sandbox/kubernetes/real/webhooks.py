"""The token and authorization webhooks that put the sandbox's principals behind a real API server.

Formats: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication and
https://kubernetes.io/docs/reference/access-authn-authz/webhook/
"""

import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.principals import Principals
from sandbox.kubernetes.iam import permission_for, refusal_reason


def webhook_app(principals: Principals) -> Starlette:
    """Return the application that answers `POST /authenticate` and `POST /authorize`."""

    async def authenticate(request: Request) -> JSONResponse:
        review = await request.json()
        return JSONResponse({**review, "status": token_status(principals, review["spec"].get("token", ""))})

    async def authorize(request: Request) -> JSONResponse:
        review = await request.json()
        return JSONResponse({**review, "status": access_status(principals, review["spec"])})

    return Starlette(
        routes=[
            Route("/authenticate", authenticate, methods=["POST"]),
            Route("/authorize", authorize, methods=["POST"]),
        ]
    )


def token_status(principals: Principals, token: str) -> dict[str, Any]:
    """Return the status of a TokenReview: whose token it is."""
    principal = principals.authenticate(token)
    if principal is None:
        return {"authenticated": False}
    return {"authenticated": True, "user": {"username": principal.email, "uid": principal.unique_id}}


def access_status(principals: Principals, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a SubjectAccessReview: what IAM says of it, without an opinion on non-resource paths."""
    wanted = spec.get("resourceAttributes")
    if wanted is None:
        return {"allowed": False}
    user = spec.get("user", "")
    # IAM has no opinion of the cluster's own users: anonymous ones, service accounts, components.
    if user.startswith("system:"):
        return {"allowed": False}
    permission = permission_for(
        wanted.get("group", ""), wanted.get("resource", ""), wanted.get("subresource", ""), wanted.get("verb", "")
    )
    principal = principals.get(user)
    if principal is not None and principal.may(permission):
        return {"allowed": True}
    return {"allowed": False, "reason": refusal_reason(permission)}


def write_webhook_config(file: Path, url: str) -> Path:
    """Write the kubeconfig by which an API server finds a webhook, and return it."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "webhook", "cluster": {"server": url}}],
        "users": [{"name": "api-server", "user": {}}],
        "contexts": [{"name": "webhook", "context": {"cluster": "webhook", "user": "api-server"}}],
        "current-context": "webhook",
    }
    file.write_text(json.dumps(config))
    return file
