"""The questions of *Inspect node pools*, as few as there can be, and the verdict on what they bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Final, TypeVar

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, ControlPlaneUnreachable, GkeClustersError, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import last_segment
from gke_clusters.google.node_pools import InstanceGroup
from gke_clusters.google.operations import Condition
from gke_clusters.kube.usage import tally_nodes, tally_pods
from gke_clusters.lifecycle.adoption import BROKEN, USABLE
from gke_clusters.lifecycle.diagnosis import cluster_conditions
from gke_clusters.lifecycle.examination.google_side import channel_of
from gke_clusters.lifecycle.examination.inquiries import Inquiries, Inquiry, NotAskedError
from gke_clusters.lifecycle.google_access import Compute, GoogleAccess
from gke_clusters.lifecycle.inspection.learned import Learned
from gke_clusters.lifecycle.inspection.pool_views import view_pools, waiting_elsewhere
from gke_clusters.lifecycle.pool_target import is_autopilot
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.started_cluster import find_started, kubernetes_of, require_started
from gke_clusters.reports.diagnosis import Advice, Tone
from gke_clusters.reports.node_pools import Inspection, PoolView, Unlearned, render_inspection
from gke_clusters.settings.inspect_node_pools import COMPONENT, InspectSettings
from gke_clusters.settings.node_pool_macros import wrong_pool

DEADLINE_SECONDS: Final = 28.0
"""After which the page is shown with what there is."""

# Of so many pools that lack nodes Compute Engine is asked why; of more, the others have the same to say.
_MOST_ASKED: Final = 20
_ERRORS_PATIENCE_SECONDS: Final = 3.0

Found = TypeVar("Found")


def inspect_node_pools(
    settings: InspectSettings,
    cluster: DssCluster,
    connect: Callable[[], GoogleAccess],
    progress: Progress,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> str:
    """Learn how the node pools of a cluster are, and return the page. Nothing is changed.

    Args:
        settings: Which node pools.
        cluster: The cluster, as DSS knows it.
        connect: Makes the clients of Google; what it raises is shown.
        progress: Where to report.
        deadline_seconds: After which what is not learned is said to be so.

    Raises:
        SettingsError: There is no such node pool; lists those that there are.
    """
    progress.step(5, f"Asking about the node pools of {cluster.id}")
    inquiries = Inquiries(deadline_seconds)
    inspection = _inspect(settings, cluster, connect, inquiries, progress)
    progress.step(100, inspection.words)
    return render_inspection(inspection)


def _inspect(
    settings: InspectSettings,
    cluster: DssCluster,
    connect: Callable[[], GoogleAccess],
    inquiries: Inquiries,
    progress: Progress,
) -> Inspection:
    ask, only = inquiries.ask, settings.pool_name
    try:
        saved = require_started(cluster)
    except GkeClustersError as failure:
        return _nothing(cluster, Tone.INFO, f"The node pools of {cluster.id} are not known.", failure, inquiries)
    google = ask("the credentials of the connection", connect)
    gke = ask("the GKE cluster", lambda: find_started(saved, google.answer().clusters), after=google)
    sizes = ask("the instance groups", lambda: _sizes(google.answer().compute, saved.name.project), after=google)
    api = ask("the Kubernetes API", lambda: kubernetes_of(cluster))
    nodes = ask("the nodes", lambda: tally_nodes(api.answer(), only), after=api)
    pods = ask("the pods", lambda: tally_pods(api.answer()), after=api)
    missing = _Missing()
    missing.learn("Google", google)
    try:
        found = missing.learn("What GKE says", gke, but=(ClusterNotFound, StateError))
    except (ClusterNotFound, StateError) as failure:
        return _nothing(cluster, Tone.BAD, f"The GKE cluster of {cluster.id} is gone.", failure, inquiries)
    if only and found and only not in {pool.name for pool in found.pools}:
        there = ", ".join(pool.name for pool in found.pools)
        raise wrong_pool(COMPONENT, f"{only} is not in the cluster; there are: {there or 'none'}")
    progress.step(40, "GKE has answered" if found else "GKE does not tell")
    missing.learn("Kubernetes", api)
    learned = Learned(
        found,
        missing.learn("How many nodes there are to be", sizes),
        missing.learn("Nodes", nodes),
        missing.learn("Pods", pods),
    )
    progress.step(80, "Looking at what is missing")
    views = view_pools(learned, only, _machine_errors(learned, only, google, inquiries))
    advice = (*_of_cluster(found), *(() if only else waiting_elsewhere(learned)))
    tone, words = _verdict(views, advice, missing.unlearned)
    return Inspection(
        cluster=cluster.id,
        tone=tone,
        words=words,
        facts=_facts(found) if found else (("Cluster", saved.name.path),),
        pools=views,
        advice=advice,
        unlearned=missing.unlearned,
        taken=_now(),
        seconds=inquiries.deadline.elapsed_seconds,
    )


def _nothing(
    cluster: DssCluster, tone: Tone, words: str, failure: GkeClustersError, inquiries: Inquiries
) -> Inspection:
    seconds = inquiries.deadline.elapsed_seconds
    unlearned = (Unlearned("Node pools", failure),)
    return Inspection(cluster.id, tone, words, unlearned=unlearned, taken=_now(), seconds=seconds)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


class _Missing:
    """What could not be learned, each reason once."""

    def __init__(self) -> None:
        self._found: list[tuple[list[str], GkeClustersError]] = []

    def learn(
        self, what: str, inquiry: Inquiry[Found], *, but: tuple[type[GkeClustersError], ...] = ()
    ) -> Found | None:
        """Return an answer; None if there is none, which is kept.

        Args:
            what: What is not known then.
            inquiry: The question.
            but: Failures that are raised instead.
        """
        try:
            return inquiry.answer()
        except NotAskedError:
            # What it takes is missing, and said to be so.
            return None
        except but:
            raise
        except GkeClustersError as failure:
            for names, other in self._found:
                if (other.cause, other.resource) == (failure.cause, failure.resource):
                    names.append(what)
                    return None
            self._found.append(([what], failure))
            return None

    @property
    def unlearned(self) -> tuple[Unlearned, ...]:
        """All of it."""
        return tuple(Unlearned(", ".join(names), failure) for names, failure in self._found)


def _sizes(compute: Compute, project: str) -> Mapping[tuple[str, str], int]:
    """Ask in one call how many machines each managed instance group of a project is to have, by zone and name.

    GKE itself tells with how many nodes a pool was made, not how many it is to have now.
    https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/aggregatedList
    """
    managers = compute.everywhere(project, "instanceGroupManagers")
    return {
        (last_segment(each.get("zone", "")), str(each.get("name"))): int(each.get("targetSize") or 0)
        for each in managers
    }


def _machine_errors(
    learned: Learned, only: str | None, google: Inquiry[GoogleAccess], inquiries: Inquiries
) -> Mapping[str, tuple[Condition, ...]]:
    """Ask why machines do not come up, in the zone of each pool that lacks most; what is refused is left out."""
    asked: dict[str, Inquiry[tuple[Condition, ...]]] = {}
    for pool in learned.cluster.pools if learned.cluster else ():
        missing = learned.lacks(pool.name, pool)
        lacking = missing or pool.failed or pool.conditions
        if not lacking or not pool.instance_groups or len(asked) == _MOST_ASKED or only not in (None, pool.name):
            continue
        worst = next(iter(missing), "")
        group = next((each for each in pool.instance_groups if each.zone == worst), pool.instance_groups[0])
        asked[pool.name] = inquiries.ask(f"machines of {pool.name}", partial(_errors, google, group), after=google)
    return {name: inquiry.answer_or_none() or () for name, inquiry in asked.items()}


def _errors(google: Inquiry[GoogleAccess], group: InstanceGroup) -> tuple[Condition, ...]:
    return google.answer().compute.instance_group_errors(group, patience_seconds=_ERRORS_PATIENCE_SECONDS)


def _of_cluster(cluster: Cluster | None) -> tuple[Advice, ...]:
    """Say what is about the cluster as a whole."""
    if cluster is None:
        return ()
    found = []
    if is_autopilot(cluster):
        words = "It is an Autopilot cluster: Google makes its nodes as pods need them, and takes them away."
        found.append(Advice(Tone.INFO, words, "There are no node pools to change."))
    if cluster.status not in USABLE:
        said = " ".join(each.message for each in cluster_conditions(cluster) if each.message)
        tone = Tone.BAD if cluster.status in BROKEN else Tone.WARNING
        found.append(
            Advice(tone, f"The cluster is {cluster.status}. {said}".strip(), "See the macro Diagnose for what to do.")
        )
    return tuple(found)


def _facts(cluster: Cluster) -> tuple[tuple[str, str], ...]:
    return (
        ("Cluster", cluster.name.path),
        ("State", cluster.status),
        ("Control plane", f"{cluster.resource.get('currentMasterVersion', '')}, release channel {channel_of(cluster)}"),
    )


_COMES_OR_GOES: Final = frozenset({"PROVISIONING", "STOPPING"})


def _verdict(
    views: tuple[PoolView, ...], advice: tuple[Advice, ...], unlearned: tuple[Unlearned, ...]
) -> tuple[Tone, str]:
    failures = [each.failure for each in unlearned]
    if any(isinstance(each, ControlPlaneUnreachable) and not each.answered for each in failures):
        return Tone.BAD, "Unreachable: the Kubernetes API does not answer at the address that DSS uses."
    tones = [*(view.tone for view in views), *(each.tone for each in advice), *([Tone.UNKNOWN] if unlearned else ())]
    tone = min(tones, key=lambda each: each.rank, default=Tone.INFO)
    troubled = sum(view.is_troubled for view in views)
    pools = f"{len(views)} node pool{'' if len(views) == 1 else 's'}"
    if troubled:
        words = f"{troubled} of {pools} {'is' if troubled == 1 else 'are'} to be looked at."
    elif tone in (Tone.BAD, Tone.WARNING):
        words = f"{pools}; something is to be looked at."
    elif unlearned:
        words = "No problem was found in what could be learned."
    elif not views:
        words = "The cluster has no node pool."
    elif any(view.state in _COMES_OR_GOES for view in views):
        words = f"{pools}; one of them is being made or removed."
    elif any(view.whole.wanted is None for view in views):
        words = f"{pools}; how many nodes there are to be is not known of each."
    else:
        words = f"{pools}, with all the nodes that there are to be."
    return tone, f"{words} Not everything could be learned." if unlearned and tone is not Tone.UNKNOWN else words
