"""The story of *Check prerequisites*: lines that do not depend on one another, each with its result or its failure."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

from gke_clusters.dss.docker import Docker
from gke_clusters.errors import ApiNotEnabled, GkeClustersError
from gke_clusters.google.compute import ComputeApi
from gke_clusters.google.credentials import Authorization, CredentialsChoice, authorize
from gke_clusters.google.endpoints import Service
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.google.project_access import APIS, ProjectAccess
from gke_clusters.kube.kubectl import kubectl_version
from gke_clusters.lifecycle.dss_checks import Resolve, addresses_of, check_address, check_base_images, check_version
from gke_clusters.lifecycle.google_access import credentials_choice
from gke_clusters.lifecycle.host_checks import (
    Daemon,
    ScopedHost,
    check_disks,
    check_docker,
    check_kubectl,
    check_scopes,
    host_zone,
)
from gke_clusters.lifecycle.identities import ProjectHost, project_of
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.project_checks import Project, Quotas, check_api, check_permissions, check_quotas
from gke_clusters.lifecycle.steps import Result
from gke_clusters.lifecycle.surfacing import wrapped
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.settings.connection import ConnectionSettings
from gke_clusters.settings.location import region_of

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 8
_NEXT: Final = (
    "Whether pods reach DSS, the macro “Test network connectivity” of a started cluster tells: what firewalls let pass"
    " cannot be seen from here."
)

Line = tuple[str, Callable[[], Result]]


class Host(ProjectHost, ScopedHost, Protocol):
    """The DSS host, as :class:`gke_clusters.google.metadata.HostMetadata` offers it."""


@dataclass(frozen=True)
class Surroundings:
    """What there is to look at; tests hand over others of the same shape.

    Attributes:
        authorize: Loads credentials.
        project: Looks at a project with them.
        quotas: Reads quotas with them.
        host: Facts about the DSS host.
        docker: Docker there.
        kubectl: Tells the version of kubectl there; None where there is none that works.
        dss_version: Tells the version of DSS.
        environment: Of this process, which DSS made.
        resolve: Finds the addresses of a host.
    """

    authorize: Callable[[CredentialsChoice], Authorization]
    project: Callable[[Authorization], Project]
    quotas: Callable[[Authorization], Quotas]
    host: Host
    docker: Daemon
    kubectl: Callable[[], str | None]
    dss_version: Callable[[], str]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    resolve: Resolve = addresses_of


def look_around(dss_version: Callable[[], str]) -> Surroundings:
    """Return what there is to look at from a process of DSS.

    Args:
        dss_version: Tells the version of DSS.
    """
    return Surroundings(
        authorize=authorize,
        project=ProjectAccess,
        quotas=ComputeApi,
        host=HostMetadata(),
        docker=Docker(),
        kubectl=kubectl_version,
        dss_version=dss_version,
    )


def check_prerequisites(connection: ConnectionSettings, around: Surroundings, progress: Progress) -> str:
    """Check everything, and return the page.

    Args:
        connection: Through which the project is looked at.
        around: What there is to look at.
        progress: Where to report.
    """
    return render_checklist("Prerequisites", prerequisite_steps(connection, around, progress), (_NEXT,))


def prerequisite_steps(connection: ConnectionSettings, around: Surroundings, progress: Progress) -> list[Step]:
    """Check everything as :func:`check_prerequisites` does, and return a step for each line."""
    choice = credentials_choice(connection.credentials)
    google: list[tuple[Authorization, Project]] = []

    def identity() -> Result:
        authorization = around.authorize(choice)
        access = around.project(authorization)
        access.require_token()
        google.append((authorization, access))
        return Outcome.DONE, (f"{access.identity} has a token of Google.",)

    progress.step(1, "Asking for a token")
    steps = [_taken(("Host: identity", identity))]
    progress.step(10, "Looking at the host, the project and DSS")
    lines = [
        ("Host: access scopes", lambda: check_scopes(choice, around.authorize, around.host)),
        *_of_programs(around),
    ]
    project = _of_project(connection, around, *google[0]) if google else [("Project", _without_token)]
    steps += _all_taken([*lines, *project, *_of_dss(around)])
    progress.step(100, "All was checked")
    return steps


def _of_programs(around: Surroundings) -> list[Line]:
    return [
        ("Host: Docker", lambda: check_docker(around.docker)),
        ("Host: kubectl", lambda: check_kubectl(around.kubectl)),
        ("Host: disks", lambda: check_disks(around.environment)),
    ]


def _of_project(
    connection: ConnectionSettings, around: Surroundings, authorization: Authorization, access: Project
) -> list[Line]:
    try:
        with wrapped("look at the project"):
            project = project_of(connection, around.host)
            region = connection.effective_region or region_of(host_zone(around.host) or "")
            quotas = around.quotas(authorization)
    except GkeClustersError as failure:
        return [("Project", _raising(failure))]

    def room() -> Result:
        if not region:
            return Outcome.SKIPPED, ("The connection names no zone and no region.",)
        try:
            # Quotas are read with the patience of a story, which is too much for an API that does not answer at all.
            access.require_api("compute", project)
        except ApiNotEnabled:
            return Outcome.SKIPPED, ("Compute Engine cannot be asked: see its API above.",)
        return check_quotas(quotas, project, region)

    return [
        *((f"Project: API {api}", _checking_api(access, api, project)) for api in APIS),
        ("Project: permissions", lambda: check_permissions(access, project)),
        (f"Project: quotas{f' in {region}' if region else ''}", room),
    ]


def _of_dss(around: Surroundings) -> list[Line]:
    return [
        ("DSS: version", lambda: check_version(around.dss_version)),
        ("DSS: address for pods", lambda: check_address(around.environment, around.resolve)),
        ("DSS: base images", lambda: check_base_images(around.docker, around.dss_version, around.environment)),
    ]


def _checking_api(access: Project, api: Service, project: str) -> Callable[[], Result]:
    return lambda: check_api(access, api, project)


def _raising(failure: GkeClustersError) -> Callable[[], Result]:
    def fail() -> Result:
        raise failure

    return fail


def _without_token() -> Result:
    return Outcome.SKIPPED, ("Google gave no token to ask with.",)


def _all_taken(lines: Sequence[Line]) -> Iterable[Step]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(_taken, lines))


def _taken(line: Line) -> Step:
    title, check = line
    try:
        with wrapped(f"check “{title}”"):
            outcome, details = check()
    except GkeClustersError as failure:
        logger.error("%s: %s", title, failure)  # noqa: TRY400 - one line, not a traceback
        return Step.failed(title, failure)
    return Step(title, outcome, tuple(details))
