"""What of DSS uses a GKE cluster by a kubeconfig that somebody wrote: clusters of other types, and configurations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.kube.kubeconfig import context_name, control_plane_hosts
from gke_clusters.kube.kubeconfig_file import KubeconfigContext, read_kubeconfig

# What kubectl takes where it is told of no file.
_DEFAULT: Final = Path(".kube", "config")
# Where DSS 14 has the kubeconfig of a configuration; where DSS 15 has it is not documented, so its parts are looked at.
_KINDS: Final = {
    "containerSettings": "containerized execution configuration",
    "sparkSettings": "Spark configuration",
}
_PARTS: Final = ("kubernetesSettings", "kubernetesRuntimeConfig")
_SPARK_MASTER: Final = "k8s://"
_OF_PLUGINS: Final = "pycluster_"


@dataclass(frozen=True)
class KubeconfigUser:
    """Something of DSS that is no cluster of this plugin.

    Attributes:
        id: Of a cluster, its id in DSS; of anything else what it is and its name.
        context: What its kubeconfig says; None if that is not known.
        is_unclear: Whether it may lead to any cluster, since what it names cannot be read.
    """

    id: str
    context: KubeconfigContext | None = None
    is_unclear: bool = False

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
    overrides = _mapping(settings.get("containerSettings")).get("executionConfigsGenericOverrides")
    user = _read(cluster_id, _mapping(overrides), home)
    # What a plugin wrote goes when its cluster is stopped, which then leads nowhere.
    is_stopped = str(settings.get("type")).startswith(_OF_PLUGINS) and settings.get("state") == "NONE"
    return replace(user, is_unclear=user.is_unclear and not is_stopped)


def read_configured_users(settings: Mapping[str, Any], home: Path) -> Iterator[KubeconfigUser]:
    """Yield the configurations that name a cluster themselves; DSS heeds that where no cluster of its own is used.

    Args:
        settings: The general settings.
        home: Where the kubeconfig is that kubectl takes by itself.
    """
    if settings.get("useImplicitK8sCluster") is True:
        yield _read("setting to use the cluster of kubectl", {}, home)
    for place, kind in _KINDS.items():
        for config in _mappings(_mapping(settings.get(place)).get("executionConfigs")):
            name = f"{kind} {config.get('name')}"
            for part in (config, *(_mapping(config.get(part)) for part in _PARTS)):
                if part.get("kubeConfigPath") or part.get("kubeCtlContext"):
                    yield _read(name, part, home)
            for server in _spark_masters(config):
                yield KubeconfigUser(name, KubeconfigContext("", "", server, None))


def _spark_masters(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the API servers that a Spark configuration names.

    https://spark.apache.org/docs/latest/running-on-kubernetes.html
    """
    for each in _mappings(config.get("conf")):
        value = str(each.get("value"))
        if each.get("key") == "spark.master" and value.startswith(_SPARK_MASTER):
            yield value.removeprefix(_SPARK_MASTER)


def _read(user: str, named: Mapping[str, Any], home: Path) -> KubeconfigUser:
    path, context = named.get("kubeConfigPath"), named.get("kubeCtlContext")
    try:
        file = Path(path) if path else home / _DEFAULT
        return KubeconfigUser(user, read_kubeconfig(file, context or "", with_user=False))
    except (GkeClustersError, TypeError):
        # kubectl's own file, if it is no use, is none to DSS either; another one may be there for others than this
        # process.
        return KubeconfigUser(user, is_unclear=bool(path or context))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else iter(())
