"""What a macro that changes a started cluster does around its story: settings first, then what DSS knows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from gke_clusters.dss.clusters import DssCluster, read_cluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.google_access import GoogleAccess, connect
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.connection import parse_credentials


class NamesCluster(Protocol):
    """Settings that say which cluster of DSS is meant."""

    @property
    def cluster_id(self) -> str:
        """Id of the DSS cluster."""


Dialog = TypeVar("Dialog", bound=NamesCluster)


def run_on_cluster(
    config: Mapping[str, Any],
    progress_callback: Callable[[int], object] | None,
    doing: str,
    parse: Callable[[Mapping[str, Any]], Dialog],
    story: Callable[[Dialog, DssCluster, Callable[[], GoogleAccess], Progress], str],
) -> str:
    """Tell the story of a macro, in a process of DSS.

    Args:
        config: The values of its dialog.
        progress_callback: DSS's own.
        doing: What it does, such as ``add the node pool``.
        parse: Makes settings of the values.
        story: Does it, with the credentials of the cluster's own connection.

    Returns:
        The page.

    Raises:
        GkeClustersError: The dialog is wrong, or the story cannot be told.
    """
    set_log_level(config)
    with surfaced(doing):
        settings = parse(config)
        cluster = read_cluster(DssInstance.here(), settings.cluster_id)
        return story(
            settings, cluster, lambda: connect(parse_credentials(cluster.plugin_config)), Progress(progress_callback)
        )
