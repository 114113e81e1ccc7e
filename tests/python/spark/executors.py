"""Plays the nodes under a Spark job: what the containers of its executor pods say is run, as processes of this machine.

The pods are simulated, so nothing runs in them. Here the program that Spark's image starts for an executor is started
with the variables of the pod: https://github.com/apache/spark/blob/master/resource-managers/kubernetes/docker
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LOOPBACK = "127.0.0.1"
_BACKEND = "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend"
_STOP_SECONDS = 10


@contextmanager
def processes(pods: list[Any], home: Path, folder: Path, outer: Mapping[str, str]) -> Iterator[None]:
    """Run a process for each executor pod until the end of the block.

    Args:
        pods: the pods, each running on a node.
        home: of Spark.
        folder: for what the executors write.
        outer: the variables that any program gets.
    """
    started: list[subprocess.Popen[bytes]] = []
    try:
        for pod in pods:
            with (folder / f"{pod.metadata.name}.log").open("wb") as log:
                variables = {**outer, "SPARK_LOCAL_DIRS": str(folder), "SPARK_HOME": str(home)}
                command = executor_command(pod, home)
                started.append(subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT))
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(_STOP_SECONDS)


def executor_command(pod: Any, home: Path) -> list[str]:
    """Return the command that Spark's image makes of an executor pod's variables."""
    (container,) = pod.spec.containers
    assert container.args == ["executor"]
    told = {each.name: each.value for each in container.env}
    options = [told[name] for name in sorted(told, key=_number) if re.fullmatch(r"SPARK_JAVA_OPT_\d+", name)]
    arguments = {
        "--driver-url": told["SPARK_DRIVER_URL"],
        "--executor-id": told["SPARK_EXECUTOR_ID"],
        "--cores": told["SPARK_EXECUTOR_CORES"],
        "--app-id": told["SPARK_APPLICATION_ID"],
        # In the cluster, the pod's own address.
        "--hostname": _LOOPBACK,
        "--bind-address": _LOOPBACK,
        "--resourceProfileId": told["SPARK_RESOURCE_PROFILE_ID"],
        "--podName": pod.metadata.name,
    }
    words = [word for pair in arguments.items() for word in pair]
    memory = f"-Xmx{told['SPARK_EXECUTOR_MEMORY']}"
    return ["java", *options, memory, "-cp", str(home / "jars" / "*"), _BACKEND, *words]


def _number(name: str) -> int:
    return int(name.rpartition("_")[2]) if name[-1].isdigit() else 0
