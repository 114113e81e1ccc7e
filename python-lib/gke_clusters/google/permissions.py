"""The IAM permissions that the plugin and DSS need, each with its reason. Plain data, stated nowhere else.

Names: https://cloud.google.com/iam/docs/permissions-reference
Which Kubernetes verb asks for which permission: https://cloud.google.com/kubernetes-engine/docs/how-to/iam
(a *watch* asks for ``list``, a *patch* for ``update``, ``pods/log`` for ``container.pods.getLogs``).

The sandbox reads this file by itself, without the rest of the plugin: it imports nothing of it.
"""

from typing import NamedTuple

# What the plugin's own calls ask for.
_PLUGIN: dict[str, str] = {
    "container.clusters.create": "create the cluster with its node pools",
    "container.clusters.delete": "delete the cluster at stop, and what a failed creation left behind",
    "container.clusters.get": "read the cluster: state, endpoint, CA certificate",
    "container.clusters.list": "find a cluster whose location was given wrongly",
    "container.clusters.update": "add, resize and delete node pools",
    "container.operations.get": "follow the creation and the deletion",
    "container.operations.list": "find again the operation of a start that was interrupted",
    "container.clusters.connect": "reach the Kubernetes API through the DNS endpoint",
    # listErrors asks for it: https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/listErrors
    "compute.instanceGroupManagers.get": "say what keeps nodes from coming up while a creation still waits for them",
    "compute.instanceGroupManagers.list": "say how many nodes each node pool is to have",
    "compute.instances.get": "read the network of the DSS host",
    "compute.regions.get": "say which quota of the region is near its limit",
    "compute.subnetworks.list": "find the subnetwork of the network in the cluster's region",
    "compute.zones.list": "refuse an unknown zone before anything is created",
    "iam.serviceAccounts.actAs": "give the nodes their service account",
    "compute.addresses.list": "name the reserved addresses that a deleted cluster left behind",
    "compute.disks.list": "name the disks that a deleted cluster left behind",
    "compute.forwardingRules.list": "name the load balancers that a deleted cluster left behind",
    # https://cloud.google.com/artifact-registry/docs/access-control#permissions
    "artifactregistry.repositories.get": "read the repository of the images: that it is there, and its address",
    "artifactregistry.repositories.create": "create the repository of the images, where the dialog asks for it",
    "artifactregistry.repositories.uploadArtifacts": "push base images and the images of code environments",
    "artifactregistry.repositories.downloadArtifacts": "see which images are in the repository, and push without"
    " sending again what is there",
    "container.ingresses.list": "know the load balancers of a cluster before it is deleted",
    "container.persistentVolumes.list": "know the disks of a cluster before it is deleted",
    # Gateways are custom resources.
    "container.thirdPartyObjects.list": "know the gateways of a cluster before it is deleted",
    "container.ingresses.delete": "delete load balancers at stop, where the dialog asks for it",
    "container.thirdPartyObjects.delete": "delete gateways at stop, where the dialog asks for it",
    "container.statefulSets.list": "delete volumes at stop, where the dialog asks for it",
    "container.statefulSets.delete": "delete volumes at stop, where the dialog asks for it",
    "container.nodes.update": "drain the nodes of a node pool before it is deleted",
    "container.pods.evict": "drain the nodes of a node pool before it is deleted",
}


class KubernetesAccess(NamedTuple):
    """Something that DSS does in the cluster, and the permission that it takes where IAM decides.

    Attributes:
        verb: As the API server's authorizer names it, such as ``create``.
        resource: Plural, such as ``pods``.
        group: API group, empty for the core one.
        subresource: Such as ``log``, empty for none.
        permission: As IAM names it, such as ``container.pods.create``.
        purpose: What of DSS does it.
        essential: Whether every containerized execution needs it.
    """

    verb: str
    resource: str
    group: str
    subresource: str
    permission: str
    purpose: str
    essential: bool


def _kubernetes(
    purpose: str, resource: str, verbs: str, *, group: str = "", subresource: str = "", essential: bool = False
) -> tuple[KubernetesAccess, ...]:
    """Make an entry per verb of a resource, whose name is given as IAM writes it, such as ``configMaps``."""
    return tuple(
        KubernetesAccess(
            verb,
            resource.lower(),
            group,
            subresource,
            f"container.{resource}.{_SUBRESOURCE_ACTIONS.get(subresource) or _ACTIONS.get(verb, verb)}",
            purpose,
            essential,
        )
        for verb in verbs.split()
    )


# https://cloud.google.com/kubernetes-engine/docs/how-to/iam
_ACTIONS = {"watch": "list", "patch": "update"}
_SUBRESOURCE_ACTIONS = {"log": "getLogs", "exec": "exec", "portforward": "portForward"}
_ALL = "create get list update delete"
_RBAC = "rbac.authorization.k8s.io"
_SPARK_ACCOUNTS = "service accounts that Spark jobs get dynamically"

# DSS's documentation names the creation of pods and secrets, the creation of namespaces where they are dynamic, and
# temporary service accounts for Spark; it has no list of verbs, so the others are what those tasks take:
# https://doc.dataiku.com/dss/latest/user-isolation/capabilities/kubernetes.html
# https://spark.apache.org/docs/latest/running-on-kubernetes.html#rbac
KUBERNETES: tuple[KubernetesAccess, ...] = (
    *_kubernetes("containerized execution", "pods", "create get list watch delete", essential=True),
    *_kubernetes("containerized execution", "pods", "update"),
    *_kubernetes("logs of containerized execution", "pods", "get", subresource="log", essential=True),
    *_kubernetes("code studios and web applications", "pods", "create", subresource="exec"),
    *_kubernetes("code studios and web applications", "pods", "create", subresource="portforward"),
    *_kubernetes("containerized execution", "secrets", "create get delete", essential=True),
    *_kubernetes("containerized execution", "secrets", "list update"),
    *_kubernetes("containerized execution", "jobs", _ALL, group="batch"),
    *_kubernetes("volumes of containerized execution", "persistentVolumeClaims", _ALL),
    *_kubernetes("Spark drivers and executors", "configMaps", _ALL),
    *_kubernetes("Spark drivers and web applications", "services", _ALL),
    *_kubernetes("web applications and API services", "deployments", _ALL, group="apps"),
    *_kubernetes("web applications and API services", "replicaSets", "get list", group="apps"),
    *_kubernetes("choice of the namespace", "namespaces", "get list"),
    *_kubernetes("namespaces created by DSS", "namespaces", "create update delete"),
    *_kubernetes("policies of namespaces", "resourceQuotas", _ALL),
    *_kubernetes("policies of namespaces", "limitRanges", _ALL),
    *_kubernetes(_SPARK_ACCOUNTS, "serviceAccounts", _ALL),
    # Kubernetes lets nobody hand out rights that RBAC does not give them, and IAM's do not count as such.
    # https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    *_kubernetes(_SPARK_ACCOUNTS, "roles", f"{_ALL} bind escalate", group=_RBAC),
    *_kubernetes(_SPARK_ACCOUNTS, "roleBindings", _ALL, group=_RBAC),
    *_kubernetes("reasons why a pod does not start", "events", "get list"),
    *_kubernetes("list of the nodes and their pools", "nodes", "get list"),
)
"""What DSS does in the cluster with the kubeconfig: what the plugin reviews at each start and attachment."""

# The review itself needs none: Kubernetes lets everybody who is known ask about themselves.
# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
REASONS: dict[str, str] = _PLUGIN | {access.permission: f"in the cluster: {access.purpose}" for access in KUBERNETES}
"""Why each permission is needed, by permission."""

PERMISSIONS: tuple[str, ...] = tuple(REASONS)
"""The permissions that the identity of the connection needs on the project."""

IMPERSONATION_PERMISSION = "iam.serviceAccounts.getAccessToken"
"""Needed in addition, on the impersonated service account only, where the connection impersonates one."""

# https://cloud.google.com/storage/docs/access-control/iam-json
BUCKET_PERMISSIONS: dict[str, str] = {
    "storage.objects.list": "see where the bucket is, and list datasets",
    "storage.objects.get": "read datasets",
    "storage.objects.create": "write datasets",
    "storage.objects.delete": "replace and clear datasets",
}
"""Needed on the bucket of a GCS connection only, each with its reason: by whoever checks it and by whoever uses it."""
