from __future__ import annotations

import pytest

from gke_clusters.settings.create import parse_create
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.network import ClusterNetwork, cluster_network, inheritance_warning, network_to_search
from gke_clusters.specs.placement import Placement

HOST = HostFacts(zone="us-central1-a", network="vpc", subnetwork="sub-us")


def settings(**fields):
    return parse_create("c", {"nodePools": [{}], **fields}, {})


def test_inherits_network_and_subnetwork_in_the_region_of_the_host():
    assert cluster_network(settings(), HOST, "us-central1", "other") == ClusterNetwork("vpc", "sub-us")
    assert network_to_search(settings(), HOST, "us-central1") is None


@pytest.mark.parametrize("found", ["sub-eu", None])
def test_inherits_the_network_with_a_subnetwork_of_the_cluster_s_own_region(found):
    assert cluster_network(settings(), HOST, "europe-west1", found) == ClusterNetwork("vpc", found)
    assert network_to_search(settings(), HOST, "europe-west1") == "vpc"


def test_leaves_the_network_to_google_where_that_of_the_host_is_unknown():
    assert cluster_network(settings(), HostFacts(), "us-central1", None) == ClusterNetwork(None, None)
    assert network_to_search(settings(), HostFacts(), "us-central1") is None


def test_uses_the_network_that_is_given():
    given = settings(inheritFromDSSHost=False, network="vpc-1", subNetwork="sub-1")

    assert cluster_network(given, HOST, "europe-west1", "sub-eu") == ClusterNetwork("vpc-1", "sub-1")
    assert network_to_search(given, HOST, "europe-west1") is None


@pytest.mark.parametrize(
    ("host", "project"),
    [
        (HostFacts("acme", network="vpc"), "acme"),
        (HostFacts("acme", network="vpc"), "123456789012"),
        (HostFacts("acme", network="projects/shared/global/networks/vpc"), "other"),
        (HostFacts(network="vpc"), "acme"),
    ],
)
def test_says_nothing_of_a_network_that_is_the_host_s_as_far_as_is_known(host, project):
    assert inheritance_warning(host, Placement(project, "us-central1-a")) is None


def test_warns_that_a_network_of_that_name_in_another_project_is_another_network():
    warning = inheritance_warning(HostFacts("acme", network="vpc"), Placement("other", "us-central1-a"))

    assert "The DSS host is in the project acme and the cluster in other" in warning
    assert "network named vpc" in warning
