"""What is known of each node pool, put together out of what GKE, Compute Engine and Kubernetes say. Asks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gke_clusters.errors import ClusterUnhealthy, GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.evidence import Evidence, Scene
from gke_clusters.google.known_failures import known_failure
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operations import Condition
from gke_clusters.kube.symptoms import NodeState
from gke_clusters.lifecycle.diagnosis import pool_conditions
from gke_clusters.lifecycle.examination.versions import minors_behind
from gke_clusters.lifecycle.examination.workload_side import complaints, node_advice
from gke_clusters.lifecycle.inspection.learned import Learned
from gke_clusters.lifecycle.pool_target import pool_resource
from gke_clusters.reports.diagnosis import Advice, Tone
from gke_clusters.reports.node_pools import PoolView

_MOST_UNWELL: Final = 10
# https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-upgrades#version_skew
_NODES_BEHIND: Final = 2

_PASSING: Final = frozenset({"PROVISIONING", "RECONCILING", "STOPPING"})
_BROKEN_REMEDY: Final = (
    "Pods run on the other node pools meanwhile. Another machine type, zone or spot may have room where this one has"
    " none: macros Add node pool and Delete node pool."
)
_LACKING_REMEDY: Final = (
    "A new node takes a minute or two: run the macro again. If they stay away, the macro Diagnose shows operations,"
    " quotas and events."
)
_WAITING_REMEDY: Final = (
    "Where the pool is full, give it nodes (macro Resize node pool); an autoscaled one takes some minutes. The macro"
    " Diagnose shows what the scheduler says."
)
_IMAGE_REMEDY: Final = (
    "Check that the image is in its repository (macro Push base images), that the service account of the nodes has"
    " roles/artifactregistry.reader there, and that private nodes reach the registry: they cannot pull from Docker Hub"
    " without Cloud NAT."
)


def view_pools(
    learned: Learned, only: str | None, machine_errors: Mapping[str, tuple[Condition, ...]]
) -> tuple[PoolView, ...]:
    """Put together what is known of each node pool, those first that are to be looked at.

    Args:
        learned: What could be learned.
        only: Name of the only pool of interest; None for all.
        machine_errors: What Compute Engine says of machines that do not come up, by name of the pool.
    """
    pools = {pool.name: pool for pool in (learned.cluster.pools if learned.cluster else ())}
    # Kubernetes may know nodes of a pool that GKE does not name: one just deleted, or any where GKE says nothing.
    names = dict.fromkeys([*pools, *sorted({pool for pool, _ in (learned.nodes.groups if learned.nodes else ())})])
    views = (
        _of_gke(learned, learned.cluster, pools[name], machine_errors.get(name, ()))
        if learned.cluster and name in pools
        else _of_kubernetes(learned, name)
        for name in names
        if only is None or name == only
    )
    return tuple(sorted(views, key=lambda view: view.tone.rank))


def waiting_elsewhere(learned: Learned) -> tuple[Advice, ...]:
    """Say how many pods wait that name no node pool, or one that is not there."""
    pools = {pool.name for pool in learned.cluster.pools} if learned.cluster else set()
    waiting = learned.pods.waiting if learned.pods else Counter()
    found = []
    if waiting[""]:
        words = f"{_count(waiting[''], 'pod')} without a node, for no node pool in particular."
        found.append(Advice(Tone.WARNING, words, _WAITING_REMEDY))
    for name in sorted(set(waiting) - pools - {""} if learned.cluster else ()):
        words = f"{_count(waiting[name], 'pod')} without a node, for the node pool {name}, which is not there."
        found.append(Advice(Tone.WARNING, words, "Add it (macro Add node pool), or change the node selector."))
    return tuple(found)


def _of_gke(learned: Learned, cluster: Cluster, pool: NodePool, machine_errors: tuple[Condition, ...]) -> PoolView:
    resource = pool_resource(cluster, pool.name)
    conditions = pool_conditions(pool)
    failures = _failures(cluster, pool, conditions, machine_errors)
    advice = [*_lacking(learned, pool, explained=bool(failures)), *_nodes_advice(learned, pool.name)]
    waiting = learned.pods.waiting[pool.name] if learned.pods else 0
    if waiting:
        tone = Tone.INFO if pool.autoscaling else Tone.WARNING
        advice.append(Advice(tone, f"{_count(waiting, 'pod')} without a node, for this pool.", _WAITING_REMEDY))
    behind = minors_behind(str(resource.get("version", "")), str(cluster.resource.get("currentMasterVersion", "")))
    if behind >= _NODES_BEHIND:
        words = f"It is {behind} minor versions behind the control plane; GKE supports two."
        command = (
            f"gcloud container clusters upgrade {cluster.name.name} --node-pool {pool.name}"
            f" --location {cluster.name.location} --project {cluster.name.project}"
        )
        advice.append(Advice(Tone.WARNING, words, f"Upgrade it: {command}"))
    tones = [each.tone for each in advice] + ([Tone.WARNING] if failures else [])
    if pool.status == "ERROR":
        tones.append(Tone.BAD)
    if pool.status in _PASSING:
        tones.append(Tone.INFO)
    if learned.nodes is None:
        tones.append(Tone.UNKNOWN)
    unwell = _unwell(learned, pool.name)
    return PoolView(
        name=pool.name,
        state=pool.status,
        tone=min(tones, key=lambda tone: tone.rank, default=Tone.GOOD),
        machine=_machine(resource, pool),
        facts=tuple(_facts(learned, cluster, pool, resource)),
        zones=learned.zones(pool.name, pool),
        advice=tuple(advice),
        failures=failures,
        unwell=unwell[:_MOST_UNWELL],
        left_out=max(0, len(unwell) - _MOST_UNWELL),
    )


def _of_kubernetes(learned: Learned, name: str) -> PoolView:
    unwell = _unwell(learned, name)
    return PoolView(
        name=name,
        state="not in GKE" if learned.cluster else "not known",
        tone=Tone.INFO if learned.cluster else Tone.UNKNOWN,
        facts=tuple(_versions(learned, name, "")),
        zones=learned.zones(name, None),
        advice=tuple(_nodes_advice(learned, name)),
        unwell=unwell[:_MOST_UNWELL],
        left_out=max(0, len(unwell) - _MOST_UNWELL),
    )


def _failures(
    cluster: Cluster, pool: NodePool, conditions: tuple[Condition, ...], machine_errors: tuple[Condition, ...]
) -> tuple[GkeClustersError, ...]:
    """Explain what Google says is wrong with a node pool: one failure, which all that is said may help to know."""
    # Compute Engine and GKE say the same in the same words, under other codes.
    said = tuple({each.message: each for each in (*conditions, *machine_errors)}.values())
    if not said and not pool.failed:
        return ()
    scene = Scene(
        lead=f"The node pool {pool.name} is {pool.status}",
        resource=f"{cluster.name.path}/nodePools/{pool.name}",
        project=cluster.name.project,
        location=cluster.name.location,
        verbatim="\n".join(f"[{each.code}] {each.message}" if each.code else each.message for each in said),
        evidence=tuple(Evidence(each.message, frozenset({each.code} - {""})) for each in said),
    )
    known = known_failure(scene)
    return (
        known
        or ClusterUnhealthy(
            f"{scene.lead}.", resource=scene.resource, verbatim=scene.verbatim or None, remedy=_BROKEN_REMEDY
        ),
    )


def _lacking(learned: Learned, pool: NodePool, *, explained: bool) -> Iterator[Advice]:
    missing = learned.lacks(pool.name, pool)
    if missing:
        places = ", ".join(f"{number} in {zone}" for zone, number in missing.items())
        words = f"{_count(sum(missing.values()), 'node')} not there that ought to be: {places}."
        yield Advice(Tone.WARNING, words, "" if explained else _LACKING_REMEDY)


def _nodes_advice(learned: Learned, name: str) -> list[Advice]:
    advice = node_advice(_nodes_of(learned, name), Tone.WARNING)
    if pods := learned.without_image(name):
        words = f"{_count(len(pods), 'pod')} without an image: {pods[0].namespace}/{pods[0].name}: {pods[0].message}"
        advice.append(Advice(Tone.WARNING, words, _IMAGE_REMEDY))
    return advice


def _unwell(learned: Learned, name: str) -> tuple[tuple[str, str, str], ...]:
    nodes = sorted(_nodes_of(learned, name), key=lambda node: (node.ready, node.name))
    return tuple((node.name, ", ".join(complaints(node)), node.message) for node in nodes)


def _nodes_of(learned: Learned, name: str) -> Sequence[NodeState]:
    return [node for node in (learned.nodes.unwell if learned.nodes else ()) if node.pool == name]


def _machine(resource: Mapping[str, Any], pool: NodePool) -> str:
    config = _mapping(resource.get("config"))
    kind = "spot" if config.get("spot") else "preemptible" if config.get("preemptible") else ""
    return ", ".join(filter(None, (pool.machine_type, *_accelerators(config), kind)))


def _accelerators(config: Mapping[str, Any]) -> Iterator[str]:
    for each in config.get("accelerators") or ():
        yield f"{each.get('acceleratorCount', 1)} × {each.get('acceleratorType', 'GPU')}"


def _facts(
    learned: Learned, cluster: Cluster, pool: NodePool, resource: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    limits = pool.autoscaling
    if limits:
        where = "in total" if limits.in_total else "in each zone"
        policy = f", {limits.location_policy}" if limits.location_policy else ""
        yield "Autoscaling", f"{limits.fewest} to {limits.most} nodes {where}{policy}"
    else:
        yield "Autoscaling", "off"
    yield from _versions(learned, pool.name, str(resource.get("version") or ""))
    management = _mapping(resource.get("management"))
    yield "Upgrades", ", ".join(_upgrades(cluster, pool, resource, management))
    yield "Repair", "automatic" if management.get("autoRepair") else "not automatic"


def _versions(learned: Learned, name: str, version: str) -> Iterator[tuple[str, str]]:
    """Yield the version of a pool, and how many of its nodes have another one while it is upgraded."""
    of_nodes: Counter[str] = Counter()
    for (pool, _), group in learned.nodes.groups.items() if learned.nodes else ():
        if pool == name:
            of_nodes += group.versions
    others = {each.removeprefix("v"): number for each, number in of_nodes.items() if each.removeprefix("v") != version}
    total = sum(of_nodes.values())
    words = [version, *(f"{number} of {total} nodes have {each}" for each, number in sorted(others.items()))]
    yield "Version", "; ".join(filter(None, words)) or "not known"


def _upgrades(
    cluster: Cluster, pool: NodePool, resource: Mapping[str, Any], management: Mapping[str, Any]
) -> Iterator[str]:
    yield "automatic" if management.get("autoUpgrade") else "not automatic"
    phase = _mapping(_mapping(resource.get("updateInfo")).get("blueGreenInfo")).get("phase")
    if phase and phase != "PHASE_UNSPECIFIED":
        yield f"a blue-green one is under way ({phase})"
    elif pool.status == "RECONCILING":
        yield "GKE is changing or upgrading it now"
    master = str(cluster.resource.get("currentMasterVersion") or "")
    if master and resource.get("version") == master:
        yield "same version as the control plane"
    elif master:
        yield f"the control plane has {master}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
