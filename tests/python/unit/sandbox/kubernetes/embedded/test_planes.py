"""Embedded control planes over HTTPS."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.certificates import CertificateAuthority
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.control_plane import ControlPlaneRequest, Exposure
from sandbox.kubernetes.embedded import EmbeddedControlPlanes
from sandbox.kubernetes.embedded.planes import EmbeddedControlPlane
from sandbox.traffic import Traffic

MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Client:
    """A user of one control plane."""

    def __init__(self, plane: EmbeddedControlPlane, session: aiohttp.ClientSession, traffic: Traffic) -> None:
        self.plane = plane
        self.session = session
        self.traffic = traffic
        self.url = f"https://{plane.public_endpoint}"

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text


@contextlib.asynccontextmanager
async def running(folder: Path, token: str = "") -> AsyncIterator[Client]:
    principals = Principals()
    principals.add("admin@example.com", ["*"])
    public_ca, traffic = CertificateAuthority.create("public"), Traffic(principals)
    planes = EmbeddedControlPlanes(folder, principals, public_ca, traffic)
    plane = await planes.start(ControlPlaneRequest("p", "us-central1-a", "c", "uid", "1.33.5-gke.1"))
    trusted = ssl.create_default_context(cadata=(plane.ca_certificate + public_ca.pem).decode())
    token = token or principals.issue("admin@example.com").value
    headers = {"Authorization": f"Bearer {token}"} if token != "none" else {}
    connector = aiohttp.TCPConnector(ssl=trusted)
    try:
        async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
            yield Client(plane, session, traffic)
    finally:
        await planes.stop()


def told(folder: Path, story: Callable[[Client], Awaitable[None]], token: str = "") -> None:
    async def run() -> None:
        async with running(folder, token) as client:
            await asyncio.wait_for(story(client), 30)

    asyncio.run(run())


def test_answers_with_a_version_and_logs_the_request(folder: Path) -> None:
    async def story(client: Client) -> None:
        assert (await client.ask("GET", "/version"))[1]["gitVersion"] == "v1.33.5-gke.1"
        await client.plane.set_version("1.34.1-gke.1")
        assert (await client.ask("GET", "/version"))[1]["minor"] == "34"
        exchange = client.traffic.exchanges[-1]
        assert (exchange.service, exchange.path, exchange.status) == ("kubernetes", "/version", 200)
        assert exchange.principal == "admin@example.com"

    told(folder, story)


def test_refuses_an_unknown_token(folder: Path) -> None:
    async def story(client: Client) -> None:
        status, body = await client.ask("GET", "/api/v1/nodes")
        assert (status, body["reason"], body["message"]) == (401, "Unauthorized", "Unauthorized")

    told(folder, story, token="ya29.sandbox-unknown")


def test_tells_anonymous_callers_the_version_only(folder: Path) -> None:
    async def story(client: Client) -> None:
        assert (await client.ask("GET", "/readyz")) == (200, "ok")
        status, body = await client.ask("GET", "/api/v1/nodes")
        assert (status, body["reason"]) == (403, "Forbidden")

    told(folder, story, token="none")


def test_closed_endpoints_refuse_and_open_again_at_the_same_port(folder: Path) -> None:
    async def story(client: Client) -> None:
        before = client.plane.public_endpoint
        await client.plane.expose(Exposure(public=False, private=True, dns=True))
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.ask("GET", "/version")
        client.url = f"https://{client.plane.dns_endpoint}"
        assert (await client.ask("GET", "/version"))[0] == 200
        await client.plane.expose(Exposure())
        client.url = f"https://{before}"
        assert (await client.ask("GET", "/version"))[0] == 200

    told(folder, story)


def test_the_dns_endpoint_asks_for_the_permission_to_connect(folder: Path) -> None:
    async def story(client: Client) -> None:
        await client.plane.expose(Exposure(dns=True))
        client.traffic.principals.add("admin@example.com", ["container.nodes.list"])
        assert (await client.ask("GET", "/api/v1/nodes"))[0] == 200
        client.url = f"https://{client.plane.dns_endpoint}"
        status, body = await client.ask("GET", "/api/v1/nodes")
        assert status == 403
        assert "container.clusters.connect" in body["message"]
        client.traffic.principals.add("admin@example.com", ["container.nodes.list", "container.clusters.connect"])
        assert (await client.ask("GET", "/api/v1/nodes"))[0] == 200

    told(folder, story)


def test_watches_what_happens_after_a_list(folder: Path) -> None:
    async def story(client: Client) -> None:
        _, listed = await client.ask("GET", MAPS)
        watch = f"{client.url}{MAPS}?watch=1&labelSelector=a&resourceVersion={listed['metadata']['resourceVersion']}"
        async with client.session.get(watch) as stream:
            await client.ask("POST", MAPS, {"metadata": {"name": "other"}})
            await client.ask("POST", MAPS, {"metadata": {"name": "c", "labels": {"a": "1"}}})
            merge = {"Content-Type": "application/merge-patch+json"}
            await client.ask("PATCH", f"{MAPS}/c", {"metadata": {"labels": {"a": None}}}, **merge)
            events = [json.loads(await stream.content.readline()) for _ in range(2)]
        assert [(one["type"], one["object"]["metadata"]["name"]) for one in events] == [
            ("ADDED", "c"),
            ("DELETED", "c"),
        ]

    told(folder, story)


def test_ends_a_watch_in_time_and_refuses_a_future_one(folder: Path) -> None:
    async def story(client: Client) -> None:
        status, _ = await client.ask(
            "GET", f"{MAPS}?watch=1&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3Dx"
        )
        assert status == 200
        status, body = await client.ask("GET", f"{MAPS}?watch=1&resourceVersion=99999999")
        assert (status, body["reason"]) == (504, "Timeout")

    told(folder, story)


def test_lists_in_pages(folder: Path) -> None:
    async def story(client: Client) -> None:
        for name in ("a", "b", "c"):
            await client.ask("POST", MAPS, {"metadata": {"name": name, "labels": {"page": "1"}}})
        _, first = await client.ask("GET", f"{MAPS}?labelSelector=page&limit=2")
        token = first["metadata"]["continue"]
        _, second = await client.ask("GET", f"{MAPS}?labelSelector=page&limit=2&continue={token}")
        names = [one["metadata"]["name"] for page in (first, second) for one in page["items"]]
        assert names == ["a", "b", "c"]
        assert "continue" not in second["metadata"]

    told(folder, story)


def test_answers_in_the_form_that_is_asked_for(folder: Path) -> None:
    async def story(client: Client) -> None:
        _, table = await client.ask("GET", "/api/v1/namespaces", Accept=TABLE)
        assert table["kind"] == "Table"
        partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
        _, found = await client.ask("GET", "/api/v1/namespaces", Accept=partial)
        assert found["kind"] == "PartialObjectMetadataList"
        discovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        _, found = await client.ask("GET", "/apis", Accept=discovery)
        assert found["kind"] == "APIGroupDiscoveryList"
        status, body = await client.ask("GET", "/api/v1/namespaces", Accept="application/cbor")
        assert (status, body["reason"]) == (406, "NotAcceptable")

    told(folder, story)


def test_reviews_access_and_tokens(folder: Path) -> None:
    async def story(client: Client) -> None:
        reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        spec = {"user": "nobody", "resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "default"}}
        status, review = await client.ask("POST", reviews, {"spec": spec})
        assert (status, review["status"]["allowed"]) == (201, False)
        _, token = await client.ask("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {})
        body = {"spec": {"token": token["status"]["token"]}}
        _, review = await client.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body)
        assert review["status"]["user"]["username"] == "system:serviceaccount:default:default"

    told(folder, story)


def test_tells_an_event_in_both_of_its_apis(folder: Path) -> None:
    async def story(client: Client) -> None:
        event = {
            "metadata": {"name": "e"},
            "eventTime": "2026-01-01T00:00:00.000000Z",
            "note": "told",
            "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
            "reportingController": "c",
        }
        status, new = await client.ask("POST", "/apis/events.k8s.io/v1/namespaces/default/events", event)
        assert (status, new["apiVersion"], new["note"]) == (201, "events.k8s.io/v1", "told")
        _, core = await client.ask("GET", "/api/v1/namespaces/default/events/e")
        assert (core["apiVersion"], core["message"]) == ("v1", "told")
        _, listed = await client.ask("GET", "/apis/events.k8s.io/v1/namespaces/default/events")
        assert (listed["apiVersion"], listed["items"][-1]["regarding"]["name"]) == ("events.k8s.io/v1", "p")

    told(folder, story)


def test_stops_twice_and_leaves_no_open_port(folder: Path) -> None:
    async def story(client: Client) -> None:
        await client.plane.stop()
        await client.plane.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.ask("GET", "/version")

    told(folder, story)
