"""Every cluster of the instance, kept in the data folder with its secrets encrypted."""

import re
import shutil
from typing import Any

from sandbox.dss.clusters.cluster import Cluster
from sandbox.dss.components.runner import Place
from sandbox.dss.errors import DssError, bad_request, not_found
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.plugins.passwords import map_passwords, restore
from sandbox.dss.storage import DataFolder
from sandbox.dss.vault import Vault, redact

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ARCHITECTURES = ("KUBERNETES", "HADOOP")


class Clusters:
    """The clusters, by id.

    Args:
        data: the data folder; the clusters kept there are known again.
        catalogue: the plugins that the clusters are of.
        vault: what encrypts passwords among their parameters.
    """

    def __init__(self, data: DataFolder, catalogue: Catalogue, vault: Vault) -> None:
        self._data = data
        self._catalogue = catalogue
        self._vault = vault
        stored = [data.document("clusters", path.stem) for path in (data.config / "clusters").glob("*.json")]
        clusters = [Cluster.from_document(document.read()) for document in stored]
        self._clusters = {cluster.cluster_id: cluster for cluster in clusters}

    def all(self) -> list[Cluster]:
        """Return every cluster, by id."""
        return [self._clusters[cluster_id] for cluster_id in sorted(self._clusters)]

    def get(self, cluster_id: str) -> Cluster:
        """Return a cluster.

        Raises:
            DssError: there is none of that id.
        """
        cluster = self._clusters.get(cluster_id)
        if cluster is None:
            raise not_found(f"Cluster {cluster_id}")
        return cluster

    def of_plugin(self, plugin_id: str) -> list[Cluster]:
        """Return the clusters whose type is, or was, one of the plugin's."""
        return [cluster for cluster in self.all() if cluster.type.startswith(f"pycluster_{plugin_id}_")]

    def place(self, cluster: Cluster) -> Place:
        """Return where the cluster's component works; the folder stays from one start to the next."""
        folder = self._data.clusters / cluster.cluster_id
        return Place(folder / "exec", folder / "log" / "cluster.log")

    def create(self, wanted: dict[str, Any]) -> Cluster:
        """Create a cluster from `{name, type, architecture, params}`.

        Raises:
            DssError: the name is not one or is taken, or the type is unknown.
        """
        name, cluster_type = wanted.get("name"), wanted.get("type", "manual")
        architecture = wanted.get("architecture", "HADOOP")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise bad_request(f"Invalid cluster name: {name!r}; letters, digits, - and _ are allowed")
        if name in self._clusters:
            raise bad_request(f"A cluster called {name} already exists")
        if architecture not in _ARCHITECTURES:
            raise bad_request(f"Unknown cluster architecture {architecture}")
        if cluster_type != "manual" and not self._is_cluster_type(cluster_type):
            raise bad_request(f"Unknown cluster type {cluster_type}")
        params = wanted.get("params") or {}
        cluster = Cluster.new(name, cluster_type, architecture, params)
        cluster.fields["params"] = self._with_passwords(cluster, self._vault.encrypt)
        self._clusters[name] = cluster
        self.keep(cluster)
        return cluster

    def _is_cluster_type(self, element_type: str) -> bool:
        component = self._catalogue.component(element_type)
        return component is not None and component.kind == "python-clusters"

    def shown(self, cluster: Cluster) -> dict[str, Any]:
        """Return the settings document as the API shows it, passwords redacted."""
        return {**cluster.document(), "params": self._with_passwords(cluster, redact)}

    def save(self, cluster: Cluster, document: dict[str, Any]) -> None:
        """Store an edited settings document; redacted passwords stay what they were.

        Raises:
            DssError: the parameters are not an object.
        """
        edited = dict(document)
        if "params" in edited:
            if not isinstance(edited["params"], dict):
                raise bad_request("The parameters of the cluster are not an object")
            edited["params"] = restore(edited["params"], cluster.fields["params"])
        cluster.save(edited)
        cluster.fields["params"] = self._with_passwords(cluster, self._vault.encrypt)
        self.keep(cluster)

    def keep(self, cluster: Cluster) -> None:
        """Write a cluster that has changed; one that was deleted meanwhile stays away."""
        if self._clusters.get(cluster.cluster_id) is cluster:
            self._data.document("clusters", cluster.cluster_id).write(cluster.document())

    def delete(self, cluster: Cluster) -> None:
        """Forget a cluster, with its working directory; nothing is stopped.

        Raises:
            DssError: something is under way on it.
        """
        if cluster.state in ("STARTING", "STOPPING"):
            raise DssError(
                400, "java.lang.IllegalStateException", f"Cluster {cluster.cluster_id} is {cluster.state.lower()}"
            )
        del self._clusters[cluster.cluster_id]
        self._data.document("clusters", cluster.cluster_id).delete()
        shutil.rmtree(self._data.clusters / cluster.cluster_id, ignore_errors=True)

    def _with_passwords(self, cluster: Cluster, change: Any) -> dict[str, Any]:
        params: dict[str, Any] = cluster.document()["params"]
        component = self._catalogue.component(cluster.type)
        if component is None or not isinstance(params.get("config"), dict):
            return params
        sets = self._catalogue.get(component.plugin_id).parameter_sets
        return {**params, "config": map_passwords(component.params, params["config"], sets, change)}
