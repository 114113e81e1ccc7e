"""Clusters that the sandbox's own interface plants."""

from collections.abc import Callable
from typing import Any

import pytest

Json = dict[str, Any]


@pytest.fixture
def name(new_name: Callable[[], str]) -> str:
    return new_name()


@pytest.fixture
def planted(gke, name: str) -> Callable[..., Json]:
    """Plant a cluster and return it as GKE shows it."""

    def plant(nodes: int = 1, **fields: Any) -> Json:
        cluster = {"name": name, "initialNodeCount": nodes}
        status, answer = gke.plant({"location": "us-central1-a", "cluster": cluster, **fields})
        assert status == 201, answer
        found: Json = gke.get(f"{gke.zone}/clusters/{name}")
        return found

    return plant


def test_a_planted_cluster_runs_at_once_with_its_nodes_and_without_an_operation(gke, planted) -> None:
    cluster = planted(nodes=3)
    assert cluster["status"] == cluster["nodePools"][0]["status"] == "RUNNING"
    assert cluster["currentNodeCount"] == 3
    operations = gke.get(f"{gke.zone}/operations").get("operations", [])
    assert cluster["selfLink"] not in [operation["targetLink"] for operation in operations]


def test_a_planted_cluster_has_no_control_plane_unless_asked_for(gke, planted, name) -> None:
    assert "endpoint" not in planted()
    assert name not in gke.planes.by_name


def test_a_control_plane_that_is_asked_for_gets_the_nodes(gke, planted, name) -> None:
    assert planted(nodes=2, control_plane=True)["endpoint"] == "127.0.0.1:40001"
    assert len(gke.planes.by_name[name].nodes) == 2


def test_a_planted_cluster_is_as_old_as_wanted(planted) -> None:
    assert planted(createTime="2026-01-31T13:00:00+01:00")["createTime"] == "2026-01-31T12:00:00+00:00"


def test_a_planted_cluster_can_be_deleted(gke, planted, name) -> None:
    planted()
    gke.do("DELETE", f"{gke.zone}/clusters/{name}")
    assert gke.call("GET", f"{gke.zone}/clusters/{name}")[0] == 404


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"location": "mars-1"}, 'Location "mars-1" does not exist.'),
        ({"project": "nobody"}, "there is no project nobody"),
        ({"createTime": "yesterday"}, "createTime 'yesterday' is no time"),
        ({"colour": "red"}, "not colour"),
        ({"cluster": {"name": "planted", "colour": "red"}}, 'Unknown name "colour"'),
    ],
)
def test_plants_none_if_one_cannot_be(gke, name, wrong: Json, told: str) -> None:
    good = {"location": "us-central1-a", "cluster": {"name": name, "initialNodeCount": 1}}
    other = {"location": "us-central1-b", "cluster": {"name": name, "initialNodeCount": 1}}
    status, answer = gke.plant(good, {**other, **wrong})
    assert status == 400
    assert told in answer["error"]
    assert gke.call("GET", f"{gke.zone}/clusters/{name}")[0] == 404


def test_refuses_to_plant_two_of_a_name(gke, planted, name) -> None:
    planted()
    status, answer = gke.plant({"location": "us-central1-a", "cluster": {"name": name, "initialNodeCount": 1}})
    assert status == 409
    assert "Already exists" in answer["error"]
