"""The IAM permissions that the plugin and DSS need, each with its reason. Plain data, stated nowhere else.

Names: https://cloud.google.com/iam/docs/permissions-reference
Which Kubernetes verb asks for which permission: https://cloud.google.com/kubernetes-engine/docs/how-to/iam
(a *watch* asks for ``list``, a *patch* for ``update``, ``pods/log`` for ``container.pods.getLogs``).
"""

# What the plugin's own calls ask for.
_PLUGIN: dict[str, str] = {
    "container.clusters.create": "create the cluster with its node pools",
    "container.clusters.delete": "delete the cluster at stop, and what a failed creation left behind",
    "container.clusters.get": "read the cluster: state, endpoint, CA certificate",
    "container.clusters.list": "find a cluster whose location was given wrongly",
    "container.operations.get": "follow the creation and the deletion",
    "container.operations.list": "find again the operation of a start that was interrupted",
    "container.clusters.connect": "reach the Kubernetes API through the DNS endpoint",
    # listErrors asks for it: https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/listErrors
    "compute.instanceGroupManagers.get": "say what keeps nodes from coming up while a creation still waits for them",
    "compute.instances.get": "read the network of the DSS host",
    "compute.subnetworks.list": "find the subnetwork of the network in the cluster's region",
    "compute.zones.list": "refuse an unknown zone before anything is created",
    "iam.serviceAccounts.actAs": "give the nodes their service account",
}

# What DSS does in the cluster with the kubeconfig, by Kubernetes resource as IAM names it.
_ALL_VERBS = ("create", "delete", "get", "list", "update")
_KUBERNETES: dict[str, tuple[tuple[str, ...], str]] = {
    "pods": ((*_ALL_VERBS, "getLogs", "exec", "portForward"), "run containerized execution and Spark"),
    "secrets": (_ALL_VERBS, "hand over what a pod needs to call DSS back"),
    "configMaps": (_ALL_VERBS, "configuration of Spark executors"),
    "services": (_ALL_VERBS, "expose web applications and Spark drivers"),
    "namespaces": (_ALL_VERBS, "create a namespace per user or project"),
    "serviceAccounts": (_ALL_VERBS, "create Spark's service accounts dynamically"),
    "roles": ((*_ALL_VERBS, "bind", "escalate"), "give Spark's service accounts their rights in the namespace"),
    "roleBindings": (_ALL_VERBS, "give Spark's service accounts their rights in the namespace"),
    "resourceQuotas": (_ALL_VERBS, "apply the namespace policies of DSS"),
    "limitRanges": (_ALL_VERBS, "apply the namespace policies of DSS"),
    "deployments": (_ALL_VERBS, "run web applications and API services"),
    "replicaSets": (("get", "list"), "follow deployments"),
    "jobs": (_ALL_VERBS, "run batch work"),
    "persistentVolumeClaims": (_ALL_VERBS, "give pods their volumes"),
    "events": (("get", "list"), "say why a pod does not start"),
    "nodes": (("get", "list"), "show the nodes and their pools"),
    "selfSubjectAccessReviews": (("create",), "review the access that DSS needs"),
}

REASONS: dict[str, str] = _PLUGIN | {
    f"container.{resource}.{verb}": reason for resource, (verbs, reason) in _KUBERNETES.items() for verb in verbs
}
"""Why each permission is needed, by permission."""

PERMISSIONS: tuple[str, ...] = tuple(REASONS)
"""The permissions that the identity of the connection needs on the project."""

IMPERSONATION_PERMISSION = "iam.serviceAccounts.getAccessToken"
"""Needed in addition, on the impersonated service account only, where the connection impersonates one."""
