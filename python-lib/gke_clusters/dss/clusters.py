"""A cluster as a macro sees it: what DSS keeps of it, and its dialog with the presets resolved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gke_clusters.dss.instance import DssInstance
from gke_clusters.errors import DssRefused

ResolveSettings = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class DssCluster:
    """A cluster that DSS knows.

    Attributes:
        id: its id in DSS.
        type: its type, such as ``pycluster_gke-clusters_create-gke-cluster``.
        state: ``NONE``, ``STARTING``, ``RUNNING`` or ``STOPPING``.
        config: values of its dialog, presets resolved.
        plugin_config: admin values of its presets.
        data: what its start returned; empty if it was never started.
    """

    id: str
    type: str
    state: str
    config: Mapping[str, Any]
    plugin_config: Mapping[str, Any]
    data: Mapping[str, Any]


def read_cluster(instance: DssInstance, cluster_id: str, *, resolve: ResolveSettings | None = None) -> DssCluster:
    """Read a cluster.

    Args:
        instance: the DSS that knows it.
        cluster_id: its id.
        resolve: makes values of the presets that a dialog names, from the type of the cluster and its dialog; the
            backend of this process does if None.

    Raises:
        DssRefused: there is none of that id, or whoever runs the macro may not read it.
    """
    raw = instance.read_cluster_settings(cluster_id)
    resolved = (resolve or _resolved_by_the_backend)(raw["type"], raw.get("params", {}).get("config", {}))
    return DssCluster(
        id=cluster_id,
        type=raw["type"],
        state=str(raw.get("state") or "NONE"),
        config=resolved.get("config") or {},
        plugin_config=resolved.get("pluginConfig") or {},
        data=raw.get("data") or {},
    )


def _resolved_by_the_backend(cluster_type: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    # No public call resolves presets; Dataiku's own cluster plugins use this one.
    from dataiku.core.intercom import backend_json_call  # noqa: PLC0415 - only a process of DSS has it

    asked = {"elementConfig": json.dumps(config), "elementType": cluster_type}
    try:
        answer: Mapping[str, Any] = backend_json_call("plugins/get-resolved-settings", data=asked)
    except Exception as error:
        # It raises plain exceptions.
        raise DssRefused(
            "DSS refused to read the presets of the cluster.", resource=cluster_type, verbatim=str(error)
        ) from error
    return answer
