"""Which cluster the data of a DSS cluster means: what a stop acts on, never the form as it is now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.errors import StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName, parse_cluster_link
from gke_clusters.specs.ownership import owner_of

# The same cluster is linked as `zones` or `locations`, in v1 or v1beta1, by whichever host was asked.
_LINK_PREFIX: Final = re.compile(r"^.*?/projects/")

# Of projects (also `example.com:id`), locations and clusters; anything else would make another path of it.
_NAME_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")


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
        if not self.id and owner_of(cluster.labels):
            # Saved by 1.5.1, whose clusters have no owner: this one is of another DSS cluster.
            return False
        if self.create_time and cluster.create_time and self.create_time != cluster.create_time:
            return False
        return bool(self.self_link) and _comparable(self.self_link) == _comparable(cluster.self_link)


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
    if not isinstance(data, Mapping):
        raise _unusable()
    cluster = data.get("cluster")
    saved = cluster if isinstance(cluster, Mapping) else {}
    link = _text(saved, "selfLink")
    linked = parse_cluster_link(link)
    name = ClusterName(
        project=_text(data, "project") or (linked.project if linked else ""),
        location=_text(saved, "location") or _text(saved, "zone") or (linked.location if linked else ""),
        name=_text(saved, "name") or (linked.name if linked else ""),
    )
    unique_id = _text(saved, "id")
    # Of data that a start wrote, only that of 1.5.1 may lack the id, and it has the link.
    recognisable = unique_id or (link and "schema_version" not in data)
    if not (recognisable and all(map(_NAME_PART.fullmatch, (name.project, name.location, name.name)))):
        raise _unusable()
    if linked and _contradicts(name, linked):
        raise _unusable(f"The link in it is one of {linked}, everything else of {name}.")
    return SavedCluster(name, id=unique_id, create_time=_text(saved, "createTime"), self_link=link)


def _contradicts(name: ClusterName, linked: ClusterName) -> bool:
    # A link may have the number of the project, which nothing here can compare with its id.
    other_project = not linked.project.isdigit() and not name.project.isdigit() and linked.project != name.project
    return other_project or (linked.location, linked.name) != (name.location, name.name)


def _unusable(contradiction: str | None = None) -> StateError:
    return StateError(
        "The data that DSS keeps of this cluster does not say which GKE cluster it is; nothing was changed.",
        resource="Cluster data of the DSS cluster",
        verbatim=contradiction,
        remedy=(
            "Look for the cluster with: gcloud container clusters list ; delete it by hand if it is still there,"
            " then mark the DSS cluster as stopped."
        ),
    )


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _comparable(link: str) -> str:
    return _LINK_PREFIX.sub("projects/", link).replace("/zones/", "/locations/").replace("/regions/", "/locations/")
