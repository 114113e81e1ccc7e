"""A pod that tries whether DSS answers: made, followed and deleted. What it found is judged elsewhere."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.probe_pod import GRACE_SECONDS, LABEL, UNTIL, ProbePod, ProbeRun, pod_document, read_pod
from gke_clusters.kube.symptoms import last_time

_POLL_SECONDS: Final = 1.0
_MOST_LOST_ANSWERS: Final = 5
_NOT_FOUND: Final = 404
_HOPELESS: Final = frozenset(
    {"ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)

# Of the failures of a request, those after which it may have been carried out.
_MAY_HAVE_ARRIVED: Final = frozenset({Failure.TIMEOUT, Failure.RESET, Failure.PROXY, Failure.BUSY})

_log = logging.getLogger(__name__)


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
            follow: told each thing that the pod waits for or that happens to it, once.

        Raises:
            CallError: the API server refuses, or does not answer.
        """
        self._remove_old()
        started = self._clock()
        try:
            self._create(started + deadline_seconds, deadline_seconds)
            found = self._wait(started, deadline_seconds, follow)
        finally:
            self.left = self._delete(self.name) if self._made else ""
        return replace(found, left=self.left, seconds=self._clock() - started)

    def _create(self, until: float, limit_seconds: float) -> None:
        self._made = True
        try:
            self._api.call("POST", self._pods, body=pod_document(self.name, self._pod, until, limit_seconds))
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
        said: set[str] = set()
        lost = 0
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
            # Of a pod that ended as well: what it waited for may have come and gone since it was looked at last.
            told = self._told(run)
            for words in told:
                if words not in said:
                    said.add(words)
                    follow(words)
            if run.ended:
                return run
            if self._clock() - started > deadline_seconds:
                reason = run.reason or "Pending"
                return replace(run, reason=reason, message=told[-1].removeprefix(reason).removeprefix(": "))
            self._sleep(_POLL_SECONDS)

    def _told(self, run: ProbeRun) -> list[str]:
        """What the events of the pod say, which is where a scale-up is told; what itself says where there are none."""
        events = [f"{each.get('reason') or 'Event'}: {each['message']}" for each in self._events()]
        if events or run.ended:
            return events
        return [f"{run.reason or 'Pending'}: {run.message}" if run.message else run.reason or "Pending"]

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
        return sorted(told, key=last_time)

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
            if until.isdigit() and int(until) + GRACE_SECONDS < self._clock():
                self._delete(str(metadata.get("name")))

    def _delete(self, name: str) -> str:
        try:
            self._api.call("DELETE", f"{self._pods}/{name}", query={"gracePeriodSeconds": 0})
        except CallError as error:
            return "" if error.status == _NOT_FOUND else error.verbatim
        return ""
