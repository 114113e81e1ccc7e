"""What a stop reads of the dialog, whatever else is wrong in it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.settings.stop import StopSettings, parse_stop


def default(name: str) -> Any:
    return next(each.default for each in cluster_descriptor("create-gke-cluster").params if each.name == name)


@pytest.mark.parametrize("config", [{}, {"deleteDeadlineMinutes": None, "deleteLoadBalancers": ""}])
def test_what_is_not_filled_in_has_the_default_of_the_form(config: Any) -> None:
    settings = parse_stop(config)
    assert settings.deadline_minutes == default("deleteDeadlineMinutes")
    assert settings.delete_load_balancers == default("deleteLoadBalancers")
    assert settings.delete_volumes == default("deleteVolumes")
    assert settings.control_plane_endpoint == default("controlPlaneEndpoint")


def test_nothing_is_cleared_away_unless_asked_for() -> None:
    assert not parse_stop({}).clears_away
    assert parse_stop({"deleteLoadBalancers": True}).clears_away
    assert parse_stop({"deleteVolumes": True}).clears_away


def test_reads_what_the_form_says() -> None:
    config = {
        "deleteDeadlineMinutes": 90,
        "deleteLoadBalancers": True,
        "deleteVolumes": "true",
        "controlPlaneEndpoint": "dns",
    }
    assert parse_stop(config) == StopSettings(
        deadline_minutes=90, delete_load_balancers=True, delete_volumes=True, control_plane_endpoint="dns"
    )


def test_counts_in_seconds_for_the_story() -> None:
    assert parse_stop({"deleteDeadlineMinutes": 15}).deadline_seconds == 900


@pytest.mark.parametrize("broken", ["soon", 9, 1441, 2.5, True, [], {"a": 1}])
def test_a_time_limit_that_cannot_be_counts_as_the_default(broken: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    settings = parse_stop({"deleteDeadlineMinutes": broken, "deleteVolumes": True})
    assert settings.deadline_minutes == default("deleteDeadlineMinutes")
    assert settings.delete_volumes
    assert "Time limit of a stop (minutes): must be " in caplog.text


@pytest.mark.parametrize("broken", ["perhaps", 2, [True]])
def test_what_is_not_surely_ticked_deletes_nothing(broken: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert not parse_stop({"deleteVolumes": broken}).delete_volumes
    assert "Delete persistent volumes at stop" in caplog.text


def test_an_endpoint_that_is_none_of_the_choices_counts_as_the_default() -> None:
    assert parse_stop({"controlPlaneEndpoint": "carrier pigeon"}).control_plane_endpoint == "automatic"


def test_what_is_broken_elsewhere_in_the_form_is_not_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    parse_stop({"connectionInfo": "nonsense", "nodePools": 7, "clusterVersion": {}})
    assert caplog.text == ""


def test_a_secret_in_a_wrong_field_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    token = "ya29." + "a" * 40
    parse_stop({"controlPlaneEndpoint": token})
    assert token not in caplog.text
    assert "Control plane" in caplog.text
