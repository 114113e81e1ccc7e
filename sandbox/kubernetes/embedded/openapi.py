"""OpenAPI v3 documents, built from the schemas when somebody asks: `kubectl explain` and kubectl's validation read them.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

import functools
import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.kubernetes.embedded.content import accepts, answer
from sandbox.kubernetes.embedded.kinds import Catalogue, ResourceType
from sandbox.kubernetes.embedded.schemas import Node, root
from sandbox.kubernetes.embedded.statuses import StatusError, no_such_resource

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_META_NAMES = {
    "Condition",
    "LabelSelector",
    "LabelSelectorRequirement",
    "ListMeta",
    "ManagedFieldsEntry",
    "ObjectMeta",
    "OwnerReference",
    "FieldSelectorRequirement",
}
_SIMPLE: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "quantity": {"type": "string"},
    "integer": {"type": "integer", "format": "int32"},
    "number": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "bytes": {"type": "string", "format": "byte"},
    "time": {"type": "string", "format": "date-time"},
    "int-or-string": {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"},
    "any": {"type": "object"},
}
_METHODS = {"post": "post", "put": "put", "patch": "patch"}


class OpenApi:
    """The documents of one cluster, one for each group and version."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, request: Request, path: str) -> Response:
        """Answer `/openapi/v3` and what lies below it.

        Raises:
            StatusError: there is no such document.
        """
        if path == "/openapi/v3":
            return answer({"paths": self._index()})
        if path == "/openapi/v2":
            if not any(entry["media"] in {"application/json", "*/*", "application/*"} for entry in accepts(request)):
                raise StatusError(406, "only the following media types are accepted: application/json", details={})
            return answer(self._version_2())
        prefix = "/openapi/v3/"
        if not path.startswith(prefix):
            raise no_such_resource()
        parts = path[len(prefix) :].split("/")
        if parts[0] == "api" and len(parts) == 2:
            document = self._document("", parts[1])
        elif parts[0] == "apis" and len(parts) == 3:
            document = self._document(parts[1], parts[2])
        else:
            document = None
        if document is None:
            raise no_such_resource()
        return answer(document)

    def _index(self) -> dict[str, Any]:
        paths = {}
        for group, versions in self._catalogue.groups().items():
            for version in versions:
                path = f"apis/{group}/{version}" if group else f"api/{version}"
                kinds = [(one.plural, repr(one.schema)) for one in self._resources(group, version)]
                digest = hashlib.sha256(repr(kinds).encode()).hexdigest().upper()
                paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return paths

    def _resources(self, group: str, version: str) -> list[ResourceType]:
        return [one for one in self._catalogue if (one.group, one.version) == (group, version)]

    def _document(self, group: str, version: str) -> dict[str, Any] | None:
        resources = self._resources(group, version)
        if not resources:
            return None
        schemas: dict[str, Any] = {}
        paths: dict[str, Any] = {}
        for one in resources:
            _describe(root(one), _package(group, version), schemas)
            schemas[_reference(one)]["x-kubernetes-group-version-kind"] = [_kind_of(one)]
            paths |= _paths(one)
        info = {"title": "Kubernetes", "version": "unversioned"}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}

    def _version_2(self) -> dict[str, Any]:
        definitions: dict[str, Any] = {}
        for one in self._catalogue:
            _describe(root(one), _package(one.group, one.version), definitions)
            definitions[_reference(one)]["x-kubernetes-group-version-kind"] = [_kind_of(one)]
        info = {"title": "Kubernetes", "version": "unversioned"}
        return {"swagger": "2.0", "info": info, "paths": {}, "definitions": _moved(definitions)}


def _moved(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: below.replace("#/components/schemas/", "#/definitions/") if name == "$ref" else _moved(below)
            for name, below in value.items()
        }
    return [_moved(one) for one in value] if isinstance(value, list) else value


def _package(group: str, version: str) -> str:
    if not group:
        return f"io.k8s.api.core.{version}"
    if "." in group and not group.endswith(".k8s.io"):
        return ".".join([*reversed(group.split(".")), version])
    return f"io.k8s.api.{group.partition('.')[0]}.{version}"


def _kind_of(one: ResourceType) -> dict[str, str]:
    return {"group": one.group, "kind": one.kind, "version": one.version}


def _reference(one: ResourceType) -> str:
    return _name(root(one), _package(one.group, one.version))


@functools.lru_cache(maxsize=1)
def _core_models() -> frozenset[Any]:
    """Return the models that core kinds are made of; other groups refer to them there."""
    found: set[Any] = set()

    def walk(node: Node) -> None:
        if node.model is not None and node.model not in found:
            found.add(node.model)
            for below in node.fields.values():
                walk(below.node)
        elif node.items is not None:
            walk(node.items)

    for one in Catalogue():
        if not one.group:
            walk(root(one))
    return frozenset(found)


def _name(node: Node, package: str) -> str:
    if node.model is not None:
        if node.name in _META_NAMES:
            return f"{_META}.{node.name}"
        if node.model in _core_models():
            return f"io.k8s.api.core.v1.{node.name}"
    return f"{package}.{node.name}"


def _describe(node: Node, package: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type; objects go into `schemas` and are referred to."""
    if node.kind == "list" and node.items is not None:
        schema: dict[str, Any] = {"type": "array", "items": _describe(node.items, package, schemas)}
        schema["x-kubernetes-list-type"] = "map" if node.keys else "set" if node.is_set else "atomic"
        if node.keys:
            schema["x-kubernetes-list-map-keys"] = list(node.keys)
        if node.merge_key:
            schema |= {"x-kubernetes-patch-merge-key": node.merge_key, "x-kubernetes-patch-strategy": "merge"}
        return schema
    if node.kind == "map" and node.items is not None:
        return {"type": "object", "additionalProperties": _describe(node.items, package, schemas)}
    if node.kind != "object":
        return dict(_SIMPLE[node.kind])
    if node.schema is not None and "x-sandbox-root" not in schemas and not _is_root(node):
        return _inline(node, package, schemas)
    name = _name(node, package)
    if name not in schemas:
        described: dict[str, Any] = {"type": "object"}
        schemas[name] = described
        described |= _object(node, package, schemas)
    return {"$ref": f"#/components/schemas/{name}"}


def _is_root(node: Node) -> bool:
    return "metadata" in ((node.schema or {}).get("properties") or {})


def _inline(node: Node, package: str, schemas: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", **_object(node, package, schemas)}


def _object(node: Node, package: str, schemas: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, field in node.fields.items():
        schema = _describe(field.node, package, schemas)
        if "$ref" in schema:
            schema = {"allOf": [schema], "default": {}}
        if field.description:
            schema["description"] = field.description
        properties[name] = schema
    described: dict[str, Any] = {"properties": properties} if properties else {}
    if node.model is not None:
        described["description"] = (node.model.__doc__ or "").strip().partition("\n\n")[0]
    elif node.schema and node.schema.get("description"):
        described["description"] = node.schema["description"]
    if needed := [name for name, field in node.fields.items() if field.required]:
        described["required"] = needed
    if node.keeps_unknown:
        described["x-kubernetes-preserve-unknown-fields"] = True
    return described


def _paths(one: ResourceType) -> dict[str, Any]:
    """Return the paths of a resource as far as clients read them: which options a write takes."""
    base = f"/apis/{one.group}/{one.version}" if one.group else f"/api/{one.version}"
    collection = f"{base}/namespaces/{{namespace}}/{one.plural}" if one.namespaced else f"{base}/{one.plural}"
    kind = {"x-kubernetes-group-version-kind": _kind_of(one)}
    names = ("pretty", "dryRun", "fieldManager", "fieldValidation")
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    responses = {"200": {"description": "OK"}}

    def operation(action: str, *, writes: bool) -> dict[str, Any]:
        told: dict[str, Any] = {"responses": responses, "x-kubernetes-action": action, **kind}
        return {**told, "parameters": parameters} if writes else told

    paths: dict[str, Any] = {collection: {"get": operation("list", writes=False)}}
    if "create" in one.verbs:
        paths[collection]["post"] = operation("post", writes=True)
    if "update" in one.verbs:
        paths[f"{collection}/{{name}}"] = {
            "get": operation("get", writes=False),
            "put": operation("put", writes=True),
            "patch": operation("patch", writes=True),
            "delete": operation("delete", writes=False),
        }
    return paths
