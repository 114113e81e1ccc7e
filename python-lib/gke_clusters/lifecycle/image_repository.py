"""The part of a story that is about the repository of images: that it is there, who may push, who may pull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gke_clusters.errors import GkeClustersError, MetadataServerError, Problem, SettingsError
from gke_clusters.google.registries import DOWNLOAD, UPLOAD, Repository, RepositoryName, grant_on_repository
from gke_clusters.lifecycle.registry_access import RegistryAccess
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.push_base_images import COMPONENT, PushBaseImagesSettings
from gke_clusters.settings.register import REMEDY

_STANDARD: Final = "STANDARD_REPOSITORY"
_READER: Final = "roles/artifactregistry.reader"


@dataclass(frozen=True)
class ImageRepository:
    """The repository that images go to.

    Attributes:
        url: what the names of images begin with, by the repository's own address.
        addresses: of the repository, its own and the one that was entered.
        exists: false in a preview only.
    """

    url: str
    addresses: frozenset[str]
    exists: bool = True


def prepare_repository(settings: PushBaseImagesSettings, google: RegistryAccess, taken: StepsTaken) -> ImageRepository:
    """Make sure that the repository is there and may be used.

    Args:
        settings: The dialog.
        google: Artifact Registry.
        taken: Gets the steps.

    Returns:
        The repository; what was entered, where a step failed.

    Raises:
        SettingsError: it is not there and is not to be created, or takes no images; nothing was changed.
    """
    registry = settings.registry
    name = RepositoryName(registry.project, registry.location, registry.repository)
    found: list[Repository] = []

    def look() -> Result:
        there = google.registries.find_repository(name)
        if there is not None:
            _require_images(there, name)
            found.append(there)
            return Outcome.DONE, (f"It is there: images go to {there.registry_uri}.",)
        if not settings.create_repository:
            raise _problem(f"{name} does not exist; tick “{_label('createRepository')}”, or give another repository")
        if settings.preview:
            return Outcome.WOULD_CHANGE, (f"{name} would be created in the format Docker.",)
        found.append(google.registries.create_repository(name))
        return Outcome.CHANGED, (f"{name} was created: images go to {found[0].registry_uri}.",)

    def unless_missing(work: Callable[[], Result]) -> Callable[[], Result]:
        return lambda: work() if found else (Outcome.SKIPPED, ("The repository does not exist yet.",))

    taken.take(f"Repository {registry.repository_url}", look)
    taken.take("Right to push images", unless_missing(lambda: _may_push(google, name)))
    taken.take(
        "Right of the nodes to pull images", unless_missing(lambda: _nodes_may_pull(settings, google, name, taken))
    )
    own = found[0].registry_uri if found else registry.repository_url
    if registry.is_former:
        taken.notes.append(
            f"{registry.host} belongs to the former Container Registry. Artifact Registry serves it for the sake of old"
            f" names; for new ones give its own address ({own}), or a repository in the region of the cluster, from"
            " which pulling is quicker and costs no traffic between regions."
        )
    return ImageRepository(own + registry.path, frozenset({own, registry.repository_url}), exists=bool(found))


def _may_push(google: RegistryAccess, name: RepositoryName) -> Result:
    google.registries.require(name, (UPLOAD, DOWNLOAD))
    return Outcome.DONE, (f"{google.registries.identity} may push and pull.",)


def _nodes_may_pull(
    settings: PushBaseImagesSettings, google: RegistryAccess, name: RepositoryName, taken: StepsTaken
) -> Result:
    try:
        account = settings.node_service_account or google.host.service_account_email()
    except MetadataServerError:
        label = _label("nodeServiceAccount")
        return Outcome.SKIPPED, (f"The DSS host has no service account to take for that of the nodes; give “{label}”.",)
    assumed = "" if settings.node_service_account else " It was taken for the account of the nodes: none was given."
    if account == google.registries.identity:
        return Outcome.DONE, (f"{account}, which pushes them, may pull them too.{assumed}",)
    try:
        if google.registries.is_reader(name, account):
            return Outcome.DONE, (f"{account} has a role with which it may.{assumed}",)
        why = "no policy that was read grants it"
    except GkeClustersError as failure:
        why = failure.cause
    taken.notes.append(
        f"If nodes cannot pull images (ImagePullBackOff), let their service account: "
        f"{grant_on_repository(name, account, _READER)}"
    )
    return Outcome.SKIPPED, (f"That {account} may could not be confirmed: {why.rstrip('.')}.",)


def _require_images(there: Repository, name: RepositoryName) -> None:
    if there.format != "DOCKER":
        raise _problem(f"{name} has the format {there.format}, and takes no images of Docker")
    if there.mode != _STANDARD:
        raise _problem(f"{name} is a {there.mode}, which nothing can be pushed to; give a standard repository")


def _problem(message: str) -> SettingsError:
    return SettingsError([Problem(_label("registryUrl"), message)], remedy=REMEDY)


def _label(name: str) -> str:
    return macro_descriptor(COMPONENT).label_of(name)
