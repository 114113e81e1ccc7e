"""How a stop reaches the cluster: by what GKE answers now, and how long it waits for the control plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.kubeconfig import Endpoint
from gke_clusters.lifecycle import contents
from gke_clusters.lifecycle.contents import reach_contents
from gke_clusters.settings.stop import parse_stop


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The kubeconfigs and the patience with which a control plane was asked; it answers."""
    told: list[Any] = []

    def connect(path: Path, endpoint: Endpoint) -> str:
        told.append(path.read_text())
        return f"API of the {endpoint}"

    def probe(api: str, patience_seconds: float) -> None:
        told.extend([patience_seconds, api])

    monkeypatch.setattr(KubernetesApi, "from_kubeconfig", connect)
    monkeypatch.setattr(contents, "probe", probe)
    monkeypatch.setattr(contents, "BilledObjects", lambda api: f"objects behind the {api}")
    return told


@pytest.mark.parametrize("before", [None, "truncat", "x: y"])
def test_writes_the_kubeconfig_anew_whatever_became_of_it(world: Any, reached: list[Any], before: str | None) -> None:
    world.directory.mkdir()
    if before:
        (world.directory / "kube_config").write_text(before)
    reach_contents(world.cluster(), world.google, world.directory, parse_stop({}))
    assert "server: https://203.0.113.1" in reached[0]


def test_asks_and_returns_what_answers_at_the_endpoint_of_the_kubeconfig(world: Any, reached: list[Any]) -> None:
    found: Any = reach_contents(world.cluster(), world.google, world.directory, parse_stop({}))
    assert reached[2] == "API of the public endpoint https://203.0.113.1"
    assert found == f"objects behind the {reached[2]}"
    assert "gke_acme_europe-west1-b_my-cluster" in reached[0]


def test_uses_the_endpoint_that_the_form_names(world: Any, reached: list[Any]) -> None:
    settings = parse_stop({"controlPlaneEndpoint": "dns"})
    with pytest.raises(ControlPlaneUnreachable):
        reach_contents(world.cluster(), world.google, world.directory, settings)
    assert reached == []


@pytest.mark.parametrize(("form", "seconds"), [({}, 5), ({"deleteVolumes": True}, 60)])
def test_waits_for_long_only_where_there_is_something_to_clear_away(
    world: Any, reached: list[Any], form: Any, seconds: float
) -> None:
    reach_contents(world.cluster(), world.google, world.directory, parse_stop(form))
    assert reached[1] == seconds
