"""Which GKE clusters those of DSS know of: by the data of a last start, a journal of one under way, or a kubeconfig."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.journal import FILE_NAME, Journal
from gke_clusters.lifecycle.kubeconfig_users import KubeconfigUser, read_configured_users, read_kubeconfig_user
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster

_TYPE_PREFIX: Final = "pycluster_gke-clusters_"
ATTACH_TYPE: Final = f"{_TYPE_PREFIX}attach-gke-cluster"
"""The type of the clusters of DSS that use what others created."""

# Where DSS lets a cluster work is not documented, only that it is below its data directory: the folder of the cluster
# itself, or one in it.
_PLACES: Final = ("", "*/", "*/*/")


class ClustersOfDss(Protocol):
    """DSS, as :class:`gke_clusters.dss.instance.DssInstance` offers it."""

    @property
    def general_settings(self) -> Any:
        """The general settings, with a method ``read``."""

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
        attaches: Whether it only uses what others created.
    """

    id: str
    state: str = "NONE"
    saved: SavedCluster | None = None
    journal: ClusterName | None = None
    failure: GkeClustersError | None = None
    attaches: bool = False

    @property
    def is_started(self) -> bool:
        """Whether DSS takes it for started, or is starting or stopping it."""
        return self.state != "NONE"


@dataclass(frozen=True)
class DssClusters:
    """The clusters of DSS.

    Attributes:
        own: Those of this plugin's types.
        others: Those of other types.
        configurations: Containerized execution and Spark configurations that name a cluster themselves.
        failure: Why it is not known which do.
    """

    own: tuple[KnownCluster, ...] = ()
    others: tuple[KubeconfigUser, ...] = ()
    configurations: tuple[KubeconfigUser, ...] = ()
    failure: GkeClustersError | None = None


def read_clusters_of_dss(instance: ClustersOfDss, environment: Mapping[str, str]) -> DssClusters:
    """Read the clusters that DSS has; one that cannot be read says so itself.

    Args:
        instance: DSS.
        environment: Where ``DIP_HOME``, its data directory, and ``HOME`` are looked up.

    Raises:
        DssRefused: The clusters cannot be listed.
    """
    home = Path(environment.get("HOME", ""))
    own: list[KnownCluster] = []
    others: list[KubeconfigUser] = []
    for item in instance.list_clusters():
        # Some versions give the name only, which is the id.
        cluster_id, kind = str(item.get("id") or item["name"]), str(item.get("type", ""))
        if kind.startswith(_TYPE_PREFIX):
            own.append(replace(_read(instance, cluster_id, environment), attaches=kind == ATTACH_TYPE))
        else:
            others.append(_read_other(instance, cluster_id, home))
    try:
        configurations = tuple(read_configured_users(instance.general_settings.read(), home))
    except GkeClustersError as failure:
        return DssClusters(tuple(own), tuple(others), failure=failure)
    return DssClusters(tuple(own), tuple(others), configurations)


def _read_other(instance: ClustersOfDss, cluster_id: str, home: Path) -> KubeconfigUser:
    try:
        settings = instance.read_cluster_settings(cluster_id)
    except GkeClustersError:
        return KubeconfigUser(cluster_id, is_unclear=True)
    return read_kubeconfig_user(cluster_id, settings, home)


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
