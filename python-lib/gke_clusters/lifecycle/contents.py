"""The way of a stop into the cluster: access as GKE's answer gives it, not as an old kubeconfig does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gke_clusters.google.clusters import Cluster
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.billed_objects import BilledObjects
from gke_clusters.kube.kubeconfig import ClusterAccess, EndpointChoice
from gke_clusters.kube.probe import probe
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.handover import write_access

PROBE_DEADLINE_SECONDS: Final = 20.0
"""The control plane has been there for long: one that does not answer soon is not waited for."""


def reach_contents(cluster: Cluster, google: GoogleAccess, directory: Path, endpoint: EndpointChoice) -> BilledObjects:
    """Reach a cluster's Kubernetes API, with a kubeconfig written anew: the one of the start may be damaged or gone.

    Args:
        cluster: A cluster that runs.
        google: Whose identity to act as.
        directory: Working directory of the DSS cluster.
        endpoint: Which endpoint of the control plane to use.

    Raises:
        ControlPlaneUnreachable: The endpoint is missing or does not answer.
        CredentialsError: There is no token for it.
        OSError: The kubeconfig cannot be written.
    """
    access = ClusterAccess.of(cluster.name.project, cluster.resource, endpoint)
    api = KubernetesApi.from_kubeconfig(write_access(directory, access, google), endpoint=access.endpoint)
    probe(api, PROBE_DEADLINE_SECONDS)
    return BilledObjects(api)
