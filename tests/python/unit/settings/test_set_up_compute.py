from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.set_up_compute import parse_set_up_compute

GIVEN = {
    "clusterId": "my-cluster",
    "connectionInfo": {"projectId": "my-project"},
    "registryUrl": "europe-west1-docker.pkg.dev/my-project/dss",
}


def parse(**fields):
    return parse_set_up_compute({**GIVEN, **fields}, {})


def test_a_cluster_and_a_registry_are_enough():
    setup = parse()

    assert setup.registration.cluster_id == "my-cluster"
    assert setup.images.registry.repository == "dss"
    assert (setup.bucket, setup.projects, setup.preview) == (None, None, False)


def test_makes_the_defaults_and_the_repository_unless_told_otherwise():
    setup = parse()

    assert (setup.registration.make_default, setup.registration.make_default_cluster) == (True, True)
    assert setup.images.create_repository


def test_what_is_unticked_stays_so():
    setup = parse(makeDefault=False, makeDefaultCluster=False, createRepository=False)

    assert (setup.registration.make_default, setup.registration.make_default_cluster) == (False, False)
    assert not setup.images.create_repository


def test_a_bucket_becomes_a_connection_called_gcs():
    setup = parse(bucket="my-bucket")

    assert setup.bucket is not None
    assert (setup.bucket.name, setup.bucket.bucket, setup.bucket.cluster_id) == ("gcs", "my-bucket", "my-cluster")


def test_projects_use_the_cluster():
    setup = parse(projects=["CHURN"])

    assert setup.projects is not None
    assert (setup.projects.cluster_id, setup.projects.projects) == ("my-cluster", ("CHURN",))
    assert setup.projects.configuration_name == "my-cluster"


def test_a_preview_is_one_of_every_part():
    setup = parse(preview=True, bucket="my-bucket", projects=["CHURN"])

    assert setup.bucket is not None
    assert setup.projects is not None
    assert setup.preview
    assert all((setup.images.preview, setup.bucket.preview, setup.projects.preview))


def test_each_wrong_field_is_named_once_although_several_parts_read_it():
    with pytest.raises(SettingsError) as refused:
        parse_set_up_compute({"connectionInfo": {"projectId": "UPPER"}, "bucket": "B/x", "projects": ["P"]}, {})

    labels = [problem.label for problem in refused.value.problems]
    assert sorted(labels) == ["Bucket", "Cluster", "GKE connection › Project", "Image registry"]
