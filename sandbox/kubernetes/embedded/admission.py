"""What the server decides about a new object beside its validity: namespaces, service accounts, addresses, classes.

https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

import itertools
from collections.abc import Callable, Iterable, Mapping

from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.kinds import ResourceKey, ResourceType
from sandbox.kubernetes.embedded.pod_defaults import quality_of_service
from sandbox.kubernetes.embedded.statuses import (
    Cause,
    StatusError,
    bad_request,
    forbidden,
    invalid,
    not_found,
    with_cause,
)
from sandbox.kubernetes.embedded.statuses import invalid_value as invalid_value_of
from sandbox.kubernetes.embedded.store import Object, Store

NAMESPACES: ResourceKey = ("", "namespaces")
_ACCOUNTS: ResourceKey = ("", "serviceaccounts")
_SERVICES: ResourceKey = ("", "services")
_NODE_PORTS = range(30000, 32768)
# GKE's default Services range is 34.118.224.0/20, Google-managed.
# https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips
_SERVICE_NETWORK = "34.118"
_NOT_READY_SECONDS = 300
_RESERVED_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})


def admit_namespace(store: Store, resource: ResourceType, namespace: str, name: str) -> None:
    """Refuse a new object in a namespace that is not there, or that is on its way out.

    Raises:
        StatusError: 404 or 403.
    """
    if not namespace:
        return
    found = store.get(NAMESPACES, "", namespace)
    if found is None:
        raise not_found("", "namespaces", namespace)
    if found["metadata"].get("deletionTimestamp"):
        error = forbidden(
            resource.group,
            resource.plural,
            name,
            f"unable to create new content in namespace {namespace} because it is being terminated",
        )
        cause = Cause("NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace")
        raise with_cause(error, cause)


def refuse_deletion(key: ResourceKey, name: str) -> None:
    """Refuse to delete the namespaces that every cluster needs.

    Raises:
        StatusError: 403.
    """
    if key == NAMESPACES and name in _RESERVED_NAMESPACES:
        raise forbidden("", "namespaces", name, "this namespace may not be deleted")


def admit(store: Store, key: ResourceKey, item: Object) -> None:
    """Complete a new object from the cluster's state; it must be the caller's own deep copy.

    Raises:
        StatusError: it asks for something that the cluster does not have.
    """
    if (step := _STEPS.get(key)) is not None:
        step(store, item)


def _namespace(store: Store, item: Object) -> None:
    del store
    item["spec"] = {"finalizers": ["kubernetes"]}
    item["status"] = {"phase": "Active"}


def _pod(store: Store, item: Object) -> None:
    spec, metadata = item["spec"], item["metadata"]
    name = metadata.get("name", "")
    _priority(store, spec, name)
    mirror = "kubernetes.io/config.mirror" in (metadata.get("annotations") or {})
    if not mirror:
        _service_account(store, item)
    _tolerations(spec)
    item["status"] = {"phase": "Pending", "qosClass": quality_of_service(spec)}


def _priority(store: Store, spec: Object, name: str) -> None:
    wanted = spec.get("priorityClassName")
    if not wanted:
        spec["priority"] = 0
    else:
        found = store.get(("scheduling.k8s.io", "priorityclasses"), "", wanted)
        if found is None:
            raise forbidden("", "pods", name, f"no PriorityClass with name {wanted} was found")
        spec["priority"] = found.get("value", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _service_account(store: Store, item: Object) -> None:
    spec, metadata = item["spec"], item["metadata"]
    account = spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = account
    found = store.get(_ACCOUNTS, metadata["namespace"], account)
    if found is None:
        detail = (
            f'error looking up service account {metadata["namespace"]}/{account}: serviceaccount "{account}" not found'
        )
        raise forbidden("", "pods", metadata.get("name", ""), detail)
    mounts = spec.get("automountServiceAccountToken")
    if mounts is None:
        mounts = found.get("automountServiceAccountToken", True)
    if mounts:
        _mount_token(spec)


def _mount_token(spec: Object) -> None:
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    containers = [*(spec.get("initContainers") or []), *spec["containers"]]
    bare = [
        one for one in containers if folder not in {mount.get("mountPath") for mount in one.get("volumeMounts", [])}
    ]
    if not bare:
        return
    volume = names.generate("kube-api-access-")
    sources: list[Object] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {
            "downwardAPI": {
                "items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]
            }
        },
    ]
    spec["volumes"] = [
        *(spec.get("volumes") or []),
        {"name": volume, "projected": {"defaultMode": 0o644, "sources": sources}},
    ]
    for container in bare:
        mount = {"mountPath": folder, "name": volume, "readOnly": True}
        container["volumeMounts"] = [*(container.get("volumeMounts") or []), mount]


def _tolerations(spec: Object) -> None:
    present = spec.get("tolerations") or []
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(
            one.get("key") in {key, None, ""} and one.get("effect") in {"NoExecute", None, ""} for one in present
        ):
            present = [
                *present,
                {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": _NOT_READY_SECONDS},
            ]
    # GKE runs ExtendedResourceToleration: https://cloud.google.com/kubernetes-engine/docs/how-to/gpus
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        for resource in sorted((container.get("resources") or {}).get("requests") or {}):
            wanted = {"key": resource, "operator": "Exists"}
            extended = "/" in resource and "kubernetes.io/" not in resource
            if extended and not any(one.get("key") == resource for one in present):
                present = [*present, wanted]
    spec["tolerations"] = present


def assign_addresses(store: Store, item: Object, before: Object | None = None) -> None:
    """Give a Service its cluster IP and node ports, keeping those that it had.

    Raises:
        StatusError: it asks for an address that another Service has.
    """
    spec = item["spec"]
    others = [
        one["spec"] for one in store.items(_SERVICES) if one["metadata"].get("uid") != item["metadata"].get("uid")
    ]
    _cluster_ip(item, (before or {}).get("spec") or {}, {one.get("clusterIP") for one in others})
    if spec["type"] in {"NodePort", "LoadBalancer"}:
        taken = {port.get("nodePort") for one in others for port in one.get("ports") or []}
        had = {
            (port.get("port"), port.get("protocol")): port.get("nodePort")
            for port in ((before or {}).get("spec") or {}).get("ports") or []
        }
        _node_ports(spec["ports"], taken, had)


def _cluster_ip(item: Object, before: Object, taken: set[object]) -> None:
    spec = item["spec"]
    if spec["type"] == "ExternalName":
        for name in ("clusterIP", "clusterIPs"):
            spec.pop(name, None)
        return
    wanted = spec.get("clusterIP") or before.get("clusterIP")
    if before.get("clusterIP") and wanted != before["clusterIP"] and spec["type"] != "ExternalName":
        cause = invalid_value_of("spec.clusterIPs[0]", [wanted], "may not change once set")
        raise invalid("", "Service", item["metadata"]["name"], [cause])
    if not wanted:
        addresses = (
            f"{_SERVICE_NETWORK}.{224 + high}.{low}" for high, low in itertools.product(range(16), range(1, 255))
        )
        wanted = next(one for one in addresses if one not in taken)
    elif wanted != "None" and wanted in taken:
        cause = invalid_value_of(
            "spec.clusterIPs", [wanted], f"failed to allocate IP {wanted}: provided IP is already allocated"
        )
        raise invalid("", "Service", item["metadata"]["name"], [cause])
    spec["clusterIP"] = wanted
    spec["clusterIPs"] = [wanted]


def _node_ports(ports: Iterable[Object], taken: set[object], had: Mapping[tuple[object, object], object]) -> None:
    for port in ports:
        known = port.get("nodePort") or had.get((port.get("port"), port.get("protocol")))
        port["nodePort"] = known or next(one for one in _NODE_PORTS if one not in taken)
        taken.add(port["nodePort"])


def _service(store: Store, item: Object) -> None:
    assign_addresses(store, item)
    item["status"] = {"loadBalancer": {}}


def _claim(store: Store, item: Object) -> None:
    spec = item["spec"]
    if "storageClassName" not in spec:
        for one in store.items(("storage.k8s.io", "storageclasses")):
            annotations = one["metadata"].get("annotations") or {}
            if annotations.get("storageclass.kubernetes.io/is-default-class") == "true":
                spec["storageClassName"] = one["metadata"]["name"]
    metadata = item["metadata"]
    metadata["finalizers"] = sorted({*(metadata.get("finalizers") or []), "kubernetes.io/pvc-protection"})


def _token_secret(store: Store, item: Object) -> None:
    if item.get("type") != "kubernetes.io/service-account-token":
        return
    metadata = item["metadata"]
    account = (metadata.get("annotations") or {}).get("kubernetes.io/service-account.name")
    if not account:
        raise bad_request("metadata.annotations[kubernetes.io/service-account.name]: Required value")
    if store.get(_ACCOUNTS, metadata["namespace"], account) is None:
        raise StatusError(404, f'serviceaccounts "{account}" not found')


_STEPS: Mapping[ResourceKey, Callable[[Store, Object], None]] = {
    NAMESPACES: _namespace,
    ("", "pods"): _pod,
    _SERVICES: _service,
    ("", "persistentvolumeclaims"): _claim,
    ("", "secrets"): _token_secret,
}
