"""What DSS needs in a cluster, as the review of access asks for it."""

from __future__ import annotations

from typing import Final

from gke_clusters.google.permissions import KUBERNETES
from gke_clusters.kube.access import Requirement
from gke_clusters.kube.api import ResourceAttributes

ACCESS_NEEDS: Final = tuple(
    Requirement(
        ResourceAttributes(access.verb, access.resource, access.group, access.subresource),
        access.purpose,
        access.essential,
        access.permission,
    )
    for access in KUBERNETES
)
"""In the order of the permissions that the plugin documents."""
