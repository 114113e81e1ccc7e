"""Defaults of cluster autoscaling and node auto-provisioning.

https://cloud.google.com/kubernetes-engine/docs/how-to/node-auto-provisioning
"""

from sandbox.gcp.container.documents import Json, fill, merged

SCOPE = "https://www.googleapis.com/auth/"
NODE_SCOPES = tuple(
    SCOPE + name
    for name in (
        "devstorage.read_only",
        "logging.write",
        "monitoring",
        "service.management.readonly",
        "servicecontrol",
        "trace.append",
    )
)
"""What nodes get when no scope was asked for."""

_FULL_SCOPES = (SCOPE + "userinfo.email", SCOPE + "cloud-platform")
_OBSERVABILITY_SCOPES = (SCOPE + "logging.write", SCOPE + "monitoring")


def complete(given: Json) -> Json:
    """Return a cluster's `autoscaling` with everything that GKE fills in."""
    result = merged({"autoscalingProfile": "BALANCED"}, given)
    wanted = given.get("autoprovisioningNodePoolDefaults", {})
    result["autoprovisioningNodePoolDefaults"] = _pool_defaults(wanted, bool(given.get("enableNodeAutoprovisioning")))
    return result


def _pool_defaults(given: Json, enabled: bool) -> Json:
    result = merged({"imageType": "COS_CONTAINERD", "serviceAccount": "default"}, given)
    fill(result, "management", {"autoUpgrade": True, "autoRepair": True})
    if result.get("minCpuPlatform") == "automatic":
        del result["minCpuPlatform"]
    if enabled:
        _complete_enabled(result)
    result.setdefault("oauthScopes", list(NODE_SCOPES))
    return result


def _complete_enabled(defaults: Json) -> None:
    settings = defaults.setdefault("upgradeSettings", {})
    if settings.setdefault("strategy", "SURGE") == "SURGE":
        # Settings of the strategy that is not in use are not kept.
        settings.pop("blueGreenSettings", None)
    if "oauthScopes" not in defaults:
        defaults["oauthScopes"] = list(_FULL_SCOPES)
    elif SCOPE + "cloud-platform" not in defaults["oauthScopes"]:
        # Nodes must be able to write logs and metrics as long as the cluster sends them.
        missing = [scope for scope in _OBSERVABILITY_SCOPES if scope not in defaults["oauthScopes"]]
        defaults["oauthScopes"] = [*defaults["oauthScopes"], *missing]
