from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.saved_cluster import SavedCluster, read_saved_cluster
from gke_clusters.specs.ownership import Ownership

NAME = ClusterName("acme-data", "europe-west1-b", "old-cluster")
LINK = "https://container.googleapis.com/v1/projects/acme-data/zones/europe-west1-b/clusters/old-cluster"
FOUND = Cluster(NAME, "RUNNING", id="id-1", create_time="2026-01-01T00:00:00Z", self_link=LINK)


@pytest.mark.parametrize("data", [None, {}])
def test_no_data_means_no_cluster(data: Any) -> None:
    assert read_saved_cluster(data) is None


@pytest.mark.parametrize(
    "data",
    [
        {"cluster": {"selfLink": LINK}},
        {"cluster": {"name": "old-cluster", "zone": "europe-west1-b", "selfLink": LINK}},
        {"project": "acme-data", "cluster": {"name": "old-cluster", "location": "europe-west1-b", "id": "id-1"}},
        {"project": "acme-data", "cluster": {"name": "old-cluster", "zone": "europe-west1-b", "id": "id-1"}},
    ],
)
def test_reads_which_cluster_is_meant(data: Any) -> None:
    saved = read_saved_cluster(data)
    assert saved is not None
    assert saved.name == NAME


@pytest.mark.parametrize(
    "data",
    [
        {"kube_config_path": "x"},
        {"cluster": None},
        {"cluster": "old-cluster"},
        {"cluster": {"name": "old-cluster"}},
        {"project": "acme-data", "cluster": {"name": "old-cluster", "location": "europe-west1-b"}},
        {"schema_version": 2, "project": "acme-data", "cluster": {"selfLink": LINK}},
        [{"cluster": {"selfLink": LINK}}],
        LINK,
        {"cluster": {"name": 7, "location": "z", "selfLink": "nonsense"}, "project": "p"},
    ],
)
def test_refuses_data_that_does_not_say_which(data: Any) -> None:
    with pytest.raises(StateError, match="nothing was changed") as caught:
        read_saved_cluster(data)
    assert "data of the DSS cluster" in str(caught.value.resource)
    assert "gcloud container clusters list" in caught.value.remedy


@pytest.mark.parametrize(
    "edited",
    [
        {"project": "other"},
        {"location": "europe-west1-c"},
        {"name": "other"},
    ],
)
def test_refuses_data_that_contradicts_itself(edited: dict[str, str]) -> None:
    cluster = {"name": "old-cluster", "location": "europe-west1-b", "id": "id-1", "selfLink": LINK}
    cluster |= {key: value for key, value in edited.items() if key != "project"}
    with pytest.raises(StateError) as caught:
        read_saved_cluster({"project": edited.get("project", "acme-data"), "cluster": cluster})
    assert "everything else of" in str(caught.value)


def test_a_link_with_the_number_of_the_project_contradicts_no_id() -> None:
    link = LINK.replace("acme-data", "123456789012")
    saved = read_saved_cluster({"project": "acme-data", "cluster": {"id": "id-1", "selfLink": link}})
    assert saved is not None
    assert saved.name == NAME


@pytest.mark.parametrize("name", ["../../other", "a/b", "a b", "-", "old-cluster?x=1", "old-cluster\n"])
def test_refuses_a_name_that_would_make_another_path(name: str) -> None:
    cluster = {"name": name, "location": "europe-west1-b", "id": "id-1"}
    with pytest.raises(StateError):
        read_saved_cluster({"project": "acme-data", "cluster": cluster})


def test_the_same_id_is_the_same_cluster() -> None:
    assert SavedCluster(NAME, id="id-1").is_same(FOUND)
    assert not SavedCluster(NAME, id="id-2", create_time=FOUND.create_time, self_link=LINK).is_same(FOUND)


@pytest.mark.parametrize(
    "link",
    [
        LINK,
        "https://container.googleapis.com/v1beta1/projects/acme-data/locations/europe-west1-b/clusters/old-cluster",
    ],
)
def test_without_an_id_the_link_tells(link: str) -> None:
    assert SavedCluster(NAME, self_link=link).is_same(FOUND)


def test_without_an_id_the_link_of_a_regional_cluster_tells_in_both_its_forms() -> None:
    saved = SavedCluster(NAME, self_link=LINK.replace("zones/europe-west1-b", "regions/europe-west1"))
    assert saved.is_same(replace(FOUND, self_link=LINK.replace("zones/europe-west1-b", "locations/europe-west1")))


def test_without_an_id_another_link_is_another_cluster() -> None:
    assert not SavedCluster(NAME, self_link=LINK.replace("acme-data", "other")).is_same(FOUND)


def test_without_an_id_and_a_link_nothing_is_the_same() -> None:
    assert not SavedCluster(NAME, create_time=FOUND.create_time).is_same(FOUND)


def test_without_an_id_a_cluster_that_has_an_owner_is_another() -> None:
    owned = replace(FOUND, labels=Ownership.of("install", "other").labels)
    assert not SavedCluster(NAME, create_time=FOUND.create_time, self_link=LINK).is_same(owned)
    assert SavedCluster(NAME, id="id-1").is_same(owned)


def test_without_an_id_another_creation_time_is_another_cluster() -> None:
    assert not SavedCluster(NAME, create_time="2025-01-01T00:00:00Z", self_link=LINK).is_same(FOUND)
    assert SavedCluster(NAME, create_time=FOUND.create_time, self_link=LINK).is_same(FOUND)


def test_an_id_that_google_does_not_give_is_no_difference() -> None:
    assert SavedCluster(NAME, id="id-1", self_link=LINK).is_same(replace(FOUND, id=""))
