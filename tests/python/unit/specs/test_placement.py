from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import parse_create
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.placement import Placement, fallback_placements, place_new_cluster, placement_warning

HOST = HostFacts(project_id="host-project", zone="us-central1-a")
NOWHERE = HostFacts()
BOTH = {"projectId": "acme-data", "zone": "europe-west1-b", "region": "us-east1"}


def new(connection, host=HOST, **fields):
    return place_new_cluster(parse_create("c", {"connectionInfo": connection, "nodePools": [{}], **fields}, {}), host)


@pytest.mark.parametrize(
    ("connection", "fields", "project", "location"),
    [
        (BOTH, {}, "acme-data", "europe-west1-b"),
        (BOTH, {"isRegional": True}, "acme-data", "us-east1"),
        (BOTH, {"isAutopilot": True}, "acme-data", "us-east1"),
        ({"zone": "europe-west1-b"}, {"isRegional": True}, "host-project", "europe-west1"),
        ({"region": "us-east1"}, {}, "host-project", "us-central1-a"),
        ({}, {}, "host-project", "us-central1-a"),
        ({}, {"isRegional": True}, "host-project", "us-central1"),
    ],
)
def test_places_a_new_cluster_where_the_settings_say_and_else_with_the_host(connection, fields, project, location):
    assert new(connection, **fields) == Placement(project, location)


def test_warns_that_a_region_without_a_zone_does_not_place_a_zonal_cluster():
    settings = parse_create("c", {"connectionInfo": {"region": "us-east1"}, "nodePools": [{}]}, {})
    warning = placement_warning(settings, place_new_cluster(settings, HOST))

    assert "names the region us-east1 and no zone: the cluster is created in us-central1-a" in warning


@pytest.mark.parametrize(
    "fields",
    [
        {"connectionInfo": BOTH},
        {"connectionInfo": {"region": "us-central1"}},
        {"connectionInfo": {"region": "us-east1"}, "isRegional": True},
        {"connectionInfo": {"region": "us-east1"}, "isAutopilot": True},
        {},
    ],
)
def test_does_not_warn_of_a_cluster_where_the_connection_says(fields):
    settings = parse_create("c", {"nodePools": [{}], **fields}, {})

    assert placement_warning(settings, place_new_cluster(settings, HOST)) is None


def test_knows_the_parent_and_the_region():
    placement = Placement("acme-data", "europe-west1-b")

    assert placement.parent == "projects/acme-data/locations/europe-west1-b"
    assert placement.region == "europe-west1"


@pytest.mark.parametrize(("fields", "place"), [({}, "Zone"), ({"isRegional": True}, "Region")])
def test_asks_for_what_neither_settings_nor_host_say(fields, place):
    with pytest.raises(SettingsError) as refused:
        new({}, NOWHERE, **fields)

    assert [problem.label for problem in refused.value.problems] == ["Project", place]


def test_asks_for_nothing_that_is_known():
    with pytest.raises(SettingsError) as refused:
        new({"zone": "europe-west1-b"}, NOWHERE)

    assert [problem.label for problem in refused.value.problems] == ["Project"]


def test_refuses_zones_of_nodes_outside_the_region_of_the_host():
    with pytest.raises(SettingsError) as refused:
        new({}, isRegional=True, locations=["us-central1-b", "europe-west1-b"])

    (problem,) = refused.value.problems
    assert problem.label == "Zones of the nodes"
    assert "europe-west1-b is not in the region" in problem.message


def test_refuses_expert_json_that_names_another_place_than_the_host_s_beside_other_mistakes():
    with pytest.raises(SettingsError) as refused:
        new({}, isRegional=True, locations=["europe-west1-b"], creationSettingsValve='{"location": "us-central1-a"}')

    assert [problem.label for problem in refused.value.problems] == ["Zones of the nodes", "Expert settings (JSON)"]


def test_takes_expert_json_that_names_the_place_of_the_host():
    assert new({}, creationSettingsValve='{"location": "us-central1-a"}').location == "us-central1-a"


def test_tries_the_fallback_zones_of_the_same_project_in_the_order_of_the_dialog():
    fields = {"connectionInfo": BOTH, "nodePools": [{}], "fallbackZones": ["us-east1-c", "europe-west1-c"]}
    settings = parse_create("c", fields, {})

    assert fallback_placements(settings, place_new_cluster(settings, HOST)) == (
        Placement("acme-data", "us-east1-c"),
        Placement("acme-data", "europe-west1-c"),
    )


def test_refuses_the_zone_of_the_host_among_the_fallback_zones():
    with pytest.raises(SettingsError, match="Fallback zones: us-central1-a is tried first already"):
        new({}, fallbackZones=["us-central1-a"])


def test_does_not_warn_of_a_fallback_zone_in_another_region():
    settings = parse_create("c", {"connectionInfo": {"region": "us-central1"}, "nodePools": [{}], **ELSEWHERE}, {})
    (elsewhere,) = fallback_placements(settings, place_new_cluster(settings, HOST))

    assert placement_warning(settings, elsewhere) is None


ELSEWHERE = {"fallbackZones": ["europe-west1-b"]}
