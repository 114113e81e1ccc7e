from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.attach import parse_attach

ZONE = {"projectId": "acme-data", "zone": "europe-west1-b"}


def attach(**fields):
    return parse_attach({"connectionInfo": ZONE, "clusterId": "shared-prod", **fields}, {"connectionInfo": {}})


def problems(**fields):
    with pytest.raises(SettingsError) as refused:
        attach(**fields)
    return {problem.label: problem.message for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({}, "europe-west1-b"),
        ({"isRegional": True}, "europe-west1"),
        ({"location": "us-east1", "isRegional": False}, "us-east1"),
        ({"location": "us-east1-b", "isRegional": True}, "us-east1-b"),
        ({"connectionInfo": {}}, None),
        ({"connectionInfo": {}, "isRegional": True}, None),
    ],
)
def test_looks_first_where_the_dialog_says(fields, location):
    assert attach(**fields).expected_location == location


@pytest.mark.parametrize(
    ("fields", "endpoint"),
    [
        ({}, "automatic"),
        ({"isDnsEndpoint": True}, "dns"),
        ({"isDnsEndpoint": True, "controlPlaneEndpoint": "automatic"}, "dns"),
        ({"isDnsEndpoint": True, "controlPlaneEndpoint": "private"}, "private"),
        ({"controlPlaneEndpoint": "dns"}, "dns"),
        ({"controlPlaneEndpoint": "public"}, "public"),
    ],
)
def test_the_old_switch_for_the_dns_endpoint_still_works(fields, endpoint):
    assert attach(**fields).control_plane_endpoint == endpoint


def test_keeps_the_user_name_for_the_kubeconfig():
    assert attach(userName="me").user_name == "me"
    assert attach(userName="").user_name is None


def test_needs_the_name_of_the_cluster():
    assert problems(clusterId="") == {"Name of the GKE cluster": "is required"}
    assert problems(clusterId=None) == {"Name of the GKE cluster": "is required"}


def test_refuses_wrong_fields_by_their_labels():
    assert set(problems(clusterId="Shared", location="somewhere", controlPlaneEndpoint="vpn")) == {
        "Name of the GKE cluster",
        "Location",
        "Control plane endpoint",
    }
