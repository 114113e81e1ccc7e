"""Configurations that 1.5.1 saved, run by DSS through the plugin: what GKE is then asked for."""

import json
from pathlib import Path

import pytest
import yaml

from sandbox.process import ROOT

CASES = json.loads((ROOT / "tests/python/data/compat/gke-clusters-1.5.1.json").read_text())["cases"]


def cases(component, call="start"):
    chosen = [case for case in CASES if case["component"] == component and case.get("call", "start") == call]
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in chosen])


def as_dss_stores_it(config, plugin_config, inline):
    """Return a resolved configuration in the form that DSS resolves it from."""
    stored = dict(config)
    stored["connectionInfo"] = inline(config["connectionInfo"], plugin_config.get("connectionInfo"))
    if "nodePools" in config:
        stored["nodePools"] = [inline(pool) for pool in config["nodePools"]]
    return stored


def at(content, path):
    for step in path.split("."):
        content = content[int(step)] if isinstance(content, list) else content[step]
    return content


def changes(sandbox, name):
    """Return the changes that GKE was asked for and that concern this cluster."""
    return [
        seen
        for seen in sandbox.requests()
        if seen["service"] == "container"
        and seen["method"] != "GET"
        and name in json.dumps([seen["path"], seen["body"]])
    ]


@cases("create-gke-cluster")
def test_asks_for_the_cluster_that_the_old_plugin_asked_for(case, sandbox, dss, inline, unique_name):
    name = unique_name("compat")
    cluster = dss.cluster(name, case["component"], as_dss_stores_it(case["config"], case["plugin_config"], inline))
    cluster.start()
    (created,) = changes(sandbox, name)
    cluster.stop(terminate=True)

    content = {"location": created["path"].split("/locations/")[1].split("/")[0], **created["body"]}
    assert {path: at(content, path) for path in case["expect"]} == case["expect"]
    assert not [left for left in sandbox.clusters() if left["name"] == name]


@cases("attach-gke-cluster")
def test_attaches_the_cluster_that_the_old_plugin_attached(case, sandbox, dss, inline, unique_name):
    expected, name = case["expect"], case["config"]["clusterId"]
    dns = {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}}}
    there = sandbox.create_cluster(expected["location"], name, "acme-data", **dns)
    config = as_dss_stores_it(case["config"], case["plugin_config"], inline)
    attached = dss.cluster(unique_name("attach"), case["component"], config)
    attached.start()
    overrides = attached.get_settings().get_raw()["containerSettings"]["executionConfigsGenericOverrides"]
    server = yaml.safe_load(Path(overrides["kubeConfigPath"]).read_text())["clusters"][0]["cluster"]["server"]
    attached.stop(terminate=True)

    assert attached_location(overrides) == expected["location"]
    assert server == f"https://{there['controlPlaneEndpointsConfig']['dnsEndpointConfig']['endpoint']}"
    assert [left["id"] for left in sandbox.clusters() if left["name"] == name] == [there["id"]]


def attached_location(overrides):
    return overrides["kubeCtlContext"].split("_")[2]


@cases("create-gke-cluster", call="stop")
def test_stops_the_cluster_that_the_old_plugin_started(case, sandbox, dss, inline, unique_name):
    target = case["expect"]["deletes"]
    location, name = target.split("/")[3], target.split("/")[-1]
    sandbox.create_cluster(location, name, "acme-data")
    config = as_dss_stores_it(case["config"], case["plugin_config"], inline)
    cluster = dss.cluster(unique_name("old"), case["component"], config)
    settings = cluster.get_settings()
    settings.get_raw()["data"] = case["data"]
    settings.save()
    cluster.stop(terminate=False, force_stop=True)

    deleted = [
        seen["path"].split("?")[0].split("/v1/")[1] for seen in changes(sandbox, name) if seen["method"] == "DELETE"
    ]
    assert deleted == [target]
    assert not [left for left in sandbox.clusters() if left["name"] == name]
