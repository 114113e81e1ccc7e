from __future__ import annotations

import pytest

from gke_clusters.google.bucket_locations import is_near


@pytest.mark.parametrize(
    ("location", "chosen", "region"),
    [
        ("EUROPE-WEST1", (), "europe-west1"),
        ("europe-west1", (), "europe-west1"),
        ("US", (), "us-central1"),
        ("EU", (), "europe-north1"),
        ("ASIA", (), "asia-east1"),
        ("NAM4", (), "us-east1"),
        ("EUR4", (), "europe-west4"),
        ("US", ("US-WEST1", "US-EAST1"), "us-west1"),
    ],
)
def test_a_bucket_is_near_a_cluster_in_its_region_or_within_its_multi_region(location, chosen, region):
    assert is_near(location, chosen, region)


@pytest.mark.parametrize(
    ("location", "chosen", "region"),
    [
        ("EUROPE-WEST1", (), "europe-west4"),
        ("US", (), "northamerica-northeast1"),
        ("EU", (), "europe-west2"),
        ("EU", (), "europe-west6"),
        ("EUR4", (), "europe-west1"),
        ("US", ("US-WEST1", "US-EAST1"), "us-central1"),
        ("MOON1", (), "us-central1"),
    ],
)
def test_a_bucket_is_far_from_a_cluster_in_another_region(location, chosen, region):
    assert not is_near(location, chosen, region)
