"""A registered cluster and a Spark that uses it as DSS tells it to."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kubernetes import client, config, watch

from tests.python.integration.conftest import Dss, Sandbox
from tests.python.spark.registered import Registered, delete_service_account, make_service_account
from tests.python.spark.submission import Spark, run

SPARK_PI = ("--class", "org.apache.spark.examples.SparkPi")
# Where Spark's images have it: https://spark.apache.org/docs/latest/running-on-kubernetes.html#cluster-mode
SPARK_PI_JAR = "local:///opt/spark/examples/jars/spark-examples.jar"
_JOB = "dss-job"
_ROLES = ("driver", "executor")
# Ended by the change that is waited for, however slow the machine.
_WAIT_SECONDS = 120


@dataclass(frozen=True)
class Stage:
    """What the tests of one shape of the general settings share.

    Attributes:
        sandbox: the sandbox.
        dss: its DSS.
        spark: what submits.
        registered: what the macro wrote, as DSS reads it for a user.
    """

    sandbox: Sandbox
    dss: Dss
    spark: Spark
    registered: Registered

    @cached_property
    def host(self) -> Any:
        """The cluster through the kubeconfig: as the DSS host, with the permissions that the plugin documents."""
        return config.new_client_from_config(str(self.registered.kubeconfig), self.registered.context)

    @cached_property
    def truth(self) -> Any:
        """The cluster as an administrator sees it."""
        known = client.Configuration()
        known.host = self.registered.server
        known.ssl_ca_cert = self.host.configuration.ssl_ca_cert
        known.api_key = {"authorization": f"Bearer {self.sandbox.token}"}
        return client.CoreV1Api(client.ApiClient(known))

    @contextlib.contextmanager
    def job(self) -> Iterator[str]:
        """A service account for one job, which goes with it; returns its name, by which the job is known."""
        name = f"dss-spark-{uuid.uuid4().hex[:8]}"
        make_service_account(self.host, self.registered.namespace, name)
        try:
            yield name
        finally:
            delete_service_account(self.host, self.registered.namespace, name)

    def token_data(self, job: str) -> dict[str, str]:
        """What the token secret of a job's service account holds, read as the DSS host: base64 by field."""
        core: Any = client.CoreV1Api(self.host)
        namespace, chosen = self.registered.namespace, {"field_selector": f"metadata.name={job}"}
        listed = core.list_namespaced_secret(namespace, **chosen)
        for secret in listed.items:
            if secret.data:
                return dict(secret.data)
        since = listed.metadata.resource_version
        for event in watch.Watch().stream(
            self.truth.list_namespaced_secret,
            namespace,
            **chosen,
            resource_version=since,
            timeout_seconds=_WAIT_SECONDS,
        ):
            if event["object"].data:
                return dict(event["object"].data)
        raise AssertionError(f"no token for {job} after {_WAIT_SECONDS} s")

    def properties(self, folder: Path, job: str) -> dict[str, str]:
        """What DSS adds to the properties of the configuration for a job, drivers and executors placed alike."""
        found = self.registered
        properties = {
            **found.properties,
            "spark.kubernetes.context": found.context,
            "spark.kubernetes.namespace": found.namespace,
            "spark.kubernetes.container.image": found.image,
        }
        for role in _ROLES:
            properties[f"spark.kubernetes.authenticate.{role}.serviceAccountName"] = job
            properties[f"spark.kubernetes.{role}.label.{_JOB}"] = job
        if found.executor_template:
            template = folder / "pod-template.yaml"
            template.write_text(found.executor_template)
            properties |= {f"spark.kubernetes.{role}.podTemplateFile": str(template) for role in _ROLES}
        return properties

    def environment(self, folder: Path, kubeconfig: Path | None = None) -> dict[str, str]:
        """The variables of a Spark that runs on the DSS host."""
        empty = folder / "spark-conf"
        empty.mkdir(exist_ok=True)
        return self.spark.environment(self.sandbox.env, empty, kubeconfig)

    def submission(self, folder: Path, job: str, *, wait: bool) -> list[str]:
        """The command that submits `SparkPi` to run in the cluster altogether."""
        properties = {
            **self.properties(folder, job),
            "spark.kubernetes.submission.waitAppCompletion": str(wait).lower(),
        }
        words = ("--deploy-mode", "cluster", "--name", job, *SPARK_PI)
        return self.spark.command(self.registered.server, properties, words, [SPARK_PI_JAR])

    def submit(self, folder: Path, job: str) -> str:
        """Submit `SparkPi` and leave it alone; return what Spark said."""
        command = self.submission(folder, job, wait=False)
        return run(command, self.environment(folder, self.registered.kubeconfig))

    def manage(self, folder: Path, *words: str) -> str:
        """Have Spark's client look after submissions: `--status` or `--kill`, and a pattern of them."""
        properties = {"spark.kubernetes.context": self.registered.context}
        command = self.spark.command(self.registered.server, properties, words)
        return run(command, self.environment(folder, self.registered.kubeconfig))

    def pods(self, job: str, role: str = "driver") -> list[Any]:
        """The pods of a role in a job."""
        selector = f"{_JOB}={job},spark-role={role}"
        found: list[Any] = self.truth.list_namespaced_pod(self.registered.namespace, label_selector=selector).items
        return found

    def end(self, pod: Any, exit_code: int) -> None:
        """Let the only container of a pod end, as its node would tell it."""
        (container,) = pod.status.container_statuses
        ended = {"exitCode": exit_code, "reason": "Error" if exit_code else "Completed"}
        told = {"name": container.name, "image": container.image, "imageID": container.image_id}
        status = {**told, "ready": False, "restartCount": 0, "lastState": {}, "state": {"terminated": ended}}
        patch = {"status": {"phase": "Failed" if exit_code else "Succeeded", "containerStatuses": [status]}}
        self.truth.patch_namespaced_pod_status(pod.metadata.name, pod.metadata.namespace, patch)

    def until(self, job: str, holds: Callable[[Sequence[Any]], bool], role: str = "driver") -> list[Any]:
        """Wait, change by change, until the pods of a role in a job are as wanted; return them."""
        selector = f"{_JOB}={job},spark-role={role}"
        namespace, list_pods = self.registered.namespace, self.truth.list_namespaced_pod
        version = list_pods(namespace, label_selector=selector).metadata.resource_version
        if holds(found := self.pods(job, role)):
            return found
        changes = watch.Watch().stream(
            list_pods, namespace, label_selector=selector, resource_version=version, timeout_seconds=_WAIT_SECONDS
        )
        for _ in changes:
            if holds(found := self.pods(job, role)):
                return found
        raise AssertionError(f"not as wanted after {_WAIT_SECONDS} s: {[pod.status.phase for pod in found]}")


def running(pods: Sequence[Any]) -> bool:
    """Whether there are pods and all of them run."""
    return bool(pods) and all(pod.status.phase == "Running" for pod in pods)


def gone(pods: Sequence[Any]) -> bool:
    """Whether no pod is left."""
    return not pods
