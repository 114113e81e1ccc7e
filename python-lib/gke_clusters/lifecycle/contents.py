"""The way of a stop into the cluster: access as GKE's answer gives it, not as an old kubeconfig does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gke_clusters.google.clusters import Cluster
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.billed_objects import BilledObjects
from gke_clusters.kube.kubeconfig import ClusterAccess
from gke_clusters.kube.probe import probe
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import write_access
from gke_clusters.settings.stop import StopSettings

LOOK_PATIENCE_SECONDS: Final = 5.0
"""How long a control plane may take to answer where its answer is only for a report."""

CLEAR_PATIENCE_SECONDS: Final = 60.0
"""How long it may take where load balancers or volumes are to be deleted: it may just be restarting."""


def reach_contents(cluster: Cluster, google: GoogleAccess, directory: Path, settings: StopSettings) -> BilledObjects:
    """Reach a cluster's Kubernetes API, with a kubeconfig written anew: the one of the start may be damaged or gone.

    Args:
        cluster: A cluster that runs.
        google: Whose identity to act as.
        directory: Working directory of the DSS cluster.
        settings: Which endpoint of the control plane to use, and whether there is something to clear away.

    Raises:
        ControlPlaneUnreachable: The endpoint is missing or does not answer.
        CredentialsError: There is no token for it.
        OSError: The kubeconfig cannot be written.
    """
    access = ClusterAccess.of(cluster.name.project, cluster.resource, settings.control_plane_endpoint)
    api = KubernetesApi.from_kubeconfig(write_access(directory, access, google), endpoint=access.endpoint)
    probe(api, CLEAR_PATIENCE_SECONDS if settings.clears_away else LOOK_PATIENCE_SECONDS)
    return BilledObjects(api)
