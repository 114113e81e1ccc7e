"""The RBAC objects that every cluster is born with.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from collections.abc import Iterator

from sandbox.kubernetes.embedded.store import Object

_API_VERSION = "rbac.authorization.k8s.io/v1"
_LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_ANNOTATIONS = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
_READ = ("get", "list", "watch")
_WRITE = ("create", "delete", "deletecollection", "patch", "update")
_WORKLOADS = (
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
)
_CORE_EDITED = (
    "configmaps",
    "events",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "services",
)
_DISCOVERY = (
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
)
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version", "/version/")


def _rule(groups: str, resources: tuple[str, ...], verbs: tuple[str, ...]) -> Object:
    return {"apiGroups": [groups], "resources": list(resources), "verbs": list(verbs)}


_VIEW = [
    _rule(
        "",
        (
            "configmaps",
            "endpoints",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "serviceaccounts",
            "services",
            "services/status",
        ),
        _READ,
    ),
    _rule(
        "",
        (
            "bindings",
            "events",
            "limitranges",
            "namespaces/status",
            "pods/log",
            "pods/status",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
        ),
        _READ,
    ),
    _rule("", ("namespaces",), _READ),
    _rule("discovery.k8s.io", ("endpointslices",), _READ),
    _rule(
        "apps",
        (
            "controllerrevisions",
            *_WORKLOADS,
            "daemonsets/status",
            "deployments/status",
            "replicasets/status",
            "statefulsets/status",
        ),
        _READ,
    ),
    _rule("autoscaling", ("horizontalpodautoscalers", "horizontalpodautoscalers/status"), _READ),
    _rule("batch", ("cronjobs", "cronjobs/status", "jobs", "jobs/status"), _READ),
    _rule("policy", ("poddisruptionbudgets", "poddisruptionbudgets/status"), _READ),
    _rule("networking.k8s.io", ("ingresses", "ingresses/status", "networkpolicies"), _READ),
]
_EDIT = [
    _rule("", ("pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"), _READ),
    _rule("", ("serviceaccounts",), ("impersonate",)),
    _rule("", ("pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"), _WRITE),
    _rule("", ("pods/eviction",), ("create",)),
    _rule("", (*_CORE_EDITED, "secrets", "serviceaccounts", "services/proxy"), _WRITE),
    _rule("", ("serviceaccounts/token",), ("create",)),
    _rule("apps", (*_WORKLOADS, "deployments/rollback"), _WRITE),
    _rule("autoscaling", ("horizontalpodautoscalers",), _WRITE),
    _rule("batch", ("cronjobs", "jobs"), _WRITE),
    _rule("policy", ("poddisruptionbudgets",), _WRITE),
    _rule("networking.k8s.io", ("ingresses", "networkpolicies"), _WRITE),
    _rule("coordination.k8s.io", ("leases",), (*_WRITE, *_READ)),
]
_ADMIN = [
    _rule("authorization.k8s.io", ("localsubjectaccessreviews",), ("create",)),
    _rule("rbac.authorization.k8s.io", ("rolebindings", "roles"), (*_WRITE, *_READ)),
]
_EVERYTHING = [
    _rule("*", ("*",), ("*",)),
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
_REVIEWS = _rule("authorization.k8s.io", ("selfsubjectaccessreviews", "selfsubjectrulesreviews"), ("create",))
_WHOAMI = _rule("authentication.k8s.io", ("selfsubjectreviews",), ("create",))
_AUTH_REVIEWS = [
    _rule("authentication.k8s.io", ("tokenreviews",), ("create",)),
    _rule("authorization.k8s.io", ("subjectaccessreviews",), ("create",)),
]
_NODE = [
    *_AUTH_REVIEWS,
    _rule("", ("services",), _READ),
    _rule("", ("nodes",), ("create", *_READ)),
    _rule("", ("nodes/status",), ("patch", "update")),
    _rule("", ("events",), ("create", "patch", "update")),
    _rule("", ("pods",), _READ),
    _rule("coordination.k8s.io", ("leases",), ("create", "delete", "get", "patch", "update")),
]

_CLUSTER_ROLES: dict[str, list[Object]] = {
    "admin": [*_ADMIN, *_EDIT, *_VIEW],
    "cluster-admin": _EVERYTHING,
    "edit": [*_EDIT, *_VIEW],
    "system:auth-delegator": _AUTH_REVIEWS,
    "system:basic-user": [_REVIEWS, _WHOAMI],
    "system:discovery": [{"nonResourceURLs": list(_DISCOVERY), "verbs": ["get"]}],
    "system:node": _NODE,
    "system:public-info-viewer": [{"nonResourceURLs": list(_PUBLIC), "verbs": ["get"]}],
    "view": _VIEW,
}
_BINDINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cluster-admin": ("cluster-admin", ("system:masters",)),
    "system:basic-user": ("system:basic-user", ("system:authenticated",)),
    "system:discovery": ("system:discovery", ("system:authenticated",)),
    "system:public-info-viewer": ("system:public-info-viewer", ("system:authenticated", "system:unauthenticated")),
}


def default_objects() -> Iterator[tuple[str, Object]]:
    """Return the plural and the object of each default role and binding."""
    for name, rules in _CLUSTER_ROLES.items():
        yield "clusterroles", _object("ClusterRole", name) | {"rules": rules}
    for name, (role, groups) in _BINDINGS.items():
        yield (
            "clusterrolebindings",
            _object("ClusterRoleBinding", name)
            | {
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [
                    {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group} for group in groups
                ],
            },
        )


def _object(kind: str, name: str) -> Object:
    return {
        "apiVersion": _API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "labels": dict(_LABELS), "annotations": dict(_ANNOTATIONS)},
    }
