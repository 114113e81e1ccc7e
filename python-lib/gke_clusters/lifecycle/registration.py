"""The story of a registration: which nodes, one change of the general settings of DSS, and what it came to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from gke_clusters.dss.build_configurations import spark_build_name
from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.compute_configurations import (
    ComputeConfiguration,
    PodResources,
    may_be_dropped,
    put_container_configuration,
    put_spark_configuration,
    resources_of,
    set_default_cluster,
    set_default_container_configuration,
    set_default_spark_configuration,
)
from gke_clusters.dss.documents import Difference, Named
from gke_clusters.dss.pod_placement import POOL_LABEL, PodPlacement
from gke_clusters.dss.stored_documents import (
    Document,
    DocumentChange,
    StoredDocument,
    change_document,
    preview_change,
)
from gke_clusters.errors import GkeClustersError, Problem, SettingsError
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.started_cluster import find_started, require_started
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.register import COMPONENT, REMEDY, RegisterSettings

logger = logging.getLogger(__name__)

_CONTAINERS: Final = "Containerized execution configuration {name}"
_SPARK: Final = "Spark configuration {name}"
_DEFAULTS: Final = "Defaults of containers and Spark"
_CLUSTER: Final = "Default cluster"
_DROPPED: Final = "This version of DSS does not keep {places}. If it is needed, set it on DSS's own screens."
_MAY_BE_DROPPED: Final = (
    "Not every version of DSS keeps {places}. Each run tries it and says what did not stay; a preview cannot know and"
    " lists it each time."
)
_DEFAULT_FIELDS: Final = frozenset(
    {
        "defaultExecutionConfig",
        "defaultExecutionConfigForVisualRecipesWorkloads",
        "configForInteractive",
        "configForJupyter",
    }
)


def register_cluster(
    settings: RegisterSettings,
    cluster: DssCluster,
    stored: StoredDocument,
    connect: Callable[[], GoogleAccess],
    progress: Progress,
) -> str:
    """Register a cluster with DSS.

    Args:
        settings: The dialog.
        cluster: The cluster, as DSS knows it.
        stored: The general settings of DSS.
        connect: Makes the clients of Google; called only where a node pool is chosen.
        progress: Where to report.

    Returns:
        A page that says of each configuration what became of it.

    Raises:
        SettingsError: The node pool that was chosen is not there; nothing was changed.
        ClusterNotFound: A node pool was chosen, and the cluster is not started or gone; nothing was changed.
        GkeClustersError: Google was asked for the node pool and refused; nothing was changed.
    """
    progress.step(5, f"Registering {cluster.id} as {settings.name}")
    placement = _placement(settings.node_pool, cluster, connect) if settings.node_pool else PodPlacement()
    progress.step(30, "Reading the general settings of DSS")
    steps, notes = registration_steps(settings, placement, stored)
    if any(step.outcome is Outcome.CHANGED for step in steps):
        notes.append("Push the base images to the registry before the configurations are used for the first time.")
    progress.step(100, "Nothing was changed" if settings.preview else f"{cluster.id} is dealt with")
    return render_checklist(f"Register {cluster.id} with DSS", steps, notes)


class Stage(Enum):
    """The two halves of a registration: the second sends everybody's work to what the first one made."""

    CONFIGURATIONS = "configurations"
    DEFAULTS = "defaults"


def registration_steps(
    settings: RegisterSettings,
    placement: PodPlacement | None,
    stored: StoredDocument,
    stages: Collection[Stage] = tuple(Stage),
) -> tuple[list[Step], list[str]]:
    """Change the general settings, and say of each configuration what became of it.

    Args:
        settings: The dialog.
        placement: The nodes of the pods, an empty one for any; None leaves what the configurations say.
        stored: The general settings of DSS.
        stages: What to do of it now.

    Returns:
        The steps, and what the administrator should know.
    """
    try:
        change = _change(settings, _configuration(settings, placement), stored, stages)
    except GkeClustersError as failure:
        logger.error("The registration failed: %s", failure)  # noqa: TRY400 - one line, not a traceback
        return [Step.failed("General settings of DSS", failure)], []
    notes = []
    if change.dropped:
        notes.append((_MAY_BE_DROPPED if settings.preview else _DROPPED).format(places=", ".join(change.dropped)))
    return list(_steps(settings, change, stages)), notes


def _placement(pool_name: str, cluster: DssCluster, connect: Callable[[], GoogleAccess]) -> PodPlacement:
    found = find_started(require_started(cluster), connect().clusters)
    pools: Mapping[str, Any] = {pool["name"]: pool for pool in found.resource.get("nodePools", ())}
    if pool_name not in pools:
        label = macro_descriptor(COMPONENT).label_of("nodePool")
        there = ", ".join(pools) or "none"
        raise SettingsError([Problem(label, f"{pool_name} is not in the cluster; there are: {there}")], remedy=REMEDY)
    return pool_placement(pools[pool_name])


def pool_placement(pool: Mapping[str, Any]) -> PodPlacement:
    """Return how pods get onto a node pool, and onto no other.

    Args:
        pool: GKE's JSON of it.
    """
    return PodPlacement(
        node_selector={POOL_LABEL: pool["name"]},
        tolerations=tuple(_toleration(taint) for taint in pool.get("config", {}).get("taints", ())),
    )


# https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/NodeConfig#effect
_EFFECTS: Final = {
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
    "NO_EXECUTE": "NoExecute",
}


def _toleration(taint: Mapping[str, Any]) -> Mapping[str, str]:
    toleration = {"key": str(taint.get("key", "")), "operator": "Equal", "value": str(taint.get("value", ""))}
    effect = _EFFECTS.get(str(taint.get("effect")))
    return {**toleration, "effect": effect} if effect else toleration


def _configuration(settings: RegisterSettings, placement: PodPlacement | None) -> ComputeConfiguration:
    return ComputeConfiguration(
        name=settings.name,
        repository_url=settings.registry_url,
        namespace=settings.namespace,
        placement=placement,
        resources=PodResources(
            memory_request_mb=settings.memory_request_mb,
            memory_limit_mb=settings.memory_limit_mb,
            cpu_request=settings.cpu_request,
            cpu_limit=settings.cpu_limit,
            gpus=settings.gpus,
        ),
    )


def _require_limits_above_requests(settings: RegisterSettings, merged: PodResources) -> None:
    """Refuse a request above a limit, one of which stays from before: Kubernetes refuses every such pod.

    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#requests-and-limits
    """
    fields = (
        ("memoryRequestMb", settings.memory_request_mb, "memoryLimitMb", settings.memory_limit_mb),
        ("cpuRequest", settings.cpu_request, "cpuLimit", settings.cpu_limit),
    )
    amounts = ((merged.memory_request_mb, merged.memory_limit_mb), (merged.cpu_request, merged.cpu_limit))
    dialog = macro_descriptor(COMPONENT)
    problems = []
    for (request_field, asked, limit_field, capped), (request, limit) in zip(fields, amounts, strict=True):
        if (asked is None and capped is None) or request is None or limit is None or request <= limit:
            continue
        if asked is None:
            reason = f"{limit} is less than the request that the configuration has, {request}"
            problems.append(Problem(dialog.label_of(limit_field), reason))
        else:
            reason = f"{request} is more than the limit that the configuration has, {limit}"
            problems.append(Problem(dialog.label_of(request_field), reason))
    if problems:
        raise SettingsError(problems, remedy=REMEDY)


def _change(
    settings: RegisterSettings, wanted: ComputeConfiguration, stored: StoredDocument, stages: Collection[Stage]
) -> DocumentChange:
    def edit(document: Document) -> None:
        if Stage.CONFIGURATIONS in stages:
            put(document)
        if Stage.DEFAULTS in stages:
            set_defaults(document)

    def put(document: Document) -> None:
        if settings.with_containers:
            put_container_configuration(document, wanted)
            _require_limits_above_requests(settings, resources_of(document, wanted.name))
        if settings.with_spark:
            put_spark_configuration(document, wanted)

    def set_defaults(document: Document) -> None:
        if settings.make_default and settings.with_containers:
            set_default_container_configuration(document, wanted.name)
        if settings.make_default and settings.with_spark:
            set_default_spark_configuration(document, wanted.name)
        if settings.make_default_cluster:
            set_default_cluster(document, settings.cluster_id)

    if settings.preview:
        return preview_change(stored, edit, optional=may_be_dropped)
    return change_document(stored, edit, optional=may_be_dropped)


def _steps(settings: RegisterSettings, change: DocumentChange, stages: Collection[Stage]) -> Iterator[Step]:
    asked = {
        Stage.CONFIGURATIONS: {_CONTAINERS: settings.with_containers, _SPARK: settings.with_spark},
        Stage.DEFAULTS: {_DEFAULTS: settings.make_default, _CLUSTER: settings.make_default_cluster},
    }
    for title, wanted in (each for stage in stages for each in asked[stage].items()):
        words = tuple(str(one) for one in change.made if _title_of(one, settings.name) == title)
        if not wanted:
            yield Step(title.format(name=settings.name), Outcome.SKIPPED, ("It was not asked for.",))
        elif not words:
            yield Step(title.format(name=settings.name), Outcome.DONE, ("It is so already.",))
        else:
            outcome = Outcome.WOULD_CHANGE if settings.preview else Outcome.CHANGED
            yield Step(title.format(name=settings.name), outcome, words)


def _title_of(difference: Difference, name: str) -> str:
    """Which of the steps a difference belongs to."""
    place = difference.place
    if place[0] == "defaultK8sClusterId":
        return _CLUSTER
    if any(step in _DEFAULT_FIELDS for step in place):
        return _DEFAULTS
    spark = place[0] == "sparkSettings" or spark_build_name(name) in (
        step.name for step in place if isinstance(step, Named)
    )
    return _SPARK if spark else _CONTAINERS
