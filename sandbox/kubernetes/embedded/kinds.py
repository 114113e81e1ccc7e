"""The resources that every cluster serves, as one table; CustomResourceDefinitions add theirs at run time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_STATUS = {"status": ("get", "patch", "update")}
_SCALE = {"scale": ("get", "patch", "update")}

ResourceKey = tuple[str, str]


@dataclass(frozen=True)
class ResourceType:
    """One resource in one version.

    Attributes:
        group: API group, empty for core.
        version: API version.
        plural: the name in paths.
        kind: the object's kind.
        namespaced: whether its objects live in namespaces.
        singular: the name for one.
        short_names: kubectl's abbreviations.
        categories: kubectl's collections such as `all`.
        verbs: what can be done.
        subresources: verbs by subresource.
        generation: whether the API counts changes of the spec.
        model: class of `kubernetes.client.models` that describes it; empty when only a schema does.
        schema: OpenAPI v3 schema of a custom resource.
        columns: `additionalPrinterColumns` of a custom resource.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    generation: bool = False
    model: str = ""
    schema: Mapping[str, Any] | None = None
    columns: tuple[Mapping[str, Any], ...] = ()

    @property
    def key(self) -> ResourceKey:
        """What the store files its objects under: all versions of a resource share one place."""
        return (self.group, self.plural)

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def custom(self) -> bool:
        """Whether a CustomResourceDefinition brought it."""
        return not self.model


def _r(
    group_version: str,
    plural: str,
    kind: str,
    short: str = "",
    *,
    cluster: bool = False,
    categories: str = "",
    status: bool = False,
    scale: bool = False,
    generation: bool = False,
    verbs: tuple[str, ...] = ALL_VERBS,
    model: str = "",
    **subresources: tuple[str, ...],
) -> ResourceType:
    group, _, version = group_version.rpartition("/")
    below: dict[str, tuple[str, ...]] = dict(subresources)
    if scale:
        below |= _SCALE
    if status:
        below |= _STATUS
    return ResourceType(
        group=group,
        version=version,
        plural=plural,
        kind=kind,
        namespaced=not cluster,
        singular=kind.lower(),
        short_names=tuple(short.split()),
        categories=tuple(categories.split()),
        verbs=verbs,
        subresources=below,
        generation=generation,
        model=model or version.capitalize() + kind,
    )


_C = ("create",)
_PROXY = ("create", "delete", "get", "patch", "update")
_RBAC = "rbac.authorization.k8s.io/v1"
_STORAGE = "storage.k8s.io/v1"
_REGISTRATION = "admissionregistration.k8s.io/v1"

BUILT_IN: tuple[ResourceType, ...] = (
    _r("v1", "bindings", "Binding", verbs=_C),
    _r("v1", "componentstatuses", "ComponentStatus", "cs", cluster=True, verbs=("get", "list")),
    _r("v1", "configmaps", "ConfigMap", "cm"),
    _r("v1", "endpoints", "Endpoints", "ep"),
    _r("v1", "events", "Event", "ev", model="CoreV1Event"),
    _r("v1", "limitranges", "LimitRange", "limits"),
    _r(
        "v1",
        "namespaces",
        "Namespace",
        "ns",
        cluster=True,
        status=True,
        finalize=("update",),
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    ),
    _r("v1", "nodes", "Node", "no", cluster=True, status=True, proxy=_PROXY),
    _r("v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", status=True),
    _r("v1", "persistentvolumes", "PersistentVolume", "pv", cluster=True, status=True),
    _r(
        "v1",
        "pods",
        "Pod",
        "po",
        categories="all",
        status=True,
        binding=_C,
        eviction=_C,
        log=("get",),
        exec=("create", "get"),
        attach=("create", "get"),
        portforward=("create", "get"),
        proxy=_PROXY,
        ephemeralcontainers=("get", "patch", "update"),
    ),
    _r("v1", "podtemplates", "PodTemplate"),
    _r(
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        "rc",
        categories="all",
        status=True,
        scale=True,
        generation=True,
    ),
    _r("v1", "resourcequotas", "ResourceQuota", "quota", status=True),
    _r("v1", "secrets", "Secret"),
    _r("v1", "serviceaccounts", "ServiceAccount", "sa", token=_C),
    _r("v1", "services", "Service", "svc", categories="all", status=True, proxy=_PROXY),
    _r("apps/v1", "controllerrevisions", "ControllerRevision"),
    _r("apps/v1", "daemonsets", "DaemonSet", "ds", categories="all", status=True, generation=True),
    _r("apps/v1", "deployments", "Deployment", "deploy", categories="all", status=True, scale=True, generation=True),
    _r("apps/v1", "replicasets", "ReplicaSet", "rs", categories="all", status=True, scale=True, generation=True),
    _r("apps/v1", "statefulsets", "StatefulSet", "sts", categories="all", status=True, scale=True, generation=True),
    _r("batch/v1", "cronjobs", "CronJob", "cj", categories="all", status=True, generation=True),
    _r("batch/v1", "jobs", "Job", categories="all", status=True, generation=True),
    _r("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", categories="all", status=True),
    _r("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", status=True, generation=True),
    _r("networking.k8s.io/v1", "ingressclasses", "IngressClass", cluster=True, generation=True),
    _r("networking.k8s.io/v1", "ingresses", "Ingress", "ing", status=True, generation=True),
    _r("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", "netpol", generation=True),
    _r(_RBAC, "clusterrolebindings", "ClusterRoleBinding", cluster=True),
    _r(_RBAC, "clusterroles", "ClusterRole", cluster=True),
    _r(_RBAC, "rolebindings", "RoleBinding"),
    _r(_RBAC, "roles", "Role"),
    _r(_STORAGE, "csidrivers", "CSIDriver", cluster=True),
    _r(_STORAGE, "csinodes", "CSINode", cluster=True),
    _r(_STORAGE, "csistoragecapacities", "CSIStorageCapacity"),
    _r(_STORAGE, "storageclasses", "StorageClass", "sc", cluster=True),
    _r(_STORAGE, "volumeattachments", "VolumeAttachment", cluster=True, status=True),
    _r("coordination.k8s.io/v1", "leases", "Lease"),
    _r("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", "pc", cluster=True),
    _r("node.k8s.io/v1", "runtimeclasses", "RuntimeClass", cluster=True),
    _r("discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    _r("events.k8s.io/v1", "events", "Event", "ev", model="EventsV1Event"),
    _r(_REGISTRATION, "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", cluster=True, generation=True),
    _r(
        _REGISTRATION,
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        cluster=True,
        generation=True,
    ),
    _r(
        "apiregistration.k8s.io/v1", "apiservices", "APIService", cluster=True, categories="api-extensions", status=True
    ),
    _r(
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        "crd crds",
        cluster=True,
        categories="api-extensions",
        status=True,
        generation=True,
    ),
    _r("authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview", cluster=True, verbs=_C),
    _r("authentication.k8s.io/v1", "tokenreviews", "TokenReview", cluster=True, verbs=_C),
    _r("authorization.k8s.io/v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", verbs=_C),
    _r("authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", cluster=True, verbs=_C),
    _r("authorization.k8s.io/v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", cluster=True, verbs=_C),
    _r("authorization.k8s.io/v1", "subjectaccessreviews", "SubjectAccessReview", cluster=True, verbs=_C),
)

# The order in which a real server lists its groups, which is kubectl's order of preference for a bare plural.
_GROUP_ORDER = (
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
)


class Catalogue:
    """The resources that one cluster serves at the moment."""

    def __init__(self) -> None:
        self._custom: dict[tuple[str, str, str], ResourceType] = {}

    def __iter__(self) -> Iterator[ResourceType]:
        yield from BUILT_IN
        yield from self._custom.values()

    def find(self, group: str, version: str, plural: str) -> ResourceType | None:
        """Return the resource that a path names."""
        return _INDEX.get((group, version, plural)) or self._custom.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> ResourceType | None:
        """Return the resource of an object's apiVersion and kind."""
        return next((one for one in self if one.kind == kind and one.api_version == api_version), None)

    def of_plural(self, group: str, plural: str) -> ResourceType | None:
        """Return a resource of that group in whichever version comes first."""
        return next((one for one in self if one.key == (group, plural)), None)

    def groups(self) -> dict[str, list[str]]:
        """Return the groups in a real server's order, each with its versions, the preferred one first."""
        found: dict[str, list[str]] = {name: [] for name in _GROUP_ORDER}
        for one in self:
            versions = found.setdefault(one.group, [])
            if one.version not in versions:
                versions.append(one.version)
        return {group: sorted(versions, key=_priority) for group, versions in found.items() if versions}

    def serve(self, resources: list[ResourceType]) -> None:
        """Add custom resources, or replace those of the same name and version."""
        for one in resources:
            self._custom[one.group, one.version, one.plural] = one

    def withdraw(self, group: str, plural: str) -> None:
        """Stop serving a custom resource in every version."""
        for key in [key for key in self._custom if (key[0], key[2]) == (group, plural)]:
            del self._custom[key]


_INDEX = {(one.group, one.version, one.plural): one for one in BUILT_IN}


def _priority(version: str) -> tuple[int, list[int], str]:
    """Sort versions as the API does: general availability first, then beta, then alpha, newest first.

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/
    """
    stage = 2 if "alpha" in version else 1 if "beta" in version else 0
    numbers = [
        -int(part) for part in version.lstrip("v").replace("alpha", " ").replace("beta", " ").split() if part.isdigit()
    ]
    return (stage if numbers else 3, numbers, version)
