"""Whether the identity of a kubeconfig may do in the cluster what it is meant for."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from gke_clusters.errors import AccessDenied
from gke_clusters.kube.api import KubernetesApi, ResourceAttributes

REVIEW_PATIENCE_SECONDS = 20.0
"""A control plane that has just been made may blink, and each requirement is a request."""

_SIMULTANEOUS_REVIEWS = 4
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Requirement:
    """Something that DSS does in the cluster.

    Attributes:
        attributes: as the API server's authorizer names it.
        purpose: what of DSS does it.
        essential: whether every containerized execution needs it.
        permission: IAM's name of it, empty where there is none.
    """

    attributes: ResourceAttributes
    purpose: str
    essential: bool
    permission: str = ""


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
        """What is missing, a line per purpose with the names that IAM has for it; empty if nothing is."""
        purposes: dict[str, dict[str, list[str]]] = {}
        permissions: dict[str, dict[str, None]] = {}
        for requirement in self.missing:
            resources = purposes.setdefault(requirement.purpose, {})
            resources.setdefault(requirement.attributes.full_resource, []).append(requirement.attributes.verb)
            if requirement.permission:
                permissions.setdefault(requirement.purpose, {})[requirement.permission] = None
        lines = []
        for purpose, resources in purposes.items():
            actions = "; ".join(f"{', '.join(verbs)} {resource}" for resource, verbs in resources.items())
            named = f" ({', '.join(permissions[purpose])})" if purpose in permissions else ""
            lines.append(f"{purpose}: {actions}{named}")
        return "\n".join(lines)


def review_access(
    api: KubernetesApi,
    requirements: Sequence[Requirement],
    namespace: str = "",
    *,
    patience_seconds: float = REVIEW_PATIENCE_SECONDS,
) -> AccessReview:
    """Ask the API server, requirement by requirement, whether the identity may do it.

    One by one and not by a `SelfSubjectRulesReview`: that one does not see what IAM allows.

    Args:
        api: the cluster.
        requirements: what to ask.
        namespace: ask for this namespace only; for every one if empty.
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
