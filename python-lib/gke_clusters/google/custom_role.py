"""The custom IAM role that gives an identity exactly what the plugin and DSS need, as the file that gcloud takes.

https://cloud.google.com/iam/docs/creating-custom-roles#creating
"""

from __future__ import annotations

import json
import shlex
from typing import Final

from gke_clusters.google.permissions import BUCKET_PERMISSIONS, IMPERSONATION_PERMISSION, REASONS

ROLE_ID: Final = "gkeClustersDss"
"""Letters, digits, periods and underscores: https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/create"""

_TITLE: Final = "GKE clusters for Dataiku DSS"
_DESCRIPTION: Final = "What the DSS plugin gke-clusters does on GKE, and what DSS does in the clusters."


FILE_NAME: Final = "gke-clusters-dss.yaml"
"""What the file is called in the commands, and when it is downloaded."""

_CONTINUED: Final = "\\\n#     "
_PROJECT, _MEMBER, _FILE = "PROJECT", "serviceAccount:EMAIL", "FILE"


def creation_command(project: str = _PROJECT, file: str = _FILE, *, update: bool = False) -> str:
    """Return the command that creates the role from its file, or that gives one that is there its new permissions."""
    action = "update" if update else "create"
    return shlex.join(["gcloud", "iam", "roles", action, ROLE_ID, "--project", project, "--file", file])


def binding_command(project: str = _PROJECT, member: str = _MEMBER) -> str:
    """Return the command that grants the role.

    Args:
        project: Project id.
        member: Whom, as IAM policies name it, such as ``serviceAccount:EMAIL``.
    """
    role = f"projects/{project}/roles/{ROLE_ID}"
    return shlex.join(["gcloud", "projects", "add-iam-policy-binding", project, "--member", member, "--role", role])


def custom_role_yaml(project: str = _PROJECT, member: str = _MEMBER, file: str = _FILE) -> str:
    """Return the role as YAML, each permission under its reason.

    The permission to impersonate is not in it: it belongs on the impersonated service account alone. So do those of a
    GCS connection, on its bucket.

    Args:
        project: Project id, for the commands in the comments.
        member: Whom they grant the role.
        file: What they call the file.
    """
    lines = [
        "# What the identity of the connection needs on the project of the clusters, and nothing else:",
        f"#   {creation_command(project, file)}",
        f"#   {binding_command(project, member).replace(' --role ', f' {_CONTINUED}--role ')}",
        "# iam.serviceAccounts.actAs may be left out here and be granted on the service account of the nodes instead.",
        "# A connection that impersonates a service account needs, on that account alone:",
        f"#   {IMPERSONATION_PERMISSION} (roles/iam.serviceAccountTokenCreator)",
        "# Whoever uses a bucket by a GCS connection needs, on that bucket alone:",
        f"#   {', '.join(BUCKET_PERMISSIONS)} (roles/storage.objectAdmin)",
        f"title: {json.dumps(_TITLE)}",
        f"description: {json.dumps(_DESCRIPTION)}",
        "stage: GA",
        "includedPermissions:",
    ]
    said = ""
    for permission, reason in REASONS.items():
        if reason != said:
            lines.append(f"# {reason}")
            said = reason
        lines.append(f"- {permission}")
    return "\n".join(lines) + "\n"
