"""The columns of the built-in kinds, as `kubectl get` shows them; `priority` 1 is for `-o wide`.

https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.embedded import durations
from sandbox.kubernetes.embedded.kinds import ResourceKey
from sandbox.kubernetes.embedded.pod_cells import pod_ready, pod_restarts, pod_status
from sandbox.kubernetes.embedded.store import Object

_NONE = "<none>"
_ROLE_LABEL = "node-role.kubernetes.io/"


@dataclass(frozen=True)
class Column:
    """One column: its heading, the cell for an object, and what is said of it: in words, or by the field it shows."""

    name: str
    cell: Callable[[Object], Any]
    type: str = "string"
    priority: int = 0
    description: str = ""
    source: str = ""


def _at(item: Object, path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _field(name: str, path: str, absent: Any = "", *, kind: str = "string", wide: bool = False) -> Column:
    def cell(item: Object) -> Any:
        found = _at(item, path)
        return absent if found is None else found

    return Column(name, cell, type=kind, priority=int(wide), source=path)


def _count(name: str, path: str, kind: str = "integer") -> Column:
    return _field(name, path, 0, kind=kind)


_NAME = Column("Name", lambda item: item["metadata"]["name"], source="metadata.name")
_AGE = Column(
    "Age", lambda item: durations.age(item["metadata"].get("creationTimestamp")), source="metadata.creationTimestamp"
)
_CREATED = Column(
    "Created At",
    lambda item: item["metadata"].get("creationTimestamp"),
    type="date",
    source="metadata.creationTimestamp",
)


def _pairs(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items())) or _NONE


def _selector(selector: Mapping[str, Any] | None) -> str:
    selector = selector or {}
    terms = [f"{name}={value}" for name, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or []:
        values = ",".join(sorted(one.get("values") or []))
        operator = one["operator"]
        if operator in {"In", "NotIn"}:
            terms.append(f"{one['key']} {operator.lower()} ({values})")
        else:
            terms.append(one["key"] if operator == "Exists" else f"!{one['key']}")
    return ",".join(terms) or _NONE


def _selected(path: str) -> Column:
    return Column("Selector", lambda item: _selector(_at(item, path)), priority=1, source=path)


def _containers(item: Object) -> list[Object]:
    return list(
        _at(item, "spec.template.spec.containers") or _at(item, "spec.jobTemplate.spec.template.spec.containers") or []
    )


_CONTAINERS = (
    Column(
        "Containers",
        lambda item: ",".join(one["name"] for one in _containers(item)),
        priority=1,
        description="Names of each container in the template.",
    ),
    Column(
        "Images",
        lambda item: ",".join(one.get("image", "") for one in _containers(item)),
        priority=1,
        description="Images referenced by each container in the template.",
    ),
)


def _ready_of(item: Object) -> str:
    return f"{_at(item, 'status.readyReplicas') or 0}/{_at(item, 'spec.replicas') or 0}"


_READY = Column("Ready", _ready_of, description="Number of the pod with ready state")


def _node_status(item: Object) -> str:
    conditions = {one["type"]: one["status"] for one in _at(item, "status.conditions") or []}
    states = {"True": "Ready", "False": "NotReady"}
    told = [states.get(conditions.get("Ready", ""), "NotReady" if "Ready" in conditions else "Unknown")]
    if _at(item, "spec.unschedulable"):
        told.append("SchedulingDisabled")
    return ",".join(told)


def _node_roles(item: Object) -> str:
    labels = item["metadata"].get("labels") or {}
    roles = sorted(one[len(_ROLE_LABEL) :] for one in labels if one.startswith(_ROLE_LABEL))
    return ",".join(role for role in roles if role) or _NONE


def _address(kind: str) -> Callable[[Object], str]:
    def cell(item: Object) -> str:
        addresses = _at(item, "status.addresses") or []
        return str(next((one["address"] for one in addresses if one["type"] == kind), _NONE))

    return cell


def _external(item: Object) -> str:
    spec = item.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    own = list(spec.get("externalIPs") or [])
    if spec.get("type") == "LoadBalancer":
        ingress = _at(item, "status.loadBalancer.ingress") or []
        found = [one.get("ip") or one.get("hostname", "") for one in ingress] + own
        return ",".join(found) or "<pending>"
    return ",".join(own) or _NONE


def _service_ports(item: Object) -> str:
    told = []
    for port in _at(item, "spec.ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        told.append(f"{port['port']}{node}/{port['protocol']}")
    return ",".join(told) or _NONE


def _endpoints(item: Object) -> str:
    told = []
    for subset in item.get("subsets") or []:
        for address in subset.get("addresses") or []:
            told += [f"{address['ip']}:{port['port']}" for port in subset.get("ports") or []] or [address["ip"]]
    more = f" + {len(told) - 3} more..." if len(told) > 3 else ""
    return ",".join(told[:3]) + more if told else _NONE


def _modes(item: Object) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short.get(one, one) for one in _at(item, "spec.accessModes") or [])


def _claim_of(item: Object) -> str:
    claim = _at(item, "spec.claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def _phase(item: Object) -> str:
    return "Terminating" if item["metadata"].get("deletionTimestamp") else str(_at(item, "status.phase") or "")


def _size(field: str) -> Callable[[Object], int]:
    return lambda item: len(item.get(field) or {})


def _secret_size(item: Object) -> int:
    return len(item.get("data") or {})


def _role_of(item: Object) -> str:
    return f"{item['roleRef']['kind']}/{item['roleRef']['name']}"


def _subjects(kind: str) -> Callable[[Object], str]:
    def cell(item: Object) -> str:
        found = [one for one in item.get("subjects") or [] if one.get("kind") == kind]
        return ",".join(f"{one['namespace']}/{one['name']}" if one.get("namespace") else one["name"] for one in found)

    return cell


def _job_status(item: Object) -> str:
    conditions = {one["type"] for one in _at(item, "status.conditions") or [] if one.get("status") == "True"}
    for name in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if name in conditions:
            return name
    return "Terminating" if item["metadata"].get("deletionTimestamp") else "Running"


def _job_duration(item: Object) -> str:
    start, end = _at(item, "status.startTime"), _at(item, "status.completionTime")
    if not start:
        return ""
    if not end:
        return durations.age(start)
    moments = [durations.moment(one) for one in (start, end)]
    return durations.human(int((moments[1] - moments[0]).total_seconds()))


def _event_object(item: Object) -> str:
    involved = item.get("involvedObject") or item.get("regarding") or {}
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _event_seen(item: Object) -> str:
    return durations.age(
        item.get("lastTimestamp") or item.get("eventTime") or item["metadata"].get("creationTimestamp")
    )


def _hosts(item: Object) -> str:
    return ",".join(one.get("host", "*") for one in _at(item, "spec.rules") or []) or "*"


def _health(field: str) -> Callable[[Object], str]:
    return lambda item: str(next((one.get(field, "") for one in item.get("conditions") or []), ""))


def _default_class(item: Object) -> str:
    annotations = item["metadata"].get("annotations") or {}
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{item['metadata']['name']}{' (default)' if default else ''}"


COLUMNS: Mapping[ResourceKey, tuple[Column, ...]] = {
    ("", "pods"): (
        _NAME,
        Column("Ready", pod_ready, description="The aggregate readiness state of this pod for accepting traffic."),
        Column("Status", pod_status, description="The aggregate status of the containers in this pod."),
        Column(
            "Restarts",
            pod_restarts,
            description="The number of times the containers in this pod have been restarted and when the last "
            "container in this pod has restarted.",
        ),
        _AGE,
        _field("IP", "status.podIP", _NONE, wide=True),
        _field("Node", "spec.nodeName", _NONE, wide=True),
        _field("Nominated Node", "status.nominatedNodeName", _NONE, wide=True),
        Column("Readiness Gates", lambda _: _NONE, priority=1),
    ),
    ("", "nodes"): (
        _NAME,
        Column("Status", _node_status, description="The status of the node"),
        Column("Roles", _node_roles, description="The roles of the node"),
        _AGE,
        _field("Version", "status.nodeInfo.kubeletVersion"),
        Column("Internal-IP", _address("InternalIP"), priority=1),
        Column("External-IP", _address("ExternalIP"), priority=1),
        _field("OS-Image", "status.nodeInfo.osImage", "<unknown>", wide=True),
        _field("Kernel-Version", "status.nodeInfo.kernelVersion", "<unknown>", wide=True),
        _field("Container-Runtime", "status.nodeInfo.containerRuntimeVersion", "<unknown>", wide=True),
    ),
    ("", "services"): (
        _NAME,
        _field("Type", "spec.type"),
        _field("Cluster-IP", "spec.clusterIP", _NONE),
        Column("External-IP", _external, source="spec.externalIPs"),
        Column("Port(s)", _service_ports, source="spec.ports"),
        _AGE,
        Column("Selector", lambda item: _pairs(_at(item, "spec.selector")), priority=1, source="spec.selector"),
    ),
    ("", "namespaces"): (
        _NAME,
        Column("Status", lambda item: _at(item, "status.phase"), description="The status of the namespace"),
        _AGE,
    ),
    ("", "componentstatuses"): (
        _NAME,
        *(
            Column(name, _health(field))
            for name, field in (("Status", "type"), ("Message", "message"), ("Error", "error"))
        ),
    ),
    ("", "configmaps"): (
        _NAME,
        Column("Data", lambda item: _size("data")(item) + _size("binaryData")(item), source="data"),
        _AGE,
    ),
    ("", "secrets"): (_NAME, _field("Type", "type"), Column("Data", _secret_size, source="data"), _AGE),
    ("", "serviceaccounts"): (_NAME, Column("Secrets", _size("secrets"), source="secrets"), _AGE),
    ("", "endpoints"): (_NAME, Column("Endpoints", _endpoints), _AGE),
    ("", "persistentvolumeclaims"): (
        _NAME,
        Column("Status", _phase),
        _field("Volume", "spec.volumeName"),
        _field("Capacity", "status.capacity.storage"),
        Column("Access Modes", _modes),
        _field("StorageClass", "spec.storageClassName"),
        _field("VolumeAttributesClass", "spec.volumeAttributesClassName", "<unset>"),
        _AGE,
        _field("VolumeMode", "spec.volumeMode", "<unset>", wide=True),
    ),
    ("", "persistentvolumes"): (
        _NAME,
        _field("Capacity", "spec.capacity.storage"),
        Column("Access Modes", _modes),
        _field("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"),
        Column("Status", _phase),
        Column("Claim", _claim_of),
        _field("StorageClass", "spec.storageClassName"),
        _field("VolumeAttributesClass", "spec.volumeAttributesClassName", "<unset>"),
        _field("Reason", "status.reason"),
        _AGE,
        _field("VolumeMode", "spec.volumeMode", "<unset>", wide=True),
    ),
    ("", "events"): (
        Column("Last Seen", _event_seen),
        _field("Type", "type"),
        _field("Reason", "reason"),
        Column("Object", _event_object),
        _field("Subobject", "involvedObject.fieldPath", wide=True),
        _field("Source", "source.component", wide=True),
        Column("Message", lambda item: str(item.get("message") or item.get("note") or "").strip()),
        Column(
            "First Seen", lambda item: durations.age(item.get("firstTimestamp") or item.get("eventTime")), priority=1
        ),
        _field("Count", "count", 1, wide=True),
        Column("Name", lambda item: item["metadata"]["name"], priority=1),
    ),
    ("", "replicationcontrollers"): (
        _NAME,
        _count("Desired", "spec.replicas"),
        _count("Current", "status.replicas"),
        _count("Ready", "status.readyReplicas"),
        _AGE,
        *_CONTAINERS,
        Column("Selector", lambda item: _pairs(_at(item, "spec.selector")), priority=1, source="spec.selector"),
    ),
    ("apps", "deployments"): (
        _NAME,
        _READY,
        _count("Up-to-date", "status.updatedReplicas", "string"),
        _count("Available", "status.availableReplicas", "string"),
        _AGE,
        *_CONTAINERS,
        _selected("spec.selector"),
    ),
    ("apps", "replicasets"): (
        _NAME,
        _count("Desired", "spec.replicas"),
        _count("Current", "status.replicas"),
        _count("Ready", "status.readyReplicas"),
        _AGE,
        *_CONTAINERS,
        _selected("spec.selector"),
    ),
    ("apps", "statefulsets"): (_NAME, _READY, _AGE, *_CONTAINERS),
    ("apps", "daemonsets"): (
        _NAME,
        _count("Desired", "status.desiredNumberScheduled"),
        _count("Current", "status.currentNumberScheduled"),
        _count("Ready", "status.numberReady"),
        _count("Up-to-date", "status.updatedNumberScheduled"),
        _count("Available", "status.numberAvailable"),
        Column("Node Selector", lambda item: _pairs(_at(item, "spec.template.spec.nodeSelector"))),
        _AGE,
        *_CONTAINERS,
        _selected("spec.selector"),
    ),
    ("batch", "jobs"): (
        _NAME,
        Column("Status", _job_status),
        Column(
            "Completions", lambda item: f"{_at(item, 'status.succeeded') or 0}/{_at(item, 'spec.completions') or 1}"
        ),
        Column("Duration", _job_duration),
        _AGE,
        *_CONTAINERS,
        _selected("spec.selector"),
    ),
    ("batch", "cronjobs"): (
        _NAME,
        _field("Schedule", "spec.schedule"),
        _field("Timezone", "spec.timeZone", _NONE),
        Column("Suspend", lambda item: str(bool(_at(item, "spec.suspend"))), type="boolean"),
        Column("Active", lambda item: len(_at(item, "status.active") or []), type="integer"),
        Column(
            "Last Schedule",
            lambda item: (
                durations.age(_at(item, "status.lastScheduleTime")) if _at(item, "status.lastScheduleTime") else _NONE
            ),
        ),
        _AGE,
        *_CONTAINERS,
        Column("Selector", lambda _: _NONE, priority=1),
    ),
    ("networking.k8s.io", "ingresses"): (
        _NAME,
        _field("Class", "spec.ingressClassName", _NONE),
        Column("Hosts", _hosts),
        Column(
            "Address",
            lambda item: ",".join(
                one.get("ip") or one.get("hostname", "") for one in _at(item, "status.loadBalancer.ingress") or []
            ),
        ),
        Column("Ports", lambda item: "80, 443" if _at(item, "spec.tls") else "80"),
        _AGE,
    ),
    ("networking.k8s.io", "networkpolicies"): (
        _NAME,
        Column("Pod-Selector", lambda item: _selector(_at(item, "spec.podSelector"))),
        _AGE,
    ),
    ("policy", "poddisruptionbudgets"): (
        _NAME,
        _field("Min Available", "spec.minAvailable", "N/A"),
        _field("Max Unavailable", "spec.maxUnavailable", "N/A"),
        _count("Allowed Disruptions", "status.disruptionsAllowed"),
        _AGE,
    ),
    ("rbac.authorization.k8s.io", "clusterroles"): (_NAME, _CREATED),
    ("rbac.authorization.k8s.io", "roles"): (_NAME, _CREATED),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): (
        _NAME,
        Column("Role", _role_of),
        _AGE,
        Column("Users", _subjects("User"), priority=1),
        Column("Groups", _subjects("Group"), priority=1),
        Column("ServiceAccounts", _subjects("ServiceAccount"), priority=1),
    ),
    ("storage.k8s.io", "storageclasses"): (
        Column("Name", _default_class),
        _field("Provisioner", "provisioner"),
        _field("ReclaimPolicy", "reclaimPolicy", "Delete"),
        _field("VolumeBindingMode", "volumeBindingMode", "Immediate"),
        Column("AllowVolumeExpansion", lambda item: bool(item.get("allowVolumeExpansion")), type="boolean"),
        _AGE,
    ),
    ("coordination.k8s.io", "leases"): (_NAME, _field("Holder", "spec.holderIdentity"), _AGE),
    ("scheduling.k8s.io", "priorityclasses"): (
        _NAME,
        _count("Value", "value"),
        Column("Global-Default", lambda item: bool(item.get("globalDefault")), type="boolean"),
        _AGE,
        _field("PreemptionPolicy", "preemptionPolicy", "PreemptLowerPriority"),
    ),
    ("apiextensions.k8s.io", "customresourcedefinitions"): (_NAME, _CREATED),
    ("apiregistration.k8s.io", "apiservices"): (
        _NAME,
        Column("Service", lambda _: "Local"),
        Column("Available", lambda _: "True"),
        _AGE,
    ),
}
COLUMNS = {
    **COLUMNS,
    ("events.k8s.io", "events"): COLUMNS["", "events"],
    ("rbac.authorization.k8s.io", "rolebindings"): COLUMNS["rbac.authorization.k8s.io", "clusterrolebindings"],
}
