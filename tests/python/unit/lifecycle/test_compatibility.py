"""What an administrator saved with 1.5.1 attaches and stops the same cluster; the recorded cases say which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.attach import attach_cluster
from gke_clusters.lifecycle.stop import stop_cluster
from gke_clusters.settings.attach import parse_attach
from gke_clusters.settings.connection import parse_credentials
from gke_clusters.settings.stop import parse_stop
from tests.python.unit.lifecycle.contents import FakeContents

CASES = json.loads((Path(__file__).resolve().parents[2] / "data" / "compat" / "gke-clusters-1.5.1.json").read_text())


def saved(component: str, call: str = "start") -> list[dict[str, Any]]:
    found = [case for case in CASES["cases"] if case["component"] == component and case.get("call", "start") == call]
    assert found
    return found


def test_attaches_where_1_5_1_did(world: Any) -> None:
    for case in saved("attach-gke-cluster"):
        settings = parse_attach(case["config"], case["plugin_config"])
        expected = case["expect"]
        name = ClusterName("acme-data", expected["location"], settings.cluster_name)
        cluster = world.cluster(name, labels={})
        dns = {"endpoint": "gke-1.gke.goog", "allowExternalTraffic": True}
        cluster.resource["controlPlaneEndpointsConfig"] = {"dnsEndpointConfig": dns}
        world.clusters.add(cluster)
        handover = world.handover(endpoint=settings.control_plane_endpoint, access_required=False)
        _, data = attach_cluster(settings, world.google, handover, world.progress)
        assert data["cluster"]["location"] == expected["location"]
        assert world.clusters.calls == ["get"]
        assert settings.control_plane_endpoint == expected["endpoint"]
        assert "https://gke-1.gke.goog" in world.control_plane.kubeconfigs[-1]


def test_stops_what_the_data_of_1_5_1_means_whatever_the_form_says_now(world: Any) -> None:
    for case in saved("create-gke-cluster", "stop"):
        cluster = case["data"]["cluster"]
        name = ClusterName("acme-data", cluster["location"], cluster["name"])
        world.clusters.add(world.cluster(name, labels=cluster["resourceLabels"], self_link=cluster["selfLink"]))
        assert parse_credentials(case["plugin_config"]).mode == "application-default"
        deleted: list[str] = []
        delete = world.clusters.delete_cluster

        def record(wanted: ClusterName, delete: Any = delete, deleted: list[str] = deleted) -> Any:
            deleted.append(wanted.path)
            return delete(wanted)

        world.clusters.delete_cluster = record
        stop_cluster(
            case["data"],
            world.owner,
            parse_stop(case["config"]),
            lambda: world.google,
            world.directory,
            world.progress,
            reach=lambda *_: FakeContents(),
        )
        assert deleted == [case["expect"]["deletes"]]
