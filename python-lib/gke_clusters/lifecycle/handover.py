"""The end that start and attach share: from a cluster that runs to what DSS needs to use it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from gke_clusters.dss.overrides import cluster_data, cluster_overrides
from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable, OperationTimeout, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.deadlines import Deadline
from gke_clusters.kube.access import AccessReview, require_access, review_access
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.credential_helper import (
    FOLDER_NAME,
    HelperCredentials,
    install_helper,
    remove_helper,
)
from gke_clusters.kube.kubeconfig import (
    FILE_NAME,
    ClusterAccess,
    Endpoint,
    EndpointChoice,
    HelperCommand,
    render_kubeconfig,
)
from gke_clusters.kube.private_files import write_private_file
from gke_clusters.kube.probe import probe
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.progress import Progress

logger = logging.getLogger(__name__)

_KUBECONFIG_PERCENT, _PROBE_PERCENT, _REVIEW_PERCENT, _END_PERCENT = 93, 95, 98, 100

PROBE_DEADLINE_SECONDS: Final = 120.0
"""A control plane that just became ready may need some seconds until its address answers."""

TOKEN_PATIENCE_SECONDS: Final = 20.0
"""For how long the credential helper is asked again: a start that gave up would delete what took it minutes."""


class ControlPlane(Protocol):
    """What a story asks of a cluster's Kubernetes API."""

    def probe(self, patience_seconds: float = ...) -> str:
        """Reach the API server; returns the version of Kubernetes."""

    def review(self) -> AccessReview:
        """Ask what of DSS's needs the identity may not do."""


class KubernetesControlPlane:
    """The Kubernetes API that a kubeconfig leads to."""

    def __init__(self, kubeconfig: Path, endpoint: Endpoint) -> None:
        self._api = KubernetesApi.from_kubeconfig(
            kubeconfig, endpoint=endpoint, token_patience_seconds=TOKEN_PATIENCE_SECONDS
        )

    def probe(self, patience_seconds: float = PROBE_DEADLINE_SECONDS) -> str:
        """Reach the API server; returns the version of Kubernetes."""
        return probe(self._api, patience_seconds)

    def review(self) -> AccessReview:
        """Ask what of DSS's needs the identity may not do."""
        return review_access(self._api, ACCESS_NEEDS)


ReachControlPlane = Callable[[Path, Endpoint], ControlPlane]


@dataclass(frozen=True)
class Handover:
    """How a cluster is handed over to DSS.

    Attributes:
        directory: Working directory of the DSS cluster; holds the kubeconfig for as long as the cluster is used.
        endpoint: Which endpoint of the control plane the kubeconfig names.
        user_name: Name of the user entry in the kubeconfig; the context's name if None.
        access_required: Whether lacking access is an error rather than a warning.
        reach: Makes the client of the Kubernetes API.
    """

    directory: Path
    endpoint: EndpointChoice
    user_name: str | None = None
    access_required: bool = True
    reach: ReachControlPlane = KubernetesControlPlane

    def prepare(self, google: GoogleAccess) -> None:
        """Put the credential helper in place, so that credentials it cannot use are found before anything is created.

        Raises:
            CredentialsError: kubectl could not use these credentials.
            StateError: The files that DSS needs cannot be written.
        """
        with _files_of(self.directory):
            _install_helper(self.directory, google)
            if (self.directory / FILE_NAME).is_dir():
                raise IsADirectoryError(f"{self.directory / FILE_NAME} is a folder")

    def complete(
        self, cluster: Cluster, google: GoogleAccess, progress: Progress, deadline: Deadline | None = None
    ) -> list[dict[str, Any]]:
        """Write the kubeconfig, reach the cluster with it, and return what ``start`` returns to DSS.

        Args:
            cluster: A cluster that runs.
            google: Clients; the kubeconfig acts as the same identity.
            progress: Where to report.
            deadline: When to stop waiting for an answer, if that is before the usual time.

        Returns:
            The overrides and the data.

        Raises:
            ControlPlaneUnreachable: The endpoint is missing or does not answer.
            OperationTimeout: The deadline passed before it answered.
            AccessDenied: The identity may not do what DSS needs, where that is required.
            StateError: The files that DSS needs cannot be written.
        """
        access = ClusterAccess.of(cluster.name.project, cluster.resource, self.endpoint)
        progress.step(_KUBECONFIG_PERCENT, f"Writing {self.directory / FILE_NAME} for the {access.endpoint}")
        with _files_of(self.directory):
            path = write_access(self.directory, access, google, self.user_name)
        progress.step(_PROBE_PERCENT, "Reaching the Kubernetes API")
        control_plane = self.reach(path, access.endpoint)
        version = _probe(control_plane, cluster, deadline)
        progress.step(_REVIEW_PERCENT, f"Kubernetes {version} answers; reviewing the access that DSS needs")
        self._review(control_plane, google.clusters.identity)
        progress.step(_END_PERCENT, f"{cluster.name} is ready for DSS")
        return [
            cluster_overrides(access.context_name, str(path)),
            cluster_data(cluster.name.project, cluster.resource, str(path)),
        ]

    def _review(self, control_plane: ControlPlane, identity: str) -> None:
        try:
            review = control_plane.review()
        except (ControlPlaneUnreachable, AccessDenied) as error:
            if self.access_required and isinstance(error, AccessDenied):
                raise
            # It answered a moment ago: that is no reason to give up a cluster.
            logger.warning("The access of %s could not be reviewed. %s", identity, error)
            return
        if self.access_required:
            require_access(review, identity)
        if review.missing:
            logger.warning("%s may not do all that DSS can need. %s\n%s", identity, review.remedy, review.summary())


def write_access(directory: Path, access: ClusterAccess, google: GoogleAccess, user_name: str | None = None) -> Path:
    """Write the kubeconfig of a cluster and the credential helper that it names; returns the kubeconfig.

    Args:
        directory: Working directory of the DSS cluster.
        access: The cluster and the endpoint to use.
        google: Whose identity the kubeconfig acts as.
        user_name: Name of the user entry; the context's name if None.

    Raises:
        CredentialsError: kubectl could not use these credentials.
        OSError: The files cannot be written.
    """
    # Not what a link in its place leads to: that is another file.
    path = directory.resolve() / FILE_NAME
    helper = _install_helper(directory, google)
    write_private_file(path, render_kubeconfig(access, helper, user_name))
    return path


def _probe(control_plane: ControlPlane, cluster: Cluster, deadline: Deadline | None) -> str:
    if deadline is None:
        return control_plane.probe()
    try:
        return control_plane.probe(min(PROBE_DEADLINE_SECONDS, deadline.remaining_seconds))
    except ControlPlaneUnreachable as unreachable:
        if not deadline.expired:
            raise
        # It may be about to answer: no reason to throw away what took so long.
        raise OperationTimeout(
            f"The cluster runs, and its Kubernetes API did not answer before the {deadline.seconds / 60:.0f} minutes of"
            " the start were over.",
            resource=cluster.name.path,
            verbatim=unreachable.verbatim or unreachable.cause,
        ) from None


def forget_access(directory: Path) -> None:
    """Remove the kubeconfig, the credential helper and its cached token from a working directory.

    What cannot be removed is said in the log and stops nothing: a failure that is being reported matters more, and a
    cluster that is gone is stopped.
    """
    remove_helper(directory)
    kubeconfig = directory / FILE_NAME
    try:
        kubeconfig.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be removed; remove it by hand: %s", kubeconfig, error)


@contextmanager
def _files_of(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            "What DSS needs to use the cluster cannot be written into the working directory of the DSS cluster.",
            resource=str(directory),
            verbatim=str(error),
            remedy="Remove what is in the way there, or make room on the disk, then start again.",
        ) from error


def _install_helper(directory: Path, google: GoogleAccess) -> HelperCommand:
    """Install the helper; what is in its place and cannot be overwritten is removed first, for nothing else uses it."""
    credentials = _helper_credentials(google)
    try:
        return install_helper(directory, credentials)
    except OSError as error:
        logger.warning("The credential helper is made anew, since it cannot be overwritten: %s", error)
    place = directory / FOLDER_NAME
    if place.is_dir() and not place.is_symlink():
        remove_helper(directory)
    else:
        place.unlink(missing_ok=True)
    return install_helper(directory, credentials)


def _helper_credentials(google: GoogleAccess) -> HelperCredentials:
    choice = google.credentials
    key = choice.key if choice.mode == "service-account-key" else None
    return HelperCredentials(key=key, impersonate=choice.impersonate)
