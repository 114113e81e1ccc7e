"""What DSS keeps of a cluster, and which GKE clusters were created for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.installation import install_id
from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.known_clusters import journal_of
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster
from gke_clusters.reports.diagnosis import Advice, Cell, Part, Table, Tone
from gke_clusters.specs.ownership import Ownership, owner_of


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
    tone = Tone.GOOD if cluster.state == "RUNNING" else Tone.INFO
    return Part(title, tone, f"DSS says that it is {cluster.state}.", tuple(facts))


def _never_started(cluster: DssCluster, journal: ClusterName | None, facts: Sequence[tuple[str, str]]) -> Part:
    words, remedy = f"{cluster.id} is not started.", "Start or attach it in DSS to use it."
    if cluster.state == "STARTING":
        words, remedy = f"{cluster.id} is being started.", "Follow its log in DSS; run this macro again afterwards."
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


def created_for(cluster: DssCluster, google: GoogleAccess, environment: Mapping[str, str]) -> tuple[Cluster, ...]:
    """Ask which GKE clusters bear the labels of a DSS cluster.

    Args:
        cluster: As DSS knows it.
        google: Clients.
        environment: Where the data directory of DSS is looked up.
    """
    owner = Ownership.of(install_id(environment), cluster.id)
    listed = google.clusters.list_clusters(project_for(cluster, google))
    return tuple(each for each in listed.clusters if owner_of(each.labels) == owner)


def created_part(clusters: Sequence[Cluster]) -> Part:
    """Show the GKE clusters that bear the labels of a DSS cluster that is not started."""
    title = "GKE clusters of this DSS cluster"
    if not clusters:
        return Part(title, Tone.GOOD, "Google has none that was created for it.")
    rows = tuple((each.name.path, Cell(each.status, Tone.WARNING), each.create_time) for each in clusters)
    what = f"Google has {len(clusters)} created for it, which {'is' if len(clusters) == 1 else 'are'} billed."
    remedy = "Start the DSS cluster, which takes it over or clears it up, then stop it; or: Find forgotten clusters."
    return Part(
        title,
        Tone.WARNING,
        what,
        table=Table(("Cluster", "State", "Created"), rows),
        advice=(Advice(Tone.WARNING, what, remedy),),
    )
