"""What the DSS host needs before a cluster can be used: an identity, scopes, Docker, kubectl and room on its disks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from gke_clusters.errors import GkeClustersError, ScopesInsufficient
from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.lifecycle.steps import Result
from gke_clusters.reports.checklist import Outcome

_EVERYTHING: Final = "https://www.googleapis.com/auth/cloud-platform"
_GIGABYTE: Final = 1e9
_ENOUGH_BYTES: Final = 20 * _GIGABYTE
"""Base images have several GB each, and each build and each version of DSS adds others."""
# https://docs.docker.com/engine/daemon/#daemon-data-directory
_DOCKER_DATA: Final = "/var/lib/docker"


class ScopedHost(Protocol):
    """The DSS host, as :class:`gke_clusters.google.metadata.HostMetadata` offers it."""

    def instance_name(self) -> str:
        """Return the name of the host's machine."""

    def zone(self) -> str:
        """Return the zone of the host."""

    def scopes(self) -> tuple[str, ...]:
        """Return the access scopes of the host's service account."""


class Daemon(Protocol):
    """Docker on the DSS host, as :class:`gke_clusters.dss.docker.Docker` offers it."""

    def check(self) -> str:
        """Return the version of the daemon."""

    def has_image(self, name: str) -> bool:
        """Whether Docker has an image under a name."""


def check_scopes(
    choice: CredentialsChoice, authorize: Callable[[CredentialsChoice], Authorization], host: ScopedHost
) -> Result:
    """See whether the access scopes of the machine leave Google's APIs to its service account.

    Raises:
        ScopesInsufficient: They do not.
        MetadataServerError: They are not told.
    """
    # Whoever impersonates asks for the token of another account with its own.
    if not authorize(replace(choice, impersonate=None)).is_host:
        return Outcome.SKIPPED, ("The connection does not act as the machine, whose scopes limit only that.",)
    scopes = host.scopes()
    if _EVERYTHING in scopes:
        return Outcome.DONE, ("cloud-platform: what is allowed is left to IAM.",)
    command = f"gcloud compute instances set-service-account {host.instance_name()} --zone {host.zone()}"
    raise ScopesInsufficient(
        "The access scopes of the DSS host do not leave Google's APIs to its service account.",
        resource=host.instance_name(),
        verbatim="\n".join(scopes) or "no scope at all",
        remedy=f"Stop the machine, then: {command} --scopes cloud-platform ; start it again.",
    )


def check_docker(docker: Daemon) -> Result:
    """See whether Docker answers.

    Raises:
        DockerUnusable: It does not.
    """
    return Outcome.DONE, (f"Docker {docker.check()} answers.",)


def check_kubectl(version: Callable[[], str | None]) -> Result:
    """See whether there is a kubectl, which DSS runs; the plugin does without.

    Args:
        version: Tells its version; None where there is none that works.
    """
    found = version()
    if found:
        return Outcome.DONE, (f"kubectl {found}.",)
    return Outcome.FAILED, (
        "There is no kubectl that works on the PATH of DSS, and DSS starts pods with it.",
        "What to do: install it (https://kubernetes.io/docs/tasks/tools/), then restart DSS.",
    )


def check_disks(environment: Mapping[str, str], docker_data: str = _DOCKER_DATA) -> Result:
    """See whether there is room where DSS has its data and Docker its images.

    Args:
        environment: Where the data directory of DSS is looked up.
        docker_data: Where Docker keeps images, unless it was told another place.
    """
    places = {"the data directory of DSS": environment.get("DIP_HOME", ""), "the images of Docker": docker_data}
    free = {
        f"{what} ({where})": shutil.disk_usage(where).free for what, where in places.items() if where and _exists(where)
    }
    if not free:
        return Outcome.SKIPPED, ("Where DSS and Docker keep their data is not known here.",)
    details = [f"{_gigabytes(there)} GB are free for {what}." for what, there in free.items()]
    if min(free.values()) >= _ENOUGH_BYTES:
        return Outcome.DONE, details
    advice = (
        f"Less than {_gigabytes(_ENOUGH_BYTES)} GB are soon used up by base images: enlarge the disk, or remove images"
        " of earlier versions (docker image prune)."
    )
    return Outcome.WARNING, [*details, advice]


def _exists(place: str) -> bool:
    try:
        return Path(place).exists()
    except OSError:
        # Not to be looked into.
        return False


def _gigabytes(size: float) -> str:
    return f"{size / _GIGABYTE:,.0f}"


def host_zone(host: ScopedHost) -> str | None:
    """Return the zone of the DSS host; None outside of Google Cloud."""
    try:
        return host.zone()
    except GkeClustersError:
        return None
