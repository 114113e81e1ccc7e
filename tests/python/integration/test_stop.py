"""What a stop does about load balancers and volumes, as an administrator sees it from DSS."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.python.integration.furnished_cluster import FurnishedCluster

CLEARING = {"deleteLoadBalancers": True, "deleteVolumes": True}
ZONE, REGION = "us-central1-a", "us-central1"
RULES = f"regions/{REGION}/forwardingRules"


@pytest.fixture
def furnished(dss, sandbox, inline, unique_name, tmp_path):
    """Start a DSS cluster with something in it that is billed; the cluster, and how to speak to it."""
    started = []

    def make(**form):
        config = {
            "connectionInfo": inline({"projectId": "sandbox-project", "zone": ZONE}),
            "nodePools": [inline({"machineType": "n2-highmem-8", "numNodes": 1})],
        }
        cluster = dss.cluster(unique_name("stop"), "create-gke-cluster", config | form)
        cluster.start()
        started.append(cluster)
        (there,) = (each for each in sandbox.clusters() if each["name"] == cluster.cluster_id)
        return cluster, FurnishedCluster(sandbox, there, tmp_path)

    yield make
    for cluster in started:
        with contextlib.suppress(Exception):
            cluster.stop(terminate=True)


def log_of(cluster):
    return (folder_of(cluster).parent / "log" / "cluster.log").read_text()


def folder_of(cluster):
    raw = cluster.get_settings().get_raw()
    return Path(raw["containerSettings"]["executionConfigsGenericOverrides"]["kubeConfigPath"]).parent


def names(sandbox, path):
    answer = sandbox.call(f"{sandbox.compute_url}/compute/v1/projects/{sandbox.project}/{path}")
    return [each["name"] for each in answer.json()["items"]]


def gone(sandbox, cluster):
    return cluster.cluster_id not in [each["name"] for each in sandbox.clusters()]


def test_names_disks_and_load_balancers_that_stay_with_the_commands_that_delete_them(sandbox, furnished):
    cluster, inside = furnished()
    rule, disk = inside.add_load_balancer(), inside.add_database()
    cluster.stop(terminate=False)
    assert gone(sandbox, cluster)
    assert rule in names(sandbox, RULES)
    assert disk in names(sandbox, f"zones/{ZONE}/disks")
    log = log_of(cluster)
    assert f"gcloud compute disks delete {disk} --zone {ZONE} --project {sandbox.project}" in log
    assert f"gcloud compute forwarding-rules delete {rule} --region {REGION} --project {sandbox.project}" in log


def test_leaves_nothing_that_is_billed_where_that_is_ticked(sandbox, furnished):
    cluster, inside = furnished(**CLEARING)
    rule, disk = inside.add_load_balancer(), inside.add_database()
    inside.add_ingress()
    inside.add_gateway()
    cluster.stop(terminate=False)
    assert gone(sandbox, cluster)
    assert rule not in names(sandbox, RULES)
    assert disk not in names(sandbox, f"zones/{ZONE}/disks")
    log = log_of(cluster)
    for kind in ("Service default/web", "Ingress default/site", "Gateway default/gw", "StatefulSet default/db"):
        assert f"Deleting {kind} before the cluster" in log
    assert "left no disk, forwarding rule or address behind" in log


def test_clears_away_although_its_kubeconfig_is_damaged_and_the_form_is_broken(sandbox, furnished):
    cluster, inside = furnished(deleteLoadBalancers=True)
    rule = inside.add_load_balancer()
    (folder_of(cluster) / "kube_config").write_text("apiVersion: v1\nclus")
    settings = cluster.get_settings()
    broken = {"deleteDeadlineMinutes": "soon", "clusterVersion": {"not": "a version"}, "nodePools": "nonsense"}
    settings.get_raw()["params"]["config"].update(broken)
    settings.save()
    cluster.stop(terminate=False)
    assert gone(sandbox, cluster)
    assert rule not in names(sandbox, RULES)
    assert "Time limit of a stop (minutes)" in log_of(cluster)


def test_stops_without_looking_inside_where_the_control_plane_does_not_answer(sandbox, furnished):
    cluster, inside = furnished()
    rule, disk = inside.add_load_balancer(), inside.add_database()
    down = {"service": "kubernetes", "method": "*", "path": "*", "times": 1000, "effect": {"reset": "before"}}
    with sandbox.faults(down):
        cluster.stop(terminate=False)
    assert gone(sandbox, cluster)
    log = log_of(cluster)
    assert "can neither be looked at nor cleared away" in log
    assert f"gcloud compute disks delete {disk} --zone {ZONE}" in log
    assert f"gcloud compute forwarding-rules describe {rule} --region {REGION}" in log
