"""What the project needs before a cluster can be created in it: its APIs, permissions and room in its quotas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from gke_clusters.errors import PermissionDenied
from gke_clusters.google.compute import Quota
from gke_clusters.google.endpoints import Service
from gke_clusters.google.permissions import PERMISSIONS, REASONS
from gke_clusters.google.roles import grant_on_project, role_for
from gke_clusters.lifecycle.steps import Result
from gke_clusters.reports.checklist import Outcome

_ACTS_AS_NODES: Final = "iam.serviceAccounts.actAs"
_FIRST_CLUSTER: Final = "a first cluster of three nodes with 4 vCPUs and 100 GB each"
_NEEDED: Final = {"CPUS": 12, "INSTANCES": 3, "IN_USE_ADDRESSES": 3, "SSD_TOTAL_GB": 300}
"""What that takes: https://cloud.google.com/compute/resource-usage"""


class Project(Protocol):
    """A project, as :class:`gke_clusters.google.project_access.ProjectAccess` offers it."""

    @property
    def identity(self) -> str:
        """Whom Google sees."""

    def require_token(self) -> None:
        """Have a token issued."""

    def require_api(self, service: Service, project: str) -> None:
        """Make sure that an API is enabled."""

    def missing_permissions(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        """Return which permissions the identity lacks."""


class Quotas(Protocol):
    """Compute Engine, as :class:`gke_clusters.google.compute.ComputeApi` offers it."""

    def region_quotas(self, project: str, region: str) -> tuple[Quota, ...]:
        """Return the quotas of a region."""


def check_api(access: Project, service: Service, project: str) -> Result:
    """See whether an API is enabled.

    Raises:
        ApiNotEnabled: It is not.
        GkeClustersError: That cannot be told.
    """
    access.require_api(service, project)
    return Outcome.DONE, (f"{service}.googleapis.com is enabled in {project} and answers.",)


def check_permissions(access: Project, project: str) -> Result:
    """See whether the identity has every permission that the plugin and DSS need.

    Raises:
        PermissionDenied: Some are missing.
        GkeClustersError: That cannot be told.
    """
    missing = access.missing_permissions(project, PERMISSIONS)
    lines = [f"{permission}: to {REASONS[permission]}" for permission in missing]
    if not missing:
        return Outcome.DONE, (f"{access.identity} has all {len(PERMISSIONS)} on {project}.",)
    if missing == (_ACTS_AS_NODES,):
        return Outcome.WARNING, (
            f"{access.identity} has all permissions on {project} but {_ACTS_AS_NODES}.",
            "To have it (roles/iam.serviceAccountUser) on the service account of the nodes alone is as good.",
        )
    roles = dict.fromkeys(filter(None, map(role_for, missing)))
    commands = "\n".join(grant_on_project(project, access.identity, role) for role in roles)
    raise PermissionDenied(
        f"{access.identity} lacks {len(missing)} of {len(PERMISSIONS)} permissions on {project}.",
        resource=f"projects/{project}",
        verbatim="\n".join(lines),
        remedy="Grant it the custom role that the macro “Print IAM role” shows, which has exactly these permissions."
        f" Or grant predefined roles, which have more:\n{commands}",
    )


def check_quotas(compute: Quotas, project: str, region: str) -> Result:
    """See whether the quotas of a region leave room for a first cluster.

    Raises:
        GkeClustersError: That cannot be told.
    """
    found = {quota.metric: quota for quota in compute.region_quotas(project, region)}
    known = {metric: found[metric] for metric in _NEEDED if metric in found}
    details = [f"{metric}: {quota.usage:,.0f} of {quota.limit:,.0f} in use." for metric, quota in known.items()]
    short = [metric for metric, quota in known.items() if quota.limit - quota.usage < _NEEDED[metric]]
    if not short:
        return Outcome.DONE, details or (f"{region} tells no quota.",)
    return Outcome.WARNING, [
        *details,
        f"That leaves too little of {', '.join(short)} for {_FIRST_CLUSTER}.",
        "What to do: request more: https://console.cloud.google.com/iam-admin/quotas",
    ]
