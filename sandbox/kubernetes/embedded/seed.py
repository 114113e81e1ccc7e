"""What is in a cluster before anybody has written to it."""

from sandbox.kubernetes.embedded.default_roles import default_objects
from sandbox.kubernetes.embedded.registry import Registry, Write
from sandbox.kubernetes.embedded.store import Object

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
# The first address of GKE's default Services range 34.118.224.0/20.
_KUBERNETES_ADDRESS = "34.118.224.1"
_PRIORITY_CLASSES = {
    "system-cluster-critical": (
        2000000000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    "system-node-critical": (
        2000001000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
}


def seed(registry: Registry) -> None:
    """Create the namespaces, the `kubernetes` Service and the default roles."""
    write = Write("kube-apiserver")
    for name in _NAMESPACES:
        _create(registry, "", "v1", "namespaces", "", {"metadata": {"name": name}}, write)
    for plural, item in default_objects():
        _create(registry, "rbac.authorization.k8s.io", "v1", plural, "", item, write)
    for name, (value, why) in _PRIORITY_CLASSES.items():
        priority: Object = {"metadata": {"name": name}, "value": value, "description": why}
        priority["preemptionPolicy"] = "PreemptLowerPriority"
        _create(registry, "scheduling.k8s.io", "v1", "priorityclasses", "", priority, write)
    for name in ("controller-manager", "etcd-0", "scheduler"):
        registry.store.put(("", "componentstatuses"), _component(name))
    service: Object = {
        "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {
            "clusterIP": _KUBERNETES_ADDRESS,
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443}],
        },
    }
    _create(registry, "", "v1", "services", "default", service, write)


def _component(name: str) -> Object:
    condition = {"type": "Healthy", "status": "True", "message": "ok"}
    return {"apiVersion": "v1", "kind": "ComponentStatus", "metadata": {"name": name}, "conditions": [condition]}


def _create(
    registry: Registry, group: str, version: str, plural: str, namespace: str, item: Object, write: Write
) -> None:
    resource = registry.catalogue.find(group, version, plural)
    assert resource is not None  # noqa: S101 - the built-in table has it
    registry.create(resource, namespace, item, write)
