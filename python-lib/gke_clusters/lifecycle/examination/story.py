"""The questions of *Diagnose*, what each of them waits for, and the verdict on all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Final

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, ControlPlaneUnreachable, GkeClustersError, StateError
from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.kube.access import review_access
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.endpoint_trial import ENDPOINT_KINDS, EndpointTrial, try_endpoint
from gke_clusters.kube.helper_trial import HelperTrial, try_helper
from gke_clusters.kube.kubeconfig import EndpointKind
from gke_clusters.kube.kubectl import kubectl_version
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.examination import access_side, dss_side, google_side, workload_side
from gke_clusters.lifecycle.examination.inquiries import Inquiries, Inquiry, NotAskedError
from gke_clusters.lifecycle.examination.versions import versions_part
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.started_cluster import find_started, require_started
from gke_clusters.reports.diagnosis import Diagnosis, Part, Tone, render_diagnosis
from gke_clusters.settings.location import region_of

DEADLINE_SECONDS: Final = 28.0
"""After which the page is shown with what there is."""

GOOGLE_PATIENCE_SECONDS: Final = 12.0
"""Short enough that Google's own words are on the page, and not only that they were waited for."""

_API_TIMEOUT_SECONDS: Final = 8.0
# One answer that went wrong on its way is no cluster that cannot be reached.
_API_PATIENCE_SECONDS: Final = 4.0
_CREDENTIALS, _GKE, _HELPER, _API = (
    "the credentials of the connection",
    "the GKE cluster",
    "the credential helper",
    "the Kubernetes API",
)


@dataclass(frozen=True)
class _Questions:
    """What is asked about a cluster that is started."""

    google: Inquiry[GoogleAccess]
    gke: Inquiry[Cluster]
    helper: Inquiry[HelperTrial]
    api: Inquiry[tuple[KubernetesApi, str]]


def diagnose(
    cluster: DssCluster,
    connect: Callable[[], GoogleAccess],
    progress: Progress,
    environment: Mapping[str, str] = os.environ,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> str:
    """Learn all that can be learned of a cluster, and return the page. Nothing is changed, and nothing raised.

    Args:
        cluster: The cluster, as DSS knows it.
        connect: Makes the clients of Google; what it raises is shown.
        progress: Where to report.
        environment: Where the data directory of DSS is looked up.
        deadline_seconds: After which what is not learned is said to be so.
    """
    progress.step(5, f"Asking about {cluster.id}")
    inquiries = Inquiries(deadline_seconds)
    google = inquiries.ask(_CREDENTIALS, connect)
    if cluster.state in dss_side.UNDER_WAY:
        verdict, words = Tone.INFO, f"{cluster.id} {dss_side.UNDER_WAY[cluster.state]}."
        parts = _under_way(cluster, google, inquiries, environment)
    elif cluster.state != "NONE" and cluster.data:
        verdict, words, parts = _started(cluster, google, inquiries, progress, environment)
    else:
        verdict, words = Tone.INFO, f"{cluster.id} is not started."
        created = _ask_created(cluster, google, inquiries, environment)
        parts = [*_of_dss(cluster, google, environment), _created_part(created)]
    access = google.answer_or_none()
    progress.step(100, words)
    return render_diagnosis(
        Diagnosis(
            cluster=cluster.id,
            verdict=verdict,
            words=words,
            parts=tuple(parts),
            identity=access.clusters.identity if access else "",
            taken=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC"),
            seconds=inquiries.deadline.elapsed_seconds,
        )
    )


def _started(
    cluster: DssCluster,
    google: Inquiry[GoogleAccess],
    inquiries: Inquiries,
    progress: Progress,
    environment: Mapping[str, str],
) -> tuple[Tone, str, list[Part]]:
    ask = inquiries.ask
    kubeconfig = Path(str(cluster.data.get("kube_config_path") or ""))
    gke = ask(_GKE, lambda: find_started(require_started(cluster), google.answer().clusters), after=google)
    helper = ask(_HELPER, lambda: _helper(cluster, kubeconfig))
    api = ask(_API, lambda: _reach(kubeconfig), after=helper)
    questions = _Questions(google, gke, helper, api)
    asked_of_google = _ask_google(cluster, questions, inquiries)
    asked_of_the_cluster = _ask_the_cluster(questions, inquiries)
    parts = _of_dss(cluster, google, environment)
    gone = _gone(gke) if dss_side.saved_of(cluster) else None
    if gone:
        parts.append(Part("GKE cluster", Tone.BAD, "It is gone.", failure=gone))
        parts.append(_created_part(_ask_created(cluster, google, inquiries, environment)))
        return Tone.BAD, f"The GKE cluster of {cluster.id} is gone.", parts
    for percent, show in enumerate((*asked_of_google[:1], *asked_of_the_cluster, *asked_of_google[1:]), 1):
        part = show()
        parts.append(part)
        progress.step(5 + percent * 8, f"{part.title}: {part.summary}")
    verdict, words = _verdict(parts, api)
    return verdict, words, parts


def _of_dss(cluster: DssCluster, google: Inquiry[GoogleAccess], environment: Mapping[str, str]) -> list[Part]:
    parts = [dss_side.dss_part(cluster, environment)]
    try:
        google.answer()
    except GkeClustersError as failure:
        parts.append(Part("Google credentials", Tone.BAD, "Google could not be asked anything.", failure=failure))
    return parts


def _under_way(
    cluster: DssCluster, google: Inquiry[GoogleAccess], inquiries: Inquiries, environment: Mapping[str, str]
) -> list[Part]:
    """While DSS starts or stops a cluster: what Google has of it, and what it does there."""
    created = _ask_created(cluster, google, inquiries, environment)
    operations = inquiries.ask(
        "the operations",
        lambda: [
            operation
            for each in created.answer().clusters
            for operation in google.answer().clusters.operations_of(each.name)
        ],
        after=created,
    )
    now = datetime.now(timezone.utc)
    return [
        *_of_dss(cluster, google, environment),
        _created_part(created, under_way=True),
        operations.part("Operations", lambda found: google_side.operations_part(found, now)),
    ]


def _ask_created(
    cluster: DssCluster, google: Inquiry[GoogleAccess], inquiries: Inquiries, environment: Mapping[str, str]
) -> Inquiry[ClusterList]:
    return inquiries.ask(
        "the clusters of the project",
        lambda: dss_side.created_for(cluster, google.answer(), environment),
        after=google,
    )


def _created_part(created: Inquiry[ClusterList], *, under_way: bool = False) -> Part:
    return created.part(
        "GKE clusters of this DSS cluster", lambda found: dss_side.created_part(found, under_way=under_way)
    )


def _ask_google(cluster: DssCluster, questions: _Questions, inquiries: Inquiries) -> list[Callable[[], Part]]:
    gke, google, ask = questions.gke, questions.google, inquiries.ask
    saved = dss_side.saved_of(cluster)
    machines = ask(
        "machines that do not come up",
        lambda: google_side.node_errors_of(gke.answer(), google.answer().compute),
        after=gke,
    )
    operations = ask(
        "the operations",
        lambda: google.answer().clusters.operations_of(require_started(cluster).name),
        after=google,
    )
    kubectl = ask("kubectl", kubectl_version)
    region, project = (region_of(saved.name.location), saved.name.project) if saved else ("", "")
    quotas = ask(
        "the quotas",
        lambda: google.answer().compute.region_quotas(project, region),
        # Without the data it is not known where.
        after=google if saved else gke,
    )
    now = datetime.now(timezone.utc)
    return [
        lambda: gke.part("GKE cluster", lambda found: google_side.cluster_part(found, machines.answer_or_none() or ())),
        lambda: operations.part("Operations", lambda found: google_side.operations_part(found, now)),
        lambda: quotas.part("Quota", lambda found: google_side.quota_part(found, region, project)),
        lambda: gke.part("Versions", lambda found: versions_part(found, kubectl.answer_or_none())),
    ]


def _ask_the_cluster(questions: _Questions, inquiries: Inquiries) -> list[Callable[[], Part]]:
    gke, helper, api, ask = questions.gke, questions.helper, questions.api, inquiries.ask

    def trial_of(kind: EndpointKind) -> EndpointTrial:
        trial, found = helper.answer_or_none(), gke.answer()
        return try_endpoint(found.name.project, found.resource, kind, trial.helper if trial else None)

    trials = [ask(f"the {kind} endpoint", partial(trial_of, kind), after=gke) for kind in ENDPOINT_KINDS]
    endpoints = ask("the endpoints", lambda: [trial.answer() for trial in trials], after=gke)
    review = ask("the access", lambda: review_access(api.answer()[0], ACCESS_NEEDS, patience_seconds=0.0), after=api)
    nodes = ask("the nodes", lambda: workload_side.nodes_of(api.answer()[0]), after=api)
    pods = ask("the pods", lambda: workload_side.pods_of(api.answer()[0]), after=api)
    warnings = ask("the events", lambda: workload_side.warnings_of(api.answer()[0]), after=api)

    def server() -> str:
        trial = helper.answer_or_none()
        return trial.server if trial else ""

    def autopilot() -> bool:
        found = gke.answer_or_none()
        return found is not None and google_side.is_autopilot(found)

    def identity() -> str:
        access = questions.google.answer_or_none()
        return access.clusters.identity if access else ""

    now = datetime.now(timezone.utc)
    return [
        lambda: api.part(
            "Kubernetes API", lambda found: access_side.api_part(found[1], found[0].endpoint.server), Tone.BAD
        ),
        lambda: endpoints.part("Control plane endpoints", lambda found: access_side.endpoints_part(found, server())),
        lambda: helper.part("Credential helper", lambda found: access_side.helper_part(found, identity()), Tone.BAD),
        lambda: review.part("Access that DSS needs", access_side.access_part),
        lambda: nodes.part("Nodes", lambda found: workload_side.nodes_part(found, autopilot=autopilot())),
        lambda: pods.part("Pods that wait", lambda found: workload_side.pods_part(found, now, autopilot=autopilot())),
        lambda: warnings.part("Recent warnings", workload_side.events_part),
    ]


def _helper(cluster: DssCluster, kubeconfig: Path) -> HelperTrial:
    if not kubeconfig.name:
        raise StateError(
            "The data that DSS keeps of this cluster does not say where its kubeconfig is.",
            resource=f"DSS cluster {cluster.id}",
            remedy="Start or attach the cluster again: that writes the file anew.",
        )
    return try_helper(kubeconfig)


def _reach(kubeconfig: Path) -> tuple[KubernetesApi, str]:
    api = KubernetesApi.from_kubeconfig(kubeconfig, request_timeout_seconds=_API_TIMEOUT_SECONDS)
    return api, api.version(patience_seconds=_API_PATIENCE_SECONDS)


def _gone(gke: Inquiry[Cluster]) -> GkeClustersError | None:
    """Return what says that the cluster is gone, or that another bears its name; None if it does not say that."""
    try:
        gke.answer()
    except (ClusterNotFound, StateError) as failure:
        return failure
    except (GkeClustersError, NotAskedError):
        pass
    return None


def _verdict(parts: list[Part], api: Inquiry[tuple[KubernetesApi, str]]) -> tuple[Tone, str]:
    try:
        api.answer()
    except ControlPlaneUnreachable as failure:
        if not failure.answered:
            return Tone.BAD, "Unreachable: the Kubernetes API does not answer at the address that DSS uses."
    except (GkeClustersError, NotAskedError):
        pass
    tones = [part.tone for part in parts]
    bad, warned, unknown = (tones.count(tone) for tone in (Tone.BAD, Tone.WARNING, Tone.UNKNOWN))
    left = f" {_count(unknown).capitalize()} not known." if unknown else ""
    if bad:
        return Tone.BAD, f"Degraded: {_count(bad)} a problem.{left}"
    if warned:
        return Tone.WARNING, f"It works; {_count(warned)} to be looked at.{left}"
    if unknown:
        return Tone.UNKNOWN, f"No problem was found in what could be learned.{left}"
    return Tone.GOOD, "Healthy: no problem was found."


def _count(parts: int) -> str:
    return "one part is" if parts == 1 else f"{parts} parts are"
