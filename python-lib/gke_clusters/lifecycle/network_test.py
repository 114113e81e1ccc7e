"""The story of a network test: from a pod in the cluster to this DSS, and what is in the way."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from gke_clusters.dss.base_images import executor_push
from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.installation import install_id
from gke_clusters.errors import ClusterNotFound, GkeClustersError, Problem, SettingsError, StateError, redacted
from gke_clusters.google.clusters import Cluster
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from gke_clusters.kube.network_probe import NetworkProbe
from gke_clusters.kube.probe_pod import ProbePod, ProbeRun
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.network_verdict import Verdict, advised, parts_of, place_of, verdict_of
from gke_clusters.lifecycle.pod_firewall import firewall_rule, host_of
from gke_clusters.lifecycle.pod_remedies import remedy_of
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registration import pool_placement
from gke_clusters.lifecycle.started_cluster import find_started, kubernetes_of, require_started
from gke_clusters.reports.diagnosis import Part, Tone
from gke_clusters.reports.network_test import FirewallRule, NetworkTest, render_network_test
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.network_test import COMPONENT, NetworkTestSettings
from gke_clusters.settings.register import REMEDY


class Instance(Protocol):
    """What this story asks of DSS, as :class:`gke_clusters.dss.instance.DssInstance` offers it."""

    @property
    def general_settings(self) -> Any:
        """The general settings, with a method ``read``."""

    @property
    def base_image_push(self) -> Any:
        """What knows the ``version`` of DSS."""


class _StoppedError(Exception):
    """Raised inside this module where the test cannot go on; the verdict is its argument."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.words)
        self.verdict = verdict


def run_network_test(
    settings: NetworkTestSettings,
    cluster: DssCluster,
    instance: Instance,
    connect: Callable[[], GoogleAccess],
    progress: Progress,
    *,
    environment: Mapping[str, str] = os.environ,
    kubernetes: Callable[[DssCluster], KubernetesApi] = kubernetes_of,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Run a pod that calls DSS back, and return the page that says what it met.

    Args:
        settings: The dialog.
        cluster: The cluster, as DSS knows it.
        instance: DSS.
        connect: Makes the clients of Google.
        progress: Where to report.
        environment: Where the address of DSS is looked up.
        kubernetes: Makes the client of the cluster.
        sleep: Waits for a number of seconds.

    Raises:
        SettingsError: The node pool or the namespace is not in the cluster.
    """
    usual_host = environment.get("DKU_BACKEND_EXT_HOST", "").strip() or socket.gethostname()
    host = settings.host or usual_host
    port = environment.get("DKU_BACKEND_PORT", "")
    story = _Story(settings, cluster, connect, progress)
    try:
        story.look_at_google()
        pod = ProbePod(
            host=host,
            port=_port(port),
            # Where DSS encrypts what its processes say to each other, the backend speaks nothing else.
            protocol=environment.get("DKU_BACKEND_PROTOCOL", "").strip().lower() or "http",
            image=settings.image or story.image_of(instance, environment),
            namespace=settings.namespace,
            **story.placement(),
        )
        run = story.run(pod, kubernetes, sleep)
        verdict = story.read(run, pod)
    except _StoppedError as stopped:
        verdict = stopped.verdict
    rule = story.rule(int(port), host, is_usual=host == usual_host) if verdict.firewall else None
    verdict = advised(verdict, port, has_rule=bool(rule))
    progress.step(100, verdict.words)
    return render_network_test(
        NetworkTest(
            cluster=cluster.id,
            target=place_of(host, port),
            verdict=verdict.tone,
            words=verdict.words,
            parts=tuple(story.parts),
            remedy=verdict.remedy,
            rule=rule,
        )
    )


def _port(text: str) -> int:
    if not text.isdigit():
        raise _StoppedError(Verdict(Tone.UNKNOWN, "DSS does not tell the port of its backend (DKU_BACKEND_PORT)."))
    return int(text)


def _wrong(field: str, message: str) -> SettingsError:
    return SettingsError([Problem(macro_descriptor(COMPONENT).label_of(field), message)], remedy=REMEDY)


class _Story:
    """What is learned on the way; every part that fails is shown beside the others."""

    def __init__(
        self,
        settings: NetworkTestSettings,
        cluster: DssCluster,
        connect: Callable[[], GoogleAccess],
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._cluster = cluster
        self._connect = connect
        self._progress = progress
        self.parts: list[Part] = []
        self.google: GoogleAccess | None = None
        self.gke: Cluster | None = None
        # Those that the pod called.
        self._addresses: set[str] = set()

    def look_at_google(self) -> None:
        """Find the GKE cluster; without Google's word the test goes on, unless the cluster is not there."""
        self._progress.step(5, f"Looking for the GKE cluster of {self._cluster.id}")
        try:
            saved = require_started(self._cluster)
            self.google = self._connect()
            self.gke = find_started(saved, self.google.clusters)
        except (ClusterNotFound, StateError) as failure:
            raise self._stopped("GKE cluster", failure) from None
        except GkeClustersError as failure:
            words = "Google could not be asked; the cluster itself may answer all the same."
            self.parts.append(Part("GKE cluster", Tone.UNKNOWN, words, failure=failure))

    def placement(self) -> dict[str, Any]:
        """Return the nodes of the pod, as fields of it."""
        name = self._settings.pool_name
        if name is None:
            return {}
        if self.gke is None:
            raise _StoppedError(Verdict(Tone.UNKNOWN, f"The node pool {name} could not be looked up."))
        pools = {str(pool.get("name")): pool for pool in self.gke.resource.get("nodePools") or ()}
        if name not in pools:
            raise _wrong("nodePoolId", f"{name} is not in the cluster; there are: {', '.join(pools) or 'none'}")
        placement = pool_placement(pools[name])
        return {"node_selector": placement.node_selector, "tolerations": placement.tolerations}

    def image_of(self, instance: Instance, environment: Mapping[str, str]) -> str:
        """Return the base image that DSS pushes for containerized execution."""
        label = macro_descriptor(COMPONENT).label_of("image")
        try:
            push = executor_push(instance.general_settings.read())
            if push:
                return push.target(install_id(environment), instance.base_image_push.version())
        except GkeClustersError as failure:
            words = f"The settings of DSS that say so cannot be read; name one in the dialog ({label})."
            self.parts.append(Part("Image", Tone.UNKNOWN, words, failure=failure))
            raise _StoppedError(Verdict(Tone.UNKNOWN, "It is not known which image the pod could run.")) from None
        remedy = f"Register the cluster with DSS and push the base images, or name an image in the dialog ({label})."
        raise _StoppedError(Verdict(Tone.UNKNOWN, "DSS pushes no image for containerized execution yet.", remedy))

    def run(
        self,
        pod: ProbePod,
        kubernetes: Callable[[DssCluster], KubernetesApi],
        sleep: Callable[[float], None],
    ) -> ProbeRun:
        """Run the pod."""
        try:
            api = kubernetes(self._cluster)
        except GkeClustersError as failure:
            raise self._stopped("Kubernetes API", failure) from None
        probe = NetworkProbe(api, pod, sleep)
        self._progress.step(15, f"Starting the pod {probe.name} with {pod.image}")
        waits = iter(range(20, 85, 4))
        try:
            return probe.run(
                self._settings.minutes * 60.0,
                lambda words: self._progress.step(next(waits, 84), f"The pod: {redacted(words)}"),
            )
        except CallError as error:
            if error.status == HTTPStatus.NOT_FOUND and f'namespaces "{pod.namespace}" not found' in error.verbatim:
                raise _wrong(
                    "namespace", f"{pod.namespace} is not in the cluster: see kubectl get namespaces"
                ) from None
            stopped = self._stopped("Kubernetes API", error.for_administrator(api.endpoint))
            self._tell_left(probe.left, probe.name, pod, "Pod may be left behind")
            raise stopped from None

    def read(self, run: ProbeRun, pod: ProbePod) -> Verdict:
        """Show what became of the pod and what it reports, and judge it."""
        facts = (
            ("Pod", f"{pod.namespace}/{run.name}"),
            ("Image", pod.image),
            ("Node", run.node or "none"),
            ("Address", run.address or "none"),
            ("Time", f"{run.seconds:.1f} s"),
        )
        self._addresses = {str(check.get("address")) for check in run.checks}
        if run.checks:
            self.parts.append(Part("Pod", Tone.GOOD, "It ran." if run.left else "It ran, and is deleted.", facts))
            self.parts.extend(parts_of(run.checks))
            verdict = verdict_of(run.checks, pod.host, pod.port)
        else:
            words = f"{run.reason or 'It gave no report'}: {run.message or 'Kubernetes says no more.'}"
            self.parts.append(Part("Pod", Tone.BAD, words, facts))
            words = "The pod did not run, so the network could not be tried."
            verdict = Verdict(Tone.UNKNOWN, words, remedy_of(run, pod.namespace))
        self._tell_left(run.left, run.name, pod)
        return verdict

    def rule(self, port: int, host: str, *, is_usual: bool) -> FirewallRule | None:
        """Return the firewall rule for what was tried; None if Google does not tell enough.

        Args:
            port: Of the backend.
            host: That was called.
            is_usual: Whether it is the host that DSS tells its pods, and so the machine of DSS.
        """
        if not (self.google and self.gke):
            return None
        machine = host_of(self.google)
        is_here = is_usual or machine.address in self._addresses
        elsewhere = "" if is_here else host
        return firewall_rule(self.gke, machine, port, pool_name=self._settings.pool_name, elsewhere=elsewhere)

    def _tell_left(self, why: str, name: str, pod: ProbePod, title: str = "Pod is left behind") -> None:
        if why:
            command = f"kubectl delete pod {name} --namespace {pod.namespace}"
            self.parts.append(Part(title, Tone.WARNING, f"{why}. Delete it: {command}"))

    def _stopped(self, title: str, failure: GkeClustersError) -> _StoppedError:
        self.parts.append(Part(title, Tone.BAD, "The test ended here.", failure=failure))
        return _StoppedError(Verdict(Tone.UNKNOWN, "The network could not be tried.", failure.remedy))
