"""The story of the whole reference architecture: each part is told whether another one failed or not.

The architecture: https://doc.dataiku.com/dss/latest/cloud/gcp/reference-architectures/gke-gcs.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.dss.documents import value_at
from gke_clusters.dss.instance import DssInstance
from gke_clusters.dss.stored_documents import DraftDocument, StoredDocument
from gke_clusters.errors import GkeClustersError, SettingsError, StateError
from gke_clusters.lifecycle.base_images import Instance as PushingInstance
from gke_clusters.lifecycle.base_images import Push, push_to_repository
from gke_clusters.lifecycle.bucket_access import BucketAccess
from gke_clusters.lifecycle.docker_logins import DockerHost
from gke_clusters.lifecycle.gcs_connection import connection_notes, gcs_connection_steps
from gke_clusters.lifecycle.image_repository import ImageRepository, prepare_repository
from gke_clusters.lifecycle.metastore import set_metastore
from gke_clusters.lifecycle.prerequisites import Surroundings, prerequisite_steps
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.projects import project_steps
from gke_clusters.lifecycle.registration import Stage, registration_steps
from gke_clusters.lifecycle.registry_access import RegistryAccess
from gke_clusters.lifecycle.saved_cluster import read_saved_cluster
from gke_clusters.lifecycle.steps import StepsTaken
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.settings.gcs_connection import GcsConnectionSettings
from gke_clusters.settings.push_base_images import PushBaseImagesSettings
from gke_clusters.settings.register import RegisterSettings
from gke_clusters.settings.set_up_compute import ComputeSetup

logger = logging.getLogger(__name__)

_NOT_ASKED: Final = ("It was not asked for.",)
_NOTHING_DONE: Final = "Nothing was changed: all of it would be for this cluster."


def set_up_compute(
    setup: ComputeSetup,
    instance: DssInstance,
    registry: RegistryAccess,
    storage: BucketAccess,
    docker: DockerHost,
    around: Surroundings,
    progress: Progress,
) -> str:
    """Go from a started cluster to compute that users can choose.

    Neither defaults nor projects send work to the configurations before the images of these are in the registry.

    Args:
        setup: The dialog.
        instance: DSS.
        registry: The registries.
        storage: Cloud Storage.
        docker: Docker on the DSS host.
        around: Where the prerequisites are looked at.
        progress: Where to report.

    Returns:
        A page that says of each step what became of it. Told again, the story goes on where something failed.
    """
    name = setup.registration.cluster_id
    progress.step(1, f"Setting up compute on {name}")
    try:
        cluster = instance.read_cluster_settings(name)
    except GkeClustersError as failure:
        logger.error("Cluster %s: %s", name, failure)  # noqa: TRY400 - one line, not a traceback
        return render_checklist(f"Compute on {name}", [Step.failed(f"Cluster {name}", failure)], [_NOTHING_DONE])
    steps = [
        *_part(f"Cluster {name}", lambda: [_cluster(name, cluster)]),
        _prerequisites(setup, around, progress.within(1, 10)),
    ]
    taken = StepsTaken()
    images = _pulled_by_its_nodes(setup.images, cluster)
    repository = _repository(images, registry, taken)
    steps += taken.steps
    progress.step(15, "Setting the configurations")
    # Images go where the repository says, which is not always what was entered.
    registration = setup.registration.model_copy(update={"registry_url": repository.url})
    registered, notes = registration_steps(registration, None, instance.general_settings, (Stage.CONFIGURATIONS,))
    steps += registered
    pushed = StepsTaken()
    pushed.obstacle = taken.obstacle
    prepared = _as_registered(registration, instance) if setup.preview else instance
    push_to_repository(images, repository, registry, prepared, docker, progress.within(25, 70), pushed)
    steps += pushed.steps
    notes += [*taken.notes, *pushed.notes]
    progress.step(70, "Setting the metastore catalog")
    steps += _part("Metastore", lambda: set_metastore(instance.general_settings, preview=setup.preview))
    if setup.bucket:
        connected, more = _connected(setup.bucket, storage, instance, progress.within(75, 85))
        steps += connected
        notes += more
    else:
        steps.append(Step("GCS connection", Outcome.SKIPPED, _NOT_ASKED))
    used, more = _used(setup, registration, instance, prepared, _obstacle(registered, pushed), progress.within(85, 100))
    steps += used
    notes += more
    progress.step(100, "Nothing was changed" if setup.preview else "Compute is set up as far as the page says")
    if any(step.outcome is Outcome.FAILED for step in steps):
        notes.insert(0, "Mend what failed and run this again: what is done is not done twice.")
    return render_checklist(f"Compute on {name}", steps, list(dict.fromkeys(notes)))


def _prerequisites(setup: ComputeSetup, around: Surroundings, progress: Progress) -> Step:
    """What should be so before: told in short, and no reason to stop, since the steps tell their own failures."""
    lines = prerequisite_steps(setup.images.connection, around, progress)
    amiss = [line for line in lines if line.outcome in (Outcome.FAILED, Outcome.WARNING)]
    details = [f"{len(lines) - len(amiss)} of {len(lines)} are well."]
    details += [f"{line.title}: {line.failure.cause if line.failure else ' '.join(line.details)}" for line in amiss]
    if amiss:
        details.append("What to do about them: the macro “Check prerequisites” says it.")
    return Step("Prerequisites", Outcome.WARNING if amiss else Outcome.DONE, tuple(details))


def _pulled_by_its_nodes(images: PushBaseImagesSettings, cluster: Mapping[str, Any]) -> PushBaseImagesSettings:
    """Let the account that must be able to pull be that of the nodes, where the cluster has but one."""
    saved = value_at(cluster, ("data", "cluster", "nodePools"))
    pools = saved if isinstance(saved, list) else []
    accounts = {value_at(pool, ("config", "serviceAccount")) for pool in pools}
    account = accounts.pop() if len(accounts) == 1 else None
    # `default` is the account of Compute Engine, whose address has a number that nobody told.
    if images.node_service_account or not isinstance(account, str) or "@" not in account:
        return images
    return images.model_copy(update={"node_service_account": account})


def _obstacle(registered: Sequence[Step], pushed: StepsTaken) -> str | None:
    """Why no work may be sent to the configurations yet."""
    if any(step.outcome is Outcome.FAILED for step in registered):
        return "The configurations are not there."
    return f"The images are not there: {pushed.obstacle}" if pushed.obstacle else None


def _connected(
    bucket: GcsConnectionSettings, storage: BucketAccess, instance: DssInstance, progress: Progress
) -> tuple[list[Step], list[str]]:
    steps = _part(
        f"Connection {bucket.name}",
        lambda: gcs_connection_steps(bucket, storage, instance, progress, keep_what_is_there=True),
    )
    return steps, connection_notes(bucket, steps)


def _used(
    setup: ComputeSetup,
    registration: RegisterSettings,
    instance: DssInstance,
    prepared: PushingInstance,
    obstacle: str | None,
    progress: Progress,
) -> tuple[list[Step], list[str]]:
    """Let everybody, and the chosen projects, use what is there now."""
    projects = setup.projects
    notes: list[str] = []
    if obstacle and (registration.make_default or registration.make_default_cluster):
        steps = [Step("Defaults", Outcome.SKIPPED, (obstacle,))]
    else:
        steps, notes = registration_steps(registration, None, prepared.general_settings, (Stage.DEFAULTS,))
    if projects is None:
        steps.append(Step("Projects", Outcome.SKIPPED, _NOT_ASKED))
    elif obstacle:
        steps.append(Step("Projects", Outcome.SKIPPED, (obstacle,)))
    else:
        steps += project_steps(projects, instance, progress)
    return steps, notes


def _as_registered(registration: RegisterSettings, instance: DssInstance) -> PushingInstance:
    """DSS as it would be after a registration that is only previewed: what would be pushed follows from it."""
    draft = DraftDocument(instance.general_settings)
    made = registration.model_copy(update={"preview": False})
    registration_steps(made, None, draft, (Stage.CONFIGURATIONS,))
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


def _cluster(cluster_id: str, raw: Mapping[str, Any]) -> Step:
    title = f"Cluster {cluster_id}"
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


def _repository(images: PushBaseImagesSettings, registry: RegistryAccess, taken: StepsTaken) -> ImageRepository:
    entered = images.registry
    try:
        return prepare_repository(images, registry, taken)
    except SettingsError as refused:
        taken.steps.append(_refused(f"Repository {entered.repository_url}", refused))
        taken.obstacle = "The repository cannot be used."
        return ImageRepository(entered.url, frozenset({entered.repository_url}), exists=False)
