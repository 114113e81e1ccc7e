"""Google's front end before the DNS endpoint: it lets in only those whom IAM lets connect to the cluster.

https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation (DNS-based endpoint); wording not recorded.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.gcp.principals import Principals
from sandbox.kubernetes.embedded.content import answer
from sandbox.kubernetes.embedded.statuses import StatusError, forbidden, unauthorized
from sandbox.traffic import bearer

CONNECT = "container.clusters.connect"


class FrontEnd:
    """Passes requests on to the API server.

    Args:
        app: the API server.
        principals: whose tokens are known.
        cluster: the cluster's resource name, for refusals.
    """

    def __init__(self, app: ASGIApp, principals: Principals, cluster: str) -> None:
        self._app = app
        self._principals = principals
        self._cluster = cluster

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refusal = self._refusal(bearer(scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await answer(refusal.body(), refusal.code)(scope, receive, send)

    def _refusal(self, token: str | None) -> StatusError | None:
        principal = self._principals.authenticate(token) if token else None
        if principal is None:
            return unauthorized()
        if principal.may(CONNECT):
            return None
        return forbidden(
            "", "", "", f"Permission '{CONNECT}' denied on resource '{self._cluster}' (or it may not exist)."
        )
