"""What a search for forgotten clusters found, in the words of its page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.cluster_search import Found
from gke_clusters.lifecycle.known_clusters import DssClusters
from gke_clusters.lifecycle.standing import Judgement, Standing
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.reports.forgotten import GoneCluster, LostCluster


def short_name(name: ClusterName, project: str) -> str:
    """Return the name of a cluster as the dialog takes it: with its project only where that is another one."""
    return f"{name.location}/{name.name}" if name.project == project else f"{name.project}/{name.location}/{name.name}"


def step_of_dss(known: DssClusters) -> Step:
    """Say how many clusters DSS has, and of which of them, and of its configurations, it is not known what they use."""
    unread = [f"{each.id} could not be read. {each.failure.cause}" for each in known.own if each.failure]
    if known.failure:
        unread.append(f"The configurations of DSS could not be read. {known.failure.cause}")
    others = f", {len(known.others)} of other types" if known.others else ""
    counts = f"{len(known.own)} of this plugin{others}."
    unclear = ", ".join(each.id for each in known.others if each.context is None)
    details = [counts, *unread]
    if unclear:
        details.append(f"Of other types, and without a kubeconfig that can be read here: {unclear}.")
    unclear = ", ".join(each.id for each in known.configurations if each.context is None)
    if unclear:
        details.append(f"With a kubeconfig of their own that cannot be read here: {unclear}.")
    is_doubtful = bool(unread) or any(each.is_unclear for each in (*known.others, *known.configurations))
    return Step("Clusters of DSS", Outcome.WARNING if is_doubtful else Outcome.DONE, tuple(details))


def steps_of_projects(found: Found) -> Iterator[Step]:
    """Say of each project how its clusters stand to this DSS, and where was not looked."""
    for project, listed in found.listed.items():
        title = f"GKE clusters of {project}"
        if isinstance(listed, GkeClustersError):
            yield Step.failed(title, listed)
            continue
        standings = [each.standing for each in found.judgements if each.cluster.name.project == project]
        counts = ", ".join(f"{standings.count(each)} {_WORDS[each]}" for each in Standing if each in standings)
        details = [f"{len(standings)}: {counts}." if counts else "None."]
        if listed.missing_zones:
            details.append(f"These zones did not answer, so there may be more: {', '.join(listed.missing_zones)}.")
        yield Step(title, Outcome.WARNING if listed.missing_zones else Outcome.DONE, tuple(details))


_WORDS = {
    Standing.KNOWN: "that a started cluster of DSS uses",
    Standing.FORGOTTEN: "forgotten",
    Standing.IN_DOUBT: "in doubt",
    Standing.OTHER_DSS: "of other installations of DSS",
    Standing.UNMARKED: "without a label of this plugin",
}


def steps_of_results(judgements: Sequence[Judgement], gone: Sequence[GoneCluster]) -> Iterator[Step]:
    """Say in a line each whether something is wrong."""
    forgotten = sum(each.standing is Standing.FORGOTTEN for each in judgements)
    doubtful = sum(each.standing is Standing.IN_DOUBT for each in judgements)
    lost = [each.id for each in gone if each.is_gone]
    unknown = [each.id for each in gone if not each.is_gone]
    yield _result("GKE clusters that DSS forgot", forgotten, f"{forgotten} below, billed without use.")
    if doubtful:
        yield _result("GKE clusters in doubt", doubtful, f"{doubtful} below.")
    details = [f"{', '.join(lost)}: see below."] if lost else []
    details += [f"Not known of {', '.join(unknown)}: see below."] if unknown else []
    yield _result("Clusters of DSS without a GKE cluster", len(details), *details)


def _result(title: str, count: int, *details: str) -> Step:
    return Step(title, Outcome.WARNING, details) if count else Step(title, Outcome.DONE, ("None.",))


def lost_cluster(judgement: Judgement, project: str, now: datetime) -> LostCluster:
    """Return the row of a cluster.

    Args:
        judgement: The cluster, and why it is judged so.
        project: Project of the connection.
        now: An aware time.
    """
    cluster = judgement.cluster
    nodes = cluster.resource.get("currentNodeCount")
    return LostCluster(
        name=short_name(cluster.name, project),
        status=cluster.status,
        created=cluster.create_time,
        age_seconds=_age_seconds(cluster, now),
        nodes=nodes if isinstance(nodes, int) else None,
        owner=judgement.owner,
        why=judgement.reason,
    )


def _age_seconds(cluster: Cluster, now: datetime) -> float | None:
    try:
        # Python 3.10 knows no Z.
        return (now - datetime.fromisoformat(cluster.create_time.replace("Z", "+00:00"))).total_seconds()
    except (ValueError, TypeError):
        return None
