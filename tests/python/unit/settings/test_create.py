from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import node_pool_names, parse_create

POOLS = [{"machineType": "n2-highmem-8"}]


def create(name="c", **fields):
    return parse_create(name, {"nodePools": POOLS, **fields}, {})


def problems(name="c", **fields):
    with pytest.raises(SettingsError) as refused:
        create(name, **fields)
    return {problem.label: problem.message for problem in refused.value.problems}


def test_takes_the_defaults_of_the_old_form():
    settings = create()

    assert not settings.regional
    assert settings.cluster_version == "latest"
    assert settings.release_channel_enrollment
    assert settings.standard_release_channel == "DEFAULT"
    assert settings.inherit_from_dss_host
    assert settings.is_vpc_native
    assert settings.http_load_balancing
    assert not settings.enable_gateway_api
    assert settings.control_plane_endpoint == "automatic"
    assert settings.log_level == "INFO"
    assert settings.expert == {}
    assert settings.warnings == ()


def test_cannot_be_changed():
    settings = create()

    with pytest.raises(ValidationError):
        settings.name = "other"


def test_offers_the_corrected_name_for_a_name_that_dss_allows_and_gke_refuses():
    assert 'Use "my-cluster" instead' in problems("My_Cluster")["Name of the cluster"]


def test_reports_every_mistake_of_all_forms_in_one_message():
    with pytest.raises(SettingsError) as refused:
        parse_create(
            "My_Cluster",
            {
                "connectionInfo": {"zone": "europe"},
                "podIpRange": "10.0.0.1/17",
                "creationSettingsValve": "{",
                "nodePools": [{"numNodes": "x"}, {"numNodesAutoscaling": True, "minNumNodes": 3, "maxNumNodes": 2}],
                "clusterLabels": [{"from": "Team", "to": ""}],
                "isVpcNative": "maybe",
                "logLevel": "LOUD",
            },
            {"connectionInfo": {"credentialsMode": "service-account-key"}},
        )

    assert {problem.label for problem in refused.value.problems} == {
        "Name of the cluster",
        "GKE connection › Zone",
        "GKE connection › Service account key",
        "VPC-native",
        "Expert settings (JSON)",
        "Node pools › 1 › Number of nodes in each zone",
        "Node pools › 2 › Maximum number of nodes in each zone",
        "Google Cloud labels",
        "Log level",
    }


def test_reports_a_wrong_range_beside_other_mistakes():
    assert set(problems(podIpRange="10.0.0.1/17", svcIpRange="x y")) == {"Pod address range", "Service address range"}


def test_refuses_the_same_range_for_pods_and_services():
    assert "ranges of their own" in problems(podIpRange="range", svcIpRange="range")["Service address range"]


def test_takes_different_ranges_for_pods_and_services():
    settings = create(podIpRange="/17", svcIpRange="services")

    assert settings.pod_ip_range.cidr_block == "/17"
    assert settings.service_ip_range.secondary_range_name == "services"


@pytest.mark.parametrize("hidden_by", [{"isVpcNative": False}, {"isAutopilot": True, "isVpcNative": False}])
def test_ignores_ranges_that_the_form_hides(hidden_by):
    assert create(podIpRange="!", svcIpRange="!", **hidden_by).pod_ip_range is None


def test_warns_that_unticking_vpc_native_has_no_effect():
    assert "VPC-native" in create(isVpcNative=False).warnings[0]


def test_warns_that_clusters_outside_release_channels_are_ending():
    assert "release channel" in create(releaseChannelEnrollment=False).warnings[0]


def test_says_the_same_warning_once():
    pools = [{"serviceAccountType": "custom"}] * 2

    assert len(create(nodePools=[{**pool, "nodePoolName": f"p{n}"} for n, pool in enumerate(pools)]).warnings) == 1


def test_a_standard_cluster_needs_a_node_pool():
    for pools in (None, "", []):
        assert "at least one node pool" in problems(nodePools=pools)["Node pools"]


def test_refuses_node_pools_that_are_no_list():
    assert problems(nodePools={"machineType": "a"}) == {"Node pools": "must be a list of presets"}


def test_refuses_a_node_pool_that_is_no_preset():
    assert problems(nodePools=["cpu"]) == {"Node pools › 1": "must be a preset or the fields of one"}


@pytest.mark.parametrize("row", [None, "", {"mode": "NONE"}])
def test_refuses_an_empty_row_of_node_pools(row):
    assert problems(nodePools=[{}, row]) == {"Node pools › 2": "is empty: choose a preset, or remove the row"}


def test_refuses_a_node_pool_whose_preset_is_gone():
    found = problems(nodePools=[{"mode": "PRESET", "name": "gone"}])

    assert found == {
        "Node pools › 1": 'the preset "gone" is not there any more, or may not be used here: choose another one'
    }


def test_names_node_pools_by_their_place():
    assert node_pool_names(create(nodePools=[{}, {"nodePoolName": "gpu"}, {}]).node_pools) == [
        "node-pool-0",
        "gpu",
        "node-pool-2",
    ]


@pytest.mark.parametrize("names", [["gpu", "gpu"], ["node-pool-1", ""]])
def test_refuses_a_pool_named_twice(names):
    found = problems(nodePools=[{"nodePoolName": name} for name in names])

    assert found == {"Node pools › 2 › Name of the pool": f'"{names[0]}" is the name of pool 1 already'}


def test_refuses_a_pool_named_twice_beside_its_other_mistakes():
    found = problems(nodePools=[{"nodePoolName": "gpu", "numNodes": -1}, {"nodePoolName": "gpu"}])
    assert set(found) == {"Node pools › 1 › Number of nodes in each zone", "Node pools › 2 › Name of the pool"}


def test_an_autopilot_cluster_is_regional_and_has_no_pools():
    settings = create(isAutopilot=True, isRegional=False, nodePools=[{"numNodes": "broken but hidden"}])

    assert settings.regional
    assert settings.node_pools == ()


def test_a_wrong_autopilot_switch_is_one_mistake():
    assert set(problems(isAutopilot="perhaps", creationSettingsValve='{"autopilot": {"enabled": true}}')) == {
        "Autopilot"
    }


def test_refuses_zones_outside_the_region():
    found = problems(
        connectionInfo={"zone": "us-central1-a"}, isRegional=True, locations=["us-central1-b", "europe-west1-b"]
    )

    assert found == {"Zones of the nodes": "europe-west1-b is not in the region of the cluster, us-central1"}


def test_names_each_zone_outside_the_region():
    found = problems(connectionInfo={"zone": "us-east1-b"}, isRegional=True, locations=["us-west1-b", "asia-east1-a"])

    assert found["Zones of the nodes"].startswith("us-west1-b, asia-east1-a is not")


def test_refuses_a_zone_that_is_none():
    assert '"b" is not the name of a zone' in problems(isRegional=True, locations=["b"])["Zones of the nodes"]


def test_takes_zones_whose_region_only_the_dss_host_knows():
    assert create(isRegional=True, locations=["europe-west1-b"]).locations == ("europe-west1-b",)


def test_ignores_zones_of_a_zonal_cluster():
    assert create(locations=["nonsense"]).locations == ()


def test_ignores_a_network_that_the_form_hides():
    assert create(network="vpc-1", subNetwork="sub-1").network is None


def test_takes_labels_with_empty_values():
    labels = [{"from": "team", "to": "ds"}, {"from": "env", "to": ""}]

    assert create(clusterLabels=labels).resource_labels == {"team": "ds", "env": ""}


def test_of_a_label_given_twice_the_last_value_counts_with_a_warning():
    rows = [{"from": "team", "to": "a"}, {"from": "env", "to": ""}, {"from": "team", "to": "b"}]
    settings = create(clusterLabels=rows, nodePools=[{"nodepoolLabels": rows}])

    assert settings.resource_labels == settings.node_pools[0].labels == {"team": "b", "env": ""}
    assert settings.warnings == (
        'Google Cloud labels: of a key that is given more than once the last value counts: "team"',
        'Node pools › 1 › Kubernetes labels: of a key that is given more than once the last value counts: "team"',
    )


def test_of_a_key_of_the_expert_json_given_twice_the_last_value_counts_with_a_warning():
    settings = create(creationSettingsValve='{"description": "a", "description": "b"}')

    assert settings.expert == {"description": "b"}
    assert settings.warnings == (
        'Expert settings (JSON): of a key that is given more than once the last value counts: "description"',
    )


def test_leaves_room_for_the_labels_of_the_plugin():
    labels = [{"from": f"k{number}", "to": ""} for number in range(62)]

    assert len(create(clusterLabels=labels[:61]).resource_labels) == 61
    assert "there are 62 labels; Google takes 61" in problems(clusterLabels=labels)["Google Cloud labels"]


def test_refuses_expert_json_with_node_pools_for_an_autopilot_cluster():
    found = problems(isAutopilot=True, creationSettingsValve='{"nodePools": [{"name": "a"}]}')

    assert "cannot set nodePools" in found["Expert settings (JSON)"]


def test_refuses_expert_json_that_switches_the_mode():
    found = problems(creationSettingsValve='{"autopilot": {"enabled": true}}')

    assert "tick or untick Autopilot" in found["Expert settings (JSON)"]


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"connectionInfo": {"zone": "us-east1-b"}}, "us-east1-b"),
        ({"connectionInfo": {"zone": "us-east1-b"}, "isRegional": True}, "us-east1"),
        ({"connectionInfo": {"region": "us-east1"}, "isAutopilot": True}, "us-east1"),
        ({}, "where the DSS host is"),
    ],
)
def test_takes_expert_json_that_names_the_cluster_as_it_is(fields, location):
    expert = json.dumps({"name": "c", "location": location})

    assert create(**fields, creationSettingsValve=expert).expert == {"name": "c", "location": location}


@pytest.mark.parametrize("expert", [{"name": "other"}, {"location": "us-east1"}, {"selfLink": "x"}])
def test_refuses_expert_json_that_names_another_cluster(expert):
    found = problems(connectionInfo={"zone": "us-east1-b"}, creationSettingsValve=json.dumps(expert))

    assert found == {"Expert settings (JSON)": f"cannot change {next(iter(expert))}: use the fields of the dialog"}


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"isRegional": "maybe"}, "Regional cluster"),
        ({"connectionInfo": {"zone": "here"}}, "GKE connection › Zone"),
        ({"name": "C"}, "Name of the cluster"),
    ],
)
def test_does_not_compare_the_expert_json_with_fields_that_are_wrong(fields, label):
    expert = json.dumps({"name": "c", "location": "us-east1"} if "name" not in fields else {"name": "C"})

    assert list(problems(**fields, creationSettingsValve=expert)) == [label]


@pytest.mark.parametrize("version", ["", "1.33", "1.33.5-gke.1080000", "latest"])
def test_takes_a_version(version):
    assert create(clusterVersion=version).cluster_version == (version or None)


def test_refuses_a_version_that_is_none():
    assert "Kubernetes version" in problems(clusterVersion="newest")


@pytest.mark.parametrize(("config", "plugin_config"), [(None, None), ([], "x")])
def test_survives_configurations_that_are_no_objects(config, plugin_config):
    with pytest.raises(SettingsError):
        parse_create("c", config, plugin_config)
