"""What GKE puts into a new cluster: storage classes and the beginnings of kube-system."""

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.kinds import (
    DAEMON_SETS,
    DEPLOYMENTS,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    SERVICES,
    STORAGE_CLASSES,
)
from sandbox.kubernetes.controllers.state import ClusterState

_SYSTEM = "kube-system"
_DNS_ADDRESS = "34.118.224.10"
# https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/gce-pd-csi-driver
_STORAGE = (
    ("premium-rwo", "pd.csi.storage.gke.io", "WaitForFirstConsumer", "pd-ssd", False),
    ("standard", "kubernetes.io/gce-pd", "Immediate", "pd-standard", False),
    ("standard-rwo", "pd.csi.storage.gke.io", "WaitForFirstConsumer", "pd-balanced", True),
)
_EVERYWHERE = [{"operator": "Exists"}]


async def install(state: ClusterState) -> None:
    """Create what is missing of it; raises `ApiError`."""
    for name in ("default", _SYSTEM, "kube-public", "kube-node-lease"):
        await state.ensure(NAMESPACES, {"metadata": {"name": name}})
    for name, provisioner, binding, disk, default in _STORAGE:
        await state.ensure(STORAGE_CLASSES, _storage_class(name, provisioner, binding, disk, default=default))
    for account in ("kube-dns", "fluentbit-gke"):
        await state.ensure(SERVICE_ACCOUNTS, {"metadata": {"name": account, "namespace": _SYSTEM}}, _SYSTEM)
    await state.ensure(SERVICES, _dns_service(), _SYSTEM)
    await state.ensure(DEPLOYMENTS, _dns_deployment(), _SYSTEM)
    await state.ensure(DAEMON_SETS, _logging_agent(), _SYSTEM)


def _storage_class(name: str, provisioner: str, binding: str, disk: str, *, default: bool) -> Object:
    annotations = {"components.gke.io/component-name": "pdcsi", "components.gke.io/layer": "addon"}
    if default:
        annotations["storageclass.kubernetes.io/is-default-class"] = "true"
    return {
        "metadata": {
            "name": name,
            "annotations": annotations,
            "labels": {
                "addonmanager.kubernetes.io/mode": "EnsureExists",
                "k8s-app": "gcp-compute-persistent-disk-csi-driver",
            },
        },
        "provisioner": provisioner,
        "parameters": {"type": disk},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": binding,
        "allowVolumeExpansion": True,
    }


def _dns_service() -> Object:
    return {
        "metadata": {
            "name": "kube-dns",
            "namespace": _SYSTEM,
            "labels": {"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "KubeDNS"},
        },
        "spec": {
            "clusterIP": _DNS_ADDRESS,
            "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ],
        },
    }


def _dns_deployment() -> Object:
    container = {
        "name": "kubedns",
        "image": "gke.gcr.io/k8s-dns-kube-dns:1.23.0-gke.9",
        "ports": [
            {"name": "dns-local", "containerPort": 10053, "protocol": "UDP"},
            {"name": "dns-tcp-local", "containerPort": 10053, "protocol": "TCP"},
        ],
        "resources": {"requests": {"cpu": "260m", "memory": "110Mi"}, "limits": {"memory": "210Mi"}},
    }
    return {
        "metadata": {"name": "kube-dns", "namespace": _SYSTEM, "labels": {"k8s-app": "kube-dns"}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"k8s-app": "kube-dns"}},
            "template": _template(
                "kube-dns",
                container,
                "system-cluster-critical",
                [
                    {"key": "CriticalAddonsOnly", "operator": "Exists"},
                    {"key": "components.gke.io/gke-managed-components", "operator": "Exists"},
                ],
            ),
        },
    }


def _logging_agent() -> Object:
    container = {
        "name": "fluentbit",
        "image": "gke.gcr.io/fluent-bit:v1.8.12-gke.21",
        "resources": {"requests": {"cpu": "100m", "memory": "200Mi"}, "limits": {"memory": "500Mi"}},
    }
    return {
        "metadata": {"name": "fluentbit-gke", "namespace": _SYSTEM, "labels": {"k8s-app": "fluentbit-gke"}},
        "spec": {
            "selector": {"matchLabels": {"k8s-app": "fluentbit-gke"}},
            "template": _template("fluentbit-gke", container, "system-node-critical", _EVERYWHERE),
        },
    }


def _template(name: str, container: Object, priority: str, tolerations: list[Object]) -> Object:
    return {
        "metadata": {"labels": {"k8s-app": name}},
        "spec": {
            "containers": [container],
            "priorityClassName": priority,
            "serviceAccountName": name,
            "tolerations": tolerations,
        },
    }
