"""What the suite asks for without a client between: plain HTTP requests, where status and body are the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        method: HTTP method.
        path: path and query; `{ns}` is the story's namespace.
        status: the status that any server answers.
        body: a JSON value, or text that is sent as it is.
        headers: besides the token's.
        user: whose token; None sends none.
        only_status: the body is the server's own business.
    """

    method: str
    path: str
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str | None = "admin"
    only_status: bool = False


@dataclass(frozen=True)
class HttpStory:
    """Requests that build on each other, in a namespace of their own."""

    name: str
    calls: tuple[Call, ...]

    @property
    def namespace(self) -> str:
        """The story's namespace."""
        return f"http-{self.name}"


def _patch(path: str, body: Any, kind: str, status: int = 200) -> Call:
    return Call("PATCH", path, status, body, {"Content-Type": kind})


def _config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"a": "1"}},
    "spec": {"nodeSelector": {"no": "where"}, "containers": [{"name": "c", "image": "busybox"}]},
}
_MAPS = "/api/v1/namespaces/{ns}/configmaps"
_PODS = "/api/v1/namespaces/{ns}/pods"
_AUTHORIZATION = "/apis/authorization.k8s.io/v1"


def _access(kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}


def _may(verb: str, resource: str, namespace: str = "{ns}") -> dict[str, Any]:
    return {"resourceAttributes": {"verb": verb, "resource": resource, "namespace": namespace}}


def _asks_itself(verb: str, resource: str, user: str) -> Call:
    review = _access("SelfSubjectAccessReview", **_may(verb, resource))
    return Call("POST", f"{_AUTHORIZATION}/selfsubjectaccessreviews", 201, review, user=user)


HTTP_STORIES = (
    HttpStory(
        "crud",
        (
            Call("POST", _MAPS, 201, _config_map("a", x="1")),
            Call("POST", _MAPS, 409, _config_map("a", x="1")),
            Call("GET", f"{_MAPS}/a"),
            Call("GET", f"{_MAPS}/missing", 404),
            Call("PUT", f"{_MAPS}/a", 200, _config_map("a", x="2")),
            Call("PUT", f"{_MAPS}/b", 404, _config_map("b")),
            Call("PUT", f"{_MAPS}/a", 400, _config_map("other", x="2")),
            Call("PUT", f"{_MAPS}/a", 409, {**_config_map("a"), "metadata": {"name": "a", "resourceVersion": "1"}}),
            Call("POST", f"{_MAPS}?dryRun=All", 201, _config_map("dry", x="1")),
            Call("GET", f"{_MAPS}/dry", 404),
            Call("POST", _MAPS, 201, {**_config_map("x"), "metadata": {"generateName": "gen-"}}),
            Call("POST", _MAPS, 422, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
            Call("POST", _MAPS, 400, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
            Call(
                "POST",
                _MAPS,
                400,
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n", "namespace": "y"}},
            ),
            Call("POST", _MAPS, 400, "{not json", {"Content-Type": "application/json"}, only_status=True),
            Call("POST", _MAPS, 415, "<xml/>", {"Content-Type": "application/xml"}, only_status=True),
            Call("POST", "/api/v1/namespaces/missing/configmaps", 404, _config_map("a")),
            Call("DELETE", f"{_MAPS}/a"),
            Call("DELETE", f"{_MAPS}/a", 404),
            Call("DELETE", _MAPS, only_status=True),
            Call("GET", "/api/v1/nothings", 404, only_status=True),
            Call("GET", "/apis/nothing.example.com/v1", 404, only_status=True),
            Call("POST", "/api/v1/namespaces/{ns}", 405, {}, only_status=True),
            Call("GET", f"{_MAPS}", 406, headers={"Accept": "text/html"}, only_status=True),
        ),
    ),
    HttpStory(
        "lists",
        (
            *(
                Call("POST", _MAPS, 201, {**_config_map(name), "metadata": {"name": name, "labels": {"n": name}}})
                for name in "abc"
            ),
            Call("GET", f"{_MAPS}?labelSelector=n"),
            Call("GET", f"{_MAPS}?labelSelector=n+in+(a,c)"),
            Call("GET", f"{_MAPS}?labelSelector=n!%3Da,n"),
            Call("GET", f"{_MAPS}?labelSelector=!n"),
            Call("GET", f"{_MAPS}?fieldSelector=metadata.name%3Db"),
            Call("GET", f"{_MAPS}?labelSelector=n&limit=2"),
            Call("GET", f"{_MAPS}?limit=2&continue=nonsense", 400, only_status=True),
            Call("GET", f"{_MAPS}?labelSelector=n&resourceVersion=0"),
            Call("GET", f"{_MAPS}?limit=x", 400, only_status=True),
            Call("GET", f"{_MAPS}?labelSelector=n", headers={"Accept": _TABLE}),
            Call("GET", f"{_MAPS}?labelSelector=n", headers={"Accept": _METADATA}),
            Call("GET", f"{_MAPS}?watch=1&resourceVersion=1&timeoutSeconds=1", only_status=True),
            Call("GET", "/api/v1/namespaces/nowhere/configmaps"),
        ),
    ),
    HttpStory(
        "pods",
        (
            Call("POST", _PODS, 201, _POD, only_status=True),
            Call("GET", f"{_PODS}/p/status", only_status=True),
            Call("GET", f"{_PODS}/p/log", 204),
            _patch(f"{_PODS}/p", {"metadata": {"labels": {"b": "2"}}}, _MERGE_PATCH),
            _patch(f"{_PODS}/p", {"metadata": {"labels": {"a": None}}}, _STRATEGIC),
            _patch(f"{_PODS}/p", [{"op": "add", "path": "/metadata/labels/c", "value": "3"}], _JSON_PATCH),
            _patch(f"{_PODS}/p", [{"op": "test", "path": "/metadata/labels/c", "value": "4"}], _JSON_PATCH, 422),
            _patch(f"{_PODS}/p", [{"op": "dance"}], _JSON_PATCH, 422),
            _patch(f"{_PODS}/p", {"spec": {"containers": [{"name": "c", "image": "busybox:2"}]}}, _STRATEGIC),
            Call("PATCH", f"{_PODS}/p", 415, {}, {"Content-Type": "application/json"}),
            _patch(f"{_PODS}/p", {"metadata": {"name": "other"}}, _MERGE_PATCH, 400),
            _patch(f"{_PODS}/missing", {}, _MERGE_PATCH, 404),
            Call("POST", _PODS, 422, {**_POD, "metadata": {"name": "Bad_Name"}}),
            Call("POST", _PODS, 422, {**_POD, "spec": {"containers": [{"name": "c", "image": "i"}] * 2}}),
            Call("POST", _PODS, 422, {**_POD, "metadata": {"name": "q", "labels": {"a b": "c"}}}),
            Call(
                "POST",
                f"{_PODS}/p/eviction",
                201,
                {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "p", "namespace": "{ns}"}},
                only_status=True,
            ),
            Call("DELETE", f"{_PODS}/p", 404, only_status=True),
        ),
    ),
    HttpStory(
        "who",
        (
            Call("GET", "/version", user=None, only_status=True),
            Call("GET", "/healthz", user=None, only_status=True),
            Call("GET", "/readyz", user=None, only_status=True),
            Call("GET", "/livez", user=None, only_status=True),
            Call("GET", "/api", 403, user=None),
            Call("GET", _PODS, 403, user=None),
            Call("GET", _PODS, 401, user="stranger"),
            Call("GET", "/version", 401, user="stranger"),
            Call("GET", "/api", user="nobody", only_status=True),
            Call("GET", "/metrics", 403, user="nobody"),
            Call("GET", _PODS, 403, user="nobody"),
            Call("GET", f"{_PODS}/p/log", 403, user="viewer"),
            Call("GET", f"{_PODS}?watch=1&timeoutSeconds=1", 403, user="nobody"),
            Call("POST", _PODS, 403, _POD, user="viewer"),
            Call("DELETE", _PODS, 403, user="viewer"),
            Call("GET", "/apis/example.com/v1/namespaces/{ns}/widgets", 403, user="viewer"),
            _asks_itself("list", "pods", "viewer"),
            _asks_itself("create", "pods", "viewer"),
            _asks_itself("create", "pods", "admin"),
            Call(
                "POST",
                f"{_AUTHORIZATION}/subjectaccessreviews",
                201,
                _access("SubjectAccessReview", user="viewer@example.com", **_may("delete", "nodes", "")),
            ),
            Call(
                "POST",
                f"{_AUTHORIZATION}/selfsubjectaccessreviews",
                201,
                _access("SelfSubjectAccessReview", nonResourceAttributes={"path": "/healthz", "verb": "get"}),
                user="nobody",
                only_status=True,
            ),
            Call(
                "POST",
                f"{_AUTHORIZATION}/selfsubjectrulesreviews",
                201,
                _access("SelfSubjectRulesReview", namespace="{ns}"),
                user="viewer",
                only_status=True,
            ),
        ),
    ),
    HttpStory(
        "tables",
        (
            Call("GET", "/api/v1/nodes?limit=500", headers={"Accept": _TABLE}, only_status=True),
            Call("GET", "/api/v1/namespaces/{ns}", headers={"Accept": _TABLE}),
            Call("GET", "/api/v1/namespaces/{ns}/serviceaccounts", headers={"Accept": _TABLE}, only_status=True),
            Call("GET", "/apis/apps/v1/namespaces/{ns}/deployments", headers={"Accept": _TABLE}),
            Call("GET", "/apis/apps/v1/namespaces/{ns}/daemonsets", headers={"Accept": _TABLE}),
            Call("GET", "/apis/apps/v1/namespaces/{ns}/statefulsets", headers={"Accept": _TABLE}),
            Call("GET", "/apis/apps/v1/namespaces/{ns}/replicasets", headers={"Accept": _TABLE}),
            Call("GET", "/api/v1/namespaces/{ns}/services", headers={"Accept": _TABLE}),
            Call("GET", "/api/v1/namespaces/{ns}/secrets", headers={"Accept": _TABLE}, only_status=True),
        ),
    ),
)
