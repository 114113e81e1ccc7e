"""Where a start may create its cluster, and what it knows of these places before anything is spent."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import ApiNotEnabled, GoogleUnavailable, MetadataServerError, PermissionDenied, SettingsError
from gke_clusters.google.compute import Subnetwork
from gke_clusters.lifecycle.places import places_to_try, prepare_requests, require_known_places
from gke_clusters.specs.placement import Placement

FIRST, SECOND = Placement("acme", "europe-west1-b"), Placement("acme", "us-central1-a")


class TestPlaces:
    def test_are_that_of_the_connection_and_the_fallback_zones_in_their_order(self, world: Any) -> None:
        settings = world.settings(fallbackZones=["us-central1-a", "europe-west1-c"])
        assert places_to_try(settings, world.google) == (FIRST, SECOND, Placement("acme", "europe-west1-c"))

    def test_are_that_of_the_host_where_the_connection_is_silent(self, world: Any) -> None:
        [place] = places_to_try(world.settings(connectionInfo={}), world.google)
        assert place == Placement("host-project", "europe-west1-b")

    def test_are_not_known_where_neither_says_one(self, world: Any) -> None:
        world.host.on_google_cloud = False
        with pytest.raises(MetadataServerError):
            places_to_try(world.settings(connectionInfo={}), world.google)

    def test_are_looked_up_at_once_where_there_are_several(self, world: Any) -> None:
        with pytest.raises(SettingsError, match="us-central1-q"):
            places_to_try(world.settings(fallbackZones=["us-central1-q"]), world.google)

    def test_are_not_looked_up_yet_where_there_is_one(self, world: Any) -> None:
        places_to_try(world.settings(), world.google)
        assert world.compute.asked == []


class TestKnownPlaces:
    def test_are_those_of_the_project_of_the_cluster(self, world: Any) -> None:
        require_known_places(world.settings(), world.google, Placement("elsewhere", "europe-west1-b"))
        assert world.compute.asked == [("zones", "elsewhere")]

    @pytest.mark.parametrize(
        ("config", "unknown"),
        [
            ({"isRegional": True, "locations": ["europe-west1-q"]}, "europe-west1-q"),
            ({"fallbackZones": ["us-central1-q"]}, "us-central1-q"),
        ],
    )
    def test_are_asked_of_the_zones_of_the_nodes_and_of_the_fallback_zones_too(
        self, world: Any, config: Any, unknown: str
    ) -> None:
        with pytest.raises(SettingsError) as caught:
            require_known_places(world.settings(**config), world.google, FIRST)
        [problem] = caught.value.problems
        assert unknown in str(problem)

    @pytest.mark.parametrize("kind", [PermissionDenied, ApiNotEnabled, GoogleUnavailable])
    def test_are_left_to_google_where_they_cannot_be_listed(
        self, world: Any, kind: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.compute.zones_fault = kind("It does not tell.")
        require_known_places(world.settings(), world.google, Placement("acme", "europe-west1-q"))
        assert caplog.messages == ["Whether the zones exist is not checked: It does not tell."]


class TestRequests:
    def test_are_made_for_each_place(self, world: Any) -> None:
        requests = prepare_requests(world.settings(), world.owner, world.google, (FIRST, SECOND))
        assert {place: (made.project, made.location) for place, made in requests.items()} == {
            FIRST: ("acme", "europe-west1-b"),
            SECOND: ("acme", "us-central1-a"),
        }
        assert all(made.typed.name == "my-cluster" for made in requests.values())
        assert all(world.owner.labels.items() <= dict(made.typed.resource_labels).items() for made in requests.values())

    def test_have_the_subnetwork_of_their_own_region(self, world: Any) -> None:
        world.compute.found = (Subnetwork("there", "vpc", "us-central1"),)
        settings = world.settings(inheritFromDSSHost=True)
        requests = prepare_requests(settings, world.owner, world.google, (FIRST, SECOND))
        assert [made.typed.subnetwork for made in requests.values()] == ["sub", "there"]

    def test_of_one_place_only_has_it_looked_up(self, world: Any) -> None:
        with pytest.raises(SettingsError, match="europe-west1-q"):
            prepare_requests(world.settings(), world.owner, world.google, (Placement("acme", "europe-west1-q"),))

    def test_of_several_places_have_none_looked_up_again(self, world: Any) -> None:
        prepare_requests(world.settings(), world.owner, world.google, (FIRST, SECOND))
        assert ("zones", "acme") not in world.compute.asked

    def test_say_each_warning_once(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        prepare_requests(world.settings(isVpcNative=False), world.owner, world.google, (FIRST, SECOND))
        [warning] = caplog.messages
        assert "VPC-native is unticked" in warning

    def test_say_a_warning_with_a_percent_sign_as_it_is(
        self, world: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = prepare_requests(world.settings(), world.owner, world.google, (FIRST,))[FIRST]
        warned = type(made)(made.placement, made.typed, made.raw, ("100 %s of it",))
        monkeypatch.setattr("gke_clusters.lifecycle.places.create_request", lambda *_: warned)
        caplog.clear()
        prepare_requests(world.settings(), world.owner, world.google, (FIRST,))
        assert caplog.messages == ["100 %s of it"]

    def test_are_in_the_log_at_debug_as_the_first_place_has_it(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        prepare_requests(world.settings(), world.owner, world.google, (FIRST, SECOND))
        [message] = [each for each in caplog.messages if each.startswith("The cluster that is asked for: ")]
        assert "'name': 'my-cluster'" in message
