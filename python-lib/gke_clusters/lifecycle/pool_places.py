"""What a node pool is to pods, though it may have no node now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gke_clusters.google.node_pools import NodePool
from gke_clusters.kube.placement import Place

# https://cloud.google.com/kubernetes-engine/docs/concepts/arm-on-gke
_ARM_FAMILIES: Final = frozenset({"t2a", "c4a", "n4a"})
# https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/NodeConfig#effect
_EFFECTS: Final = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}


def places_of_pool(resource: Mapping[str, Any], pool: NodePool) -> Iterator[Place]:
    """Yield what nodes of a pool would be like, one for each of its zones.

    Labels that GKE puts on a node: https://cloud.google.com/kubernetes-engine/docs/concepts/node-pools and
    https://kubernetes.io/docs/reference/labels-annotations-taints/

    Args:
        resource: GKE's JSON of it.
        pool: The same.
    """
    config = resource.get("config") or {}
    accelerators = config.get("accelerators") or ()
    family = pool.machine_type.partition("-")[0]
    system = "windows" if str(config.get("imageType", "")).upper().startswith("WINDOWS") else "linux"
    architecture = "arm64" if family in _ARM_FAMILIES else "amd64"
    kind = next((kind for kind in ("spot", "preemptible") if config.get(kind)), "standard")
    known = {
        "cloud.google.com/gke-nodepool": pool.name,
        "cloud.google.com/machine-family": family,
        "cloud.google.com/gke-provisioning": kind,
        "node.kubernetes.io/instance-type": pool.machine_type,
        "beta.kubernetes.io/instance-type": pool.machine_type,
        "kubernetes.io/os": system,
        "beta.kubernetes.io/os": system,
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/arch": architecture,
        **({f"cloud.google.com/gke-{kind}": "true"} if kind != "standard" else {}),
        **({"cloud.google.com/gke-accelerator": str(accelerators[0].get("acceleratorType"))} if accelerators else {}),
    }
    windows = ({"key": "node.kubernetes.io/os", "value": "windows", "effect": "NoSchedule"},)
    taints = (windows if system == "windows" else ()) + tuple(
        {**taint, "effect": _EFFECTS.get(str(taint.get("effect")), "NoSchedule")}
        for taint in config.get("taints") or ()
    )
    gpus = sum(int(each.get("acceleratorCount") or 0) for each in accelerators)
    for zone in pool.zones:
        region = zone.rpartition("-")[0]
        where = {
            "topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": region,
            "failure-domain.beta.kubernetes.io/zone": zone,
            "failure-domain.beta.kubernetes.io/region": region,
        }
        labels = {**known, **(config.get("labels") or {}), **where}
        yield Place(labels=labels, taints=taints, gpus=gpus)
