"""What a request asks for, read from its method, path and query as a real server reads them.

Rules: https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/request/requestinfo.go
"""

from collections.abc import Mapping
from dataclasses import dataclass

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get", "HEAD": "get"}


@dataclass(frozen=True)
class Attributes:
    """What is asked, in the terms of authorization.

    Attributes:
        verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or the method in lower
            case for a path that is no resource.
        path: the path, for one that is no resource.
        group: API group.
        version: API version.
        resource: plural name; empty for a path that is no resource.
        subresource: such as `status`.
        namespace: empty for cluster-wide requests.
        name: the object's name, empty for collections.
    """

    verb: str
    path: str = ""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


def read_path(method: str, path: str, query: Mapping[str, str]) -> Attributes:
    """Return what is asked; `resource` is empty when the path names none."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return Attributes(method.lower(), path=path)
    watching = rest[0] == "watch" and len(rest) > 1
    if watching:
        rest = rest[1:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in {"status", "finalize"}:
            rest = rest[2:]
    resource, name, subresource = (*rest, "", "")[:3]
    verb = _VERBS.get(method, "")
    if verb == "get" and not name:
        verb = "watch" if watching or query.get("watch", "").lower() in {"1", "true"} else "list"
    elif verb == "get" and watching:
        verb = "watch"
    elif verb == "delete" and not name:
        verb = "deletecollection"
    return Attributes(verb, path, group, version, resource, subresource, namespace, name)
