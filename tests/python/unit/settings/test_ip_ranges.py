from __future__ import annotations

import pytest

from gke_clusters.settings.ip_ranges import IpRange, parse_ip_range


def test_takes_an_empty_field_as_no_range():
    assert parse_ip_range("") is None


@pytest.mark.parametrize("text", ["/17", "/8", "/28", "10.4.0.0/17"])
def test_takes_a_size_or_a_range(text):
    assert parse_ip_range(text) == IpRange(cidr_block=text)


def test_takes_the_name_of_a_secondary_range():
    assert parse_ip_range("services-range") == IpRange(secondary_range_name="services-range")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.4.0.1/17", "use 10.4.0.0/17 instead"),
        ("10.4.0.0", "neither a size .* nor the name of a secondary range"),
        ("/7", "between /8 and /28"),
        ("/29", "between /8 and /28"),
        ("/017", "between /8 and /28"),
        ("/ten", "between /8 and /28"),
        ("/", "between /8 and /28"),
        ("/²", "between /8 and /28"),
        ("10.4.0/17", "not an IPv4 range"),
        ("fd00::/17", "not an IPv4 range"),
        ("10.4.0.0/255.255.128.0", "between /8 and /28"),
        ("My Range", "neither a size"),
    ],
)
def test_refuses_what_is_no_range(text, message):
    with pytest.raises(ValueError, match=message):
        parse_ip_range(text)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("10.4.0.0/17", "10.4.64.0/20", True),
        ("10.4.0.0/17", "10.5.0.0/17", False),
        ("pods", "pods", True),
        ("pods", "services", False),
        ("pods", "10.4.0.0/17", False),
        ("pods", "/17", False),
        ("/17", "/17", False),
        ("/17", "10.4.0.0/17", False),
    ],
)
def test_sees_when_two_ranges_certainly_share_addresses(one, other, overlap):
    first, second = parse_ip_range(one), parse_ip_range(other)

    assert first.overlaps(second) is overlap
    assert second.overlaps(first) is overlap
