"""Clusters of DSS of other types, which use a GKE cluster by a kubeconfig that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.kube.kubeconfig import context_name, control_plane_hosts
from gke_clusters.kube.kubeconfig_file import KubeconfigContext, read_kubeconfig

# What kubectl takes where it is told of no file.
_DEFAULT: Final = Path(".kube", "config")


@dataclass(frozen=True)
class KubeconfigUser:
    """A cluster of DSS that is of none of this plugin's types.

    Attributes:
        id: Its id in DSS.
        context: What its kubeconfig says; None if that is not known.
    """

    id: str
    context: KubeconfigContext | None = None

    def uses(self, cluster: Cluster) -> bool:
        """Tell whether its kubeconfig leads to a GKE cluster: by the name that gcloud gives, or by an address."""
        if self.context is None:
            return False
        name = cluster.name
        names = (self.context.name, self.context.cluster)
        known_as = context_name(name.project, name.location, name.name)
        return known_as in names or self.context.host in control_plane_hosts(cluster.resource)


def read_kubeconfig_user(cluster_id: str, settings: Mapping[str, Any], home: Path) -> KubeconfigUser:
    """Read which cluster a cluster of another type uses.

    Args:
        cluster_id: Its id in DSS.
        settings: What DSS keeps of it.
        home: Where the kubeconfig is that kubectl takes by itself.
    """
    overrides: Any = settings.get("containerSettings")
    overrides = overrides.get("executionConfigsGenericOverrides") if isinstance(overrides, Mapping) else None
    named = overrides if isinstance(overrides, Mapping) else {}
    path, context = named.get("kubeConfigPath"), named.get("kubeCtlContext")
    try:
        found = read_kubeconfig(Path(path) if path else home / _DEFAULT, context or "")
    except (GkeClustersError, TypeError):
        return KubeconfigUser(cluster_id)
    return KubeconfigUser(cluster_id, found)
