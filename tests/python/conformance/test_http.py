"""Plain HTTP requests get the same statuses and bodies from the embedded server as from a real one."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.python.conformance import normalising
from tests.python.conformance.differences import compared
from tests.python.conformance.http_stories import HTTP_STORIES, Call, HttpStory
from tests.python.conformance.servers import Server

pytestmark = pytest.mark.conformance


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


def _ask(server: Server, call: Call, namespace: str) -> Answer:
    headers = {"Accept": "application/json", **call.headers}
    if call.user is not None:
        headers["Authorization"] = f"Bearer {server.tokens[call.user]}"
    data = None
    if call.body is not None:
        headers.setdefault("Content-Type", "application/json")
        data = call.body if isinstance(call.body, str) else json.dumps(call.body)
        data = data.replace("{ns}", namespace)
    answer = requests.request(
        call.method,
        server.url + call.path.replace("{ns}", namespace),
        data=data,
        headers=headers,
        verify=str(server.ca_file),
        timeout=30,
    )
    try:
        return Answer(answer.status_code, normalising.body(answer.json()))
    except ValueError:
        return Answer(answer.status_code, normalising.text(answer.text))


def _told(server: Server, story: HttpStory) -> list[Answer]:
    make = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": story.namespace}}
    assert _ask(server, Call("POST", "/api/v1/namespaces", body=make), "").status == 201
    try:
        return [_ask(server, call, story.namespace) for call in story.calls]
    finally:
        _ask(server, Call("DELETE", f"/api/v1/namespaces/{story.namespace}"), "")


@pytest.mark.parametrize("story", HTTP_STORIES, ids=lambda story: story.name)
def test_answers_plain_requests_alike(servers: list[Server], story: HttpStory) -> None:
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda server: _told(server, story), servers))
    wrong = []
    for number, call in enumerate(story.calls):
        name = f"{story.name}: {call.method} {call.path} {call.user}"
        answers = [answers[number] for answers in told]
        for server, answer in zip(servers, answers, strict=True):
            if answer.status != call.status:
                wrong.append(f"{name}\n  {server.name} answers {answer.status}, not {call.status}: {answer.body}")
        if len(answers) == 2 and not call.only_status and answers[0].status == answers[1].status:
            wrong += compared(name, *(answer.body for answer in answers))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1",
        "/apis/apps/v1",
        "/apis/batch/v1",
        "/apis/rbac.authorization.k8s.io/v1",
        "/apis/authorization.k8s.io/v1",
    ],
)
def test_serves_each_resource_that_the_real_server_serves(servers: list[Server], path: str) -> None:
    documents = [
        {one["name"]: one for one in _ask(server, Call("GET", path), "").body["resources"]} for server in servers
    ]
    embedded, real = documents[0], documents[-1]
    # A newer version may serve more.
    differing = compared(f"discovery: GET {path}", {name: embedded.get(name) for name in real}, real)
    assert not differing, "\n".join(differing)


def test_watch_tells_what_happens_in_the_order_in_which_it_happens(servers: list[Server]) -> None:
    told = []
    for server in servers:
        path = "/api/v1/namespaces/default/configmaps"
        version = _ask_raw(server, path).json()["metadata"]["resourceVersion"]
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "watched", "labels": {"w": "1"}}}
        assert _ask(server, Call("POST", path, body=body), "").status == 201
        patch = {"Content-Type": "application/merge-patch+json"}
        _ask(server, Call("PATCH", f"{path}/watched", body={"data": {"a": "1"}}, headers=patch), "")
        _ask(server, Call("PATCH", f"{path}/watched", body={"metadata": {"labels": {"w": "2"}}}, headers=patch), "")
        _ask(server, Call("DELETE", f"{path}/watched"), "")
        query = f"?watch=1&timeoutSeconds=1&resourceVersion={version}"
        selectors = ("", "&labelSelector=w%3D1", "&labelSelector=w%3D2", "&fieldSelector=metadata.name%3Dother")
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(_ask_raw, [server] * 4, [f"{path}{query}{selector}" for selector in selectors]))
        seen = {}
        for selector, answer in zip(selectors, answers, strict=True):
            events = [json.loads(line) for line in answer.text.splitlines()]
            seen[selector] = [
                (event["type"], normalising.body(event["object"]))
                for event in events
                if event["object"]["metadata"]["name"] == "watched"
            ]
        told.append(seen)
    assert [kind for kind, _ in told[0][""]] == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    assert told[0] == told[-1]


def _ask_raw(server: Server, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.tokens['admin']}"}
    return requests.get(server.url + path, headers=headers, verify=str(server.ca_file), timeout=30)
