"""What GKE fills into a new cluster, rule by rule."""

from typing import Any

import pytest

from sandbox.gcp.container.autoscaling import NODE_SCOPES
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster
from sandbox.gcp.container.documents import get
from sandbox.gcp.container.schema import read
from sandbox.gcp.projects import Project

PROJECT = Project("p", "123456789012")
SCOPE = "https://www.googleapis.com/auth/"


def completed(location: str = "us-central1-a", **fields: Any) -> dict[str, Any]:
    """Return a cluster as GKE completes it."""
    given = read("Cluster", {"name": "c", **fields})
    if not given.keys() & {"nodePools", "autopilot"}:
        given.setdefault("initialNodeCount", 1)
    return complete_cluster(given, Place(PROJECT, location, 1, "0123456789abcdef" * 4))


def test_an_answer_is_a_valid_message() -> None:
    cluster = completed()

    assert read("Cluster", cluster) == cluster


def test_a_zonal_cluster_has_nodes_in_its_zone() -> None:
    assert completed()["locations"] == ["us-central1-a"]


def test_a_regional_cluster_has_nodes_in_three_zones() -> None:
    assert completed("us-central1")["locations"] == ["us-central1-a", "us-central1-b", "us-central1-c"]


def test_wanted_zones_are_kept() -> None:
    cluster = completed("us-central1", locations=["us-central1-f", "us-central1-b"])

    assert cluster["locations"] == ["us-central1-b", "us-central1-f"]
    assert cluster["nodePools"][0]["locations"] == ["us-central1-b", "us-central1-f"]


def test_the_deprecated_zone_is_the_region_of_a_regional_cluster() -> None:
    assert completed("us-central1")["zone"] == "us-central1"


def test_without_pools_there_is_a_default_pool_of_the_nodes_described() -> None:
    cluster = completed(initialNodeCount=2, nodeConfig={"machineType": "n2-standard-4"})

    (pool,) = cluster["nodePools"]
    assert pool["name"] == "default-pool"
    assert pool["initialNodeCount"] == 2
    assert pool["config"]["machineType"] == "n2-standard-4"
    assert cluster["nodeConfig"] == pool["config"]


def test_network_and_subnetwork_are_short_on_top_and_relative_below() -> None:
    cluster = completed(network="projects/p/global/networks/vpc", subnetwork="sub")

    assert (cluster["network"], cluster["subnetwork"]) == ("vpc", "sub")
    assert cluster["networkConfig"]["network"] == "projects/p/global/networks/vpc"
    assert cluster["networkConfig"]["subnetwork"] == "projects/p/regions/us-central1/subnetworks/sub"


@pytest.mark.parametrize("policy", [None, {}, {"useIpAliases": False}, {"useIpAliases": True}])
def test_a_cluster_is_vpc_native_whatever_was_said_of_aliases(policy: dict[str, Any] | None) -> None:
    cluster = completed(**({} if policy is None else {"ipAllocationPolicy": policy}))

    assert cluster["ipAllocationPolicy"]["useIpAliases"] is True
    assert cluster["ipAllocationPolicy"]["clusterSecondaryRangeName"] == "gke-c-pods-01234567"


def test_only_routes_asked_for_make_a_cluster_without_aliases() -> None:
    assert "useIpAliases" not in completed(ipAllocationPolicy={"useRoutes": True})["ipAllocationPolicy"]


@pytest.mark.parametrize(("wanted", "got"), [("/17", "/17"), ("10.20.0.0/16", "10.20.0.0/16"), ("", "/14")])
def test_the_pod_range_has_the_size_asked_for(wanted: str, got: str) -> None:
    cluster = completed(ipAllocationPolicy={"clusterIpv4CidrBlock": wanted})

    assert cluster["clusterIpv4Cidr"].endswith(got)
    assert cluster["ipAllocationPolicy"]["clusterIpv4CidrBlock"] == cluster["clusterIpv4Cidr"]
    assert cluster["nodePools"][0]["networkConfig"]["podIpv4CidrBlock"] == cluster["clusterIpv4Cidr"]


def test_named_ranges_are_kept() -> None:
    names = {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"}
    cluster = completed(ipAllocationPolicy=names)

    assert names.items() <= cluster["ipAllocationPolicy"].items()
    assert cluster["nodePools"][0]["networkConfig"]["podRange"] == "pods"


@pytest.mark.parametrize(
    ("fields", "channel", "version"),
    [
        ({}, "REGULAR", "1.34.8-gke.1014001"),
        ({"releaseChannel": {"channel": "STABLE"}}, "STABLE", "1.33.11-gke.1092000"),
        ({"initialClusterVersion": "1.32"}, "STABLE", "1.32.13-gke.1059000"),
        ({"initialClusterVersion": "1.36"}, "RAPID", "1.36.1-gke.1106000"),
        ({"initialClusterVersion": "latest"}, "REGULAR", "1.36.1-gke.1106000"),
        ({"initialClusterVersion": "-", "releaseChannel": {"channel": "RAPID"}}, "RAPID", "1.35.5-gke.1241004"),
    ],
)
def test_version_and_channel_follow_from_each_other(fields: dict[str, Any], channel: str, version: str) -> None:
    cluster = completed(**fields)

    assert cluster["releaseChannel"] == {"channel": channel}
    assert cluster["currentMasterVersion"] == cluster["nodePools"][0]["version"] == version


def test_no_channel_can_be_asked_for() -> None:
    assert completed(releaseChannel={"channel": "UNSPECIFIED"})["releaseChannel"] == {}


def test_newer_versions_show_what_older_ones_do_not() -> None:
    newer = completed(initialClusterVersion="1.35")

    assert newer["controlPlaneEgress"] == {"mode": "VIA_CONTROL_PLANE"}
    assert newer["nodeConfig"]["nodeImageConfig"]["image"].startswith("gke-1355-gke1241004-cos-")
    assert "controlPlaneEgress" not in completed(initialClusterVersion="1.34")


def test_addons_asked_for_join_those_that_are_always_there() -> None:
    cluster = completed(
        addonsConfig={"httpLoadBalancing": {"disabled": True}, "gcsFuseCsiDriverConfig": {"enabled": True}}
    )

    assert cluster["addonsConfig"] == {
        "gcePersistentDiskCsiDriverConfig": {"enabled": True},
        "gcsFuseCsiDriverConfig": {"enabled": True},
        "httpLoadBalancing": {"disabled": True},
        "kubernetesDashboard": {"disabled": True},
        "networkPolicyConfig": {"disabled": True},
    }


def test_what_a_request_turns_off_is_not_turned_on_by_a_default() -> None:
    cluster = completed(
        monitoringConfig={"managedPrometheusConfig": {"enabled": False}},
        addonsConfig={"networkPolicyConfig": {"disabled": False}},
    )

    assert cluster["monitoringConfig"]["managedPrometheusConfig"] == {}
    assert cluster["addonsConfig"]["networkPolicyConfig"] == {}


def test_image_streaming_of_the_cluster_reaches_its_pools() -> None:
    cluster = completed(nodePoolDefaults={"nodeConfigDefaults": {"gcfsConfig": {"enabled": True}}})

    assert cluster["nodePools"][0]["config"]["gcfsConfig"] == {"enabled": True}


def test_an_empty_network_policy_is_not_shown() -> None:
    assert "networkPolicy" not in completed(networkPolicy={})


def test_a_network_policy_turns_its_addon_on() -> None:
    cluster = completed(networkPolicy={"enabled": True, "provider": "CALICO"})

    assert cluster["networkPolicy"] == {"enabled": True, "provider": "CALICO"}
    assert cluster["addonsConfig"]["networkPolicyConfig"] == {}


def test_private_nodes_are_shown_in_old_and_new_fields() -> None:
    old = completed(privateClusterConfig={"enablePrivateNodes": True})
    new = completed(networkConfig={"defaultEnablePrivateNodes": True})

    for cluster in (old, new):
        assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True
        assert cluster["networkConfig"]["defaultEnablePrivateNodes"] is True
        assert cluster["nodePools"][0]["networkConfig"]["enablePrivateNodes"] is True


def test_authorized_networks_are_shown_in_old_and_new_fields() -> None:
    networks = {"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}]}
    old = completed(masterAuthorizedNetworksConfig=networks)
    new = completed(controlPlaneEndpointsConfig={"ipEndpointsConfig": {"authorizedNetworksConfig": networks}})

    for cluster in (old, new):
        expected = {"gcpPublicCidrsAccessEnabled": True, **networks}
        assert cluster["masterAuthorizedNetworksConfig"] == expected
        path = "controlPlaneEndpointsConfig.ipEndpointsConfig.authorizedNetworksConfig"
        assert get(cluster, path) == expected


def test_an_empty_maintenance_window_is_not_shown() -> None:
    assert completed(maintenancePolicy={"window": {}})["maintenancePolicy"] == {"resourceVersion": "e3b0c442"}


def test_a_daily_window_lasts_four_hours() -> None:
    cluster = completed(maintenancePolicy={"window": {"dailyMaintenanceWindow": {"startTime": "03:00"}}})

    window = cluster["maintenancePolicy"]["window"]["dailyMaintenanceWindow"]
    assert window == {"startTime": "03:00", "duration": "PT4H0M0S"}


def test_an_encrypted_database_says_so_twice() -> None:
    cluster = completed(databaseEncryption={"state": "ENCRYPTED", "keyName": "k"})

    assert cluster["databaseEncryption"] == {
        "state": "ENCRYPTED",
        "keyName": "k",
        "currentState": "CURRENT_STATE_ENCRYPTED",
    }


def test_without_logging_components_there_is_no_logging_service() -> None:
    assert completed(loggingConfig={"componentConfig": {}})["loggingService"] == "none"
    assert completed()["loggingService"] == "logging.googleapis.com/kubernetes"


def test_prometheus_stays_on_when_only_components_are_chosen() -> None:
    cluster = completed(monitoringConfig={"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS"]}})

    assert cluster["monitoringConfig"]["managedPrometheusConfig"] == {"enabled": True}
    assert cluster["monitoringConfig"]["componentConfig"] == {"enableComponents": ["SYSTEM_COMPONENTS"]}


@pytest.mark.parametrize(
    "field",
    [
        {"costManagementConfig": {"enabled": True}},
        {"verticalPodAutoscaling": {"enabled": True}},
        {"confidentialNodes": {"enabled": True}},
        {"binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}},
        {"resourceUsageExportConfig": {"bigqueryDestination": {"datasetId": "d"}}},
        {"authenticatorGroupsConfig": {"enabled": True, "securityGroup": "g@example.com"}},
        {"meshCertificates": {"enableCertificates": True}},
        {"identityServiceConfig": {"enabled": True}},
        {"description": "of a test"},
        {"gkeAutoUpgradeConfig": {"patchMode": "ACCELERATED"}},
        {"secretManagerConfig": {"enabled": True}},
        {"shieldedNodes": {}},
        {"parentProductConfig": {"productName": "x"}},
    ],
    ids=lambda field: next(iter(field)),
)
def test_what_has_no_default_is_shown_as_it_was_asked_for(field: dict[str, Any]) -> None:
    (name,) = field
    assert completed(**field)[name] == field[name]
    assert name == "shieldedNodes" or name not in completed()


def test_output_only_fields_of_a_request_are_ignored() -> None:
    cluster = completed(status="ERROR", endpoint="1.2.3.4", selfLink="x", currentMasterVersion="1.0")

    assert "endpoint" not in cluster
    assert "status" not in cluster
    assert cluster["selfLink"].endswith("/projects/p/zones/us-central1-a/clusters/c")


class TestAutoscaling:
    def test_without_auto_provisioning_only_the_plain_defaults_are_shown(self) -> None:
        assert completed()["autoscaling"] == {
            "autoprovisioningNodePoolDefaults": {
                "imageType": "COS_CONTAINERD",
                "management": {"autoRepair": True, "autoUpgrade": True},
                "oauthScopes": list(NODE_SCOPES),
                "serviceAccount": "default",
            },
            "autoscalingProfile": "BALANCED",
        }

    def test_auto_provisioning_defaults_to_full_scopes(self) -> None:
        defaults = completed(autoscaling={"enableNodeAutoprovisioning": True})["autoscaling"][
            "autoprovisioningNodePoolDefaults"
        ]

        assert defaults["oauthScopes"] == [SCOPE + "userinfo.email", SCOPE + "cloud-platform"]
        assert defaults["upgradeSettings"] == {"strategy": "SURGE"}

    def test_auto_provisioned_nodes_can_always_write_metrics(self) -> None:
        wanted = {"oauthScopes": [SCOPE + "logging.write"], "minCpuPlatform": "automatic"}
        defaults = completed(
            autoscaling={"enableNodeAutoprovisioning": True, "autoprovisioningNodePoolDefaults": wanted}
        )["autoscaling"]["autoprovisioningNodePoolDefaults"]

        assert defaults["oauthScopes"] == [SCOPE + "logging.write", SCOPE + "monitoring"]
        assert "minCpuPlatform" not in defaults


class TestAutopilot:
    def test_has_the_features_that_it_cannot_be_without(self) -> None:
        cluster = completed("us-central1", autopilot={"enabled": True})

        assert cluster["autopilot"] == {"enabled": True}
        assert cluster["networkConfig"]["datapathProvider"] == "ADVANCED_DATAPATH"
        assert cluster["workloadIdentityConfig"] == {"workloadPool": "p.svc.id.goog"}
        assert cluster["verticalPodAutoscaling"] == {"enabled": True}
        assert cluster["autoscaling"]["enableNodeAutoprovisioning"] is True
        assert cluster["autoscaling"]["autoscalingProfile"] == "OPTIMIZE_UTILIZATION"

    def test_is_a_valid_message_too(self) -> None:
        cluster = completed("us-central1", autopilot={"enabled": True})

        assert read("Cluster", cluster) == cluster
