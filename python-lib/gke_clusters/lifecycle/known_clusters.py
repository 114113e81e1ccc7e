"""Which GKE clusters the clusters of DSS know of: by the data of a last start, or by the journal of one under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.journal import FILE_NAME, Journal
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster

_TYPE_PREFIX: Final = "pycluster_gke-clusters_"
# Where DSS lets a cluster work is not documented, only that it is below its data directory: the folder of the cluster
# itself, or one in it.
_PLACES: Final = ("", "*/", "*/*/")


class ClustersOfDss(Protocol):
    """DSS, as :class:`gke_clusters.dss.instance.DssInstance` offers it."""

    def list_clusters(self) -> list[dict[str, Any]]:
        """List the clusters."""

    def read_cluster_settings(self, cluster_id: str) -> dict[str, Any]:
        """Read what DSS keeps of a cluster."""


@dataclass(frozen=True)
class KnownCluster:
    """A cluster of DSS of one of this plugin's types.

    Attributes:
        id: Its id in DSS.
        state: ``NONE``, ``STARTING``, ``RUNNING`` or ``STOPPING``.
        saved: Which GKE cluster its last start made or attached; None if it was never started.
        journal: Which one its journal names, where that can be seen.
        failure: Why its data is not known.
    """

    id: str
    state: str = "NONE"
    saved: SavedCluster | None = None
    journal: ClusterName | None = None
    failure: GkeClustersError | None = None

    @property
    def is_started(self) -> bool:
        """Whether DSS takes it for started, or is starting or stopping it."""
        return self.state != "NONE"


def read_known_clusters(instance: ClustersOfDss, environment: Mapping[str, str]) -> tuple[KnownCluster, ...]:
    """Read the clusters of this plugin that DSS has; one that cannot be read says so itself.

    Args:
        instance: DSS.
        environment: Where ``DIP_HOME``, its data directory, is looked up.

    Raises:
        DssRefused: The clusters cannot be listed.
    """
    listed = [item for item in instance.list_clusters() if str(item.get("type", "")).startswith(_TYPE_PREFIX)]
    # Some versions give the name only, which is the id.
    return tuple(_read(instance, str(item.get("id") or item["name"]), environment) for item in listed)


def _read(instance: ClustersOfDss, cluster_id: str, environment: Mapping[str, str]) -> KnownCluster:
    try:
        raw = instance.read_cluster_settings(cluster_id)
    except GkeClustersError as failure:
        return KnownCluster(cluster_id, failure=failure)
    state, data = str(raw.get("state") or "NONE"), raw.get("data")
    journal = journal_of(cluster_id, data, environment)
    try:
        return KnownCluster(cluster_id, state, read_saved_cluster(data), journal)
    except GkeClustersError as failure:
        return KnownCluster(cluster_id, state, journal=journal, failure=failure)


def journal_of(cluster_id: str, data: object, environment: Mapping[str, str]) -> ClusterName | None:
    """Read which cluster the journal of a cluster of DSS names; None where there is none, or none that can be found.

    Args:
        cluster_id: Its id in DSS.
        data: What DSS keeps of its last start.
        environment: Where ``DIP_HOME`` is looked up.
    """
    for directory in _working_directories(cluster_id, data, environment):
        entry = Journal(directory).read()
        if entry is not None:
            return entry.cluster
    return None


def _working_directories(cluster_id: str, data: object, environment: Mapping[str, str]) -> Iterator[Path]:
    kubeconfig = data.get("kube_config_path") if isinstance(data, Mapping) else None
    if isinstance(kubeconfig, str) and kubeconfig:
        yield Path(kubeconfig).parent
    home = environment.get("DIP_HOME")
    if home:
        folder = Path(home) / "clusters" / cluster_id
        for place in _PLACES:
            yield from (path.parent for path in sorted(folder.glob(f"{place}{FILE_NAME}")))
