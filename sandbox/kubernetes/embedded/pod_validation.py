"""What an API server refuses in a pod's spec, alone or inside a workload's template.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go
"""

from collections.abc import Collection
from typing import Any

from sandbox.copies import copied
from sandbox.kubernetes import quantities
from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.statuses import (
    Cause,
    duplicate_value,
    forbidden_field,
    invalid_value,
    not_found_value,
    required,
    unsupported_value,
)
from sandbox.kubernetes.embedded.store import Object

_MUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_POLICIES = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
}


def pod_spec_causes(spec: Object, path: str, claims: Collection[Any] = ()) -> list[Cause]:
    """Return what is wrong with a pod's spec, beside missing fields; `claims` are volumes that its owner adds."""
    causes = []
    volumes = {*claims, *(volume.get("name") for volume in spec.get("volumes") or [])}
    seen: set[str] = set()
    for collection in ("initContainers", "containers"):
        for place, container in enumerate(spec.get(collection) or []):
            field = f"{path}.{collection}[{place}]"
            name = container.get("name", "")
            if name and name in seen:
                causes.append(duplicate_value(f"{field}.name", name))
            seen.add(name)
            causes += _container_causes(container, field, volumes)
    for name, known in _POLICIES.items():
        if spec.get(name) is not None and spec[name] not in known:
            causes.append(unsupported_value(f"{path}.{name}", spec[name], known))
    for place, toleration in enumerate(spec.get("tolerations") or []):
        causes += _toleration_causes(toleration, f"{path}.tolerations[{place}]")
    return causes


def _container_causes(container: Object, field: str, volumes: set[Any]) -> list[Cause]:
    causes = []
    if container.get("name"):
        causes += names.label_causes(f"{field}.name", container["name"])
    if not container.get("image"):
        causes.append(required(f"{field}.image"))
    for place, mount in enumerate(container.get("volumeMounts") or []):
        if mount.get("name") and mount["name"] not in volumes:
            causes.append(not_found_value(f"{field}.volumeMounts[{place}].name", mount["name"]))
    for place, port in enumerate(container.get("ports") or []):
        number = port.get("containerPort")
        if isinstance(number, int) and not 1 <= number <= 65535:
            rule = "must be between 1 and 65535, inclusive"
            causes.append(invalid_value(f"{field}.ports[{place}].containerPort", number, rule))
    resources = container.get("resources") or {}
    for name, request in (resources.get("requests") or {}).items():
        limit = (resources.get("limits") or {}).get(name)
        if limit is not None and quantities.parse(request) > quantities.parse(limit):
            rule = f"must be less than or equal to {name} limit of {limit}"
            causes.append(invalid_value(f"{field}.resources.requests", request, rule))
    return causes


def _toleration_causes(toleration: Object, field: str) -> list[Cause]:
    operator = toleration.get("operator", "Equal")
    if operator not in {"Equal", "Exists"}:
        return [unsupported_value(f"{field}.operator", operator, ["Equal", "Exists"])]
    if operator == "Exists" and toleration.get("value"):
        return [
            invalid_value(f"{field}.operator", toleration["value"], "value must be empty when `operator` is 'Exists'")
        ]
    if not toleration.get("key") and operator != "Exists":
        rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        return [invalid_value(f"{field}.operator", operator, rule)]
    return []


def pod_changes(spec: Object, before: Object) -> list[Cause]:
    """Return the cause for a change of a running pod's spec that is not allowed."""
    now, then = _fixed(spec), _fixed(before)
    if not then.get("nodeName"):
        # Binding a pod is how its node name comes; it is not an update by a user.
        now.pop("nodeName", None)
        then.pop("nodeName", None)
    return [] if now == then else [forbidden_field("spec", _MUTABLE)]


def _fixed(spec: Object) -> Object:
    fixed = copied(spec)
    for name in (
        "activeDeadlineSeconds",
        "tolerations",
        "terminationGracePeriodSeconds",
        "ephemeralContainers",
        "schedulingGates",
    ):
        fixed.pop(name, None)
    for collection in ("initContainers", "containers"):
        for container in fixed.get(collection) or []:
            container.pop("image", None)
            container.pop("resources", None)
    return fixed
