"""The story of the whole reference architecture: each part is told whether another one failed or not.

The architecture: https://doc.dataiku.com/dss/latest/cloud/gcp/reference-architectures/gke-gcs.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gke_clusters.dss.instance import DssInstance
from gke_clusters.dss.stored_documents import DraftDocument, StoredDocument
from gke_clusters.errors import GkeClustersError, SettingsError, StateError
from gke_clusters.lifecycle.base_images import Instance as PushingInstance
from gke_clusters.lifecycle.base_images import Push, push_to_repository
from gke_clusters.lifecycle.bucket_access import BucketAccess
from gke_clusters.lifecycle.docker_logins import DockerHost
from gke_clusters.lifecycle.gcs_connection import gcs_connection_steps
from gke_clusters.lifecycle.image_repository import ImageRepository, prepare_repository
from gke_clusters.lifecycle.metastore import set_metastore
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.projects import project_steps
from gke_clusters.lifecycle.registration import registration_steps
from gke_clusters.lifecycle.registry_access import RegistryAccess
from gke_clusters.lifecycle.saved_cluster import read_saved_cluster
from gke_clusters.lifecycle.steps import StepsTaken
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.settings.register import RegisterSettings
from gke_clusters.settings.set_up_compute import ComputeSetup

logger = logging.getLogger(__name__)

_NOT_ASKED: Final = ("It was not asked for.",)


def set_up_compute(
    setup: ComputeSetup,
    instance: DssInstance,
    registry: RegistryAccess,
    storage: BucketAccess,
    docker: DockerHost,
    progress: Progress,
) -> str:
    """Go from a started cluster to compute that users can choose.

    Args:
        setup: The dialog.
        instance: DSS.
        registry: The registries.
        storage: Cloud Storage.
        docker: Docker on the DSS host.
        progress: Where to report.

    Returns:
        A page that says of each step what became of it. Told again, the story goes on where something failed.
    """
    taken = StepsTaken()
    steps: list[Step] = []
    name = setup.registration.cluster_id
    steps += _part(f"Cluster {name}", lambda: [_cluster(instance, name)])
    progress.step(5, f"Setting up compute on {name}")
    repository = _repository(setup, registry, taken)
    steps += taken.steps
    progress.step(15, "Setting the configurations")
    # Images go where the repository says, which is not always what was entered.
    registration = setup.registration.model_copy(update={"registry_url": repository.url})
    registered, notes = registration_steps(registration, None, instance.general_settings)
    steps += registered
    pushed = StepsTaken()
    pushed.obstacle = taken.obstacle
    pushing = _as_registered(registration, instance) if setup.preview else instance
    push_to_repository(setup.images, repository, registry, pushing, docker, progress.within(25, 70), pushed)
    steps += pushed.steps
    notes += [*taken.notes, *pushed.notes]
    progress.step(70, "Setting the metastore catalog")
    steps += _part("Metastore", lambda: set_metastore(instance.general_settings, preview=setup.preview))
    bucket, projects = setup.bucket, setup.projects
    if bucket:
        part = progress.within(75, 90)
        steps += _part(f"Connection {bucket.name}", lambda: gcs_connection_steps(bucket, storage, instance, part))
    else:
        steps.append(Step("GCS connection", Outcome.SKIPPED, _NOT_ASKED))
    if projects:
        steps += project_steps(projects, instance, progress.within(90, 100))
    else:
        steps.append(Step("Projects", Outcome.SKIPPED, _NOT_ASKED))
    progress.step(100, "Nothing was changed" if setup.preview else "Compute is set up as far as the page says")
    if any(step.outcome is Outcome.FAILED for step in steps):
        notes.insert(0, "Mend what failed and run this again: what is done is not done twice.")
    return render_checklist(f"Compute on {name}", steps, notes)


def _as_registered(registration: RegisterSettings, instance: DssInstance) -> PushingInstance:
    """DSS as it would be after a registration that is only previewed: what would be pushed follows from it."""
    draft = DraftDocument(instance.general_settings)
    registration_steps(registration.model_copy(update={"preview": False}), None, draft)
    return _Drafted(draft, instance.base_image_push)


@dataclass(frozen=True)
class _Drafted:
    general_settings: StoredDocument
    base_image_push: Push


def _part(title: str, work: Callable[[], list[Step]]) -> list[Step]:
    """Take the steps of a part; what keeps it from being begun is its failed step."""
    try:
        return work()
    except SettingsError as refused:
        return [_refused(title, refused)]
    except GkeClustersError as failure:
        logger.error("%s: %s", title, failure)  # noqa: TRY400 - one line, not a traceback
        return [Step.failed(title, failure)]


def _refused(title: str, refused: SettingsError) -> Step:
    # The error says that nothing was changed at all, which holds for a macro, and not for a part of this one.
    refused.cause = "This step cannot be taken with these settings; it changed nothing."
    return Step.failed(title, refused, list(map(str, refused.problems)))


def _cluster(instance: DssInstance, cluster_id: str) -> Step:
    title = f"Cluster {cluster_id}"
    raw = instance.read_cluster_settings(cluster_id)
    saved = read_saved_cluster(raw.get("data"))
    if raw.get("state") == "RUNNING" and saved:
        return Step(title, Outcome.DONE, (f"It runs: {saved.name}.",))
    return Step.failed(
        title,
        StateError(
            f"{cluster_id} is not started.",
            resource=f"DSS cluster {cluster_id}",
            remedy="Start it before compute is used; what does not need it is set up all the same.",
        ),
    )


def _repository(setup: ComputeSetup, registry: RegistryAccess, taken: StepsTaken) -> ImageRepository:
    entered = setup.images.registry
    try:
        return prepare_repository(setup.images, registry, taken)
    except SettingsError as refused:
        taken.steps.append(_refused(f"Repository {entered.repository_url}", refused))
        taken.obstacle = "The repository cannot be used."
        return ImageRepository(entered.url, frozenset({entered.repository_url}), exists=False)
