from __future__ import annotations

import json
import sys
from types import ModuleType

import dataikuapi
import pytest
import responses

from gke_clusters.dss.clusters import read_cluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.errors import DssRefused

URL = "http://dss.example:11200"
TYPE = "pycluster_gke-clusters_create-gke-cluster"
RAW = {"type": TYPE, "state": "RUNNING", "params": {"config": {"connectionInfo": {"mode": "PRESET", "name": "gcp"}}}}


@pytest.fixture
def instance():
    return DssInstance(dataikuapi.DSSClient(URL, "key"))


def intercom(monkeypatch, answer):
    calls = []

    def backend_json_call(path, data=None):
        calls.append((path, data))
        if isinstance(answer, Exception):
            raise answer
        return answer

    module = ModuleType("dataiku.core.intercom")
    module.backend_json_call = backend_json_call
    for name in ("dataiku", "dataiku.core"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "dataiku.core.intercom", module)
    return calls


@responses.activate
def test_a_cluster_has_its_presets_resolved(instance, monkeypatch):
    responses.get(f"{URL}/dip/publicapi/admin/clusters/c", json={**RAW, "data": {"cluster": {"name": "c"}}})
    calls = intercom(monkeypatch, {"config": {"connectionInfo": {"projectId": "p"}}, "pluginConfig": {"x": {}}})

    cluster = read_cluster(instance, "c")

    assert cluster.config == {"connectionInfo": {"projectId": "p"}}
    assert cluster.plugin_config == {"x": {}}
    assert cluster.data == {"cluster": {"name": "c"}}
    assert (cluster.id, cluster.type, cluster.state) == ("c", TYPE, "RUNNING")
    [(path, asked)] = calls
    assert path == "plugins/get-resolved-settings"
    assert json.loads(asked["elementConfig"]) == RAW["params"]["config"]
    assert asked["elementType"] == TYPE


@responses.activate
def test_a_cluster_that_was_never_started_has_no_data(instance):
    responses.get(f"{URL}/dip/publicapi/admin/clusters/c", json={"type": TYPE})

    cluster = read_cluster(instance, "c", resolve=lambda _type, config: {"config": config})

    assert (cluster.state, cluster.data, cluster.plugin_config) == ("NONE", {}, {})


@responses.activate
def test_a_cluster_that_dss_does_not_know_is_refused(instance):
    responses.get(f"{URL}/dip/publicapi/admin/clusters/c", status=404, json={"message": "Cluster not found: c"})

    with pytest.raises(DssRefused) as refused:
        read_cluster(instance, "c")

    assert "Cluster not found" in refused.value.verbatim
    assert refused.value.resource == "DSS cluster c"


@responses.activate
def test_presets_that_cannot_be_read_are_said(instance, monkeypatch):
    responses.get(f"{URL}/dip/publicapi/admin/clusters/c", json=RAW)
    intercom(monkeypatch, RuntimeError("no such preset"))

    with pytest.raises(DssRefused, match="no such preset"):
        read_cluster(instance, "c")
