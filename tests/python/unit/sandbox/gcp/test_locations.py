import ipaddress

import pytest

from sandbox.gcp.locations import AUTO_MODE_RANGES, REGIONS, is_region, is_zone, region_of, zones_of


def test_every_region_has_at_least_three_zones_of_its_own():
    for region, zones in REGIONS.items():
        assert len(zones) >= 3
        assert all(region_of(zone) == region for zone in zones)


def test_regions_whose_zones_do_not_start_at_a():
    assert zones_of("us-east1") == ("us-east1-b", "us-east1-c", "us-east1-d")
    assert zones_of("europe-west1") == ("europe-west1-b", "europe-west1-c", "europe-west1-d")
    assert "us-central1-f" in zones_of("us-central1")


def test_a_zone_is_its_own_only_zone():
    assert zones_of("us-central1-a") == ("us-central1-a",)


def test_zone_and_region_are_told_apart():
    assert is_zone("us-central1-a")
    assert not is_zone("us-central1")
    assert is_region("us-central1")
    assert not is_region("us-central1-a")
    assert not is_zone("us-east1-a")


@pytest.mark.parametrize("look_up", [region_of, zones_of])
def test_unknown_location_is_a_key_error(look_up):
    with pytest.raises(KeyError):
        look_up("us-nowhere1-a")


def test_auto_mode_ranges_do_not_overlap():
    ranges = [ipaddress.ip_network(cidr) for cidr in AUTO_MODE_RANGES.values()]
    assert AUTO_MODE_RANGES.keys() == REGIONS.keys()
    assert len(set(ranges)) == len(ranges)
    assert all(one.subnet_of(ipaddress.ip_network("10.128.0.0/9")) for one in ranges)
