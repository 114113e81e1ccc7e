"""A DSS that has clusters, for the stories about those that were lost sight of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gke_clusters.errors import DssRefused
from gke_clusters.google.clusters import Cluster
from gke_clusters.lifecycle.known_clusters import KnownCluster
from gke_clusters.lifecycle.saved_cluster import SavedCluster

TYPE = "pycluster_gke-clusters_create-gke-cluster"


def data_of(cluster: Cluster, kubeconfig: str = "/nowhere/kube_config") -> dict[str, Any]:
    """Make what DSS keeps of a start."""
    return {
        "kube_config_path": kubeconfig,
        "project": cluster.name.project,
        "cluster": {
            "name": cluster.name.name,
            "location": cluster.name.location,
            "id": cluster.id,
            "selfLink": cluster.self_link,
            "createTime": cluster.create_time,
        },
        "schema_version": 2,
    }


def started_as(cluster: Cluster, cluster_id: str = "my-cluster", state: str = "RUNNING", **fields: Any) -> KnownCluster:
    """Make a cluster of DSS whose last start gave a GKE cluster."""
    saved = SavedCluster(cluster.name, cluster.id, cluster.create_time, cluster.self_link)
    return KnownCluster(cluster_id, state, saved, **fields)


@dataclass
class Configurations:
    """The general settings; None where they cannot be read."""

    document: dict[str, Any] | None = field(default_factory=dict)

    def read(self) -> dict[str, Any]:
        if self.document is None:
            raise DssRefused("DSS refused to read its general settings.")
        return self.document


@dataclass
class Dss:
    """DSS and its clusters by id; one whose settings are None cannot be read."""

    clusters: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    lists: bool = True
    # What happens when the clusters are listed, by the how-manieth time.
    events: dict[int, Any] = field(default_factory=dict)
    listed: int = 0
    general_settings: Configurations = field(default_factory=Configurations)

    def has(self, cluster_id: str, state: str = "NONE", data: Any = None, kind: str = TYPE) -> None:
        self.clusters[cluster_id] = {"type": kind, "state": state, "data": data}

    def list_clusters(self) -> list[dict[str, Any]]:
        self.listed += 1
        self.events.pop(self.listed, lambda: None)()
        if not self.lists:
            raise DssRefused("DSS refused to list its clusters.")
        return [
            {"name": name, "type": (settings or {}).get("type", TYPE), "state": "NONE"}
            for name, settings in self.clusters.items()
        ]

    def read_cluster_settings(self, cluster_id: str) -> dict[str, Any]:
        settings = self.clusters[cluster_id]
        if settings is None:
            raise DssRefused("DSS refused to read the settings of the cluster.", resource=cluster_id)
        return settings
