"""Paths and links."""

import pytest

from sandbox.gcp.container import links
from sandbox.gcp.container.links import Target


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1/projects/p/locations/-/clusters", Target("clusters", "p", "-")),
        ("/v1beta1/projects/p/locations/l/clusters/c", Target("cluster", "p", "l", "c")),
        ("/v1/projects/p/zones/l/clusters/c", Target("cluster", "p", "l", "c")),
        ("/v1/projects/p/locations/l/clusters/c:setLocations", Target("cluster", "p", "l", "c", verb="setLocations")),
        ("/v1/projects/p/locations/l/clusters/c/nodePools", Target("nodePools", "p", "l", "c")),
        ("/v1/projects/p/locations/l/clusters/c/nodePools/n", Target("nodePool", "p", "l", "c", "n")),
        (
            "/v1/projects/p/locations/l/clusters/c/nodePools/n:setSize",
            Target("nodePool", "p", "l", "c", "n", verb="setSize"),
        ),
        ("/v1/projects/p/locations/l/operations", Target("operations", "p", "l")),
        ("/v1/projects/p/locations/l/operations/o", Target("operation", "p", "l", operation="o")),
        ("/v1/projects/p/locations/l/operations/o:cancel", Target("operation", "p", "l", operation="o", verb="cancel")),
        ("/v1/projects/p/locations/l/serverConfig", Target("serverConfig", "p", "l")),
        ("/v1/projects/p/aggregated/usableSubnetworks", Target("usableSubnetworks", "p")),
    ],
)
def test_a_path_says_what_it_addresses(path: str, target: Target) -> None:
    assert links.parse(path) == target


def test_the_old_form_of_a_verb_is_todays() -> None:
    target = links.parse("/v1/projects/p/zones/z/clusters/c/resourceLabels")

    assert target == Target("cluster", "p", "z", "c", verb="setResourceLabels")


@pytest.mark.parametrize("path", ["/", "/v2/projects/p/locations/l/clusters", "/v1/projects/p/locations/l/things"])
def test_other_paths_are_not_of_this_api(path: str) -> None:
    assert links.parse(path) is None


def test_zonal_links_say_zones_and_regional_ones_locations() -> None:
    host = "https://container.googleapis.com/v1/projects"
    assert links.cluster_link("p", "us-central1-a", "c") == f"{host}/p/zones/us-central1-a/clusters/c"
    assert links.cluster_link("p", "us-central1", "c") == f"{host}/p/locations/us-central1/clusters/c"


@pytest.mark.parametrize(
    "given",
    ["net", "projects/p/global/networks/net", "https://www.googleapis.com/compute/v1/projects/p/global/networks/net"],
)
def test_a_network_has_one_relative_name(given: str) -> None:
    assert links.network_path("p", given) == "projects/p/global/networks/net"
