from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.location import (
    checked_location,
    checked_region,
    checked_zone,
    is_region,
    is_zone,
    region_of,
    require_known_zones,
)

ZONES = ["europe-west1-b", "europe-west1-c", "us-central1-a"]


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("us-central1-a", "us-central1"),
        ("northamerica-northeast1-b", "northamerica-northeast1"),
        ("europe-west12-c", "europe-west12"),
        ("us-central1-ai1a", "us-central1"),
    ],
)
def test_knows_zones_and_regions_by_their_names(zone, region):
    assert is_zone(zone)
    assert not is_region(zone)
    assert is_region(region)
    assert not is_zone(region)
    assert region_of(zone) == region
    assert region_of(region) == region
    assert checked_zone(zone) == checked_location(zone) == zone
    assert checked_region(region) == checked_location(region) == region


@pytest.mark.parametrize("text", ["Europe-west1-b", "europe", "-", "europe-west1-", "eu west", "a/b"])
def test_refuses_what_is_neither_zone_nor_region(text):
    for check in (checked_zone, checked_region, checked_location):
        with pytest.raises(ValueError, match="europe-west1") as refused:
            check(text)
        assert "this is" not in str(refused.value)


def test_says_that_a_zone_is_a_region():
    with pytest.raises(ValueError, match="this is a region"):
        checked_zone("europe-west1")


def test_says_that_a_region_is_a_zone():
    with pytest.raises(ValueError, match="this is a zone of europe-west1"):
        checked_region("europe-west1-b")


def test_accepts_zones_and_regions_that_the_project_has():
    require_known_zones(["europe-west1-b", "us-central1"], ZONES)


def test_refuses_an_unknown_zone_by_its_label_and_offers_the_nearest():
    with pytest.raises(SettingsError) as refused:
        require_known_zones(["europe-west1-q", "asia-east9", "europe-west1-q"], ZONES)

    zone, region = refused.value.problems
    assert zone.label == "Zone"
    assert '"europe-west1-q" is not a zone of this project; did you mean europe-west1-' in zone.message
    assert all(f"europe-west1-{letter}" in zone.message for letter in "bc")
    assert " or " in zone.message
    assert region.label == "Region"
    assert region.message == '"asia-east9" is not a region of this project'


def test_refuses_an_unknown_zone_of_the_nodes_by_the_label_of_the_cluster_s_own_dialog():
    with pytest.raises(SettingsError) as refused:
        require_known_zones(["europe-west1"], ZONES, zones_of_nodes=["europe-west1-b", "europe-west1-q"])

    (problem,) = refused.value.problems
    assert problem.label == "Zones of the nodes"
    assert problem.message.startswith('"europe-west1-q" is not a zone')


def test_refuses_an_unknown_fallback_zone_by_its_label():
    with pytest.raises(SettingsError) as refused:
        require_known_zones(["europe-west1-b"], ZONES, fallback_zones=["europe-west1-q"])

    (problem,) = refused.value.problems
    assert problem.label == "Fallback zones"
