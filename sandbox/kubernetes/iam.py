"""Which IAM permission GKE asks for a Kubernetes request, and how it refuses.

GKE allows a request when IAM or the cluster's own RBAC allows it: https://cloud.google.com/kubernetes-engine/docs/how-to/iam
Permission names: https://cloud.google.com/iam/docs/roles-permissions/container
"""

from collections.abc import Mapping

_VERBS: Mapping[str, str] = {
    "get": "get",
    "list": "list",
    "watch": "list",
    "create": "create",
    "update": "update",
    "patch": "update",
    "delete": "delete",
    "deletecollection": "delete",
    "bind": "bind",
    "escalate": "escalate",
    "use": "use",
    "impersonate": "impersonate",
    "approve": "approve",
    "sign": "sign",
}

# IAM writes the plurals in camel case; those of one word (`pods`) are the same in both.
_NAMES: Mapping[str, Mapping[str, str]] = {
    "": {
        "bindings": "bindings",
        "componentstatuses": "componentStatuses",
        "configmaps": "configMaps",
        "endpoints": "endpoints",
        "events": "events",
        "limitranges": "limitRanges",
        "namespaces": "namespaces",
        "nodes": "nodes",
        "persistentvolumeclaims": "persistentVolumeClaims",
        "persistentvolumes": "persistentVolumes",
        "pods": "pods",
        "podtemplates": "podTemplates",
        "replicationcontrollers": "replicationControllers",
        "resourcequotas": "resourceQuotas",
        "secrets": "secrets",
        "serviceaccounts": "serviceAccounts",
        "services": "services",
    },
    "admissionregistration.k8s.io": {
        "mutatingwebhookconfigurations": "mutatingWebhookConfigurations",
        "validatingwebhookconfigurations": "validatingWebhookConfigurations",
    },
    "apiextensions.k8s.io": {"customresourcedefinitions": "customResourceDefinitions"},
    "apiregistration.k8s.io": {"apiservices": "apiServices"},
    "apps": {
        "controllerrevisions": "controllerRevisions",
        "daemonsets": "daemonSets",
        "deployments": "deployments",
        "replicasets": "replicaSets",
        "statefulsets": "statefulSets",
    },
    "authentication.k8s.io": {"tokenreviews": "tokenReviews", "selfsubjectreviews": "selfSubjectReviews"},
    "authorization.k8s.io": {
        "localsubjectaccessreviews": "localSubjectAccessReviews",
        "selfsubjectaccessreviews": "selfSubjectAccessReviews",
        "selfsubjectrulesreviews": "selfSubjectRulesReviews",
        "subjectaccessreviews": "subjectAccessReviews",
    },
    "autoscaling": {"horizontalpodautoscalers": "horizontalPodAutoscalers"},
    "batch": {"cronjobs": "cronJobs", "jobs": "jobs"},
    "certificates.k8s.io": {"certificatesigningrequests": "certificateSigningRequests"},
    "coordination.k8s.io": {"leases": "leases"},
    "discovery.k8s.io": {"endpointslices": "endpointSlices"},
    "events.k8s.io": {"events": "events"},
    "networking.k8s.io": {
        "ingresses": "ingresses",
        "ingressclasses": "ingressClasses",
        "networkpolicies": "networkPolicies",
    },
    "node.k8s.io": {"runtimeclasses": "runtimeClasses"},
    "policy": {"poddisruptionbudgets": "podDisruptionBudgets"},
    "rbac.authorization.k8s.io": {
        "clusterrolebindings": "clusterRoleBindings",
        "clusterroles": "clusterRoles",
        "rolebindings": "roleBindings",
        "roles": "roles",
    },
    "scheduling.k8s.io": {"priorityclasses": "priorityClasses"},
    "storage.k8s.io": {
        "csidrivers": "csiDrivers",
        "csinodes": "csiNodes",
        "csistoragecapacities": "csiStorageCapacities",
        "storageclasses": "storageClasses",
        "volumeattachments": "volumeAttachments",
    },
}

# Subresources whose permission is not `<verb><Subresource>`; a tuple element per resource and subresource.
_SUBRESOURCES: Mapping[tuple[str, str], str] = {
    ("pods", "log"): "getLogs",
    ("pods", "exec"): "exec",
    ("pods", "attach"): "attach",
    ("pods", "portforward"): "portForward",
    ("pods", "eviction"): "evict",
    ("pods", "proxy"): "proxy",
    ("services", "proxy"): "proxy",
    ("nodes", "proxy"): "proxy",
    ("namespaces", "finalize"): "finalize",
    ("serviceaccounts", "token"): "createToken",
    ("certificatesigningrequests", "approval"): "approve",
}


def permission_for(group: str, resource: str, subresource: str, verb: str) -> str:
    """Return the IAM permission of a request on a resource.

    Args:
        group: API group, empty for core.
        resource: plural such as `pods`.
        subresource: such as `log` or `status`, else empty.
        verb: Kubernetes verb such as `list`.

    Returns:
        Such as `container.pods.getLogs`; custom resources are `container.thirdPartyObjects.*`.
    """
    if (group, resource, subresource) == ("", "pods", "binding"):
        return "container.bindings.create"
    name = _NAMES.get(group, {}).get(resource, "thirdPartyObjects")
    action = _VERBS.get(verb, verb)
    if subresource:
        special = _SUBRESOURCES.get((resource, subresource))
        # A subresource is either read or written: `getStatus`, `updateScale`.
        reads = action in ("get", "list")
        action = special or ("get" if reads else "update") + subresource[:1].upper() + subresource[1:]
    return f"container.{name}.{action}"


def refusal_reason(permission: str) -> str:
    """Return the end of GKE's forbidden message that names the missing permission."""
    return f'requires one of ["{permission}"] permission(s).'
