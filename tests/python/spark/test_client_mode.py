"""Spark as DSS runs it: the driver on its own host with the job's service account, the executors in the cluster."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.python.spark.conftest import POOL
from tests.python.spark.executors import processes
from tests.python.spark.stage import Stage, gone, running

_EXECUTORS = 2
_TIMEOUT_SECONDS = 240


@dataclass(frozen=True)
class Finished:
    """A job that ran to its end.

    Attributes:
        stage: where.
        job: its service account.
        executors: the pods, as they were while they ran.
        said: what the driver printed.
        log: what Spark said.
    """

    stage: Stage
    job: str
    executors: list[Any]
    said: str
    log: str


@pytest.fixture(scope="module")
def finished(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    folder = tmp_path_factory.mktemp("client")
    with stage.job() as job:
        # Nothing but the account's own token: no kubeconfig, so no identity of Google's.
        environment = {**stage.environment(folder), "PYSPARK_PYTHON": sys.executable}
        command = _command(stage, folder, job)
        log = folder / "driver.log"
        with (
            log.open("w") as complaints,
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=complaints, text=True) as driver,
        ):
            try:
                executors = stage.until(job, lambda pods: running(pods) and len(pods) == _EXECUTORS, role="executor")
                with processes(executors, stage.spark.home, folder, environment):
                    said, _ = driver.communicate(timeout=_TIMEOUT_SECONDS)
            finally:
                driver.kill()
        stage.until(job, gone, role="executor")
        assert driver.returncode == 0, log.read_text()
        yield Finished(stage, job, executors, said, log.read_text())


def _command(stage: Stage, folder: Path, job: str) -> list[str]:
    properties = stage.properties(folder, job)
    del properties["spark.kubernetes.context"]
    properties |= {
        **_credentials(stage, folder, job),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.instances": str(_EXECUTORS),
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
    }
    application = [str(stage.spark.home / "examples" / "src" / "main" / "python" / "pi.py"), "4"]
    words = ("--deploy-mode", "client")
    return stage.spark.command(stage.registered.server, properties, words, application)


def _credentials(stage: Stage, folder: Path, job: str) -> dict[str, str]:
    """Properties that name the files of the service account's token and of the cluster's CA, as its secret has them."""
    data = stage.token_data(job)
    files = {"oauthTokenFile": folder / "token", "caCertFile": folder / "ca.crt"}
    for field, file in zip(("token", "ca.crt"), files.values(), strict=True):
        file.touch(0o600)
        file.write_bytes(base64.b64decode(data[field]))
    return {f"spark.kubernetes.authenticate.{name}": str(file) for name, file in files.items()}


def test_a_job_computes_on_executors_that_the_service_account_made(finished: Finished) -> None:
    assert "Pi is roughly 3.1" in finished.said
    assert finished.log.count("Registered executor NettyRpcEndpointRef") == _EXECUTORS


def test_executors_are_on_the_node_pool_that_was_chosen_and_bear_its_taint(finished: Finished) -> None:
    for pod in finished.executors:
        node = finished.stage.truth.read_node(pod.spec.node_name)
        tolerations = [(one.key, one.operator, one.value, one.effect) for one in pod.spec.tolerations]
        assert pod.spec.node_selector == {"cloud.google.com/gke-nodepool": POOL}
        assert ("dedicated", "Equal", "spark", "NoSchedule") in tolerations
        assert node.metadata.labels["cloud.google.com/gke-nodepool"] == POOL


def test_executors_are_made_of_the_spark_image_and_run_as_the_jobs_account(finished: Finished) -> None:
    specs = [pod.spec for pod in finished.executors]

    assert {container.image for spec in specs for container in spec.containers} == {finished.stage.registered.image}
    assert {spec.service_account_name for spec in specs} == {finished.job}
    assert {pod.metadata.namespace for pod in finished.executors} == {"dssns-admin"}


def test_spark_takes_everything_of_a_job_away_at_its_end(finished: Finished) -> None:
    core = finished.stage.truth
    mine = f"spark-app-selector={finished.executors[0].metadata.labels['spark-app-selector']}"

    for kind in ("pod", "service", "config_map", "persistent_volume_claim"):
        assert getattr(core, f"list_namespaced_{kind}")("dssns-admin", label_selector=mine).items == []
