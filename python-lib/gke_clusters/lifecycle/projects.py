"""The story of letting projects use a cluster: everything is looked at first, then the projects are changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol

from gke_clusters.dss.compute_configurations import container_configuration_names
from gke_clusters.dss.projects import inherit, may_be_dropped, use_cluster, use_container_configuration
from gke_clusters.dss.stored_documents import (
    Document,
    DocumentChange,
    StoredDocument,
    change_document,
    preview_change,
)
from gke_clusters.errors import DssRefused, GkeClustersError, Problem, SettingsError
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.register import REMEDY
from gke_clusters.settings.use_in_projects import COMPONENT, UseInProjectsSettings

logger = logging.getLogger(__name__)

_LOOK_PERCENT: Final = 10


class Instance(Protocol):
    """What the story asks of DSS."""

    @property
    def general_settings(self) -> StoredDocument:
        """The general settings."""

    def read_cluster_settings(self, cluster_id: str) -> Document:
        """Read what DSS keeps of a cluster."""

    def project_settings(self, project_key: str) -> StoredDocument:
        """The settings of a project."""


def use_cluster_in_projects(settings: UseInProjectsSettings, instance: Instance, progress: Progress) -> str:
    """Let projects use a cluster, or inherit theirs again.

    Args:
        settings: The dialog.
        instance: DSS.
        progress: Where to report.

    Returns:
        A page that says of each project what became of it.

    Raises:
        SettingsError: A project, the cluster or the configuration is not there; nothing was changed.
    """
    progress.step(1, f"Looking at {', '.join(settings.projects)}")
    stored = {key: instance.project_settings(key) for key in settings.projects}
    _require_what_is_named(settings, instance, stored)
    steps = project_steps(settings, instance, progress)
    progress.step(100, "Nothing was changed" if settings.preview else "The projects are set")
    return render_checklist("Cluster of projects", steps)


def project_steps(settings: UseInProjectsSettings, instance: Instance, progress: Progress) -> list[Step]:
    """Change the settings of each project, and say what became of it.

    Args:
        settings: The dialog.
        instance: DSS.
        progress: Where to report.
    """

    def edit(document: Document) -> None:
        if settings.choice == "INHERIT":
            inherit(document)
            return
        use_cluster(document, settings.cluster_id or "", settings.variable)
        if settings.configuration_name:
            use_container_configuration(document, settings.configuration_name)

    steps = []
    for number, key in enumerate(settings.projects):
        progress.step(_LOOK_PERCENT + (100 - _LOOK_PERCENT) * number // len(settings.projects), f"Project {key}")
        project = instance.project_settings(key)
        try:
            make = preview_change if settings.preview else change_document
            change = make(project, edit, optional=may_be_dropped)
        except GkeClustersError as failure:
            logger.error("%s", failure)  # noqa: TRY400 - one line, not a traceback
            steps.append(Step.failed(f"Project {key}", failure))
        else:
            steps.append(_step(key, change, preview=settings.preview))
    return steps


def _step(key: str, change: DocumentChange, *, preview: bool) -> Step:
    title = f"Project {key}"
    why = "not every version of DSS keeps it" if preview else "this version of DSS does not keep it"
    lost = tuple(f"{place}: {why}" for place in change.dropped)
    if not change.made:
        return Step(title, Outcome.DONE, (*lost, "The rest is so already." if lost else "It is so already."))
    words = (*map(str, change.made), *lost)
    return Step(title, Outcome.WOULD_CHANGE if preview else Outcome.CHANGED, words)


def _require_what_is_named(
    settings: UseInProjectsSettings, instance: Instance, stored: dict[str, StoredDocument]
) -> None:
    label_of = macro_descriptor(COMPONENT).label_of
    problems: list[Problem] = []
    for key, project in stored.items():
        problems += _unreadable(label_of("projects"), key, project.read)
    cluster_id = settings.cluster_id
    if settings.choice == "USE" and cluster_id:
        problems += _unreadable(label_of("clusterId"), cluster_id, lambda: instance.read_cluster_settings(cluster_id))
    if settings.configuration_name:
        known = container_configuration_names(instance.general_settings.read())
        if settings.configuration_name not in known:
            there = ", ".join(known) or "none"
            message = f"{settings.configuration_name} is not in the settings of DSS; there are: {there}"
            problems.append(Problem(label_of("containerConfiguration"), message))
    if problems:
        raise SettingsError(problems, remedy=REMEDY)


def _unreadable(label: str, name: str, read: Callable[[], object]) -> list[Problem]:
    try:
        read()
    except DssRefused as refused:
        return [Problem(label, f"{name} cannot be read: {refused.verbatim}")]
    return []
