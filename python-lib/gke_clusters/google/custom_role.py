"""The custom IAM role that gives an identity exactly what the plugin and DSS need, as the file that gcloud takes.

https://cloud.google.com/iam/docs/creating-custom-roles#creating
"""

from __future__ import annotations

import json
from typing import Final

from gke_clusters.google.permissions import BUCKET_PERMISSIONS, IMPERSONATION_PERMISSION, REASONS

ROLE_ID: Final = "gkeClustersDss"
"""Letters, digits, periods and underscores: https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/create"""

_TITLE: Final = "GKE clusters for Dataiku DSS"
_DESCRIPTION: Final = "What the DSS plugin gke-clusters does on GKE, and what DSS does in the clusters."


def custom_role_yaml() -> str:
    """Return the role as YAML, each permission under its reason.

    The permission to impersonate is not in it: it belongs on the impersonated service account alone. So do those of a
    GCS connection, on its bucket.
    """
    lines = [
        "# What the identity of the connection needs on the project of the clusters, and nothing else:",
        f"#   gcloud iam roles create {ROLE_ID} --project PROJECT --file FILE",
        "#   gcloud projects add-iam-policy-binding PROJECT --member serviceAccount:EMAIL \\",
        f"#     --role projects/PROJECT/roles/{ROLE_ID}",
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
