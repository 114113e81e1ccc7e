"""Which cluster the data of a DSS cluster means: what a stop acts on, never the form as it is now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.errors import StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName, parse_cluster_link

# The same cluster is linked as `zones` or `locations`, in v1 or v1beta1, by whichever host was asked.
_LINK_PREFIX: Final = re.compile(r"^.*?/projects/")


@dataclass(frozen=True)
class SavedCluster:
    """A cluster as saved at its start.

    Attributes:
        name: Project, location and name.
        id: Google's unique id; empty in data of the plugin 1.5.1, if it was not saved.
        create_time: RFC 3339; empty if it was not saved.
        self_link: Google's link; empty if it was not saved.
    """

    name: ClusterName
    id: str = ""
    create_time: str = ""
    self_link: str = ""

    def is_same(self, cluster: Cluster) -> bool:
        """Tell whether a cluster that was found is this very one, not a later one of the same name."""
        if self.id and cluster.id:
            return self.id == cluster.id
        if self.create_time and cluster.create_time and self.create_time != cluster.create_time:
            return False
        # Without any link the name, which is unique in its project and location, is all there is to go by.
        return not (self.self_link and cluster.self_link) or _comparable(self.self_link) == _comparable(
            cluster.self_link
        )


def read_saved_cluster(data: Mapping[str, Any] | None) -> SavedCluster | None:
    """Read which cluster the data means.

    Args:
        data: What DSS saved at the start: of this plugin or of 1.5.1.

    Returns:
        The cluster; None if the data is empty, which is so if the cluster was never started.

    Raises:
        StateError: There is data, and it does not say which cluster it means.
    """
    if not data:
        return None
    cluster = data.get("cluster")
    saved = cluster if isinstance(cluster, Mapping) else {}
    link = _text(saved, "selfLink")
    linked = parse_cluster_link(link)
    name = ClusterName(
        project=_text(data, "project") or (linked.project if linked else ""),
        location=_text(saved, "location") or _text(saved, "zone") or (linked.location if linked else ""),
        name=_text(saved, "name") or (linked.name if linked else ""),
    )
    if not (name.project and name.location and name.name):
        raise StateError(
            "The data that DSS keeps of this cluster does not say which GKE cluster it is; nothing was deleted.",
            resource="Cluster data of the DSS cluster",
            remedy=(
                "Look for the cluster with: gcloud container clusters list ; delete it by hand if it is still there,"
                " then mark the DSS cluster as stopped."
            ),
        )
    return SavedCluster(name, id=_text(saved, "id"), create_time=_text(saved, "createTime"), self_link=link)


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _comparable(link: str) -> str:
    return _LINK_PREFIX.sub("projects/", link).replace("/zones/", "/locations/").replace("/regions/", "/locations/")
