import pytest

from sandbox.kubernetes.iam import permission_for, refusal_reason


@pytest.mark.parametrize(
    ("request_", "permission"),
    [
        (("", "pods", "", "list"), "container.pods.list"),
        (("", "pods", "", "watch"), "container.pods.list"),
        (("", "pods", "", "patch"), "container.pods.update"),
        (("", "pods", "", "deletecollection"), "container.pods.delete"),
        (("", "pods", "log", "get"), "container.pods.getLogs"),
        (("", "pods", "exec", "create"), "container.pods.exec"),
        (("", "pods", "eviction", "create"), "container.pods.evict"),
        (("", "pods", "binding", "create"), "container.bindings.create"),
        (("", "pods", "status", "patch"), "container.pods.updateStatus"),
        (("", "configmaps", "", "create"), "container.configMaps.create"),
        (("", "serviceaccounts", "token", "create"), "container.serviceAccounts.createToken"),
        (("apps", "deployments", "scale", "get"), "container.deployments.getScale"),
        (("apps", "deployments", "scale", "update"), "container.deployments.updateScale"),
        (("rbac.authorization.k8s.io", "clusterroles", "", "bind"), "container.clusterRoles.bind"),
        (
            ("authorization.k8s.io", "selfsubjectaccessreviews", "", "create"),
            "container.selfSubjectAccessReviews.create",
        ),
        (("example.com", "widgets", "", "get"), "container.thirdPartyObjects.get"),
    ],
)
def test_names_the_permission_of_a_request(request_: tuple[str, str, str, str], permission: str) -> None:
    assert permission_for(*request_) == permission


def test_a_refusal_names_the_permission() -> None:
    assert refusal_reason("container.pods.list") == 'requires one of ["container.pods.list"] permission(s).'
