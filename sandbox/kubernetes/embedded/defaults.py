"""What an API server fills into objects that leave it out, kind by kind; pods' specs are in `pod_defaults`.

https://github.com/kubernetes/kubernetes/tree/master/pkg/apis (defaults.go of each group)
"""

import base64
from collections.abc import Callable, Mapping

from sandbox.kubernetes.embedded.kinds import ResourceKey
from sandbox.kubernetes.embedded.pod_defaults import default_pod_spec
from sandbox.kubernetes.embedded.store import Object

_HISTORY = 10
_RBAC_GROUP = "rbac.authorization.k8s.io"


def apply_defaults(key: ResourceKey, item: Object) -> None:
    """Fill in an object; it must be the caller's own deep copy."""
    if (default := _DEFAULTS.get(key)) is not None:
        default(item)


def _pod(item: Object) -> None:
    spec = item.setdefault("spec", {})
    default_pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for condition in (item.get("status") or {}).get("conditions") or []:
        # Times that are never omitted in the Go type.
        condition.setdefault("lastProbeTime", None)
        condition.setdefault("lastTransitionTime", None)


def _template(item: Object) -> Object:
    spec: Object = item.setdefault("spec", {})
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))
    return spec


def _deployment(item: Object) -> None:
    spec = _template(item)
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", "25%")
        rolling.setdefault("maxUnavailable", "25%")
    spec.setdefault("revisionHistoryLimit", _HISTORY)
    spec.setdefault("progressDeadlineSeconds", 600)


def _replica_set(item: Object) -> None:
    _template(item).setdefault("replicas", 1)


def _replication_controller(item: Object) -> None:
    spec = _template(item)
    spec.setdefault("replicas", 1)
    labels = spec["template"]["metadata"].get("labels")
    if labels:
        spec.setdefault("selector", dict(labels))


def _daemon_set(item: Object) -> None:
    spec = _template(item)
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", _HISTORY)
    annotations = item["metadata"].setdefault("annotations", {})
    annotations.setdefault("deprecated.daemonset.template.generation", str(item["metadata"].get("generation", 1)))


def _stateful_set(item: Object) -> None:
    spec = _template(item)
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    spec.setdefault("revisionHistoryLimit", _HISTORY)
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})
    for claim in spec.get("volumeClaimTemplates") or []:
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        _claim(claim)


def _job_spec(spec: Object) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed")
    spec.setdefault("manualSelector", False)
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))


def _job(item: Object) -> None:
    spec = item.setdefault("spec", {})
    _job_spec(spec)
    if spec["manualSelector"] or spec.get("selector"):
        return
    metadata = item["metadata"]
    owner = {"batch.kubernetes.io/controller-uid": metadata["uid"]}
    names = {
        **owner,
        "batch.kubernetes.io/job-name": metadata["name"],
        "controller-uid": metadata["uid"],
        "job-name": metadata["name"],
    }
    spec["selector"] = {"matchLabels": owner}
    labels = spec["template"]["metadata"].get("labels") or {}
    spec["template"]["metadata"]["labels"] = {**labels, **names}


def _cron_job(item: Object) -> None:
    spec = item.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    job = spec.setdefault("jobTemplate", {}).setdefault("spec", {})
    template = job.setdefault("template", {})
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))


def _service(item: Object) -> None:
    spec = item.setdefault("spec", {})
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        if "targetPort" not in port and "port" in port and spec.get("clusterIP") != "":
            port["targetPort"] = port["port"]
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    if kind in {"NodePort", "LoadBalancer"}:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _secret(item: Object) -> None:
    item.setdefault("type", "Opaque")
    plain = item.pop("stringData", None)
    if plain:
        encoded = {name: base64.b64encode(value.encode()).decode() for name, value in plain.items()}
        item["data"] = {**(item.get("data") or {}), **encoded}


def _namespace(item: Object) -> None:
    metadata = item["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}


def _claim(item: Object) -> None:
    item.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    item.setdefault("status", {}).setdefault("phase", "Pending")


def _volume(item: Object) -> None:
    spec = item.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    item.setdefault("status", {}).setdefault("phase", "Pending")


def _binding(item: Object) -> None:
    role = item.get("roleRef")
    if role is not None and not role.get("apiGroup"):
        role["apiGroup"] = _RBAC_GROUP
    for subject in item.get("subjects") or []:
        if subject.get("kind") in {"User", "Group"} and not subject.get("apiGroup"):
            subject["apiGroup"] = _RBAC_GROUP


def _network_policy(item: Object) -> None:
    spec = item.setdefault("spec", {})
    if "policyTypes" not in spec:
        spec["policyTypes"] = ["Ingress", "Egress"] if "egress" in spec else ["Ingress"]


def _storage_class(item: Object) -> None:
    item.setdefault("reclaimPolicy", "Delete")
    item.setdefault("volumeBindingMode", "Immediate")


def _endpoints(item: Object) -> None:
    for subset in item.get("subsets") or []:
        for port in subset.get("ports") or []:
            port.setdefault("protocol", "TCP")


def _role(item: Object) -> None:
    item.setdefault("rules", None)


def _definition(item: Object) -> None:
    spec = item.setdefault("spec", {})
    names = spec.setdefault("names", {})
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})


def _event(item: Object) -> None:
    item.setdefault("type", "Normal")
    item.setdefault("reportingComponent", "")
    item.setdefault("reportingInstance", "")


def _autoscaler(item: Object) -> None:
    spec = item.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    spec.setdefault(
        "metrics",
        [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    )


_DEFAULTS: Mapping[ResourceKey, Callable[[Object], None]] = {
    ("", "pods"): _pod,
    ("", "replicationcontrollers"): _replication_controller,
    ("", "services"): _service,
    ("", "secrets"): _secret,
    ("", "namespaces"): _namespace,
    ("", "persistentvolumeclaims"): _claim,
    ("", "persistentvolumes"): _volume,
    ("", "endpoints"): _endpoints,
    ("", "events"): _event,
    ("apps", "deployments"): _deployment,
    ("apps", "replicasets"): _replica_set,
    ("apps", "daemonsets"): _daemon_set,
    ("apps", "statefulsets"): _stateful_set,
    ("batch", "jobs"): _job,
    ("batch", "cronjobs"): _cron_job,
    ("autoscaling", "horizontalpodautoscalers"): _autoscaler,
    ("networking.k8s.io", "networkpolicies"): _network_policy,
    (_RBAC_GROUP, "rolebindings"): _binding,
    (_RBAC_GROUP, "clusterrolebindings"): _binding,
    (_RBAC_GROUP, "roles"): _role,
    (_RBAC_GROUP, "clusterroles"): _role,
    ("storage.k8s.io", "storageclasses"): _storage_class,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _definition,
}
