from __future__ import annotations

import json

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import parse_create
from gke_clusters.specs.cluster import create_request
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.ownership import Ownership
from gke_clusters.specs.placement import place_new_cluster

HOST = HostFacts("acme", "us-central1-a", "vpc", "sub-us", "host@acme.iam.gserviceaccount.com")
OWNER = Ownership.of("install", "c")
OPEN_DNS = {"dnsEndpointConfig": {"allowExternalTraffic": True}}
NO_IP = {"ipEndpointsConfig": {"enabled": False}}


def endpoints(choice, expert=None, **fields):
    """What is asked for the endpoints of the control plane; ``None`` for nothing."""
    config = {"nodePools": [{}], "controlPlaneEndpoint": choice, "creationSettingsValve": json.dumps(expert or {})}
    settings = parse_create("c", {**config, **fields}, {})
    sent = create_request(settings, place_new_cluster(settings, HOST), HOST, OWNER)
    return sent.as_json()["cluster"].get("controlPlaneEndpointsConfig")


def test_opens_the_dns_endpoint_when_it_is_chosen():
    assert endpoints("dns") == OPEN_DNS


def test_opens_the_private_endpoint_to_a_host_in_another_region():
    elsewhere = {"zone": "europe-west1-b"}

    assert endpoints("private", connectionInfo=elsewhere) == {"ipEndpointsConfig": {"globalAccess": True}}


@pytest.mark.parametrize("choice", ["automatic", "public", "private"])
def test_changes_no_endpoint_that_is_open_already(choice):
    assert endpoints(choice) is None


@pytest.mark.parametrize(
    ("choice", "expert", "field"),
    [
        ("automatic", {"controlPlaneEndpointsConfig": NO_IP}, "ipEndpointsConfig.enabled"),
        ("public", {"controlPlaneEndpointsConfig": {**NO_IP, **OPEN_DNS}}, "ipEndpointsConfig.enabled"),
        ("private", {"controlPlaneEndpointsConfig": NO_IP}, "ipEndpointsConfig.enabled"),
        ("private", {"control_plane_endpoints_config": {"ip_endpoints_config": {"enabled": False}}}, ".enabled"),
        (
            "public",
            {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enablePublicEndpoint": False}}},
            "ipEndpointsConfig.enablePublicEndpoint",
        ),
        (
            "public",
            {"privateClusterConfig": {"enablePrivateEndpoint": True}},
            "privateClusterConfig.enablePrivateEndpoint",
        ),
        (
            "dns",
            {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": False}}},
            "dnsEndpointConfig.allowExternalTraffic",
        ),
        ("dns", {"controlPlaneEndpointsConfig": None}, "dnsEndpointConfig.allowExternalTraffic"),
        ("automatic", {"controlPlaneEndpointsConfig": NO_IP, "nextYear": {}}, "ipEndpointsConfig.enabled"),
    ],
)
def test_refuses_expert_settings_that_turn_the_chosen_endpoint_off(choice, expert, field):
    with pytest.raises(SettingsError) as refused:
        endpoints(choice, expert)

    (problem,) = refused.value.problems
    assert problem.label == "Control plane endpoint"
    assert f"{field};" in problem.message
    assert "Expert settings (JSON)" in problem.message


@pytest.mark.parametrize(
    ("choice", "expert"),
    [
        ("automatic", {"controlPlaneEndpointsConfig": {**NO_IP, **OPEN_DNS}}),
        ("dns", {"controlPlaneEndpointsConfig": NO_IP}),
        ("automatic", {"privateClusterConfig": {"enablePrivateEndpoint": True}}),
        ("private", {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enablePublicEndpoint": False}}}),
        ("public", {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": False}}}),
        ("public", {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"authorizedNetworksConfig": {}}}}),
    ],
)
def test_takes_expert_settings_that_leave_the_chosen_endpoint_open(choice, expert):
    wanted = expert.get("controlPlaneEndpointsConfig", {})
    sent = endpoints(choice, expert) or {}

    assert {field: sent[field] for field in wanted} == wanted
