from __future__ import annotations

import json
from pathlib import Path

import pytest

from gke_clusters.settings.create import parse_create
from gke_clusters.specs.cluster import create_request
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.ownership import Ownership, owner_of
from gke_clusters.specs.placement import place_new_cluster

CASES = json.loads((Path(__file__).resolve().parents[2] / "data/compat/gke-clusters-1.5.1.json").read_text())["cases"]
HOST = HostFacts("host-project", "us-central1-a", "vpc", "sub-us", "host@host-project.iam.gserviceaccount.com")
OWNER = Ownership.of("install", "c")
AUTH = "https://www.googleapis.com/auth/"


def request(config, host=HOST, subnetwork=None):
    config = {"connectionInfo": {"projectId": "acme-data", "zone": "us-central1-b"}, "nodePools": [{}], **config}
    settings = parse_create("c", config, {})
    return create_request(settings, place_new_cluster(settings, host), host, OWNER, subnetwork)


def cluster(host=HOST, subnetwork=None, **config):
    return request(config, host, subnetwork).as_json()["cluster"]


def pool(**fields):
    return cluster(nodePools=[fields])["nodePools"][0]


def at(content, path):
    for step in path.split("."):
        content = content[int(step)] if isinstance(content, list) else content[step]
    return content


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"]) for case in CASES if "call" not in case and "create" in case["component"]],
)
def test_a_saved_configuration_of_the_old_plugin_still_asks_for_the_same(case):
    settings = parse_create("c", case["config"], case["plugin_config"])
    sent = create_request(settings, place_new_cluster(settings, HOST), HOST, OWNER)
    content = {"location": sent.location, **sent.as_json()}

    assert {path: at(content, path) for path in case["expect"]} == case["expect"]


def test_names_the_place_of_the_cluster():
    sent = request({})

    assert (sent.project, sent.location) == ("acme-data", "us-central1-b")
    assert sent.parent == "projects/acme-data/locations/us-central1-b"


def test_marks_the_cluster_as_its_owner_s():
    assert owner_of(cluster()["resourceLabels"]) == OWNER


def test_marks_the_cluster_as_its_owner_s_whatever_labels_are_given():
    labels = {"dss-cluster-id": "other", "goog-partner-solution": "mine"}
    by_hand = cluster(clusterLabels=labels)["resourceLabels"]
    by_expert = cluster(creationSettingsValve=json.dumps({"resourceLabels": labels}))["resourceLabels"]
    by_null = cluster(creationSettingsValve='{"resourceLabels": null}')["resourceLabels"]

    assert owner_of(by_hand) == owner_of(by_expert) == owner_of(by_null) == OWNER
    assert by_hand["goog-partner-solution"] == by_expert["goog-partner-solution"] == "mine"


def test_attributes_the_cluster_to_the_partner_solution_as_the_old_plugin_did():
    assert cluster()["resourceLabels"]["goog-partner-solution"] == "isol_psn_0014m00001h39q5qai_dataiku"


def test_puts_the_labels_of_the_cluster_on_its_pools_where_their_own_win():
    sent = cluster(clusterLabels={"team": "ds", "cost": "all"}, nodePools=[{"nodepoolGCPLabels": {"cost": "spot"}}])

    assert sent["nodePools"][0]["config"]["resourceLabels"] == {**sent["resourceLabels"], "cost": "spot"}


def test_inherits_the_network_of_the_host():
    sent = cluster()

    assert (sent["network"], sent["subnetwork"]) == ("vpc", "sub-us")


def test_inherits_the_network_of_a_host_in_another_region_with_the_subnetwork_found_there():
    sent = cluster(subnetwork="sub-eu", connectionInfo={"projectId": "p", "zone": "europe-west1-b"})

    assert (sent["network"], sent["subnetwork"]) == ("vpc", "sub-eu")


def test_warns_about_what_is_not_known_of_the_host():
    sent = request({}, HostFacts())

    assert "network" not in sent.as_json()["cluster"]
    assert "serviceAccount" not in sent.as_json()["cluster"]["nodePools"][0]["config"]
    assert any("network of the DSS host" in warning for warning in sent.warnings)
    assert any("service account of the DSS host" in warning for warning in sent.warnings)


def test_does_not_warn_about_facts_it_does_not_use():
    config = {
        "inheritFromDSSHost": False,
        "nodePools": [{"serviceAccountType": "custom", "serviceAccount": "n@p.iam.gserviceaccount.com"}],
    }

    assert request(config, HostFacts()).warnings == ()


def test_warns_of_a_host_in_another_project_whose_network_is_inherited():
    assert any("in the project host-project" in warning for warning in request({}).warnings)
    assert request({"inheritFromDSSHost": False}).warnings == ()


def test_warns_of_a_region_that_does_not_count():
    connection = {"projectId": "host-project", "region": "europe-west1"}

    assert "names the region europe-west1" in request({"connectionInfo": connection}).warnings[0]


def test_passes_the_warnings_of_the_settings_on():
    assert "VPC-native" in request({"isVpcNative": False}).warnings[0]


@pytest.mark.parametrize("ticked", [True, False])
def test_is_vpc_native_in_any_case(ticked):
    assert cluster(isVpcNative=ticked)["ipAllocationPolicy"] == {"useIpAliases": True}


def test_gives_sizes_ranges_and_names_of_addresses_to_their_own_fields():
    assert cluster(podIpRange="pods", svcIpRange="10.8.0.0/22")["ipAllocationPolicy"] == {
        "useIpAliases": True,
        "clusterSecondaryRangeName": "pods",
        "servicesIpv4CidrBlock": "10.8.0.0/22",
    }


def test_enrolls_in_the_channel_that_is_chosen():
    assert cluster(standardReleaseChannel="EXTENDED")["releaseChannel"] == {"channel": "EXTENDED"}


def test_leaves_the_channel_to_google_by_default():
    assert "releaseChannel" not in cluster()


def test_asks_for_no_channel_with_an_empty_one():
    assert cluster(releaseChannelEnrollment=False)["releaseChannel"] == {}


def test_leaves_the_version_to_google_when_it_is_emptied():
    assert "initialClusterVersion" not in cluster(clusterVersion="")


@pytest.mark.parametrize(("ticked", "addon"), [(True, {}), (False, {"disabled": True})])
def test_switches_http_load_balancing(ticked, addon):
    assert cluster(httpLoadBalancing=ticked)["addonsConfig"] == {"httpLoadBalancing": addon}


def test_enables_the_gateway_api_on_request_only():
    assert "networkConfig" not in cluster()
    assert cluster(enableGatewayAPI=True)["networkConfig"] == {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}}


def test_an_autopilot_cluster_has_nothing_that_only_standard_clusters_take():
    sent = cluster(isAutopilot=True, releaseChannel="RAPID", podIpRange="/17", locations=["us-central1-a"])

    assert sent["autopilot"] == {"enabled": True}
    assert sent["releaseChannel"] == {"channel": "RAPID"}
    assert sent["ipAllocationPolicy"]["clusterIpv4CidrBlock"] == "/17"
    assert not sent.keys() & {"nodePools", "locations", "addonsConfig", "initialClusterVersion"}


def test_names_pools_by_their_place_and_keeps_them_up_to_date():
    pools = cluster(nodePools=[{}, {"nodePoolName": "gpu"}])["nodePools"]

    assert [each["name"] for each in pools] == ["node-pool-0", "gpu"]
    assert pools[0]["management"] == {"autoUpgrade": True, "autoRepair": True}


def test_writes_a_pool_that_does_not_scale():
    sent = pool(numNodes=4, minNumNodes=1, maxNumNodes=9)

    assert sent["initialNodeCount"] == 4
    assert "autoscaling" not in sent


def test_writes_a_pool_that_scales():
    sent = pool(numNodesAutoscaling=True, minNumNodes=1, maxNumNodes=9)

    assert sent["autoscaling"] == {"enabled": True, "minNodeCount": 1, "maxNodeCount": 9}


def test_lets_gke_install_the_driver_of_a_gpu():
    assert pool(withGpu=True, gpuType="nvidia-l4", gpuCount=2)["config"]["accelerators"] == [
        {
            "acceleratorType": "nvidia-l4",
            "acceleratorCount": "2",
            "gpuDriverInstallationConfig": {"gpuDriverVersion": "DEFAULT"},
        }
    ]


def test_writes_the_machines_of_a_pool():
    config = pool(
        machineType="",
        useSpotVms=True,
        accessScopes="CLOUD_PLATFORM",
        networkTags=["a", "b"],
        nodepoolLabels=[{"from": "tier", "to": "spot"}],
        nodepoolTaints=[{"key": "spot", "value": "true", "effect": "PREFER_NO_SCHEDULE"}],
        diskType="pd-ssd",
        diskSizeGb=200,
    )["config"]
    del config["resourceLabels"]

    assert config == {
        "spot": True,
        "oauthScopes": [AUTH + "cloud-platform"],
        "serviceAccount": "host@host-project.iam.gserviceaccount.com",
        "tags": ["a", "b"],
        "labels": {"tier": "spot"},
        "taints": [{"key": "spot", "value": "true", "effect": "PREFER_NO_SCHEDULE"}],
        "diskType": "pd-ssd",
        "diskSizeGb": 200,
    }


def test_a_custom_service_account_that_is_not_given_is_left_to_gke():
    assert "serviceAccount" not in pool(serviceAccountType="custom")["config"]


def test_sends_a_label_without_a_value():
    assert cluster(clusterLabels=[{"from": "env", "to": ""}])["resourceLabels"]["env"] == ""


def test_sends_no_network_tag_where_the_list_was_emptied():
    assert "tags" not in pool(networkTags=[])["config"]


def test_ignores_what_a_zonal_cluster_on_the_network_of_the_host_hides():
    hidden = {
        "locations": ["us-central1-c"],
        "network": "other",
        "subNetwork": "other",
        "releaseChannel": "RAPID",
        "nodePools": [{"gpuType": "nvidia-l4", "gpuCount": 8, "minNumNodes": 1, "serviceAccount": "n@p.example.com"}],
    }

    assert cluster(**hidden) == cluster()


def test_expert_settings_are_typed_where_the_client_knows_them():
    sent = request({"creationSettingsValve": '{"locations": ["us-central1-b"], "subnetwork": null}'})

    assert sent.raw is None
    assert list(sent.typed.locations) == ["us-central1-b"]
    assert "subnetwork" not in sent.as_json()["cluster"]


def test_expert_settings_that_the_client_does_not_know_are_sent_as_they_are():
    sent = request({"creationSettingsValve": '{"newFeatureOfNextYear": {"enabled": true}}'})

    assert sent.raw == sent.as_json()
    assert sent.raw["cluster"]["newFeatureOfNextYear"] == {"enabled": True}
    assert sent.raw["cluster"]["nodePools"][0]["name"] == "node-pool-0"
    assert owner_of(sent.raw["cluster"]["resourceLabels"]) == OWNER


def test_expert_settings_that_name_the_cluster_as_it_is_change_nothing():
    expert = json.dumps({"name": "c", "location": "us-central1-b"})

    assert cluster(creationSettingsValve=expert) == cluster()


@pytest.mark.parametrize(
    ("expert", "expected"),
    [
        ({"masterAuthorizedNetworksConfig": {"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}]}}, None),
        ({"workloadIdentityConfig": {"workloadPool": "acme-data.svc.id.goog"}}, None),
        ({"privateClusterConfig": {"enablePrivateNodes": True, "masterIpv4CidrBlock": "172.16.0.0/28"}}, None),
        ({"addonsConfig": {"dnsCacheConfig": {"enabled": True}}}, {"addonsConfig": {"httpLoadBalancing": {}}}),
        ({"releaseChannel": {"channel": "RAPID"}, "initialClusterVersion": "1.33"}, None),
        ({"ipAllocationPolicy": {"clusterIpv4CidrBlock": "/18"}}, {"ipAllocationPolicy": {"useIpAliases": True}}),
    ],
)
def test_expert_settings_that_were_saved_for_the_old_plugin_still_count(expert, expected):
    sent = request({"creationSettingsValve": json.dumps(expert)})
    content = sent.as_json()["cluster"]

    assert sent.raw is None
    for field, value in expert.items():
        assert content[field] == {**(expected or {}).get(field, {}), **value} if isinstance(value, dict) else value


def test_expert_settings_add_a_pool_and_change_another():
    pools = [{"name": "node-pool-0", "config": {"tags": ["mine"]}}, {"name": "more", "initialNodeCount": 1}]
    sent = cluster(creationSettingsValve=json.dumps({"nodePools": pools}))["nodePools"]

    assert [each["name"] for each in sent] == ["node-pool-0", "more"]
    assert (sent[0]["config"]["tags"], sent[0]["config"]["machineType"]) == (["mine"], "n2-highmem-8")


def test_expert_settings_of_an_autopilot_cluster_count():
    expert = {"autoscaling": {"autoprovisioningNodePoolDefaults": {"serviceAccount": "n@p.iam.gserviceaccount.com"}}}

    assert cluster(isAutopilot=True, creationSettingsValve=json.dumps(expert))["autoscaling"] == expert["autoscaling"]


def test_a_pool_begins_with_fewer_nodes_where_that_is_allowed():
    asked = pool(numNodes=3, bestEffortProvisioning=True, minProvisionNodes=1)

    assert asked["bestEffortProvisioning"] == {"enabled": True, "minProvisionNodes": 1}


def test_a_pool_begins_with_all_its_nodes_unless_told_otherwise():
    assert "bestEffortProvisioning" not in pool(minProvisionNodes=1)
