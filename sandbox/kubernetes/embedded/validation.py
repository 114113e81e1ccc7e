"""What an API server refuses as invalid, kind by kind: missing fields, impossible values, changes of fixed fields.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go and its neighbours.
"""

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.custom_validation import schema_causes
from sandbox.kubernetes.embedded.kinds import ResourceKey, ResourceType
from sandbox.kubernetes.embedded.pod_validation import pod_changes, pod_spec_causes
from sandbox.kubernetes.embedded.schemas import Node, root
from sandbox.kubernetes.embedded.statuses import (
    Cause,
    duplicate_value,
    forbidden_field,
    invalid_value,
    required,
    unsupported_value,
)
from sandbox.kubernetes.embedded.store import Object
from sandbox.kubernetes.labels import labels_match

_CONFIG_KEY = re.compile(r"^[-._a-zA-Z0-9]+$")
_WORKLOADS = {"deployments", "replicasets", "daemonsets", "statefulsets"}
_RBAC = "rbac.authorization.k8s.io"
_BINDINGS = frozenset({(_RBAC, "rolebindings"), (_RBAC, "clusterrolebindings")})
_SERVICE_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def creation_causes(resource: ResourceType, item: Object) -> list[Cause]:
    """Return everything that is wrong with a new object."""
    metadata = item["metadata"]
    return [
        *names.name_causes(resource, metadata.get("name", "")),
        *_content_causes(resource, item),
    ]


def change_causes(resource: ResourceType, item: Object, before: Object) -> list[Cause]:
    """Return everything that is wrong with an object that replaces another."""
    now, then = item["metadata"], before["metadata"]
    causes = [
        invalid_value(f"metadata.{name}", now.get(name), "field is immutable")
        for name in ("name", "namespace", "uid", "creationTimestamp")
        if now.get(name) != then.get(name)
    ]
    return causes + _content_causes(resource, item) + _immutable_causes(resource.key, item, before)


def _content_causes(resource: ResourceType, item: Object) -> list[Cause]:
    metadata = item["metadata"]
    causes = [
        *names.labels_causes("metadata.labels", metadata.get("labels") or {}),
        *names.annotations_causes("metadata.annotations", metadata.get("annotations") or {}),
    ]
    if resource.custom:
        return causes + schema_causes(resource.schema or {}, item)
    if resource.key not in _LOOSE:
        causes += _missing(root(resource), _completed(item), "", skip=frozenset({"status", "metadata"}))
    if (check := _CHECKS.get(resource.key)) is not None:
        causes += check(item)
    elif resource.group == "apps" and resource.plural in _WORKLOADS:
        causes += _workload(item)
    return causes


# Events arrive from many hands and old clients; reviews are answered, not kept.
_LOOSE: frozenset[ResourceKey] = frozenset({("", "events"), ("events.k8s.io", "events"), ("", "nodes")})


def _completed(item: Object) -> Object:
    """Return the object with the empty structs that Go would have where a pod is described."""
    if not isinstance(item.get("spec"), dict) or "template" not in item["spec"]:
        return item
    template = {"spec": {}, **item["spec"]["template"]}
    return {**item, "spec": {**item["spec"], "template": template}}


def _missing(node: Node, value: Any, path: str, skip: frozenset[str] = frozenset()) -> list[Cause]:
    causes: list[Cause] = []
    if node.kind == "object" and isinstance(value, dict):
        for name, below in node.fields.items():
            inner = f"{path}.{name}" if path else name
            if name in skip:
                continue
            present = value.get(name)
            if below.required and (present is None or present in ("", [])):
                if below.node.kind == "object" and below.node.fields:
                    causes += _missing(below.node, {}, inner) or [required(inner)]
                elif not (present == "" and below.node.kind != "string"):
                    causes.append(required(inner))
            elif present is not None:
                causes += _missing(below.node, present, inner)
    elif node.kind in {"list", "map"} and node.items is not None and node.items.kind not in {"string", "any"}:
        places = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
        for place, one in places:
            causes += _missing(node.items, one, f"{path}[{place}]")
    return causes


def _go_map(labels: Mapping[str, str] | None) -> str:
    if not labels:
        return "null"
    return json.dumps(dict(sorted(labels.items())), separators=(",", ":"))


def _workload(item: Object) -> list[Cause]:
    spec = item.get("spec") or {}
    causes = []
    selector, template = spec.get("selector"), spec.get("template") or {}
    if isinstance(spec.get("replicas"), int) and spec["replicas"] < 0:
        causes.append(invalid_value("spec.replicas", spec["replicas"], "must be greater than or equal to 0"))
    if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(_raw("spec.selector", "{}", "empty selector is invalid for " + item["kind"].lower()))
    labels = (template.get("metadata") or {}).get("labels") or {}
    if selector is not None and not labels_match(selector, labels):
        causes.append(
            _raw("spec.template.metadata.labels", _go_map(labels), "`selector` does not match template `labels`")
        )
    if template.get("spec"):
        claims = {(one.get("metadata") or {}).get("name") for one in spec.get("volumeClaimTemplates") or []}
        causes += pod_spec_causes(template["spec"], "spec.template.spec", claims)
        policy = template["spec"].get("restartPolicy")
        if policy not in {None, "Always"}:
            causes.append(unsupported_value("spec.template.spec.restartPolicy", policy, ["Always"]))
    return causes


def _raw(field: str, value: str, detail: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {value}: {detail}", field)


def _pod(item: Object) -> list[Cause]:
    return pod_spec_causes(item.get("spec") or {}, "spec")


def _job(item: Object) -> list[Cause]:
    spec = (item.get("spec") or {}).get("template", {}).get("spec") or {}
    causes = pod_spec_causes(spec, "spec.template.spec")
    if spec.get("restartPolicy") not in {"OnFailure", "Never"}:
        causes.append(
            Cause(
                "FieldValueRequired",
                'Required value: valid values: "OnFailure", "Never"',
                "spec.template.spec.restartPolicy",
            )
            if not spec.get("restartPolicy")
            else unsupported_value("spec.template.spec.restartPolicy", spec["restartPolicy"], ["OnFailure", "Never"])
        )
    return causes


def _service(item: Object) -> list[Cause]:
    spec = item.get("spec") or {}
    causes = []
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName":
        causes.append(required("spec.ports"))
    if spec.get("type") not in _SERVICE_TYPES:
        causes.append(unsupported_value("spec.type", spec.get("type"), _SERVICE_TYPES))
    seen: set[str] = set()
    for place, port in enumerate(ports):
        name = port.get("name", "")
        for field in ("port", "targetPort"):
            if isinstance(port.get(field), int) and not 1 <= port[field] <= 65535:
                rule = "must be between 1 and 65535, inclusive"
                causes.append(invalid_value(f"spec.ports[{place}].{field}", port[field], rule))
        if len(ports) > 1 and not name:
            causes.append(required(f"spec.ports[{place}].name"))
        elif name and name in seen:
            causes.append(duplicate_value(f"spec.ports[{place}].name", name))
        seen.add(name)
    return causes


def _config_map(item: Object) -> list[Cause]:
    rule = (
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
        "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    )
    keys = [*(item.get("data") or {}), *(item.get("binaryData") or {})]
    return [invalid_value(f"data[{key}]", key, rule) for key in keys if not _CONFIG_KEY.match(key)]


def _role(item: Object) -> list[Cause]:
    causes = []
    for place, rule in enumerate(item.get("rules") or []):
        field = f"rules[{place}]"
        if not rule.get("verbs"):
            causes.append(required(f"{field}.verbs", "verbs must contain at least one value"))
        if rule.get("nonResourceURLs"):
            if item["kind"] == "Role":
                message = "namespaced rules cannot apply to non-resource URLs"
                causes.append(_raw(f"{field}.nonResourceURLs", json.dumps(rule["nonResourceURLs"]), message))
            continue
        if not rule.get("apiGroups"):
            causes.append(required(f"{field}.apiGroups", "resource rules must supply at least one api group"))
        if not rule.get("resources"):
            causes.append(required(f"{field}.resources", "resource rules must supply at least one resource"))
    return causes


def _binding(item: Object) -> list[Cause]:
    causes = []
    role = item.get("roleRef") or {}
    known = ["ClusterRole"] if item["kind"] == "ClusterRoleBinding" else ["ClusterRole", "Role"]
    if role.get("kind") and role["kind"] not in known:
        causes.append(unsupported_value("roleRef.kind", role["kind"], known))
    for place, subject in enumerate(item.get("subjects") or []):
        field = f"subjects[{place}]"
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            causes.append(required(f"{field}.namespace"))
        elif subject.get("kind") not in {"ServiceAccount", "User", "Group"}:
            causes.append(unsupported_value(f"{field}.kind", subject.get("kind"), ["Group", "ServiceAccount", "User"]))
    return causes


def _claim(item: Object) -> list[Cause]:
    spec = item.get("spec") or {}
    causes = []
    if not spec.get("accessModes"):
        causes.append(required("spec.accessModes", "at least 1 access mode is required"))
    if not ((spec.get("resources") or {}).get("requests") or {}).get("storage"):
        causes.append(required("spec.resources[storage]"))
    return causes


def _immutable_causes(key: ResourceKey, item: Object, before: Object) -> list[Cause]:
    causes = []
    for path in _IMMUTABLE.get(key, ()):
        now, then = _at(item, path), _at(before, path)
        if then is not None and now != then:
            causes.append(_raw(path, json.dumps(now, separators=(",", ":")), "field is immutable"))
    if key == ("", "pods"):
        causes += pod_changes(item.get("spec") or {}, before.get("spec") or {})
    if key in _BINDINGS and item.get("roleRef") != before.get("roleRef"):
        causes.append(_raw("roleRef", json.dumps(item.get("roleRef"), separators=(",", ":")), "cannot change roleRef"))
    if key in {("", "configmaps"), ("", "secrets")} and before.get("immutable"):
        for name in ("immutable", "data", "binaryData"):
            if item.get(name) != before.get(name):
                causes.append(forbidden_field(name, "field is immutable when `immutable` is set"))
    return causes


_IMMUTABLE: Mapping[ResourceKey, tuple[str, ...]] = {
    ("apps", "deployments"): ("spec.selector",),
    ("apps", "replicasets"): ("spec.selector",),
    ("apps", "daemonsets"): ("spec.selector",),
    ("batch", "jobs"): ("spec.selector", "spec.template", "spec.completionMode"),
    ("", "secrets"): ("type",),
    ("", "persistentvolumeclaims"): ("spec.accessModes", "spec.storageClassName", "spec.volumeName"),
    ("storage.k8s.io", "storageclasses"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}


def _at(item: Object, path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return copy.copy(value)


_CHECKS: Mapping[ResourceKey, Callable[[Object], list[Cause]]] = {
    ("", "pods"): _pod,
    ("", "services"): _service,
    ("", "configmaps"): _config_map,
    ("", "secrets"): _config_map,
    ("", "persistentvolumeclaims"): _claim,
    ("batch", "jobs"): _job,
    (_RBAC, "roles"): _role,
    (_RBAC, "clusterroles"): _role,
    (_RBAC, "rolebindings"): _binding,
    (_RBAC, "clusterrolebindings"): _binding,
}
