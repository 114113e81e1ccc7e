from __future__ import annotations

import pytest

from gke_clusters.google.names import ClusterName, last_segment, parse_cluster_link, project_of, relative_name

NAME = ClusterName("p", "europe-west1-b", "c")


def test_writes_zones_and_regions_alike() -> None:
    assert NAME.parent == "projects/p/locations/europe-west1-b"
    assert NAME.path == str(NAME) == "projects/p/locations/europe-west1-b/clusters/c"


@pytest.mark.parametrize(
    "link",
    [
        "https://container.googleapis.com/v1/projects/p/zones/europe-west1-b/clusters/c",
        "https://container.googleapis.com/v1beta1/projects/p/locations/europe-west1-b/clusters/c",
        "projects/p/locations/europe-west1-b/clusters/c",
    ],
)
def test_reads_a_cluster_out_of_a_link(link: str) -> None:
    assert parse_cluster_link(link) == NAME


@pytest.mark.parametrize(
    "link", ["", "https://x/v1/projects/p", "https://x/v1/projects/p/zones/z/clusters/c/nodePools/n"]
)
def test_reads_no_cluster_out_of_other_links(link: str) -> None:
    assert parse_cluster_link(link) is None


def test_reads_the_name_at_the_end_of_a_link() -> None:
    assert last_segment("https://x/projects/1/networks/vpc/") == "vpc"
    assert last_segment("vpc") == "vpc"


def test_shortens_a_link_to_its_project_and_name() -> None:
    assert relative_name("https://x/compute/v1/projects/p/global/networks/n") == "projects/p/global/networks/n"
    assert relative_name("n") == "n"


def test_reads_the_project_out_of_a_link() -> None:
    assert project_of("https://x/compute/v1/projects/p/global/networks/n") == "p"
    assert project_of("n") is None
