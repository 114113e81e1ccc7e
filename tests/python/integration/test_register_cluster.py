"""The macro *Register with DSS* as an administrator runs it, on both shapes of the general settings."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from tests.python.integration.conftest import Dss, Sandbox

# Some of them ask for it by name only, and it gets its settings back after each.
pytestmark = pytest.mark.usefixtures("dss")

MACRO = "pyrunnable_gke-clusters_register-cluster"
CREATE = "create-gke-cluster"
PROJECT = "REGISTRATION"
REGISTRY = "us-central1-docker.pkg.dev/sandbox-project/dss"


def run(dss: Dss, **params: Any) -> str:
    macro = dss.client.get_project(PROJECT).get_macro(MACRO)
    return str(macro.get_result(macro.run(params={"registryUrl": REGISTRY, **params}, wait=True), as_type="string"))


def outcomes(page: str) -> list[str]:
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def settings(dss: Dss) -> dict[str, Any]:
    document: dict[str, Any] = dss.client.get_general_settings().get_raw()
    return document


@pytest.fixture(scope="module")
def other_shape(tmp_path_factory: Any, plugin_archive: Path) -> Iterator[Dss]:
    """A DSS whose general settings have the other shape than those of the worker's."""
    running = Sandbox(tmp_path_factory.mktemp("other"), "--dss-version", "14")
    instance = Dss(running)
    instance.install(plugin_archive)
    instance.client.create_project(PROJECT, PROJECT, "admin")
    yield instance
    running.stop()


@pytest.fixture(scope="module")
def one_shape(dss: Dss) -> Dss:
    """The worker's DSS."""
    dss.client.create_project(PROJECT, PROJECT, "admin")
    return dss


@pytest.mark.parametrize("version", ["one_shape", "other_shape"])
def test_registers_a_cluster_once_and_changes_nothing_else(version: str, request: Any, unique_name: Any) -> None:
    dss = request.getfixturevalue(version)
    name = unique_name("reg")
    dss.cluster(name, CREATE, {})
    before = settings(dss)

    preview = run(dss, clusterId=name, preview=True)
    previewed = settings(dss)
    first = run(dss, clusterId=name, makeDefault=True, makeDefaultCluster=True)
    registered = settings(dss)
    second = run(dss, clusterId=name, makeDefault=True, makeDefaultCluster=True)

    assert outcomes(preview) == ["would change", "would change", "skipped", "skipped"]
    assert json.dumps(previewed) == json.dumps(before)
    assert outcomes(first) == ["changed"] * 4
    assert outcomes(second) == ["done"] * 4
    assert json.dumps(settings(dss)) == json.dumps(registered)
    assert registered["defaultK8sClusterId"] == name
    assert _without_ours(registered, name) == _without_ours(before, name)


def test_pods_run_on_a_chosen_node_pool_of_the_running_cluster(
    one_shape: Dss, sandbox: Sandbox, inline: Any, unique_name: Any
) -> None:
    name = unique_name("reg")
    taints = [{"key": "dedicated", "value": "gpu", "effect": "NO_SCHEDULE"}]
    pool = {"nodePoolName": "gpu", "numNodes": 1, "nodepoolTaints": taints}
    connection = inline({"projectId": sandbox.project, "zone": "us-central1-a"})
    cluster = one_shape.cluster(name, CREATE, {"connectionInfo": connection, "nodePools": [inline(pool)]})
    cluster.start()

    page = run(one_shape, clusterId=name, nodePool="gpu")

    cluster.stop()
    spark = _named(settings(one_shape)["sparkSettings"]["executionConfigs"], name)
    assert outcomes(page)[:2] == ["changed", "changed"]
    assert {"spark.kubernetes.node.selector.cloud.google.com/gke-nodepool"} == {each["key"] for each in spark["conf"]}
    assert "key: dedicated" in spark["kubernetesSettings"]["executorPodTemplate"]


def test_wrong_fields_are_refused_by_their_labels_before_anything_is_asked(one_shape: Dss) -> None:
    with pytest.raises(DataikuException) as refused:
        run(one_shape, clusterId="no-such-cluster", registryUrl="HOST", gpus=99)

    assert "- Image registry: " in str(refused.value)
    assert "- GPUs of a container: must be 16 or less" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in items if each["name"] == name)


def _without_ours(document: dict[str, Any], name: str) -> dict[str, Any]:
    left = copy.deepcopy(document)
    containers, spark = left["containerSettings"], left["sparkSettings"]
    for items in (containers.get("buildConfigs", []), containers["executionConfigs"], spark["executionConfigs"]):
        items[:] = [each for each in items if not each["name"].startswith(name)]
    for holder, field in (
        (left, "defaultK8sClusterId"),
        (containers, "defaultExecutionConfig"),
        (containers, "defaultExecutionConfigForVisualRecipesWorkloads"),
        (spark, "configForInteractive"),
        (spark, "configForJupyter"),
        (spark, "sparkEnabled"),
    ):
        holder.pop(field, None)
    return left
