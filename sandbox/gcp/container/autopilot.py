"""What an Autopilot cluster has besides, or instead of, what a Standard one has.

https://cloud.google.com/kubernetes-engine/docs/resources/autopilot-standard-feature-comparison
"""

from sandbox.gcp.container.documents import Json

_NO_LIMIT = "1000000000"
_RESOURCES = ("cpu", "memory", "nvidia-tesla-t4", "nvidia-tesla-a100")


def defaults(project: str) -> Json:
    """Return the defaults of an Autopilot cluster of a project, to be merged over those of a Standard one."""
    return {
        "addonsConfig": {
            "dnsCacheConfig": {"enabled": True},
            "gcpFilestoreCsiDriverConfig": {"enabled": True},
            "gcsFuseCsiDriverConfig": {"enabled": True},
            "gkeBackupAgentConfig": {},
            "httpLoadBalancing": {},
            "rayOperatorConfig": {},
            "statefulHaConfig": {"enabled": True},
        },
        "autoscaling": {
            "autoscalingProfile": "OPTIMIZE_UTILIZATION",
            "enableNodeAutoprovisioning": True,
            "resourceLimits": [{"resourceType": name, "maximum": _NO_LIMIT} for name in _RESOURCES],
        },
        "defaultMaxPodsConstraint": {"maxPodsPerNode": "32"},
        "networkConfig": {
            "datapathProvider": "ADVANCED_DATAPATH",
            "defaultSnatStatus": {},
            "dnsConfig": {
                "clusterDns": "CLOUD_DNS",
                "clusterDnsDomain": "cluster.local",
                "clusterDnsScope": "CLUSTER_SCOPE",
            },
            "enableIntraNodeVisibility": True,
        },
        "nodePoolDefaults": {"nodeConfigDefaults": {"gcfsConfig": {"enabled": True}}},
        "verticalPodAutoscaling": {"enabled": True},
        "workloadIdentityConfig": {"workloadPool": f"{project}.svc.id.goog"},
    }
