"""Which predefined role brings a permission, and the command that grants it. Plain data, nothing is asked of Google.

https://cloud.google.com/iam/docs/roles-permissions
"""

from __future__ import annotations

from typing import Final

# By the beginning of the permission; of several that fit, the longest holds.
_ROLES: Final = {
    "artifactregistry.": "roles/artifactregistry.reader",
    "artifactregistry.repositories.create": "roles/artifactregistry.admin",
    "artifactregistry.repositories.uploadArtifacts": "roles/artifactregistry.writer",
    "cloudkms.cryptoKeyVersions.": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "compute.": "roles/compute.viewer",
    "compute.networks.use": "roles/compute.networkUser",
    "compute.subnetworks.use": "roles/compute.networkUser",
    # Kubernetes objects first; clusters and operations are administered by another role, and so are rights themselves.
    "container.": "roles/container.developer",
    "container.clusterRoleBindings.": "roles/container.admin",
    "container.clusterRoles.": "roles/container.admin",
    "container.clusters.": "roles/container.clusterAdmin",
    "container.clusters.connect": "roles/container.developer",
    "container.operations.": "roles/container.clusterAdmin",
    "container.roleBindings.": "roles/container.admin",
    "container.roles.": "roles/container.admin",
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
    "iam.serviceAccounts.getAccessToken": "roles/iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.signBlob": "roles/iam.serviceAccountTokenCreator",
    "resourcemanager.projects.get": "roles/browser",
    "serviceusage.services.enable": "roles/serviceusage.serviceUsageAdmin",
    "serviceusage.services.use": "roles/serviceusage.serviceUsageConsumer",
    "storage.": "roles/storage.objectViewer",
    "storage.buckets.": "roles/storage.admin",
    "storage.objects.": "roles/storage.objectAdmin",
}


def role_for(permission: str) -> str | None:
    """Return the narrowest predefined role that brings a permission; None where none is known here."""
    fitting = [beginning for beginning in _ROLES if permission.startswith(beginning)]
    return _ROLES[max(fitting, key=len)] if fitting else None


def grant_on_project(project: str, identity: str, role: str) -> str:
    """Return the command that grants an identity a role on a project."""
    return f"gcloud projects add-iam-policy-binding {project} --member {member(identity)} --role {role}"


def grant_on_service_account(account: str, identity: str, role: str) -> str:
    """Return the command that grants an identity a role on a service account."""
    return f"gcloud iam service-accounts add-iam-policy-binding {account} --member {member(identity)} --role {role}"


def member(identity: str) -> str:
    """Return an identity as IAM policies name it; ``MEMBER`` where it is not known by an e-mail address."""
    if "@" not in identity or " " in identity:
        return "MEMBER"
    return f"serviceAccount:{identity}" if identity.endswith("gserviceaccount.com") else f"user:{identity}"
