from __future__ import annotations

import pytest
import requests
import responses

from gke_clusters.errors import ApiNotEnabled, GoogleUnavailable, PermissionDenied
from gke_clusters.google.compute import ComputeApi, NetworkInterface, Quota, Subnetwork
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.node_pools import InstanceGroup
from gke_clusters.google.operations import Condition

ROOT = "https://compute.googleapis.com/compute/v1/projects/p/"


@pytest.fixture
def api(authorization: Authorization) -> ComputeApi:
    return ComputeApi(authorization)


@responses.activate
def test_lists_zones_page_by_page(api: ComputeApi) -> None:
    responses.get(ROOT + "zones", json={"items": [{"name": "a"}], "nextPageToken": "t"}, match=[no_query])
    responses.get(
        ROOT + "zones",
        json={"items": [{"name": "b"}]},
        match=[responses.matchers.query_param_matcher({"pageToken": "t"})],
    )
    assert api.zones("p") == ("a", "b")


no_query = responses.matchers.query_param_matcher({})


@responses.activate
def test_reads_the_first_interface_of_a_machine(api: ComputeApi) -> None:
    root = "https://www.googleapis.com/compute/v1/projects/"
    responses.get(
        ROOT + "zones/z/instances/i",
        json={
            "networkInterfaces": [
                {
                    "network": root + "p/global/networks/vpc",
                    "subnetwork": root + "q/regions/r/subnetworks/s",
                    "networkIP": "10.128.0.2",
                },
                {"network": root + "p/global/networks/other"},
            ]
        },
    )
    assert api.instance_interface("p", "z", "i") == NetworkInterface(
        "projects/p/global/networks/vpc", "projects/q/regions/r/subnetworks/s", "10.128.0.2"
    )


@responses.activate
def test_an_interface_of_a_legacy_network_has_no_subnetwork(api: ComputeApi) -> None:
    responses.get(
        ROOT + "zones/z/instances/i", json={"networkInterfaces": [{"network": "projects/p/global/networks/v"}]}
    )
    assert api.instance_interface("p", "z", "i") == NetworkInterface("projects/p/global/networks/v", None)


@responses.activate
def test_a_machine_without_interface_has_none(api: ComputeApi) -> None:
    responses.get(ROOT + "zones/z/instances/i", json={})
    assert api.instance_interface("p", "z", "i") is None


@responses.activate
def test_a_machine_that_is_not_known_has_none(api: ComputeApi) -> None:
    body = {"error": {"code": 404, "message": "Not found.", "errors": [{"reason": "notFound"}]}}
    responses.get(ROOT + "zones/z/instances/i", status=404, json=body)
    assert api.instance_interface("p", "z", "i") is None


@responses.activate
def test_lists_the_subnetworks_of_one_network(api: ComputeApi) -> None:
    responses.get(
        ROOT + "regions/r/subnetworks",
        json={
            "items": [
                {"name": "s", "network": "https://x/projects/p/global/networks/vpc"},
                {"name": "t", "network": "https://x/projects/p/global/networks/vpc-2"},
            ]
        },
    )
    assert api.subnetworks("p", "r", "vpc") == (Subnetwork("s", "vpc", "r"),)


@responses.activate
def test_lists_the_resources_of_all_places_page_by_page(api: ComputeApi) -> None:
    address = ROOT + "aggregated/disks"
    first = {"zones/a": {"disks": [{"name": "d1"}]}, "zones/b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
    responses.get(address, json={"items": first, "nextPageToken": "t"}, match=[no_query])
    responses.get(
        address,
        json={"items": {"regions/r": {"disks": [{"name": "d2"}]}}},
        match=[responses.matchers.query_param_matcher({"pageToken": "t"})],
    )
    assert [item["name"] for item in api.everywhere("p", "disks")] == ["d1", "d2"]


@responses.activate
def test_a_project_without_such_resources_lists_none(api: ComputeApi) -> None:
    responses.get(ROOT + "aggregated/addresses", json={})
    assert api.everywhere("p", "addresses") == ()


@responses.activate
def test_repeats_a_read_that_was_cut(api: ComputeApi) -> None:
    responses.get(ROOT + "zones", body=requests.exceptions.ConnectionError("reset"))
    responses.get(ROOT + "zones", status=503, json={"error": {"code": 503, "message": "x"}})
    responses.get(ROOT + "zones", json={})
    assert api.zones("p") == ()


@responses.activate
def test_names_the_permission_that_is_missing(api: ComputeApi) -> None:
    body = {"error": {"code": 403, "message": "Required 'compute.zones.list' permission for 'projects/p'"}}
    responses.get(ROOT + "zones", status=403, json=body)
    with pytest.raises(PermissionDenied, match=r"compute\.zones\.list"):
        api.zones("p")


@responses.activate
def test_says_that_the_api_is_off(api: ComputeApi) -> None:
    body = {"error": {"code": 403, "message": "Off.", "errors": [{"reason": "accessNotConfigured"}]}}
    responses.get(ROOT + "zones", status=403, json=body)
    with pytest.raises(ApiNotEnabled):
        api.zones("p")


@pytest.mark.parametrize("override", ["http://127.0.0.1:9/", "http://127.0.0.1:9/compute/v1/"])
@responses.activate
def test_asks_where_gclouds_variable_says(api: ComputeApi, monkeypatch: pytest.MonkeyPatch, override: str) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", override)
    responses.get("http://127.0.0.1:9/compute/v1/projects/p/zones", json={"items": [{"name": "a"}]})
    assert api.zones("p") == ("a",)


GROUP = InstanceGroup("q", "z", "g")
ERRORS = ROOT.replace("/p/", "/q/") + "zones/z/instanceGroupManagers/g/listErrors"


@responses.activate
def test_says_each_reason_once_that_keeps_machines_from_coming_up(api: ComputeApi) -> None:
    stockout = {"error": {"code": "ZONE_RESOURCE_POOL_EXHAUSTED", "message": "No machines."}, "timestamp": "1"}
    responses.get(ERRORS, json={"items": [stockout, stockout | {"timestamp": "2"}, {"error": {"code": "OTHER"}}, {}]})
    assert api.instance_group_errors(GROUP) == (
        Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "No machines."),
        Condition("OTHER", ""),
    )


@responses.activate
def test_an_instance_group_that_is_gone_has_no_errors(api: ComputeApi) -> None:
    responses.get(ERRORS, status=404, json={"error": {"code": 404, "errors": [{"reason": "notFound"}]}})
    assert api.instance_group_errors(GROUP) == ()


@responses.activate
def test_asks_for_the_errors_of_an_instance_group_no_longer_than_told(api: ComputeApi) -> None:
    responses.get(ERRORS, status=503, json={})
    with pytest.raises(GoogleUnavailable):
        api.instance_group_errors(GROUP, patience_seconds=0.01)


@responses.activate
def test_asks_no_longer_than_it_was_made_to(authorization: Authorization) -> None:
    responses.get(ROOT + "regions/r", status=503, json={})
    with pytest.raises(GoogleUnavailable):
        ComputeApi(authorization, 0.01).region_quotas("p", "r")


@responses.activate
@pytest.mark.parametrize(("answer", "size"), [({"targetSize": 3}, 3), ({}, 0)])
def test_reads_how_many_machines_a_group_is_to_have(api: ComputeApi, answer: dict[str, int], size: int) -> None:
    responses.get(ERRORS.removesuffix("/listErrors"), json=answer)
    assert api.instance_group_size(GROUP) == size


@responses.activate
def test_an_instance_group_that_is_gone_has_no_size(api: ComputeApi) -> None:
    gone = {"error": {"code": 404, "errors": [{"reason": "notFound"}]}}
    responses.get(ERRORS.removesuffix("/listErrors"), status=404, json=gone)
    assert api.instance_group_size(GROUP) is None


@responses.activate
def test_reads_the_quotas_of_a_region(api: ComputeApi) -> None:
    quotas = [{"metric": "CPUS", "limit": 24.0, "usage": 18.0}, {"metric": "GPUS", "limit": 0.0}, {}]
    responses.get(ROOT + "regions/r", json={"quotas": quotas})
    cpus, gpus, nothing = api.region_quotas("p", "r")
    assert (cpus, cpus.used) == (Quota("CPUS", 24, 18), 0.75)
    assert (gpus, gpus.used) == (Quota("GPUS", 0, 0), 1.0)
    assert nothing.metric == ""
