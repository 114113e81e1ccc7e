"""What the cells of `kubectl get` say of an object, for every kind but pods (`pod_cells`).

https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.embedded import durations
from sandbox.kubernetes.embedded.store import Object

NONE = "<none>"
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


def value_at(item: Object, path: str) -> Any:
    """Return the value at a dotted path, None when it is not there."""
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def field_column(name: str, path: str, absent: Any = "", *, kind: str = "string", wide: bool = False) -> Column:
    """Return a column that shows a field, and `absent` where an object has none."""

    def cell(item: Object) -> Any:
        found = value_at(item, path)
        return absent if found is None else found

    return Column(name, cell, type=kind, priority=int(wide), source=path)


def count_column(name: str, path: str, kind: str = "integer") -> Column:
    """Return a column that shows a number, 0 where an object has none."""
    return field_column(name, path, 0, kind=kind)


NAME = Column("Name", lambda item: item["metadata"]["name"], source="metadata.name")
AGE = Column(
    "Age", lambda item: durations.age(item["metadata"].get("creationTimestamp")), source="metadata.creationTimestamp"
)
CREATED = Column(
    "Created At",
    lambda item: item["metadata"].get("creationTimestamp"),
    type="date",
    source="metadata.creationTimestamp",
)


def pairs(labels: Mapping[str, str] | None) -> str:
    """Return labels as `a=b,c=d`."""
    return ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items())) or NONE


def selector(selector: Mapping[str, Any] | None) -> str:
    """Return a `LabelSelector` as kubectl writes it."""
    selector = selector or {}
    terms = [f"{name}={value}" for name, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or []:
        values = ",".join(sorted(one.get("values") or []))
        operator = one["operator"]
        if operator in {"In", "NotIn"}:
            terms.append(f"{one['key']} {operator.lower()} ({values})")
        else:
            terms.append(one["key"] if operator == "Exists" else f"!{one['key']}")
    return ",".join(terms) or NONE


def selector_column(path: str) -> Column:
    """Return the wide column that shows the selector at a path."""
    return Column("Selector", lambda item: selector(value_at(item, path)), priority=1, source=path)


def _containers(item: Object) -> list[Object]:
    return list(
        value_at(item, "spec.template.spec.containers")
        or value_at(item, "spec.jobTemplate.spec.template.spec.containers")
        or []
    )


CONTAINERS = (
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
    return f"{value_at(item, 'status.readyReplicas') or 0}/{value_at(item, 'spec.replicas') or 0}"


READY = Column("Ready", _ready_of, description="Number of the pod with ready state")


def node_status(item: Object) -> str:
    """Return `Ready`, `NotReady` or `Unknown`, and whether pods may be scheduled."""
    conditions = {one["type"]: one["status"] for one in value_at(item, "status.conditions") or []}
    states = {"True": "Ready", "False": "NotReady"}
    told = [states.get(conditions.get("Ready", ""), "NotReady" if "Ready" in conditions else "Unknown")]
    if value_at(item, "spec.unschedulable"):
        told.append("SchedulingDisabled")
    return ",".join(told)


def node_roles(item: Object) -> str:
    """Return the roles that a node is labelled with."""
    labels = item["metadata"].get("labels") or {}
    roles = sorted(one[len(_ROLE_LABEL) :] for one in labels if one.startswith(_ROLE_LABEL))
    return ",".join(role for role in roles if role) or NONE


def address(kind: str) -> Callable[[Object], str]:
    """Return the cell for a node's address of one type."""

    def cell(item: Object) -> str:
        addresses = value_at(item, "status.addresses") or []
        return str(next((one["address"] for one in addresses if one["type"] == kind), NONE))

    return cell


def external(item: Object) -> str:
    """Return the addresses at which a Service is reached from outside."""
    spec = item.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    own = list(spec.get("externalIPs") or [])
    if spec.get("type") == "LoadBalancer":
        ingress = value_at(item, "status.loadBalancer.ingress") or []
        found = [one.get("ip") or one.get("hostname", "") for one in ingress] + own
        return ",".join(found) or "<pending>"
    return ",".join(own) or NONE


def service_ports(item: Object) -> str:
    """Return `80:30080/TCP` for each port."""
    told = []
    for port in value_at(item, "spec.ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        told.append(f"{port['port']}{node}/{port['protocol']}")
    return ",".join(told) or NONE


def endpoints(item: Object) -> str:
    """Return the first three addresses, and how many more there are."""
    told = []
    for subset in item.get("subsets") or []:
        for address in subset.get("addresses") or []:
            told += [f"{address['ip']}:{port['port']}" for port in subset.get("ports") or []] or [address["ip"]]
    more = f" + {len(told) - 3} more..." if len(told) > 3 else ""
    return ",".join(told[:3]) + more if told else NONE


def modes(item: Object) -> str:
    """Return the short names of a volume's access modes."""
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short.get(one, one) for one in value_at(item, "spec.accessModes") or [])


def claim_of(item: Object) -> str:
    """Return the claim that holds a volume."""
    claim = value_at(item, "spec.claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def phase(item: Object) -> str:
    """Return the phase, `Terminating` for an object on its way out."""
    return "Terminating" if item["metadata"].get("deletionTimestamp") else str(value_at(item, "status.phase") or "")


def size(field: str) -> Callable[[Object], int]:
    """Return the cell for the number of entries of a field."""
    return lambda item: len(item.get(field) or {})


def secret_size(item: Object) -> int:
    """Return the number of a Secret's entries."""
    return len(item.get("data") or {})


def role_of(item: Object) -> str:
    """Return the role that a binding refers to."""
    return f"{item['roleRef']['kind']}/{item['roleRef']['name']}"


def subjects(kind: str) -> Callable[[Object], str]:
    """Return the cell for a binding's subjects of one kind."""

    def cell(item: Object) -> str:
        found = [one for one in item.get("subjects") or [] if one.get("kind") == kind]
        return ",".join(f"{one['namespace']}/{one['name']}" if one.get("namespace") else one["name"] for one in found)

    return cell


def job_status(item: Object) -> str:
    """Return how a Job stands."""
    conditions = {one["type"] for one in value_at(item, "status.conditions") or [] if one.get("status") == "True"}
    for name in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if name in conditions:
            return name
    return "Terminating" if item["metadata"].get("deletionTimestamp") else "Running"


def job_duration(item: Object) -> str:
    """Return how long a Job took, or has been running."""
    start, end = value_at(item, "status.startTime"), value_at(item, "status.completionTime")
    if not start:
        return ""
    if not end:
        return durations.age(start)
    moments = [durations.moment(one) for one in (start, end)]
    return durations.human(int((moments[1] - moments[0]).total_seconds()))


def event_object(item: Object) -> str:
    """Return what an event is about."""
    involved = item.get("involvedObject") or item.get("regarding") or {}
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def event_seen(item: Object) -> str:
    """Return how long ago an event was seen last."""
    series = item.get("series") or {}
    return durations.age(
        series.get("lastObservedTime")
        or item.get("lastTimestamp")
        or item.get("eventTime")
        or item["metadata"].get("creationTimestamp")
    )


def event_source(item: Object) -> str:
    """Return who tells an event, and where it runs."""
    source = item.get("source") or {}
    component = source.get("component") or item.get("reportingComponent") or ""
    host = source.get("host") or item.get("reportingInstance") or ""
    return ", ".join(filter(None, (component, host)))


def hosts(item: Object) -> str:
    """Return the hosts of an Ingress."""
    return ",".join(one.get("host", "*") for one in value_at(item, "spec.rules") or []) or "*"


def health(field: str) -> Callable[[Object], str]:
    """Return the cell for a component's first condition."""
    return lambda item: str(next((one.get(field, "") for one in item.get("conditions") or []), ""))


def default_class(item: Object) -> str:
    """Return a storage class's name, and whether it is the default."""
    annotations = item["metadata"].get("annotations") or {}
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{item['metadata']['name']}{' (default)' if default else ''}"


def completions(item: Object) -> str:
    """Return how many pods of a Job have succeeded, of how many."""
    return f"{value_at(item, 'status.succeeded') or 0}/{value_at(item, 'spec.completions') or 1}"


def last_schedule(item: Object) -> str:
    """Return how long ago a CronJob ran."""
    last = value_at(item, "status.lastScheduleTime")
    return durations.age(last) if last else NONE
