from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import MetadataServerError, SettingsError
from gke_clusters.google.compute import NetworkInterface, Subnetwork
from gke_clusters.lifecycle.host_facts import placement_facts, request_facts, subnetwork_in_region
from gke_clusters.settings.create import COMPONENT
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.placement import Placement

HERE = Placement("acme", "europe-west1-b")
ELSEWHERE = Placement("acme", "us-central1-a")


def test_asks_nothing_that_the_connection_says(world: Any) -> None:
    world.host.on_google_cloud = False
    assert placement_facts(world.settings(), world.google) == HostFacts()


def test_takes_the_place_of_the_host_where_the_connection_is_silent(world: Any) -> None:
    facts = placement_facts(world.settings(connectionInfo={}), world.google)
    assert facts == HostFacts(project_id="host-project", zone="europe-west1-b")


def test_a_region_is_enough_for_a_regional_cluster(world: Any) -> None:
    world.host.on_google_cloud = False
    settings = world.settings(connectionInfo={"projectId": "acme", "region": "europe-west1"}, isRegional=True)
    assert placement_facts(settings, world.google) == HostFacts()


def test_reads_the_network_of_the_host_by_name(world: Any) -> None:
    facts = request_facts(world.settings(inheritFromDSSHost=True), world.google)
    assert (facts.zone, facts.network, facts.subnetwork) == ("europe-west1-b", "vpc", "sub")
    assert ("instance", "host-project", "europe-west1-b", "dss") in world.compute.asked


def test_tells_whose_network_is_inherited_although_the_connection_names_a_project(world: Any) -> None:
    settings = world.settings(connectionInfo={"projectId": "acme", "zone": "europe-west1-b"}, inheritFromDSSHost=True)
    assert request_facts(settings, world.google).project_id == "host-project"


def test_keeps_the_path_of_a_network_that_another_project_shares(world: Any) -> None:
    world.compute.interface = NetworkInterface("projects/shared/global/networks/vpc", None)
    facts = request_facts(world.settings(inheritFromDSSHost=True), world.google)
    assert (facts.network, facts.subnetwork) == ("projects/shared/global/networks/vpc", None)


def test_takes_the_network_of_the_metadata_server_where_the_host_is_no_machine(world: Any) -> None:
    world.compute.interface = None
    facts = request_facts(world.settings(inheritFromDSSHost=True), world.google)
    assert (facts.network, facts.subnetwork) == ("vpc", None)


def test_reads_the_account_of_the_host_for_nodes_that_have_it(world: Any) -> None:
    settings = world.settings(nodePools=[{"serviceAccountType": "fromDSSHost"}])
    assert request_facts(settings, world.google).service_account_email == "host@acme.iam.gserviceaccount.com"
    assert request_facts(world.settings(), world.google).service_account_email is None


def test_the_zone_of_the_host_is_welcome_but_not_needed_for_a_private_endpoint(world: Any) -> None:
    settings = world.settings(controlPlaneEndpoint="private")
    assert request_facts(settings, world.google).zone == "europe-west1-b"
    world.host.on_google_cloud = False
    assert request_facts(settings, world.google).zone is None


def test_fails_where_the_network_of_the_host_is_wanted_and_there_is_none(world: Any) -> None:
    world.host.on_google_cloud = False
    with pytest.raises(MetadataServerError):
        request_facts(world.settings(inheritFromDSSHost=True), world.google)


class TestSubnetworkElsewhere:
    @pytest.fixture
    def settings(self, world: Any) -> Any:
        return world.settings(inheritFromDSSHost=True)

    def test_none_is_looked_up_in_the_region_of_the_host(self, world: Any, settings: Any) -> None:
        facts = request_facts(settings, world.google)
        assert subnetwork_in_region(settings, world.google, facts, HERE) is None
        assert not any(asked[0] == "subnetworks" for asked in world.compute.asked)

    def test_takes_the_only_one_of_the_network(self, world: Any, settings: Any) -> None:
        world.compute.found = (Subnetwork("only", "vpc", "us-central1"),)
        facts = request_facts(settings, world.google)
        assert subnetwork_in_region(settings, world.google, facts, ELSEWHERE) == "only"
        assert ("subnetworks", "acme", "us-central1", "vpc") in world.compute.asked

    def test_takes_the_one_that_google_made_among_several(self, world: Any, settings: Any) -> None:
        world.compute.found = (Subnetwork("mine", "vpc", "us-central1"), Subnetwork("vpc", "vpc", "us-central1"))
        facts = request_facts(settings, world.google)
        assert subnetwork_in_region(settings, world.google, facts, ELSEWHERE) == "vpc"

    def test_looks_in_the_project_that_shares_the_network(self, world: Any, settings: Any) -> None:
        world.compute.interface = NetworkInterface("projects/shared/global/networks/vpc", None)
        world.compute.found = (Subnetwork("only", "vpc", "us-central1"),)
        facts = request_facts(settings, world.google)
        found = subnetwork_in_region(settings, world.google, facts, ELSEWHERE)
        assert found == "projects/shared/regions/us-central1/subnetworks/only"
        assert ("subnetworks", "shared", "us-central1", "vpc") in world.compute.asked

    @pytest.mark.parametrize(("names", "words"), [((), "no subnetwork in us-central1"), (("a", "b"), r"\(a, b\)")])
    def test_never_guesses(self, world: Any, settings: Any, names: tuple[str, ...], words: str) -> None:
        world.compute.found = tuple(Subnetwork(name, "vpc", "us-central1") for name in names)
        facts = request_facts(settings, world.google)
        with pytest.raises(SettingsError, match=words) as caught:
            subnetwork_in_region(settings, world.google, facts, ELSEWHERE)
        (problem,) = caught.value.problems
        assert problem.label == cluster_descriptor(COMPONENT).label_of("inheritFromDSSHost")
        assert "network vpc" in problem.message


def test_a_zone_is_asked_for_where_the_connection_has_a_region_only(world: Any) -> None:
    settings = world.settings(connectionInfo={"projectId": "acme", "region": "europe-west1"})
    assert placement_facts(settings, world.google) == HostFacts(zone="europe-west1-b")


def test_asks_for_the_project_alone_where_the_zone_is_known(world: Any) -> None:
    settings = world.settings(connectionInfo={"zone": "us-central1-a"})
    assert placement_facts(settings, world.google) == HostFacts(project_id="host-project")


def test_a_region_is_asked_for_where_a_regional_cluster_has_none(world: Any) -> None:
    settings = world.settings(connectionInfo={"projectId": "acme"}, isRegional=True)
    assert placement_facts(settings, world.google) == HostFacts(zone="europe-west1-b")


def test_the_request_knows_the_place_that_the_connection_leaves_open(world: Any) -> None:
    facts = request_facts(world.settings(connectionInfo={}), world.google)
    assert (facts.project_id, facts.zone) == ("host-project", "europe-west1-b")
    assert (facts.network, facts.subnetwork, facts.service_account_email) == (None, None, None)


def test_one_pool_that_acts_as_the_host_is_enough_to_read_its_account(world: Any) -> None:
    pools = [
        {"serviceAccountType": "custom", "serviceAccount": "n@acme.iam.gserviceaccount.com"},
        {"serviceAccountType": "fromDSSHost"},
    ]
    facts = request_facts(world.settings(nodePools=pools), world.google)
    assert facts.service_account_email == "host@acme.iam.gserviceaccount.com"
