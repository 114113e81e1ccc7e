from __future__ import annotations

import json

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import parse_create

ZONE, OTHER, ABROAD = "us-central1-a", "us-central1-b", "europe-west1-b"
LABEL, SUBNETWORK, EXPERT = "Fallback zones", "Subnetwork", "Expert settings (JSON)"
IN_US = "projects/net/regions/us-central1/subnetworks/sub"


def create(*zones, expert=None, **fields):
    config = {"connectionInfo": {"zone": ZONE}, "nodePools": [{}], "fallbackZones": list(zones)}
    return parse_create("c", {**config, "creationSettingsValve": json.dumps(expert or {}), **fields}, {})


def problems(*zones, **fields):
    with pytest.raises(SettingsError) as refused:
        create(*zones, **fields)
    return {problem.label: problem.message for problem in refused.value.problems}


def test_keeps_the_order_of_the_dialog():
    assert create(ABROAD, OTHER).fallback_zones == (ABROAD, OTHER)


def test_refuses_what_is_no_zone():
    assert "this is a region" in problems("us-central1")[LABEL]


def test_refuses_the_zone_that_is_tried_first():
    assert problems(OTHER, ZONE) == {LABEL: f"{ZONE} is tried first already: it is the zone of the cluster"}


def test_tries_a_zone_once_that_is_named_twice():
    assert create(OTHER, ABROAD, OTHER).fallback_zones == (OTHER, ABROAD)


def test_takes_any_zone_where_only_the_dss_host_knows_the_first():
    assert create(ZONE, connectionInfo={}).fallback_zones == (ZONE,)


def test_is_one_mistake_where_the_connection_is_another():
    assert set(problems(ZONE, connectionInfo={"zone": "x"})) == {"GKE connection › Zone"}


@pytest.mark.parametrize("hidden_by", [{"isRegional": True}, {"isAutopilot": True}])
def test_counts_for_zonal_clusters_only(hidden_by):
    assert create(ZONE, ZONE, **hidden_by).fallback_zones == ()


@pytest.mark.parametrize("expert", [{"locations": [ZONE]}, {"nodePools": [{"name": "p", "locations": [ZONE]}]}])
def test_refuses_expert_settings_that_fix_the_zones_of_nodes(expert):
    assert "cannot set locations" in problems(OTHER, expert=expert)[EXPERT]


def test_takes_expert_settings_that_fix_zones_of_nodes_where_there_is_no_other_zone():
    assert create(expert={"locations": [ZONE]}).expert == {"locations": [ZONE]}


@pytest.mark.parametrize("expert", [{"locations": None}, {"nodePools": [{"name": "p", "locations": []}]}])
def test_takes_expert_settings_that_leave_the_zones_open(expert):
    assert create(OTHER, expert=expert).fallback_zones == (OTHER,)


def test_refuses_a_subnetwork_that_is_in_another_region():
    found = problems(OTHER, ABROAD, inheritFromDSSHost=False, subNetwork=IN_US)

    assert found[SUBNETWORK].startswith(f"is in us-central1, and the fallback zone {ABROAD} is not")


def test_refuses_a_subnetwork_of_the_expert_settings_that_is_in_another_region():
    assert "is in us-central1" in problems(ABROAD, expert={"subnetwork": IN_US})[EXPERT]


def test_takes_a_subnetwork_of_the_region_of_all_zones():
    assert create(OTHER, inheritFromDSSHost=False, subNetwork=IN_US, expert={"subnetwork": IN_US}).fallback_zones


def test_takes_a_name_that_a_subnetwork_of_each_region_may_have():
    assert create(ABROAD, inheritFromDSSHost=False, subNetwork="sub", expert={"subnetwork": 7}).subnetwork == "sub"


def test_is_one_mistake_where_the_zones_are_wrong_themselves():
    found = problems("x", inheritFromDSSHost=False, subNetwork=IN_US, expert={"locations": [ZONE]})

    assert set(found) == {LABEL}


@pytest.mark.parametrize(("zones", "minutes"), [((OTHER, ABROAD), 89), ((OTHER,), 49)])
def test_warns_of_a_time_limit_that_ends_before_the_last_zone_had_its_chance(zones, minutes):
    (warning,) = create(*zones, createDeadlineMinutes=minutes).warnings

    assert f"{minutes} minutes may be over" in warning
    assert f"takes up to {minutes + 1}" in warning


@pytest.mark.parametrize(("zones", "minutes"), [((OTHER, ABROAD), 90), ((OTHER,), 50), ((), 10)])
def test_does_not_warn_of_a_time_limit_that_is_long_enough(zones, minutes):
    assert create(*zones, createDeadlineMinutes=minutes).warnings == ()
