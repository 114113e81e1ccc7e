from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable
from gke_clusters.kube.access import AccessReview, Requirement, require_access, review_access
from gke_clusters.kube.api import KubernetesApi, ResourceAttributes

RBAC = "rbac.authorization.k8s.io"


def needed(purpose: str, resource: str, verbs: str, *, group: str = "", essential: bool = False) -> list[Requirement]:
    return [
        Requirement(ResourceAttributes(verb, resource, group), purpose, essential, f"container.{resource}.{verb}")
        for verb in verbs.split()
    ]


REQUIREMENTS = (
    *needed("containerized execution", "pods", "create delete", essential=True),
    *needed("containerized execution", "secrets", "create get delete", essential=True),
    *needed("Spark", "configmaps", "create"),
    *needed("choice of the namespace", "namespaces", "get list"),
    *needed("namespaces created by DSS", "namespaces", "create"),
    *needed("service accounts of Spark", "roles", "create delete", group=RBAC),
    *needed("service accounts of Spark", "rolebindings", "create delete", group=RBAC),
)


@pytest.fixture
def api(api_server: Any, tmp_path: Path) -> KubernetesApi:
    return KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))


def review_without(*resources: str) -> AccessReview:
    return AccessReview(tuple(found for found in REQUIREMENTS if found.attributes.resource in resources))


def test_nothing_is_missing_where_all_is_allowed(api: KubernetesApi, api_server: Any) -> None:
    api_server.answer = lambda _: (201, {"status": {"allowed": True}})
    assert review_access(api, REQUIREMENTS) == AccessReview(())
    assert len(api_server.requests) == len(REQUIREMENTS)


def test_what_is_refused_is_missing_in_the_order_of_the_requirements(api: KubernetesApi, api_server: Any) -> None:
    def answer(request: Any) -> tuple[int, Any]:
        attributes = request.body["spec"]["resourceAttributes"]
        return 201, {"status": {"allowed": attributes["resource"] not in ("secrets", "namespaces")}}

    api_server.answer = answer
    assert [str(found.attributes) for found in review_access(api, REQUIREMENTS).missing] == [
        "create secrets",
        "get secrets",
        "delete secrets",
        "get namespaces",
        "list namespaces",
        "create namespaces",
    ]


def test_a_review_for_a_namespace_asks_for_that_one(api: KubernetesApi, api_server: Any) -> None:
    api_server.answer = lambda _: (201, {"status": {"allowed": False}})
    one = Requirement(ResourceAttributes("create", "pods"), "execution", True)
    assert review_access(api, [one], "dss").namespace == "dss"
    assert api_server.requests[0].body["spec"]["resourceAttributes"]["namespace"] == "dss"


@pytest.mark.parametrize("trouble", [(503, {}), None])
def test_a_server_that_blinks_is_asked_again(api: KubernetesApi, api_server: Any, trouble: Any) -> None:
    api_server.answer = lambda _: trouble if len(api_server.requests) < 3 else (201, {"status": {"allowed": True}})
    assert review_access(api, REQUIREMENTS) == AccessReview(())


def test_a_server_that_is_down_is_waited_for_once_and_not_at_each_requirement(
    api: KubernetesApi, api_server: Any
) -> None:
    api_server.answer = lambda _: (503, {"message": "starting"})
    with pytest.raises(ControlPlaneUnreachable, match="starting"):
        review_access(api, REQUIREMENTS, patience_seconds=0.3)
    assert len(api_server.requests) < len(REQUIREMENTS)


def test_a_review_that_no_waiting_cures_is_not_asked_again(api: KubernetesApi, api_server: Any) -> None:
    api_server.answer = lambda _: (404, {"message": "no such API"})
    one = Requirement(ResourceAttributes("create", "pods"), "execution", True)
    with pytest.raises(ControlPlaneUnreachable, match="no such API"):
        review_access(api, [one])
    assert len(api_server.requests) == 1


def test_a_missing_essential_names_identity_action_and_role() -> None:
    with pytest.raises(AccessDenied) as raised:
        require_access(review_without("secrets"), "dss@p.iam.gserviceaccount.com")
    assert raised.value.cause.startswith("dss@p.iam.gserviceaccount.com may not")
    assert "containerized execution: create, get, delete secrets" in str(raised.value.verbatim)
    assert "roles/container.developer" in raised.value.remedy
    assert raised.value.resource == "every namespace of the cluster"


def test_a_missing_essential_of_one_namespace_names_it() -> None:
    review = AccessReview(review_without("pods").missing, "dss")
    with pytest.raises(AccessDenied, match="namespace dss"):
        require_access(review, "me")


def test_missing_rights_to_grant_ask_for_the_greater_role() -> None:
    with pytest.raises(AccessDenied, match=r"roles/container\.admin"):
        require_access(review_without("pods", "rolebindings"), "me")


def test_what_only_some_jobs_need_is_no_obstacle() -> None:
    review = review_without("namespaces", "configmaps", "roles")
    require_access(review, "me")
    assert review.essential_missing == ()


def test_a_summary_has_a_line_per_purpose_with_the_permissions_of_iam() -> None:
    assert review_without("namespaces", "roles").summary().splitlines() == [
        "choice of the namespace: get, list namespaces (container.namespaces.get, container.namespaces.list)",
        "namespaces created by DSS: create namespaces (container.namespaces.create)",
        (
            "service accounts of Spark: create, delete roles.rbac.authorization.k8s.io"
            " (container.roles.create, container.roles.delete)"
        ),
    ]


def test_a_summary_names_a_permission_once_that_covers_two_verbs() -> None:
    listing = [
        Requirement(ResourceAttributes(verb, "pods"), "execution", True, "container.pods.list")
        for verb in ("list", "watch")
    ]
    assert AccessReview(tuple(listing)).summary() == "execution: list, watch pods (container.pods.list)"


def test_what_iam_has_no_name_for_is_told_without_one() -> None:
    own = Requirement(ResourceAttributes("create", "widgets"), "execution", False)
    assert AccessReview((own,)).summary() == "execution: create widgets"
