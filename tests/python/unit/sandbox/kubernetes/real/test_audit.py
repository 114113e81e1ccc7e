import asyncio
import json
from pathlib import Path
from typing import Any

import requests

from sandbox.gcp.principals import Principals
from sandbox.kubernetes.real.audit import audit_app, write_audit_policy
from sandbox.servers import LoopbackServer
from sandbox.traffic import Exchange, Traffic


def _event(user: str, verb: str = "create", **more: Any) -> dict[str, Any]:
    return {
        "verb": verb,
        "requestURI": "/api/v1/namespaces/default/pods?x=1",
        "user": {"username": user},
        "responseStatus": {"code": 201},
        "requestReceivedTimestamp": "2026-01-02T03:04:05.000000Z",
        **more,
    }


def _recorded(*events: dict[str, Any]) -> list[Exchange]:
    traffic = Traffic(Principals())

    async def story() -> None:
        server = LoopbackServer(audit_app(traffic))
        await server.start()
        body = {"kind": "EventList", "items": list(events)}
        await asyncio.to_thread(requests.post, f"{server.url}/audit", json=body, timeout=5)
        await server.stop()

    asyncio.run(story())
    return traffic.exchanges


def test_a_finished_request_is_logged_as_http() -> None:
    [exchange] = _recorded(_event("a@x.com", requestObject={"kind": "Pod"}))
    assert exchange == Exchange(
        "kubernetes",
        "POST",
        "/api/v1/namespaces/default/pods",
        "a@x.com",
        201,
        1767323045.0,
        {"kind": "Pod"},
        "x=1",
    )


def test_a_watch_is_a_get() -> None:
    assert [one.method for one in _recorded(_event("a@x.com", "watch"), _event("a@x.com", "list"))] == ["GET", "GET"]


def test_the_sandbox_itself_is_left_out() -> None:
    assert _recorded(_event("sandbox-controllers"), _event("system:apiserver")) == []


def test_the_bodies_of_secrets_and_token_requests_are_not_asked_for(tmp_path: Path) -> None:
    rules = json.loads(write_audit_policy(tmp_path / "p").read_text())["rules"]
    metadata = next(rule for rule in rules if rule["level"] == "Metadata")
    assert metadata["resources"] == [{"group": "", "resources": ["secrets", "serviceaccounts/token"]}]
