"""What an operation of GKE says: how far it is, and whether it failed. Nothing is asked of Google here.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.operations
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from google.cloud import container_v1
from google.rpc import code_pb2

from gke_clusters.google.names import location_path, parse_cluster_link

CREATE_CLUSTER: Final = "CREATE_CLUSTER"
DELETE_CLUSTER: Final = "DELETE_CLUSTER"
CREATE_NODE_POOL: Final = "CREATE_NODE_POOL"
DELETE_NODE_POOL: Final = "DELETE_NODE_POOL"
SET_NODE_POOL_SIZE: Final = "SET_NODE_POOL_SIZE"
UPDATE_CLUSTER: Final = "UPDATE_CLUSTER"

CANCELLED: Final = "CANCELLED"
"""The canonical code of what somebody cancelled: https://cloud.google.com/apis/design/errors."""

# The last health check of a successful creation is never counted, so a metric at its total is not yet the end.
_ALMOST_DONE: Final = 0.99
# Suffixes that say how much is done where the total is `<base>_TOTAL`, as `NODES_TOTAL` with `NODES_DONE`.
_DONE_SUFFIXES: Final = ("", "_DONE", "_COMPLETE")
_TOTAL_SUFFIX: Final = "_TOTAL"


@dataclass(frozen=True)
class Condition:
    """One thing that went wrong in an operation or is wrong with a cluster.

    Attributes:
        code: GKE's own code such as ``GCE_STOCKOUT``, or the canonical one such as ``RESOURCE_EXHAUSTED``; empty if
            Google gives neither.
        message: Google's words.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Operation:
    """An operation of GKE at the moment it was read.

    Attributes:
        name: ``operation-<milliseconds>-<uuid>``.
        kind: Google's ``operationType``, such as ``CREATE_CLUSTER``.
        status: ``PENDING``, ``RUNNING``, ``ABORTING`` or ``DONE``.
        project: Project id it was asked for with.
        location: Zone or region it runs in.
        cluster: Name of the cluster concerned, None where the target is no cluster.
        started: RFC 3339 start time, comparable as text; empty if unknown.
        detail: Google's words on what happens now.
        progress: Part that is done, from 0 to 1; None if Google does not say.
        failures: What went wrong, the most telling first; empty unless it failed.
        pool: Name of the node pool concerned, empty where it is about the cluster.
    """

    name: str
    kind: str
    status: str
    project: str
    location: str
    cluster: str | None = None
    started: str = ""
    detail: str = ""
    progress: float | None = None
    failures: tuple[Condition, ...] = ()
    pool: str = ""

    @property
    def path(self) -> str:
        """``projects/P/locations/L/operations/O``."""
        return f"{location_path(self.project, self.location)}/operations/{self.name}"

    @property
    def done(self) -> bool:
        """Whether it is over, well or not."""
        return self.status == "DONE"


def target_cluster(message: container_v1.Operation) -> str | None:
    """Return the name of the cluster that an operation acts upon, None where its target is no cluster."""
    # A node pool's link begins with its cluster's.
    target = parse_cluster_link(message.target_link.partition("/nodePools/")[0])
    return target.name if target else None


def read_operation(message: container_v1.Operation, project: str, location: str | None = None) -> Operation:
    """Read an operation.

    Args:
        message: GKE's answer.
        project: The id of the project; the answer's links have its number.
        location: Where it was asked for; by default where the answer says it runs.
    """
    return Operation(
        name=message.name,
        kind=enum_name(container_v1.Operation.Type, container_v1.Operation.pb(message).operation_type),
        status=enum_name(container_v1.Operation.Status, container_v1.Operation.pb(message).status),
        project=project,
        location=location or message.location or message.zone,
        cluster=target_cluster(message),
        started=message.start_time,
        detail=message.detail,
        progress=_progress(message),
        failures=tuple(_failures(message)),
        pool=message.target_link.partition("/nodePools/")[2],
    )


def read_conditions(conditions: Iterable[container_v1.StatusCondition]) -> tuple[Condition, ...]:
    """Read the conditions of a cluster, a node pool or an operation, those without any text left out."""
    return tuple(Condition(_condition_code(item), item.message) for item in conditions if _says_something(item))


def enum_name(kind: type[IntEnum], number: int) -> str:
    """Return the name of a value; its number as text where Google is newer than the client, which knows no name."""
    # From the number of the plain message: the typed one warns of a value that it does not know.
    return kind(number).name if number in list(kind) else str(number)


def _condition_code(condition: container_v1.StatusCondition) -> str:
    plain = container_v1.StatusCondition.pb(condition)
    if plain.code:
        return enum_name(container_v1.StatusCondition.Code, plain.code)
    return _canonical(plain.canonical_code)


def _says_something(condition: container_v1.StatusCondition) -> bool:
    return bool(condition.message or container_v1.StatusCondition.pb(condition).code)


def _canonical(code: int) -> str:
    return str(code_pb2.Code.Name(code)) if code and code in code_pb2.Code.values() else ""


def _failures(message: container_v1.Operation) -> Iterator[Condition]:
    """Yield what went wrong.

    ``error`` is the current field; the older ones are still filled and say more precisely what it was, so conditions
    with a code of GKE's own come first. A condition without any code is a remark, not a failure.
    """
    conditions = read_conditions((*message.cluster_conditions, *message.nodepool_conditions))
    yield from (condition for condition in conditions if condition.code)
    if message.error.code or message.error.message:
        yield Condition(_canonical(message.error.code), message.error.message)
    if message.status_message:
        yield Condition("", message.status_message)


def _progress(message: container_v1.Operation) -> float | None:
    metrics = dict(_metrics(message.progress))
    done = total = 0.0
    for name, amount in metrics.items():
        if not name.endswith(_TOTAL_SUFFIX):
            continue
        base = name.removesuffix(_TOTAL_SUFFIX)
        reached = next((metrics[base + suffix] for suffix in _DONE_SUFFIXES if base + suffix in metrics), 0.0)
        done += min(reached, amount)
        total += amount
    return min(done / total, _ALMOST_DONE) if total else None


def _metrics(progress: container_v1.OperationProgress) -> Iterator[tuple[str, float]]:
    for metric in progress.metrics:
        yield metric.name, float(metric.int_value or metric.double_value)
    for stage in progress.stages:
        for name, amount in _metrics(stage):
            # Stages count the same things apart; their names keep them so.
            yield f"{stage.name}/{name}", amount
