"""What DSS keeps of a cluster, and which GKE clusters were created for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.installation import install_id
from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.deletion import delete_command
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.known_clusters import ATTACH_TYPE, journal_of
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster
from gke_clusters.reports.diagnosis import Advice, Cell, Part, Table, Tone
from gke_clusters.specs.ownership import Ownership, owner_of

UNDER_WAY: Final = {"STARTING": "is being started", "STOPPING": "is being stopped"}
"""States of DSS in which the data of a last start may be of a cluster that is rightly gone, or not there yet."""

_AFTERWARDS: Final = "Follow its log in DSS; run this macro again afterwards."


def saved_of(cluster: DssCluster) -> SavedCluster | None:
    """Return which GKE cluster the data means; None if there is none, or none that can be understood."""
    try:
        return read_saved_cluster(cluster.data)
    except GkeClustersError:
        # The part about DSS says so.
        return None


def dss_part(cluster: DssCluster, environment: Mapping[str, str]) -> Part:
    """Show what DSS keeps of a cluster.

    Args:
        cluster: As DSS knows it.
        environment: Where the data directory of DSS is looked up.
    """
    title = "DSS cluster"
    journal = journal_of(cluster.id, cluster.data, environment)
    facts = [("Id", cluster.id), ("Type", cluster.type), ("State", cluster.state)]
    if journal:
        facts.append(("Journal of the working directory", journal.path))
    try:
        saved = read_saved_cluster(cluster.data)
    except GkeClustersError as failure:
        return Part(title, Tone.BAD, "What DSS keeps of it cannot be understood.", tuple(facts), failure=failure)
    if saved is None:
        return _never_started(cluster, journal, facts)
    facts += [
        ("GKE cluster of the last start", saved.name.path),
        ("Its id", saved.id or "not saved"),
        ("Created", saved.create_time or "not saved"),
        ("kubeconfig", str(cluster.data.get("kube_config_path") or "not saved")),
    ]
    if cluster.state == "NONE":
        advice = Advice(Tone.INFO, f"{cluster.id} is not started.", "Start or attach it in DSS to use it.")
        return Part(
            title, Tone.INFO, "It is not started; DSS keeps the data of its last start.", tuple(facts), None, (advice,)
        )
    if cluster.state in UNDER_WAY:
        advice = Advice(Tone.INFO, f"{cluster.id} {UNDER_WAY[cluster.state]}.", _AFTERWARDS)
        return Part(title, Tone.INFO, f"It {UNDER_WAY[cluster.state]}.", tuple(facts), None, (advice,))
    return Part(title, Tone.GOOD, f"DSS says that it is {cluster.state}.", tuple(facts))


def _never_started(cluster: DssCluster, journal: ClusterName | None, facts: Sequence[tuple[str, str]]) -> Part:
    words, remedy = f"{cluster.id} is not started.", "Start or attach it in DSS to use it."
    if cluster.state in UNDER_WAY:
        words, remedy = f"{cluster.id} {UNDER_WAY[cluster.state]}.", _AFTERWARDS
    tone = Tone.INFO
    if journal and cluster.state == "NONE":
        tone = Tone.WARNING
        words += f" A start of it was interrupted, or failed, when it worked on {journal.path}."
        remedy = "Start it again: that resumes, or clears up first."
    advice = Advice(tone, words, remedy)
    return Part("DSS cluster", tone, "DSS keeps nothing of a start of it.", tuple(facts), None, (advice,))


def project_for(cluster: DssCluster, google: GoogleAccess) -> str:
    """Return the project in which the GKE clusters of a DSS cluster are looked for.

    That of its last start; of one that was never started, that of its form, which the next start would take.

    Raises:
        MetadataServerError: neither says one, nor does the DSS host.
    """
    saved = saved_of(cluster)
    if saved:
        return saved.name.project
    connection = cluster.config.get("connectionInfo")
    named = connection.get("projectId") if isinstance(connection, Mapping) else None
    return named if isinstance(named, str) and named else google.host.project_id()


def created_for(cluster: DssCluster, google: GoogleAccess, environment: Mapping[str, str]) -> ClusterList:
    """Ask which GKE clusters were created for a DSS cluster: by their labels, or by the data of its last start.

    Args:
        cluster: As DSS knows it.
        google: Clients.
        environment: Where the data directory of DSS is looked up.

    Returns:
        Those clusters, and the zones that did not answer.
    """
    owner = Ownership.of(install_id(environment), cluster.id)
    saved = saved_of(cluster) if cluster.type != ATTACH_TYPE else None
    listed = google.clusters.list_clusters(project_for(cluster, google))

    def is_its_own(each: Cluster) -> bool:
        # Version 1.5.1 made no labels.
        of_last_start = saved is not None and saved.name == each.name and saved.is_same(each)
        return owner_of(each.labels) == owner or of_last_start

    return replace(listed, clusters=tuple(filter(is_its_own, listed.clusters)))


def created_part(found: ClusterList, *, under_way: bool) -> Part:
    """Show the GKE clusters that were created for a DSS cluster.

    Args:
        found: They, and where was not looked.
        under_way: Whether DSS is starting or stopping it right now.
    """
    title = "GKE clusters of this DSS cluster"
    silent = f" These zones did not answer: {', '.join(found.missing_zones)}." if found.missing_zones else ""
    if not found.clusters:
        if silent:
            return Part(title, Tone.UNKNOWN, f"None was found that was created for it.{silent}")
        return Part(title, Tone.GOOD, "Google has none that was created for it.")
    tone = Tone.INFO if under_way else Tone.WARNING
    rows = tuple((each.name.path, Cell(each.status, tone), each.create_time) for each in found.clusters)
    what = f"Google has {len(found.clusters)} created for it.{silent}"
    table = Table(("Cluster", "State", "Created"), rows)
    advice = () if under_way else tuple(_billed(each) for each in found.clusters)
    return Part(title, tone, what, table=table, advice=advice)


def _billed(cluster: Cluster) -> Advice:
    what = f"{cluster.name} was created for it and is billed."
    if owner_of(cluster.labels):
        remedy = (
            "Start the DSS cluster, which takes it over or clears it up, then stop it; or: Find forgotten clusters."
        )
    else:
        remedy = f"It has no label of this plugin, so a start refuses it. {delete_command(cluster.name)}"
    return Advice(Tone.WARNING, what, remedy)
