from __future__ import annotations

import pytest
import responses

from gke_clusters.errors import GoogleUnavailable, PermissionDenied
from gke_clusters.google.cluster_inventory import ClusterInventory
from gke_clusters.google.names import ClusterName

ADDRESS = "https://container.googleapis.com/v1/projects/p/locations/-/clusters"
CLUSTER = {
    "name": "c",
    "location": "europe-west1",
    "status": "RUNNING",
    "id": "abc",
    "createTime": "2026-01-01T00:00:00+00:00",
    "selfLink": "https://container.googleapis.com/v1/projects/p/locations/europe-west1/clusters/c",
    "resourceLabels": {"dss-install-id": "i", "dss-cluster-id": "c"},
    "currentNodeCount": 3,
}


@pytest.fixture
def inventory(authorization):
    return ClusterInventory(authorization)


@responses.activate
def test_lists_every_location_by_one_call_that_asks_for_little(inventory):
    responses.get(ADDRESS, json={"clusters": [CLUSTER], "missingZones": ["us-east1-b"]})

    found = inventory.list_clusters("p")

    [cluster] = found.clusters
    assert cluster.name == ClusterName("p", "europe-west1", "c")
    assert (cluster.status, cluster.id, cluster.create_time) == ("RUNNING", "abc", CLUSTER["createTime"])
    assert (cluster.self_link, cluster.labels) == (CLUSTER["selfLink"], CLUSTER["resourceLabels"])
    assert cluster.resource["currentNodeCount"] == 3
    assert found.missing_zones == ("us-east1-b",)
    [call] = responses.calls
    assert call.request.params["fields"].startswith("clusters(name,location,")


@responses.activate
def test_a_project_without_clusters_has_none(inventory):
    responses.get(ADDRESS, json={})

    assert inventory.list_clusters("p").clusters == ()


@responses.activate
def test_takes_the_zone_of_a_cluster_that_says_no_location(inventory):
    responses.get(ADDRESS, json={"clusters": [{"name": "c", "zone": "us-east1-b"}]})

    [cluster] = inventory.list_clusters("p").clusters

    assert cluster.name == ClusterName("p", "us-east1-b", "c")
    assert cluster.status == "STATUS_UNSPECIFIED"


@responses.activate
def test_asks_again_where_google_is_overloaded(inventory):
    responses.get(ADDRESS, status=503, json={"error": {"code": 503, "status": "UNAVAILABLE", "message": "x"}})
    responses.get(ADDRESS, json={"clusters": [CLUSTER]})

    assert len(inventory.list_clusters("p").clusters) == 1


@responses.activate
def test_a_refusal_names_what_was_asked(inventory):
    body = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": 'Required "container.clusters.list"'}}
    responses.get(ADDRESS, status=403, json=body)

    with pytest.raises(PermissionDenied, match="list the clusters of the project"):
        inventory.list_clusters("p")


@responses.activate
def test_a_line_that_is_cut_is_no_empty_project(inventory, monkeypatch):
    monkeypatch.setattr("gke_clusters.google.cluster_inventory.read_retry", lambda: lambda once: once)

    with pytest.raises(GoogleUnavailable):
        inventory.list_clusters("p")
