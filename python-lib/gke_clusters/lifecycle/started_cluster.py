"""The GKE cluster that a macro acts on: the one that the start of the DSS cluster saved, never what the form says."""

from __future__ import annotations

from pathlib import Path

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.lifecycle.google_access import Clusters
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster


def require_started(cluster: DssCluster) -> SavedCluster:
    """Return which GKE cluster a DSS cluster was started as.

    DSS keeps the data of a start after the stop, so its state counts as well.

    Args:
        cluster: The cluster, as DSS knows it.

    Raises:
        ClusterNotFound: It is not started.
        StateError: Its data does not say which GKE cluster it is.
    """
    saved = read_saved_cluster(cluster.data)
    if saved is None or cluster.state == "NONE":
        raise ClusterNotFound(
            f"{cluster.id} is not started, so there is no GKE cluster to act on.",
            resource=f"DSS cluster {cluster.id}",
            remedy="Start or attach the cluster in DSS, then run the macro again.",
        )
    return saved


def find_started(saved: SavedCluster, clusters: Clusters) -> Cluster:
    """Read the GKE cluster that was started.

    Args:
        saved: Which it is.
        clusters: GKE.

    Returns:
        The cluster as it is now.

    Raises:
        ClusterNotFound: It is gone.
        StateError: Another cluster bears its name now.
        GkeClustersError: Google refuses to tell.
    """
    found = clusters.find_cluster(saved.name)
    if found is None:
        raise ClusterNotFound(
            f"{saved.name} is gone: it was deleted outside of DSS.",
            resource=saved.name.path,
            remedy="Mark the DSS cluster as stopped (force stop), then start it again.",
        )
    if not saved.is_same(found):
        raise StateError(
            "The cluster that was started is gone, and another one bears its name now.",
            resource=saved.name.path,
            verbatim=(
                f"started: id {saved.id or 'unknown'}, created {saved.create_time or 'unknown'};"
                f" there now: id {found.id}, created {found.create_time}"
            ),
            remedy="Mark the DSS cluster as stopped (force stop), then start it again.",
        )
    return found


def kubernetes_of(cluster: DssCluster) -> KubernetesApi:
    """Return the Kubernetes API of a started cluster, by the kubeconfig that DSS itself uses.

    Args:
        cluster: The cluster, as DSS knows it.

    Raises:
        StateError: The kubeconfig is missing or damaged.
        CredentialsError: Its credential helper gives no token.
    """
    path = cluster.data.get("kube_config_path")
    if not isinstance(path, str) or not path:
        raise StateError(
            "The data that DSS keeps of this cluster does not say where its kubeconfig is.",
            resource=f"DSS cluster {cluster.id}",
            remedy="Start or attach the cluster again: that writes the file anew.",
        )
    return KubernetesApi.from_kubeconfig(Path(path))
