"""What Google says of a cluster: its state, what is being done to it, its versions, and the quotas around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.compute import Quota
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.adoption import BROKEN, USABLE
from gke_clusters.lifecycle.diagnosis import cluster_conditions, lacking_pools, pool_conditions
from gke_clusters.lifecycle.google_access import Compute
from gke_clusters.reports.diagnosis import Advice, Cell, Part, Table, Tone

_MOST_ROWS: Final = 50
_MOST_OPERATIONS: Final = 10
_MOST_GROUPS: Final = 6
_GROUP_PATIENCE_SECONDS: Final = 3.0

# A creation takes six minutes, an upgrade of the control plane ten, one of many nodes some hours.
_LONG_SECONDS: Final = 4 * 3600

_NEAR: Final = 0.8
# Without these no node comes up: https://cloud.google.com/kubernetes-engine/quotas
_ESSENTIAL: Final = frozenset({"CPUS", "DISKS_TOTAL_GB", "IN_USE_ADDRESSES", "INSTANCES", "SSD_TOTAL_GB"})

_DETAILS_OF_STATUS: Final = {
    "RECONCILING": "Google is working on it, and it can be used meanwhile.",
    "PROVISIONING": "It is being created. Wait until it is RUNNING.",
    "STOPPING": "It is being deleted.",
}
_BROKEN_REMEDY: Final = (
    "Read the conditions below. If Google does not mend it by itself, stop the DSS cluster and start it again: that"
    " makes a new one."
)
_POOL_REMEDY: Final = (
    "Read its conditions below. Pods run on the other node pools meanwhile; another machine type, zone or spot may have"
    " room where this one has none (macros Add node pool and Delete node pool)."
)


def is_autopilot(cluster: Cluster) -> bool:
    """Whether Google keeps the nodes of a cluster."""
    return _value(cluster.resource, "autopilot", "enabled") is True


def cluster_part(cluster: Cluster, node_errors: Sequence[Condition]) -> Part:
    """Show the state of a cluster and its node pools.

    Args:
        cluster: As Google shows it now.
        node_errors: What Compute Engine says of machines that do not come up.
    """
    autopilot = is_autopilot(cluster)
    lacking = lacking_pools(cluster)
    words = [item.message for item in cluster_conditions(cluster) if item.message]
    advice = [Advice(Tone.WARNING, each, _POOL_REMEDY) for each in (() if autopilot else lacking)]
    advice += [Advice(Tone.WARNING, each.message, _POOL_REMEDY) for each in node_errors if each.message]
    tone, summary = Tone.GOOD, f"GKE says that it is {cluster.status}."
    if cluster.status in BROKEN:
        tone = Tone.BAD
        advice.insert(0, Advice(tone, f"The cluster is {cluster.status}. {' '.join(words)}".strip(), _BROKEN_REMEDY))
    elif cluster.status not in USABLE:
        tone, summary = Tone.WARNING, f"{summary} {_DETAILS_OF_STATUS.get(cluster.status, '')}".strip()
        advice.insert(0, Advice(tone, f"The cluster is {cluster.status}.", _DETAILS_OF_STATUS.get(cluster.status, "")))
    elif advice or words:
        tone = Tone.WARNING
        advice += [Advice(tone, word, _BROKEN_REMEDY) for word in words]
    elif cluster.status in _DETAILS_OF_STATUS:
        tone, summary = Tone.INFO, f"{summary} {_DETAILS_OF_STATUS[cluster.status]}"
    facts = (
        ("Cluster", cluster.name.path),
        ("Mode", "Autopilot: the nodes are Google's, and so is their repair" if autopilot else "Standard"),
        ("Nodes", str(cluster.resource.get("currentNodeCount", 0))),
        ("Created", cluster.create_time),
        *(("Condition", _condition(item)) for item in cluster_conditions(cluster)),
        *(("Machines", _condition(item)) for item in node_errors),
    )
    return Part("GKE cluster", tone, summary, facts, None if autopilot else _pools(cluster), tuple(advice))


def node_errors_of(cluster: Cluster, compute: Compute) -> tuple[Condition, ...]:
    """Ask why machines of the node pools that lack some do not come up; what cannot be asked is left out."""
    lacking = [pool for pool in cluster.pools if pool.failed or pool.status == "PROVISIONING"]
    groups = [(pool, group) for pool in lacking for group in pool.instance_groups][:_MOST_GROUPS]
    found: dict[Condition, None] = {}
    for pool, group in groups:
        try:
            errors = compute.instance_group_errors(group, patience_seconds=_GROUP_PATIENCE_SECONDS)
        except GkeClustersError:
            # An aid beside what GKE says itself.
            break
        for error in errors:
            found[Condition(error.code, f"Node pool {pool.name} in {group.zone}: {error.message}")] = None
    return tuple(found)


def operations_part(operations: Sequence[Operation], now: datetime) -> Part:
    """Show the operations of a cluster that Google remembers.

    Args:
        operations: The newest first.
        now: The time, with its zone.
    """
    title = "Operations"
    running = [each for each in operations if not each.done]
    newest = next((each for each in operations if each.done), None)
    rows = tuple(_operation(each) for each in (*running, *(each for each in operations if each.done)))
    table = _table(("Operation", "On", "State", "Started", "What Google says"), rows, _MOST_OPERATIONS)
    advice: list[Advice] = []
    tone, summary = Tone.GOOD, "Nothing is being done to the cluster."
    if running:
        tone = Tone.INFO
        summary = f"{len(running)} under way: {', '.join(each.kind for each in running)}. Changes have to wait for it."
    for each in running:
        if _age_seconds(each.started, now) > _LONG_SECONDS:
            tone = Tone.WARNING
            hours = f"{_age_seconds(each.started, now) / 3600:.0f} hours"
            advice.append(
                Advice(
                    tone,
                    f"{each.kind} has been under way for {hours}.",
                    f"See what holds it: gcloud container operations describe {each.name} --location {each.location}"
                    f" --project {each.project} . An upgrade waits for pods that a PodDisruptionBudget keeps.",
                )
            )
    if newest and newest.failures:
        tone = Tone.WARNING
        failure = operation_failure(newest)
        advice.append(Advice(tone, failure.cause, failure.remedy))
    return Part(title, tone, summary, (), table, tuple(advice))


def quota_part(quotas: Iterable[Quota], region: str, project: str) -> Part:
    """Show the quotas of a region that are used up or nearly so.

    Args:
        quotas: All of them.
        region: Where.
        project: Project id.
    """
    near = sorted(
        (
            each
            for each in quotas
            if each.used >= _NEAR and (each.usage > 0 or (each.metric in _ESSENTIAL and each.limit <= 0))
        ),
        key=lambda each: (-each.used, each.metric),
    )
    if not near:
        return Part("Quota", Tone.GOOD, f"No quota of {region} is near its limit.")
    rows = tuple(
        (
            Cell(each.metric, _quota_tone(each)),
            f"{each.usage:,.0f}",
            f"{each.limit:,.0f}",
            f"{min(each.used, 1):.0%}",
        )
        for each in near
    )
    worst = min((_quota_tone(each) for each in near), key=lambda tone: tone.rank)
    names = ", ".join(each.metric for each in near)
    remedy = (
        "New nodes fail where one is used up. Ask for more at"
        f" https://console.cloud.google.com/iam-admin/quotas?project={project} , or use less: fewer or smaller nodes,"
        " smaller or standard disks, private nodes (no external addresses)."
    )
    advice = Advice(worst, f"Quotas of {region} are used up or nearly so: {names}.", remedy)
    table = Table(("Quota", "In use", "Limit", "Used"), rows)
    return Part("Quota", worst, f"{len(near)} of {region} are used to {_NEAR:.0%} or more.", (), table, (advice,))


def _quota_tone(quota: Quota) -> Tone:
    return Tone.BAD if quota.used >= 1 and quota.metric in _ESSENTIAL else Tone.WARNING


def _pools(cluster: Cluster) -> Table | None:
    rows = tuple(
        (
            pool.name,
            Cell(pool.status, Tone.WARNING if pool.failed else Tone.INFO if pool.status != "RUNNING" else Tone.GOOD),
            pool.machine_type,
            ", ".join(pool.zones),
            " ".join(_condition(each) for each in pool_conditions(pool)),
        )
        # Those that lack nodes first.
        for pool in sorted(cluster.pools, key=lambda pool: not pool.failed)
    )
    return _table(("Node pool", "State", "Machine", "Zones", "Conditions"), rows, _MOST_ROWS) if rows else None


def _operation(operation: Operation) -> tuple[str | Cell, ...]:
    failed = " ".join(_condition(each) for each in operation.failures)
    tone = Tone.WARNING if operation.failures else Tone.GOOD if operation.done else Tone.INFO
    state = "failed" if operation.failures else operation.status
    if operation.progress is not None and not operation.done:
        state += f", {operation.progress:.0%}"
    return (
        operation.kind,
        operation.pool or operation.cluster or "",
        Cell(state, tone),
        operation.started,
        failed or operation.detail,
    )


def _condition(condition: Condition) -> str:
    return f"{condition.code}: {condition.message}" if condition.code else condition.message


def _table(columns: tuple[str, ...], rows: tuple[tuple[str | Cell, ...], ...], most: int) -> Table | None:
    return Table(columns, rows[:most], max(0, len(rows) - most)) if rows else None


def _age_seconds(started: str, now: datetime) -> float:
    try:
        # Nanoseconds, which 3.10 does not read: https://docs.python.org/3.10/library/datetime.html
        begun = datetime.strptime(started[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return 0.0
    return (now - begun).total_seconds()


def _value(document: Mapping[str, Any], *path: str) -> Any:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def versions_of(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield the versions that Google says, with what has them: the control plane first, then each node pool."""
    yield "Control plane", str(cluster.resource.get("currentMasterVersion") or "")
    for pool in cluster.resource.get("nodePools") or ():
        yield f"Node pool {pool.get('name')}", str(pool.get("version") or "")


def channel_of(cluster: Cluster) -> str:
    """Return the release channel of a cluster; ``none`` where it is in none."""
    return str(_value(cluster.resource, "releaseChannel", "channel") or "none")
