"""What DSS does in a cluster, and whether the identity of the kubeconfig may do it."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from gke_clusters.errors import AccessDenied
from gke_clusters.kube.api import KubernetesApi, ResourceAttributes

REVIEW_PATIENCE_SECONDS = 20.0
"""A control plane that has just been made may blink, and 26 requests are many occasions."""

_SIMULTANEOUS_REVIEWS = 4
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Requirement:
    """Something that DSS does in the cluster.

    Attributes:
        attributes: as the API server's authorizer names it.
        purpose: what of DSS does it.
        essential: whether every containerized execution needs it.
    """

    attributes: ResourceAttributes
    purpose: str
    essential: bool


def _requirements(
    purpose: str, resource: str, verbs: str, *, group: str = "", subresource: str = "", essential: bool = False
) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(ResourceAttributes(verb, resource, group, subresource), purpose, essential)
        for verb in verbs.split()
    )


# DSS's documentation names the creation of pods and secrets, the creation of namespaces where they are dynamic, and
# temporary service accounts for Spark; it has no list of verbs, so the others are what those tasks take:
# https://doc.dataiku.com/dss/latest/user-isolation/capabilities/kubernetes.html
# https://spark.apache.org/docs/latest/running-on-kubernetes.html#rbac
REQUIREMENTS: tuple[Requirement, ...] = (
    *_requirements("containerized execution", "pods", "create get list watch delete", essential=True),
    *_requirements("logs of containerized execution", "pods", "get", subresource="log", essential=True),
    *_requirements("containerized execution", "secrets", "create get delete", essential=True),
    *_requirements("Spark drivers and executors", "configmaps", "create get list delete"),
    *_requirements("Spark drivers and web applications", "services", "create get list delete"),
    *_requirements("choice of the namespace", "namespaces", "get list"),
    *_requirements("namespaces created by DSS", "namespaces", "create"),
    *_requirements("service accounts that Spark jobs get dynamically", "serviceaccounts", "create delete"),
    *_requirements("service accounts that Spark jobs get dynamically", "roles", "create delete", group=_RBAC),
    *_requirements("service accounts that Spark jobs get dynamically", "rolebindings", "create delete", group=_RBAC),
)


@dataclass(frozen=True)
class AccessReview:
    """The answer to a review.

    Attributes:
        missing: what the identity may not do, in the order of the requirements.
        namespace: where it was asked for, empty for every namespace.
    """

    missing: tuple[Requirement, ...]
    namespace: str = ""

    @property
    def essential_missing(self) -> tuple[Requirement, ...]:
        """Those without which no containerized execution works."""
        return tuple(requirement for requirement in self.missing if requirement.essential)

    @property
    def remedy(self) -> str:
        """The role that gives what is missing: https://cloud.google.com/kubernetes-engine/docs/how-to/iam."""
        rbac = any(requirement.attributes.group == _RBAC for requirement in self.missing)
        role = "roles/container.admin" if rbac else "roles/container.developer"
        return f"Grant {role} on the project, or a role in the cluster that allows what is listed."

    def summary(self) -> str:
        """What is missing, a line per purpose; empty if nothing is."""
        purposes: dict[str, dict[str, list[str]]] = {}
        for requirement in self.missing:
            resources = purposes.setdefault(requirement.purpose, {})
            resources.setdefault(requirement.attributes.full_resource, []).append(requirement.attributes.verb)
        lines = []
        for purpose, resources in purposes.items():
            actions = "; ".join(f"{', '.join(verbs)} {resource}" for resource, verbs in resources.items())
            lines.append(f"{purpose}: {actions}")
        return "\n".join(lines)


def review_access(
    api: KubernetesApi,
    namespace: str = "",
    requirements: Sequence[Requirement] = REQUIREMENTS,
    *,
    patience_seconds: float = REVIEW_PATIENCE_SECONDS,
) -> AccessReview:
    """Ask the API server, requirement by requirement, whether the identity may do it.

    One by one and not by a `SelfSubjectRulesReview`: that one does not see what IAM allows.

    Args:
        api: the cluster.
        namespace: ask for this namespace only; for every one if empty.
        requirements: what to ask.
        patience_seconds: for how long to ask again where the server needs a moment, all reviews together.

    Raises:
        ControlPlaneUnreachable: no usable answer.
        AccessDenied: the identity may not even ask.
    """
    started = time.monotonic()

    def allowed(requirement: Requirement) -> bool:
        # One patience for all of them: a server that is down for good is not waited for at each requirement.
        left_seconds = patience_seconds - (time.monotonic() - started)
        return api.access_review(replace(requirement.attributes, namespace=namespace), patience_seconds=left_seconds)

    with ThreadPoolExecutor(_SIMULTANEOUS_REVIEWS) as executor:
        answers = list(executor.map(allowed, requirements))
    missing = (requirement for requirement, answer in zip(requirements, answers, strict=True) if not answer)
    return AccessReview(tuple(missing), namespace)


def require_access(review: AccessReview, identity: str) -> None:
    """Refuse a cluster in which DSS could run nothing; what is missing beside that is for a warning.

    Args:
        review: of that cluster.
        identity: whose access it is, for the message.

    Raises:
        AccessDenied: something essential is missing; lists all that is missing, and the role to grant.
    """
    if not review.essential_missing:
        return
    raise AccessDenied(
        cause=f"{identity} may not do in the cluster what DSS needs.",
        resource=f"namespace {review.namespace}" if review.namespace else "every namespace of the cluster",
        verbatim=f"not allowed: {review.summary()}",
        remedy=review.remedy,
    )
