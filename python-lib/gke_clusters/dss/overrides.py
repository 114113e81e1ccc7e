"""What a started cluster returns to DSS: overrides of its settings, and the data that DSS keeps for stop and macros.

The keys are DSS's; a cluster of Dataiku's own plugin returns the same ones, so saved data of either can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SCHEMA_VERSION: Final = 2
"""Of the data. Version 1 had no number: it is the data of the plugin 1.5.1, without project."""

# Fields of GKE's answer that hold a secret on clusters with legacy authentication:
# https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#Cluster.MasterAuth
_SECRET_FIELDS: Final = ("password", "clientKey", "clientCertificate", "username")


def cluster_overrides(context: str, kubeconfig_path: str) -> dict[str, Any]:
    """Return the settings that DSS overrides with those of the cluster.

    Args:
        context: The context in the kubeconfig.
        kubeconfig_path: Absolute path of the kubeconfig.
    """
    return {
        "container": {
            "executionConfigsGenericOverrides": {"kubeCtlContext": context, "kubeConfigPath": kubeconfig_path}
        },
        "spark": {"sparkEnabled": True},
    }


def without_secrets(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be shown of a cluster, whether GKE answered it or it is asked for.

    Args:
        cluster: GKE's JSON of the cluster.
    """
    shown = dict(cluster)
    if isinstance(shown.get("masterAuth"), Mapping):
        shown["masterAuth"] = {key: value for key, value in shown["masterAuth"].items() if key not in _SECRET_FIELDS}
    return shown


def cluster_data(project: str, cluster: Mapping[str, Any], kubeconfig_path: str) -> dict[str, Any]:
    """Return the data that DSS keeps: shown to whoever may see the cluster, so without any secret.

    Args:
        project: Project id.
        cluster: GKE's JSON of the cluster.
        kubeconfig_path: Absolute path of the kubeconfig.
    """
    return {
        "kube_config_path": kubeconfig_path,
        "cluster": without_secrets(cluster),
        "project": project,
        "schema_version": SCHEMA_VERSION,
    }
