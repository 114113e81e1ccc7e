"""IAM, RBAC and what nobody may grant."""

import pytest

from sandbox.kubernetes.embedded.authentication import ANONYMOUS, User, service_account
from sandbox.kubernetes.embedded.authorization import RBAC, refusal
from sandbox.kubernetes.embedded.escalation import refuse_escalation
from sandbox.kubernetes.embedded.paths import Attributes, read_path
from sandbox.kubernetes.embedded.statuses import StatusError
from sandbox.kubernetes.embedded.store import Object
from tests.python.unit.sandbox.kubernetes.embedded.conftest import Cluster

EMAIL = "someone@example.com"
USER = User(EMAIL, ("system:authenticated",))
LIST_PODS = Attributes("list", "", "", "v1", "pods", "", "default")


def bind(cluster: Cluster, role: str, subject: Object) -> None:
    cluster.create(
        f"{RBAC}/v1",
        "rolebindings",
        {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [subject]},
    )


def test_iam_allows(cluster: Cluster) -> None:
    cluster.principals.add(EMAIL, ["container.pods.list"])
    assert cluster.authorizer.decide(USER, LIST_PODS).allowed


def test_refuses_in_gkes_words(cluster: Cluster) -> None:
    cluster.principals.add(EMAIL, [])
    decision = cluster.authorizer.decide(USER, LIST_PODS)
    assert refusal(USER, LIST_PODS, decision.reason).message == (
        f'pods is forbidden: User "{EMAIL}" cannot list resource "pods" in API group "" in the namespace "default": '
        'requires one of ["container.pods.list"] permission(s).'
    )


def test_a_role_binding_allows_in_its_namespace_only(cluster: Cluster) -> None:
    bind(cluster, "view", {"kind": "User", "name": EMAIL})
    assert cluster.authorizer.decide(USER, LIST_PODS).allowed
    elsewhere = Attributes("list", "", "", "v1", "pods", "", "kube-system")
    assert not cluster.authorizer.decide(USER, elsewhere).allowed
    assert not cluster.authorizer.decide(USER, Attributes("delete", "", "", "v1", "pods", "", "default", "p")).allowed


def test_a_binding_of_a_service_account_allows_its_token(cluster: Cluster) -> None:
    account = cluster.create("v1", "serviceaccounts", {"metadata": {"name": "robot"}})["metadata"]
    bind(cluster, "view", {"kind": "ServiceAccount", "name": "robot", "namespace": "default"})
    token = cluster.authenticator.issue("default", "robot", account["uid"], 3600)
    user = cluster.authenticator.identify(token)
    assert user == service_account("default", "robot", account["uid"])
    assert cluster.authorizer.decide(user, LIST_PODS).allowed


def test_a_token_dies_with_its_account(cluster: Cluster) -> None:
    account = cluster.create("v1", "serviceaccounts", {"metadata": {"name": "robot"}})["metadata"]
    token = cluster.authenticator.issue("default", "robot", account["uid"], 3600)
    cluster.store.remove(("", "serviceaccounts"), "default", "robot")
    with pytest.raises(StatusError, match="Unauthorized"):
        cluster.authenticator.identify(token)


def test_nobody_may_read_the_version_but_no_pods(cluster: Cluster) -> None:
    assert cluster.authorizer.decide(ANONYMOUS, read_path("GET", "/version", {})).allowed
    assert not cluster.authorizer.decide(ANONYMOUS, read_path("GET", "/apis", {})).allowed
    assert not cluster.authorizer.decide(ANONYMOUS, LIST_PODS).allowed


def test_refuses_to_grant_more_than_its_author_holds(cluster: Cluster) -> None:
    bind(cluster, "view", {"kind": "User", "name": EMAIL})
    roles = cluster.kind(f"{RBAC}/v1", "roles")
    held: Object = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    more: Object = {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}
    refuse_escalation(cluster.authorizer, USER, roles, "default", held)
    with pytest.raises(StatusError, match="is attempting to grant RBAC permissions not currently held"):
        refuse_escalation(cluster.authorizer, USER, roles, "default", more)


def test_iam_can_allow_to_bind_any_role(cluster: Cluster) -> None:
    bindings = cluster.kind(f"{RBAC}/v1", "clusterrolebindings")
    body: Object = {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}
    cluster.principals.add(EMAIL, ["container.clusterRoleBindings.create"])
    with pytest.raises(StatusError, match="not currently held"):
        refuse_escalation(cluster.authorizer, USER, bindings, "", body)
    cluster.principals.add(EMAIL, ["container.clusterRoles.bind"])
    refuse_escalation(cluster.authorizer, USER, bindings, "", body)


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/api/v1/pods", Attributes("list", "/api/v1/pods", "", "v1", "pods")),
        (
            "GET",
            "/api/v1/namespaces/n/pods/p/log",
            Attributes("get", "/api/v1/namespaces/n/pods/p/log", "", "v1", "pods", "log", "n", "p"),
        ),
        (
            "GET",
            "/api/v1/namespaces/n",
            Attributes("get", "/api/v1/namespaces/n", "", "v1", "namespaces", "", "n", "n"),
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/n/deployments",
            Attributes(
                "deletecollection", "/apis/apps/v1/namespaces/n/deployments", "apps", "v1", "deployments", "", "n"
            ),
        ),
        ("GET", "/healthz", Attributes("get", "/healthz")),
    ],
)
def test_reads_what_is_asked_from_the_path(method: str, path: str, asked: Attributes) -> None:
    assert read_path(method, path, {}) == asked
