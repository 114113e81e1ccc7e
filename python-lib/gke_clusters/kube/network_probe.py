"""A pod that tries whether DSS answers: made, followed, read and deleted. What it found is judged elsewhere.

The program is `resource/network_probe.py`. Its report comes back as the termination message of the container, which is
a part of the pod: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError, Failure

LABEL: Final = "gke-clusters.dataiku.com/network-test"
UNTIL: Final = "gke-clusters.dataiku.com/until"
"""Annotation: the second since the epoch after which nobody waits for the pod any more."""

_PROGRAM: Final = Path(__file__).resolve().parents[3] / "resource" / "network_probe.py"
_REPORT_PATH: Final = "/dev/termination-log"
_CONNECT_SECONDS: Final = 5.0
# From when the pod is on a node: its image, which may be large, then a handful of timeouts.
_RUN_SECONDS: Final = 900
_POLL_SECONDS: Final = 1.0
_MOST_LOST_ANSWERS: Final = 5
_NOT_FOUND: Final = 404
_HOPELESS: Final = frozenset(
    {"ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProbePod:
    """Where the probe runs and whom it calls.

    Attributes:
        host: name or address of DSS.
        port: of its backend.
        image: with python3.
        protocol: that the backend speaks, `http` or `https`.
        namespace: of the pod.
        node_selector: labels that the node must have.
        tolerations: taints that the pod bears.
    """

    host: str
    port: int
    image: str
    protocol: str = "http"
    namespace: str = "default"
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class ProbeRun:
    """What became of the pod.

    Attributes:
        name: of the pod.
        reason: why there is no report, as Kubernetes calls it (`ImagePullBackOff`, `Unschedulable`, ...), or empty.
        message: what Kubernetes said of it last.
        checks: lines of the report.
        node: where it ran; empty for nowhere.
        address: of the pod; empty if it got none.
        seconds: until the report.
        left: what was said when the pod could not be deleted; empty if it is gone.
    """

    name: str
    reason: str = ""
    message: str = ""
    checks: tuple[Mapping[str, Any], ...] = ()
    node: str = ""
    address: str = ""
    seconds: float = 0.0
    left: str = ""


# Of the failures of a request, those after which it may have been carried out.
_MAY_HAVE_ARRIVED: Final = frozenset({Failure.TIMEOUT, Failure.RESET, Failure.PROXY, Failure.BUSY})


class NetworkProbe:
    """One run of the probe.

    Args:
        api: the cluster.
        pod: where it runs.
        sleep: waits for a number of seconds.
        clock: seconds since the epoch.

    Attributes:
        name: of the pod.
        left: what was said when the pod could not be deleted, after a refusal as well; empty if it is gone.
    """

    def __init__(
        self,
        api: KubernetesApi,
        pod: ProbePod,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._pod = pod
        self._sleep = sleep
        self._clock = clock
        self.name = f"dss-network-test-{secrets.token_hex(4)}"
        self.left = ""
        self._pods = f"/api/v1/namespaces/{pod.namespace}/pods"
        # Whether the pod may be there.
        self._made = False

    def run(self, deadline_seconds: float, follow: Callable[[str], None]) -> ProbeRun:
        """Make the pod, wait for its report, and delete it in every case.

        Args:
            deadline_seconds: how long to wait for the report.
            follow: told what the pod waits for, whenever that changes.

        Raises:
            CallError: the API server refuses, or does not answer.
        """
        self._remove_old()
        started = self._clock()
        try:
            self._create(started + deadline_seconds)
            found = self._wait(started, deadline_seconds, follow)
        finally:
            self.left = self._delete(self.name) if self._made else ""
        return replace(found, left=self.left, seconds=self._clock() - started)

    def _create(self, until: float) -> None:
        self._made = True
        try:
            self._api.call("POST", self._pods, body=pod_document(self.name, self._pod, until))
        except CallError as error:
            self._made = error.failure in _MAY_HAVE_ARRIVED
            if not error.failure.passes:
                raise
            # The answer was lost; the pod may be there for all that.
            try:
                self._api.call("GET", f"{self._pods}/{self.name}")
            except CallError:
                raise error from None
            self._made = True

    def _wait(self, started: float, deadline_seconds: float, follow: Callable[[str], None]) -> ProbeRun:
        said, lost = "", 0
        while True:
            try:
                pod = self._api.call("GET", f"{self._pods}/{self.name}")
                lost = 0
            except CallError as error:
                if error.status == _NOT_FOUND:
                    return ProbeRun(self.name, "Deleted", "The pod was deleted while it was waited for.")
                lost += 1
                if lost > _MOST_LOST_ANSWERS or not error.failure.passes:
                    raise
                self._sleep(_POLL_SECONDS)
                continue
            run = read_pod(self.name, pod)
            if run.reason in _HOPELESS:
                return replace(run, message=self._refused_image() or run.message)
            if run.checks or _phase(pod) in ("Succeeded", "Failed"):
                return run
            words = self._waits_for(run)
            if words != said:
                said = words
                follow(words)
            if self._clock() - started > deadline_seconds:
                reason = run.reason or "Pending"
                return replace(run, reason=reason, message=words.removeprefix(reason).removeprefix(": "))
            self._sleep(_POLL_SECONDS)

    def _waits_for(self, run: ProbeRun) -> str:
        """What the newest event of the pod says, which is where a scale-up is told."""
        told = self._events()
        if told:
            return f"{told[-1].get('reason') or 'Event'}: {told[-1]['message']}"
        return f"{run.reason or 'Pending'}: {run.message}" if run.message else run.reason or "Pending"

    def _refused_image(self) -> str:
        """What the registry said of the image; the pod itself says only that it is tried again later."""
        return next((str(each["message"]) for each in self._events() if "Failed to pull" in str(each["message"])), "")

    def _events(self) -> list[Mapping[str, Any]]:
        """The events of the pod that say something, the newest last."""
        query = {"fieldSelector": f"involvedObject.name={self.name}"}
        try:
            events = self._api.call("GET", f"/api/v1/namespaces/{self._pod.namespace}/events", query=query)
        except CallError as error:
            _log.debug("The events of the pod cannot be read: %s", error)
            events = {}
        told = [item for item in events.get("items") or () if item.get("message")]
        return sorted(told, key=lambda item: str(item.get("lastTimestamp") or item.get("eventTime") or ""))

    def _remove_old(self) -> None:
        """Delete what earlier runs left that were killed; another run that still waits keeps its pod."""
        try:
            found = self._api.call("GET", self._pods, query={"labelSelector": LABEL})
        except CallError as error:
            _log.debug("The pods of earlier tests cannot be listed: %s", error)
            return
        for item in found.get("items") or ():
            metadata = item.get("metadata") or {}
            until = str((metadata.get("annotations") or {}).get(UNTIL, ""))
            if until.isdigit() and int(until) + _RUN_SECONDS < self._clock():
                self._delete(str(metadata.get("name")))

    def _delete(self, name: str) -> str:
        try:
            self._api.call("DELETE", f"{self._pods}/{name}", query={"gracePeriodSeconds": 0})
        except CallError as error:
            return "" if error.status == _NOT_FOUND else error.verbatim
        return ""


def pod_document(name: str, pod: ProbePod, until: float) -> dict[str, Any]:
    """The pod as Kubernetes takes it.

    Args:
        name: of the pod.
        pod: what it does and where.
        until: the second since the epoch after which nobody waits for it.
    """
    target = {
        "host": pod.host,
        "port": pod.port,
        "protocol": pod.protocol,
        "timeout_seconds": _CONNECT_SECONDS,
    }
    container = {
        "name": "probe",
        "image": pod.image,
        "command": ["python3", "-c", _PROGRAM.read_text(encoding="utf-8")],
        "args": [json.dumps(target, sort_keys=True), _REPORT_PATH],
        "terminationMessagePath": _REPORT_PATH,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": _RUN_SECONDS,
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    if pod.node_selector:
        spec["nodeSelector"] = dict(pod.node_selector)
    if pod.tolerations:
        spec["tolerations"] = [dict(one) for one in pod.tolerations]
    metadata = {"name": name, "labels": {LABEL: "true"}, "annotations": {UNTIL: str(int(until))}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def read_pod(name: str, pod: Mapping[str, Any]) -> ProbeRun:
    """What the API server says of the pod: its report, or what it waits for.

    Args:
        name: of the pod.
        pod: its JSON.
    """
    status = pod.get("status") or {}
    node = str((pod.get("spec") or {}).get("nodeName") or "")
    address = str(status.get("podIP") or "")
    state = next((each.get("state") or {} for each in status.get("containerStatuses") or ()), {})
    ended, waiting = state.get("terminated") or {}, state.get("waiting") or {}
    if ended:
        text = str(ended.get("message") or "")
        checks = _report(text)
        reason = "" if checks else str(ended.get("reason") or "Error")
        return ProbeRun(name, reason, "" if checks else text, checks, node, address)
    if waiting:
        return ProbeRun(name, str(waiting.get("reason") or ""), str(waiting.get("message") or ""), (), node, address)
    unscheduled: Mapping[str, Any] = next(
        (
            each
            for each in status.get("conditions") or ()
            if each.get("type") == "PodScheduled" and each.get("status") == "False"
        ),
        {},
    )
    reason = str(unscheduled.get("reason") or status.get("reason") or "")
    message = str(unscheduled.get("message") or "")
    return ProbeRun(name, reason, message or str(status.get("message") or ""), (), node, address)


def _phase(pod: Mapping[str, Any]) -> str:
    return str((pod.get("status") or {}).get("phase") or "")


def _report(text: str) -> tuple[Mapping[str, Any], ...]:
    checks = []
    for line in text.splitlines():
        try:
            check = json.loads(line)
        except ValueError:
            continue
        if isinstance(check, dict) and isinstance(check.get("check"), str):
            checks.append(check)
    return tuple(checks)
