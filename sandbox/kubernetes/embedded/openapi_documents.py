"""OpenAPI documents of resources, version 2 and version 3, built from their schemas."""

import functools
from collections.abc import Iterable
from typing import Any

from sandbox.kubernetes.embedded.kinds import BUILT_IN, ResourceType
from sandbox.kubernetes.embedded.schemas import Node, root

Schema = dict[str, Any]
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
_REFERENCES = "#/components/schemas/"
_SIMPLE: dict[str, Schema] = {
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
_INFO = {"title": "Kubernetes", "version": "unversioned"}
# The query parameters by which a client learns what a write understands.
_WRITE_OPTIONS = ("pretty", "dryRun", "fieldManager", "fieldValidation")


def version_3(resources: Iterable[ResourceType]) -> Schema:
    """Return the OpenAPI 3 document of one group and version."""
    schemas: Schema = {}
    paths: Schema = {}
    for one in resources:
        schemas |= _definitions(one, schemas)
        paths |= _paths(one, {"type": "string"})
    return {"openapi": "3.0.0", "info": _INFO, "paths": paths, "components": {"schemas": schemas}}


def version_2(resources: Iterable[ResourceType]) -> Schema:
    """Return the OpenAPI 2 document of any resources."""
    definitions: Schema = {}
    paths: Schema = {}
    for one in resources:
        definitions |= _definitions(one, definitions)
        paths |= _paths(one, None)
    return {"swagger": "2.0", "info": _INFO, "paths": paths, "definitions": _downgraded(definitions)}


def _downgraded(value: Any) -> Any:
    """Return schemas in the words of OpenAPI 2."""
    if isinstance(value, list):
        return [_downgraded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("format") == "int-or-string":
        return {"type": "string", "format": "int-or-string", **_kept(value, "description")}
    # A property may be called `allOf` or `$ref`, since CRDs hold schemas themselves.
    if isinstance(value.get("allOf"), list):
        return {**_downgraded(value["allOf"][0]), **_kept(value, "description")}
    if isinstance(value.get("$ref"), str):
        return {**value, "$ref": value["$ref"].replace(_REFERENCES, "#/definitions/")}
    return {name: _downgraded(below) for name, below in value.items()}


def _kept(value: Schema, name: str) -> Schema:
    return {name: value[name]} if name in value else {}


def _definitions(one: ResourceType, known: Schema) -> Schema:
    schemas = dict(known)
    node, package = root(one), _package(one.group, one.version)
    _describe(node, package, schemas)
    schemas[_name(node, package)]["x-kubernetes-group-version-kind"] = [_kind_of(one)]
    return schemas


def _package(group: str, version: str) -> str:
    if not group:
        return f"io.k8s.api.core.{version}"
    if "." in group and not group.endswith(".k8s.io"):
        return ".".join([*reversed(group.split(".")), version])
    return f"io.k8s.api.{group.partition('.')[0]}.{version}"


def _kind_of(one: ResourceType) -> dict[str, str]:
    return {"group": one.group, "kind": one.kind, "version": one.version}


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

    for one in BUILT_IN:
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


def _describe(node: Node, package: str, schemas: Schema) -> Schema:
    """Return the schema of a type; named objects go into `schemas` and are referred to."""
    if node.kind == "list" and node.items is not None:
        return _list(node, node.items, package, schemas)
    if node.kind == "map" and node.items is not None:
        return {"type": "object", "additionalProperties": _describe(node.items, package, schemas)}
    if node.kind != "object":
        return dict(_SIMPLE[node.kind])
    if node.schema is not None and "metadata" not in (node.schema.get("properties") or {}):
        return {"type": "object", **_object(node, package, schemas)}
    name = _name(node, package)
    if name not in schemas:
        described: Schema = {"type": "object"}
        # Known before its fields are walked, since a type may hold itself.
        schemas[name] = described
        described |= _object(node, package, schemas)
    return {"$ref": f"{_REFERENCES}{name}"}


def _list(node: Node, items: Node, package: str, schemas: Schema) -> Schema:
    schema: Schema = {"type": "array", "items": _describe(items, package, schemas)}
    schema["x-kubernetes-list-type"] = "map" if node.keys else "set" if node.is_set else "atomic"
    if node.keys:
        schema["x-kubernetes-list-map-keys"] = list(node.keys)
    if node.merge_key:
        schema["x-kubernetes-patch-merge-key"] = node.merge_key
    if node.merge_key or node.is_set:
        schema["x-kubernetes-patch-strategy"] = "merge"
    return schema


def _object(node: Node, package: str, schemas: Schema) -> Schema:
    properties: Schema = {}
    for name, field in node.fields.items():
        schema = _describe(field.node, package, schemas)
        if "$ref" in schema:
            schema = {"allOf": [schema], "default": {}}
        if field.description:
            schema["description"] = field.description
        properties[name] = schema
    described: Schema = {"properties": properties} if properties else {}
    if node.model is not None:
        described["description"] = (node.model.__doc__ or "").strip().partition("\n\n")[0]
    elif node.schema and node.schema.get("description"):
        described["description"] = node.schema["description"]
    if needed := [name for name, field in node.fields.items() if field.required]:
        described["required"] = needed
    if node.keeps_unknown:
        described["x-kubernetes-preserve-unknown-fields"] = True
    return described


def _paths(one: ResourceType, schema: Schema | None) -> Schema:
    """Return the paths of a resource as far as clients read them: which options a write takes."""
    base = f"/apis/{one.group}/{one.version}" if one.group else f"/api/{one.version}"
    collection = f"{base}/namespaces/{{namespace}}/{one.plural}" if one.namespaced else f"{base}/{one.plural}"
    typed: Schema = {"schema": schema} if schema else {"type": "string"}
    parameters = [{"name": name, "in": "query", **typed} for name in _WRITE_OPTIONS]

    def operation(action: str, *, writes: bool) -> Schema:
        told: Schema = {
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _kind_of(one),
        }
        return {**told, "parameters": parameters} if writes else told

    paths: Schema = {collection: {"get": operation("list", writes=False)}}
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
