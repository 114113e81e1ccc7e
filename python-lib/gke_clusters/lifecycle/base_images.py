"""The story of the base images: the repository, Docker's login, DSS's own push, and a look at what arrived."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from gke_clusters.dss.base_images import BUILD_TYPES, ImagePush, pushes_to
from gke_clusters.dss.installation import install_id
from gke_clusters.dss.stored_documents import StoredDocument
from gke_clusters.errors import DssRefused, OperationFailed
from gke_clusters.google.registry_images import Image, ImageName
from gke_clusters.lifecycle.docker_logins import DockerHost, LaterPushes, hosts_of, log_docker_in
from gke_clusters.lifecycle.image_repository import ImageRepository, prepare_repository
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registry_access import RegistryAccess
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome, render_checklist
from gke_clusters.settings.push_base_images import PushBaseImagesSettings

_TITLE: Final = "Base images in {url}"
_PUSH_PERCENT: Final = (40, 95)
_MEGABYTE: Final = 1_000_000

Held = dict[ImageName, Image | None]


class Push(Protocol):
    """DSS's push, as :class:`gke_clusters.dss.base_image_push.BaseImagePush` offers it."""

    def version(self) -> str:
        """Return the version of DSS."""

    def run(self, follow: Callable[[float], None]) -> None:
        """Let DSS push, and wait until it is over."""


class Instance(Protocol):
    """What the story asks of DSS."""

    @property
    def general_settings(self) -> StoredDocument:
        """The general settings."""

    @property
    def base_image_push(self) -> Push:
        """The action that pushes base images."""


def push_base_images(
    settings: PushBaseImagesSettings,
    google: RegistryAccess,
    instance: Instance,
    docker: DockerHost,
    progress: Progress,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Bring the base images of DSS to a repository.

    Args:
        settings: The dialog.
        google: The registries.
        instance: DSS.
        docker: Docker on the DSS host.
        progress: Where to report.
        environment: Where the data directory of DSS is looked up.

    Returns:
        A page that says of each step what became of it.

    Raises:
        SettingsError: The repository is not there and is not to be created; nothing was changed.
    """
    taken = StepsTaken()
    progress.step(5, f"Looking at {settings.registry.repository_url}")
    repository = prepare_repository(settings, google, taken)
    push_to_repository(settings, repository, google, instance, docker, progress, taken, environment)
    progress.step(100, "Nothing was changed" if settings.preview else "The base images are dealt with")
    return render_checklist(_TITLE.format(url=settings.registry.url), taken.steps, taken.notes)


def push_to_repository(
    settings: PushBaseImagesSettings,
    repository: ImageRepository,
    google: RegistryAccess,
    instance: Instance,
    docker: DockerHost,
    progress: Progress,
    taken: StepsTaken,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Push to a repository that was prepared. The arguments are those of :func:`push_base_images`.

    Args:
        settings: The dialog.
        repository: What :func:`prepare_repository` returned.
        google: The registries.
        instance: DSS.
        docker: Docker on the DSS host.
        progress: Where to report.
        taken: Gets the steps; those that come after one that failed are skipped.
        environment: Where the data directory of DSS is looked up.
    """
    pushes: list[ImagePush] = []
    preview = settings.preview

    def look() -> Result:
        pushes.extend(pushes_to(instance.general_settings.read(), repository.addresses))
        if pushes:
            return Outcome.DONE, [f"{push.configuration} pushes to {push.repository_url}." for push in pushes]
        taken.obstacle = "No configuration of DSS pushes to this repository."
        advice = f"Run the macro “Register with DSS” of the cluster first, with the image registry {repository.url}"
        return Outcome.SKIPPED, (f"None pushes to this repository. {advice}.",)

    def arrange_later() -> Result:
        if not settings.log_in_before_pushes:
            return Outcome.SKIPPED, ("It was not asked for.",)
        later = LaterPushes(instance.general_settings, google, environment)
        return later.arrange(pushes, repository.addresses, docker, preview=preview)

    progress.step(20, "Looking for the configurations of DSS")
    taken.take("Configurations of DSS", look)
    progress.step(25, "Logging Docker in")
    taken.take("Login of Docker", lambda: log_docker_in(docker, google, hosts_of(pushes), preview=preview))
    taken.take("Login before each push", arrange_later)
    images = _Images(pushes, repository, google, instance.base_image_push, docker, environment)
    if preview:
        taken.take("Push of the base images", images.preview)
        return
    progress.step(_PUSH_PERCENT[0], "DSS pushes the base images")
    begun = taken.obstacle is None
    taken.take("Push of the base images", lambda: images.push(progress))
    progress.step(_PUSH_PERCENT[1], "Looking for the images in the registry")
    # What did arrive is of interest after a push that failed half way, too.
    taken.take("Images in the registry", images.verify, despite_obstacle=begun)


class _Images:
    """The images that the configurations are for, in the repository and on the DSS host."""

    def __init__(
        self,
        pushes: Sequence[ImagePush],
        repository: ImageRepository,
        google: RegistryAccess,
        action: Push,
        docker: DockerHost,
        environment: Mapping[str, str],
    ) -> None:
        self._pushes = pushes
        self._repository = repository
        self._google = google
        self._action = action
        self._docker = docker
        self._environment = environment

    def preview(self) -> Result:
        held = self._look() if self._repository.exists else dict.fromkeys(self._targets())
        details = [
            f"{name} is in the registry." if image else f"{name} would be pushed." for name, image in held.items()
        ]
        return (Outcome.DONE if all(held.values()) else Outcome.WOULD_CHANGE), details

    def push(self, progress: Progress) -> Result:
        before = self._look()
        first, last = _PUSH_PERCENT
        told = first

        def follow(part: float) -> None:
            nonlocal told
            percent = first + int((last - first) * part)
            if percent > told:
                told = percent
                progress.step(percent, f"DSS has pushed about {int(part * 100)} %")

        try:
            self._action.run(follow)
        except DssRefused as failure:
            for advice in self._not_built():
                failure.advise(advice)
            raise
        if self._look() == before:
            return Outcome.DONE, ("DSS pushed; the registry had the same images before.",)
        return Outcome.CHANGED, ("DSS pushed.",)

    def verify(self) -> Result:
        held = self._look()
        missing = [str(name) for name, image in held.items() if image is None]
        there = [_said(name, image) for name, image in held.items() if image]
        if missing:
            found = f" There are: {'; '.join(there)}." if there else ""
            raise OperationFailed(
                f"The registry does not have {', '.join(missing)}.{found}",
                resource=self._repository.url,
                remedy="See what the push said, and which base images DSS has: docker image ls. A base image of another"
                " name is named in the configuration of DSS. Then run the macro again.",
            )
        return Outcome.DONE, there

    def _look(self) -> Held:
        return {name: self._google.images.find(name) for name in self._targets()}

    def _targets(self) -> dict[ImageName, ImagePush]:
        identity = install_id(self._environment), self._action.version()
        return {ImageName.parse(push.target(*identity)): push for push in self._pushes}

    def _not_built(self) -> list[str]:
        """What to do about base images that are not on the DSS host."""
        identity = install_id(self._environment), self._action.version()
        missing = {
            push.image(*identity): push for push in self._pushes if not self._docker.has_image(push.image(*identity))
        }
        return [
            f"{image} is not on the DSS host: build it, in the data directory of DSS, with ./bin/dssadmin"
            f" build-base-image --type {BUILD_TYPES.get(push.image_type, BUILD_TYPES['EXEC'])}"
            " (after each upgrade of DSS, too)."
            for image, push in missing.items()
        ]


def _said(name: ImageName, image: Image) -> str:
    return f"{name}: {image.digest}, {max(image.size_bytes / _MEGABYTE, 0.1):.1f} MB"
