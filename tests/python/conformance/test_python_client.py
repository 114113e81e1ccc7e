"""The Python client does the same on the embedded server as on a real one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

from tests.python.conformance import normalising
from tests.python.conformance.differences import compared
from tests.python.conformance.servers import Server

pytestmark = pytest.mark.conformance


# The client is typed as if every field could be absent, and its helpers not at all.
_client: Any = config.new_client_from_config
_watch: Any = watch


def _on_each(servers: list[Server], name: str, work: Callable[[Any], Any], user: str = "admin") -> Any:
    """Return what the work gives on the embedded server, after comparing it with the real one's."""
    told = []
    for server in servers:
        with _client(str(server.kubeconfigs[user])) as api:
            told.append(normalising.body(api.sanitize_for_serialization(work(api))))
    assert compared(f"python: {name}", told[0], told[-1]) == []
    return told[0]


def _refusal(api: Any, work: Callable[[Any], object]) -> dict[str, Any]:
    with pytest.raises(ApiException) as refused:
        work(client.CoreV1Api(api))
    return {"status": refused.value.status, "reason": refused.value.reason, "body": json.loads(str(refused.value.body))}


def test_lists_nodes_with_what_pods_can_have(servers: list[Server]) -> None:
    def work(api: Any) -> Any:
        core: Any = client.CoreV1Api(api)
        nodes = core.list_node().items
        return [{"name": node.metadata.name, "allocatable": node.status.allocatable} for node in nodes]

    nodes = _on_each(servers, "nodes", work)
    assert nodes[2]["allocatable"]["nvidia.com/gpu"] == "1"


def test_creates_watches_and_deletes_a_pod(servers: list[Server]) -> None:
    def work(api: Any) -> Any:
        core: Any = client.CoreV1Api(api)
        pod = client.V1Pod(
            metadata=client.V1ObjectMeta(name="from-python"),
            spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="busybox", command=["sleep", "1"])]),
        )
        core.create_namespaced_pod("default", pod)
        phases: list[str] = []
        for event in _watch.Watch().stream(
            core.list_namespaced_pod, "default", field_selector="metadata.name=from-python", timeout_seconds=20
        ):
            phase = event["object"].status.phase
            if not phases or phases[-1] != phase:
                phases.append(phase)
            if phase == "Running":
                break
        log = core.read_namespaced_pod_log("from-python", "default")
        core.delete_namespaced_pod("from-python", "default", grace_period_seconds=0)
        return [phases, log]

    phases, log = _on_each(servers, "pod", work)
    assert phases == ["Pending", "Running"]
    assert "sleep 1" in log


def test_reviews_access_in_one_question_per_permission(servers: list[Server]) -> None:
    def work(api: Any) -> Any:
        answers = []
        for verb, resource in (("list", "pods"), ("create", "pods"), ("get", "secrets")):
            attributes = client.V1ResourceAttributes(verb=verb, resource=resource, namespace="default")
            spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
            review = client.V1SelfSubjectAccessReview(spec=spec)
            answer: Any = client.AuthorizationV1Api(api).create_self_subject_access_review(review)
            answers.append([answer.status.allowed, answer.status.reason])
        return answers

    answers = _on_each(servers, "access", work, user="viewer")
    assert [allowed for allowed, _ in answers] == [True, False, False]


def test_says_the_same_when_it_refuses(servers: list[Server]) -> None:
    def missing(api: Any) -> Any:
        return _refusal(api, lambda core: core.read_namespaced_pod("missing", "default"))

    def forbidden(api: Any) -> Any:
        return _refusal(api, lambda core: core.list_namespaced_secret("default"))

    assert _on_each(servers, "missing", missing)["status"] == 404
    assert _on_each(servers, "forbidden", forbidden, user="viewer")["status"] == 403


def test_pages_through_a_long_list(servers: list[Server]) -> None:
    def work(api: Any) -> Any:
        core: Any = client.CoreV1Api(api)
        for number in range(5):
            metadata = client.V1ObjectMeta(name=f"page-{number}", labels={"page": "yes"})
            core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=metadata))
        pages, more = [], None
        while True:
            page = core.list_namespaced_config_map("default", label_selector="page", limit=2, _continue=more)
            pages.append([item.metadata.name for item in page.items])
            more = page.metadata._continue
            if not more:
                break
        core.delete_collection_namespaced_config_map("default", label_selector="page")
        return [pages, [item.metadata.name for item in core.list_namespaced_config_map("default").items]]

    pages, left = _on_each(servers, "pages", work)
    assert pages == [["page-0", "page-1"], ["page-2", "page-3"], ["page-4"]]
    assert left == ["kube-root-ca.crt"]
