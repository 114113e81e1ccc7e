"""Actions that fail in DSS's other way: an ordinary 200 whose payload says so."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.dss.messages import failure
from sandbox.traffic import call_of


def with_failed_actions(app: ASGIApp) -> ASGIApp:
    """Wrap an application: a request struck by a fault with `failed_action` does nothing and is answered 200.

    The answer has `messages` where the actions on clusters have them, and in a `result` where futures have them.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        said = call_of(Request(scope)).effect.get("failed_action") if scope["type"] == "http" else None
        if said is None:
            await app(scope, receive, send)
            return
        messages = failure("Action failed", said)
        future = {"hasResult": True, "alive": False, "aborted": False, "result": {"messages": messages}}
        await JSONResponse({**future, "messages": messages})(scope, receive, send)

    return answer
