from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import parse_create
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.placement import Placement, place_new_cluster

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
