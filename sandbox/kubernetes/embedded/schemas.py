"""What the fields of every kind are: read from the official Python client's models, or from a CRD's OpenAPI schema.

The models carry names, types, required marks and descriptions of the published API; how lists are merged they do not
carry, so that stands in `_LISTS`.
"""

import datetime as dt
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.kubernetes.embedded.kinds import BUILT_IN, ResourceType

NodeKind = Literal[
    "object",
    "list",
    "map",
    "string",
    "integer",
    "number",
    "boolean",
    "time",
    "bytes",
    "int-or-string",
    "quantity",
    "any",
]


@dataclass(frozen=True)
class Node:
    """The type of a value.

    Attributes:
        kind: what it is; `any` is not looked into.
        name: for objects, the schema's name as a Go struct would have it, such as `PodSpec`.
        items: for lists and maps, the type of each value.
        model: for objects of the built-in API, the model's class.
        schema: for objects of a custom resource, the OpenAPI schema.
        keys: for lists, the fields that identify an item under server-side apply; empty for atomic lists.
        merge_key: for lists, the field by which a strategic merge finds an item.
        is_set: for lists of plain values, whether each value stands once and is owned by itself.
        atomic: for objects and maps, whether server-side apply treats it as one value.
        keeps_unknown: for objects of a custom resource, whether fields outside the schema are kept.
    """

    kind: NodeKind
    name: str = ""
    items: "Node | None" = None
    model: Any = None
    schema: Mapping[str, Any] | None = field(default=None, compare=False, hash=False)
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    is_set: bool = False
    atomic: bool = False
    keeps_unknown: bool = False

    @property
    def fields(self) -> Mapping[str, "Field"]:
        """The fields of an object, by their JSON names."""
        if self.model is not None:
            return _model_fields(self.model)
        if self.schema is not None:
            needed = set(self.schema.get("required") or ())
            return {
                name: Field(_schema_node(below, name), name in needed, below.get("description", ""))
                for name, below in (self.schema.get("properties") or {}).items()
            }
        return {}

    def child(self, name: str) -> "Node":
        """Return the type of a field or of a map's value; `any` when unknown."""
        if self.kind == "map" and self.items is not None:
            return self.items
        if self.kind == "object":
            found = self.fields.get(name)
            return found.node if found else ANY
        return ANY


@dataclass(frozen=True)
class Field:
    """One field of an object."""

    node: Node
    required: bool
    description: str


ANY = Node("any")
_STRING = Node("string")

# Merge keys and list map keys: `patchMergeKey` and `listMapKey` of the API's Go types,
# https://github.com/kubernetes/api/blob/master/core/v1/types.go and its neighbours.
_LISTS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("ObjectMeta", "ownerReferences"): ("uid", ("uid",)),
    ("PodSpec", "containers"): ("name", ("name",)),
    ("PodSpec", "initContainers"): ("name", ("name",)),
    ("PodSpec", "ephemeralContainers"): ("name", ("name",)),
    ("PodSpec", "volumes"): ("name", ("name",)),
    ("PodSpec", "imagePullSecrets"): ("name", ("name",)),
    ("PodSpec", "hostAliases"): ("ip", ("ip",)),
    ("PodSpec", "schedulingGates"): ("name", ("name",)),
    ("PodSpec", "resourceClaims"): ("name", ("name",)),
    ("PodSpec", "topologySpreadConstraints"): ("topologyKey", ("topologyKey", "whenUnsatisfiable")),
    ("Container", "ports"): ("containerPort", ("containerPort", "protocol")),
    ("Container", "env"): ("name", ("name",)),
    ("Container", "volumeMounts"): ("mountPath", ("mountPath",)),
    ("Container", "volumeDevices"): ("devicePath", ("devicePath",)),
    ("EphemeralContainer", "ports"): ("containerPort", ("containerPort", "protocol")),
    ("EphemeralContainer", "env"): ("name", ("name",)),
    ("EphemeralContainer", "volumeMounts"): ("mountPath", ("mountPath",)),
    ("ResourceRequirements", "claims"): ("name", ("name",)),
    ("PodStatus", "podIPs"): ("ip", ("ip",)),
    ("PodStatus", "hostIPs"): ("ip", ("ip",)),
    ("NodeStatus", "addresses"): ("type", ("type",)),
    ("ServiceSpec", "ports"): ("port", ("port", "protocol")),
    ("ServiceAccount", "secrets"): ("name", ("name",)),
    ("ServiceAccount", "imagePullSecrets"): ("name", ()),
    ("CSINodeSpec", "drivers"): ("name", ("name",)),
    ("MutatingWebhookConfiguration", "webhooks"): ("name", ("name",)),
    ("ValidatingWebhookConfiguration", "webhooks"): ("name", ("name",)),
}
_SETS = {("ObjectMeta", "finalizers"), ("NodeSpec", "podCIDRs")}
_ATOMIC = {
    "LabelSelector",
    "SecretKeySelector",
    "ConfigMapKeySelector",
    "ObjectReference",
    "LocalObjectReference",
    "TypedLocalObjectReference",
    "ObjectFieldSelector",
    "ResourceFieldSelector",
    "NodeSelector",
    "NodeSelectorTerm",
    "RoleRef",
    "SecretReference",
    "FieldsV1",
    "CrossVersionObjectReference",
}
_ATOMIC_MAPS = {("PodSpec", "nodeSelector"), ("ServiceSpec", "selector"), ("ReplicationControllerSpec", "selector")}
_QUANTITIES = {
    "limits",
    "requests",
    "capacity",
    "allocatable",
    "hard",
    "used",
    "min",
    "max",
    "default",
    "defaultRequest",
    "maxLimitRequestRatio",
    "overhead",
    "allocatedResources",
    "averageValue",
    "sizeLimit",
    "divisor",
    "storageCapacity",
}


@functools.cache
def prepare() -> None:
    """Load the models, which takes a third of a second; to be called from a thread before the first object."""
    for resource in BUILT_IN:
        for below in root(resource).fields.values():
            _ = below.node.fields


def root(resource: ResourceType) -> Node:
    """Return the type of a resource's objects."""
    if resource.model:
        from kubernetes.client import models  # noqa: PLC0415 - costs 0.3 s, paid when the first object is written

        return _of_model(getattr(models, resource.model))
    return _custom_root(resource)


def _custom_root(resource: ResourceType) -> Node:
    schema = dict(resource.schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    known = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    schema["properties"] = {**known, **(schema.get("properties") or {}), "metadata": {"x-sandbox-metadata": True}}
    return Node("object", name=resource.kind, schema=schema, keeps_unknown=_keeps_unknown(schema))


def _keeps_unknown(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("x-kubernetes-preserve-unknown-fields")) or "properties" not in schema


def _metadata() -> Node:
    from kubernetes.client import models  # noqa: PLC0415

    return _of_model(models.V1ObjectMeta)


def _schema_node(schema: Mapping[str, Any], name: str) -> Node:  # noqa: PLR0911 - one return for each JSON type
    if schema.get("x-sandbox-metadata"):
        return _metadata()
    if schema.get("x-kubernetes-int-or-string"):
        return Node("int-or-string")
    kind = schema.get("type")
    if kind == "object":
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping) and "properties" not in schema:
            return Node("map", items=_schema_node(values, name), atomic=schema.get("x-kubernetes-map-type") == "atomic")
        atomic = schema.get("x-kubernetes-map-type") == "atomic"
        return Node("object", name=name, schema=schema, atomic=atomic, keeps_unknown=_keeps_unknown(schema))
    if kind == "array":
        listing = schema.get("x-kubernetes-list-type", "atomic")
        keys = tuple(schema.get("x-kubernetes-list-map-keys") or ()) if listing == "map" else ()
        return Node("list", items=_schema_node(schema.get("items") or {}, name), keys=keys, is_set=listing == "set")
    if kind == "string" and schema.get("format") == "date-time":
        return Node("time")
    if kind in {"string", "integer", "number", "boolean"}:
        return Node(kind)
    return ANY


@functools.cache
def _of_model(model: Any) -> Node:
    name = struct_name(model)
    return Node("object", name=name, model=model, atomic=name in _ATOMIC)


def struct_name(model: Any) -> str:
    """Return the Go name of a model's type: `V1PodSpec` is `PodSpec`, `CoreV1Event` is `Event`."""
    name = str(model.__name__)
    for prefix in (
        "CoreV1",
        "EventsV1",
        "RbacV1",
        "DiscoveryV1",
        "StorageV1",
        "AuthenticationV1",
        "ApiextensionsV1",
        "ApiregistrationV1",
        "AdmissionregistrationV1",
        "V1",
        "V2",
    ):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


@functools.cache
def _model_fields(model: Any) -> Mapping[str, Field]:
    owner = struct_name(model)
    found = {}
    for attribute, info in model.model_fields.items():
        name = info.serialization_alias or attribute
        found[name] = Field(_annotated(info.annotation, owner, name), info.is_required(), info.description or "")
    return found


def _annotated(annotation: Any, owner: str, name: str) -> Node:  # noqa: PLR0911 - one return for each type
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _annotated(typing.get_args(annotation)[0], owner, name)
    if origin in {typing.Union, types.UnionType}:
        arms = [_annotated(arm, owner, name) for arm in typing.get_args(annotation) if arm is not type(None)]
        kinds = {arm.kind for arm in arms}
        if kinds == {"integer", "string"}:
            return Node("int-or-string")
        if "bytes" in kinds:
            return Node("bytes")
        if kinds == {"integer", "number"}:
            return Node("number")
        return arms[0] if len(arms) == 1 else ANY
    if origin is list:
        items = _annotated(typing.get_args(annotation)[0], owner, name)
        merge_key, keys = _LISTS.get((owner, name), ("", ()))
        if name == "conditions" and "type" in items.fields:
            merge_key, keys = "type", ("type",)
        return Node("list", items=items, keys=keys, merge_key=merge_key, is_set=(owner, name) in _SETS)
    if origin is dict:
        values = _annotated(typing.get_args(annotation)[1], owner, name)
        if values.kind == "any":
            return ANY
        return Node("map", items=values, atomic=(owner, name) in _ATOMIC_MAPS)
    if annotation is str:
        return Node("quantity") if name in _QUANTITIES and owner != "EventSeries" else _STRING
    plain: dict[Any, NodeKind] = {
        int: "integer",
        float: "number",
        bool: "boolean",
        bytes: "bytes",
        dt.datetime: "time",
        object: "any",
        typing.Any: "any",
    }
    if annotation in plain:
        return Node(plain[annotation])
    return _of_model(annotation) if hasattr(annotation, "model_fields") else ANY
