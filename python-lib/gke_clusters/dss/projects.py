"""The settings of projects: which cluster and which containerized execution configuration they use.

https://developer.dataiku.com/latest/api-reference/python/projects.html
"""

from __future__ import annotations

from typing import Any, Final

from gke_clusters.dss.calls import calling
from gke_clusters.dss.documents import Place

Document = dict[str, Any]

# Of code, and of visual recipes: https://developer.dataiku.com/latest/api-reference/python/projects.html
_VISUAL_RECIPES: Final = "containerForVisualRecipesWorkloads"
_CONTAINERS: Final = ("container", _VISUAL_RECIPES)


class ProjectSettings:
    """The settings of one project: a document of DSS."""

    def __init__(self, client: Any, project_key: str) -> None:
        """Keep where it is.

        Args:
            client: a ``dataikuapi.DSSClient``.
            project_key: key of the project.
        """
        self._client = client
        self._key = project_key
        self.name = f"settings of project {project_key}"

    def read(self) -> Document:
        """Read the whole document."""
        with calling("read the settings of the project", f"project {self._key}"):
            document: Document = self._client.get_project(self._key).get_settings().get_raw()
        return document

    def write(self, document: Document) -> None:
        """Replace the whole document."""
        with calling("save the settings of the project", f"project {self._key}"):
            self._client._perform_empty("PUT", f"/projects/{self._key}/settings", body=document)  # noqa: SLF001


def use_cluster(document: Document, cluster_id: str, variable: str | None) -> None:
    """Let a project use a cluster, for containers and for Spark on Kubernetes.

    Args:
        document: settings of the project.
        cluster_id: id of the DSS cluster.
        variable: name of the variable that names the cluster; the given one is used where it is not set then.
    """
    cluster = _part(document, "k8sCluster")
    cluster["clusterMode"] = "EXPLICIT_CLUSTER"
    if variable:
        cluster |= {"clusterId": f"${{{variable}}}", "defaultClusterId": cluster_id}
    else:
        cluster["clusterId"] = cluster_id
        cluster.pop("defaultClusterId", None)


def use_container_configuration(document: Document, name: str) -> None:
    """Let code and visual recipes of a project run with a configuration, where nothing else is chosen."""
    for part in _CONTAINERS:
        _part(document, part).update({"containerMode": "EXPLICIT_CONTAINER", "containerConf": name})


def inherit(document: Document) -> None:
    """Let a project use the cluster and the containerized execution configuration of the instance."""
    _part(document, "k8sCluster")["clusterMode"] = "INHERIT"
    for part in _CONTAINERS:
        _part(document, part)["containerMode"] = "INHERIT"


def may_be_dropped(document: Document, place: Place) -> bool:
    """Whether DSS may drop what is put at a place of a project's settings: what visual recipes use is newer."""
    return _VISUAL_RECIPES in place and _VISUAL_RECIPES not in document.get("settings", {})


def _part(document: Document, name: str) -> Document:
    part: Document = document.setdefault("settings", {}).setdefault(name, {})
    return part
