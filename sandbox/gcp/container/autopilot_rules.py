"""What an Autopilot cluster may not ask for.

https://cloud.google.com/kubernetes-engine/docs/resources/autopilot-standard-feature-comparison
"""

from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.container.pool_defaults import DEFAULT_POOL
from sandbox.gcp.errors import invalid_argument
from sandbox.gcp.locations import is_region

_REFUSED = (
    ("networkPolicy.enabled", "network policy is always on"),
    ("defaultMaxPodsConstraint.maxPodsPerNode", "max pods per node is managed"),
    ("binaryAuthorization.enabled", "use an evaluation mode"),
    ("autoscaling.resourceLimits", "node auto-provisioning is managed"),
    ("enableKubernetesAlpha", "alpha clusters must be Standard"),
)


def check(cluster: Json, location: str) -> None:
    """Refuse what only a Standard cluster may have.

    Raises:
        GoogleError: 400.
    """
    if not is_region(location):
        raise invalid_argument("Autopilot clusters must be regional clusters.")
    # `gcloud container clusters create-auto` itself describes the pool that GKE makes anyway.
    if any(pool.get("name") != DEFAULT_POOL for pool in cluster.get("nodePools", [])):
        raise invalid_argument("Node pools cannot be specified for Autopilot clusters.")
    for path, reason in _REFUSED:
        if get(cluster, path):
            raise invalid_argument(f"Cluster.{path} cannot be set for Autopilot clusters: {reason}.")
