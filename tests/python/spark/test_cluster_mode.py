"""`SparkPi` in cluster mode, submitted by Spark's own client with what *Register with DSS* wrote."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.python.spark.conftest import POOL, REGISTRY
from tests.python.spark.stage import Stage, gone, running


@dataclass(frozen=True)
class Submitted:
    """A job that was submitted, and what Spark said to that."""

    stage: Stage
    folder: Path
    job: str
    said: str

    @property
    def driver(self) -> Any:
        (pod,) = self.stage.pods(self.job)
        return pod


@pytest.fixture(scope="module")
def submitted(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Submitted]:
    folder = tmp_path_factory.mktemp("submitted")
    with stage.job() as job:
        said = stage.submit(folder, job)
        stage.until(job, running)
        yield Submitted(stage, folder, job, said)


def test_the_driver_runs_in_the_users_namespace_as_the_jobs_own_account(submitted: Submitted) -> None:
    spec = submitted.driver.spec

    assert submitted.driver.metadata.namespace == "dssns-admin"
    assert spec.service_account_name == submitted.job
    assert f"submission ID dssns-admin:{submitted.driver.metadata.name}" in submitted.said


def test_the_driver_is_made_of_the_spark_image_in_the_registry(submitted: Submitted) -> None:
    (container,) = submitted.driver.spec.containers

    assert container.image == submitted.stage.registered.image
    assert container.image.startswith(f"{REGISTRY}/dku-spark-base-")
    assert container.args[3:5] == ["--class", "org.apache.spark.examples.SparkPi"]


def test_the_driver_is_on_the_node_pool_that_was_chosen_and_bears_its_taint(submitted: Submitted) -> None:
    spec = submitted.driver.spec
    node = submitted.stage.truth.read_node(spec.node_name)

    assert spec.node_selector == {"cloud.google.com/gke-nodepool": POOL}
    assert ("dedicated", "Equal", "spark", "NoSchedule") in [
        (one.key, one.operator, one.value, one.effect) for one in spec.tolerations
    ]
    assert node.metadata.labels["cloud.google.com/gke-nodepool"] == POOL
    assert [(taint.key, taint.value) for taint in node.spec.taints] == [("dedicated", "spark")]


def test_the_drivers_service_and_config_map_belong_to_it(submitted: Submitted) -> None:
    core, driver = submitted.stage.truth, submitted.driver
    (service,) = _owned(core.list_namespaced_service("dssns-admin").items, driver)
    maps = [each.data for each in _owned(core.list_namespaced_config_map("dssns-admin").items, driver)]

    assert service.spec.cluster_ip == "None"
    assert service.spec.selector["spark-app-name"] == submitted.job
    assert sorted(map(sorted, maps)) == [["podspec-configmap-key"], ["spark.kubernetes.namespace", "spark.properties"]]
    told = next(each for each in maps if "spark.properties" in each)
    assert told["spark.kubernetes.namespace"] == "dssns-admin"
    account = f"spark.kubernetes.authenticate.driver.serviceAccountName={submitted.job}"
    assert account in told["spark.properties"].splitlines()


def test_the_permissions_that_the_plugin_documents_suffice(submitted: Submitted) -> None:
    sandbox = submitted.stage.sandbox
    asked = {
        (request["method"], request["path"].partition("dssns-admin/")[2].partition("/")[0], request["status"])
        for request in sandbox.requests(service="kubernetes")
        if request["principal"] == sandbox.host_email and "dssns-admin/" in request["path"]
    }

    assert asked >= {
        ("POST", "serviceaccounts", 201),
        ("POST", "roles", 201),
        ("POST", "rolebindings", 201),
        ("POST", "secrets", 201),
        ("POST", "pods", 201),
        ("PATCH", "services", 201),
        ("PATCH", "configmaps", 201),
    }
    assert [one for one in asked if one[2] >= 400] == []


def test_spark_tells_how_its_driver_does_and_kills_it_with_all_that_belongs_to_it(submitted: Submitted) -> None:
    stage, driver = submitted.stage, submitted.driver
    name = f"dssns-admin:{driver.metadata.name}"

    told = stage.manage(submitted.folder, "--status", name)
    stage.manage(submitted.folder, "--kill", name)

    assert "phase: Running" in told
    assert f"container image: {stage.registered.image}" in told
    stage.until(submitted.job, gone)
    core = stage.truth
    assert _owned(core.list_namespaced_service("dssns-admin").items, driver) == []
    assert _owned(core.list_namespaced_config_map("dssns-admin").items, driver) == []


def test_who_waits_for_the_driver_is_told_its_end(stage: Stage, tmp_path: Path) -> None:
    with stage.job() as job:
        command = stage.submission(tmp_path, job, wait=True)
        environment = stage.environment(tmp_path, stage.registered.kubeconfig)
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as waiting:
            try:
                assert waiting.stdout is not None
                assert any("to finish..." in line for line in waiting.stdout)
                (driver,) = stage.until(job, running)
                stage.end(driver, exit_code=0)
                rest = waiting.stdout.read()
            except BaseException:
                waiting.kill()
                raise

    assert "exit code: 0" in rest
    assert waiting.returncode == 0


def _owned(items: list[Any], owner: Any) -> list[Any]:
    return [item for item in items if owner.metadata.uid in [one.uid for one in item.metadata.owner_references or ()]]
