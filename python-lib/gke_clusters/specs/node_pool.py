"""A node pool as the GKE API takes it."""

from __future__ import annotations

from collections.abc import Mapping

from google.cloud import container_v1

from gke_clusters.settings.node_pool import NodePoolSettings
from gke_clusters.specs.facts import HostFacts


def node_pool(
    settings: NodePoolSettings, name: str, host: HostFacts, cluster_labels: Mapping[str, str]
) -> container_v1.NodePool:
    """The message that creates a node pool, alone or with its cluster.

    Args:
        settings: the pool.
        name: its name.
        host: the DSS host, whose service account the nodes may take over.
        cluster_labels: Google Cloud labels of the cluster; the pool's own win.
    """
    message = container_v1.NodePool(
        name=name,
        initial_node_count=settings.num_nodes,
        config=_node_config(settings, host, cluster_labels),
        management=container_v1.NodeManagement(auto_upgrade=True, auto_repair=True),
    )
    if settings.autoscaling:
        message.autoscaling = container_v1.NodePoolAutoscaling(
            enabled=True, min_node_count=settings.min_num_nodes, max_node_count=settings.max_num_nodes
        )
    if settings.best_effort_provisioning:
        message.best_effort_provisioning = container_v1.BestEffortProvisioning(
            enabled=True, min_provision_nodes=settings.min_provision_nodes
        )
    return message


def _node_config(
    settings: NodePoolSettings, host: HostFacts, cluster_labels: Mapping[str, str]
) -> container_v1.NodeConfig:
    # An empty text or a zero is not sent, so GKE's own default applies.
    return container_v1.NodeConfig(
        machine_type=settings.machine_type or "",
        disk_type=settings.disk_type or "",
        disk_size_gb=settings.disk_size_gb or 0,
        spot=settings.use_spot_vms,
        oauth_scopes=settings.scopes,
        service_account=_service_account(settings, host) or "",
        tags=settings.network_tags,
        labels=settings.labels,
        taints=[
            container_v1.NodeTaint(key=taint.key, value=taint.value, effect=taint.effect) for taint in settings.taints
        ],
        resource_labels={**cluster_labels, **settings.resource_labels},
        accelerators=_accelerators(settings),
    )


def _service_account(settings: NodePoolSettings, host: HostFacts) -> str | None:
    return host.service_account_email if settings.service_account_type == "fromDSSHost" else settings.service_account


def _accelerators(settings: NodePoolSettings) -> list[container_v1.AcceleratorConfig]:
    if not settings.with_gpu:
        return []
    # GKE installs and upgrades the driver itself: https://cloud.google.com/kubernetes-engine/docs/how-to/gpus
    driver = container_v1.GPUDriverInstallationConfig(
        gpu_driver_version=container_v1.GPUDriverInstallationConfig.GPUDriverVersion.DEFAULT
    )
    return [
        container_v1.AcceleratorConfig(
            accelerator_type=settings.gpu_type,
            accelerator_count=settings.gpu_count,
            gpu_driver_installation_config=driver,
        )
    ]
