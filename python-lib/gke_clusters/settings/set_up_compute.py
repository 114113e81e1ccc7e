"""The dialog of the macro *Set up compute*, which is made of fields of the macros that it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.errors import Problem, SettingsError
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.gcs_connection import GcsConnectionSettings, parse_gcs_connection
from gke_clusters.settings.push_base_images import PushBaseImagesSettings, parse_push_base_images
from gke_clusters.settings.register import REMEDY, RegisterSettings, parse_register
from gke_clusters.settings.use_in_projects import UseInProjectsSettings, parse_use_in_projects

COMPONENT: Final = "set-up-compute"


@dataclass(frozen=True)
class ComputeSetup:
    """What compute is made of.

    Attributes:
        registration: the configurations, of containers and of Spark.
        images: where their base images go.
        bucket: the GCS connection; None for none.
        projects: which projects use the cluster; None for none.
    """

    registration: RegisterSettings
    images: PushBaseImagesSettings
    bucket: GcsConnectionSettings | None
    projects: UseInProjectsSettings | None

    @property
    def preview(self) -> bool:
        """Whether nothing is changed."""
        return self.registration.preview


def parse_set_up_compute(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> ComputeSetup:
    """The settings of the macro, as DSS hands them to it.

    Args:
        config: values of the dialog, presets resolved.
        plugin_config: admin values of its presets.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    # The defaults of this dialog, which differ from those of the macros that its fields come from.
    own = {each.name: each.default for each in macro_descriptor(COMPONENT).params if each.default is not None}
    values = {**own, **{name: value for name, value in config.items() if value is not None}}
    problems: dict[Problem, None] = {}

    def part(parse: Callable[[], Any]) -> Any:
        try:
            return parse()
        except SettingsError as error:
            problems.update(dict.fromkeys(error.problems))
            return None

    registration = part(lambda: parse_register(values))
    images = part(lambda: parse_push_base_images(values, plugin_config))
    bucket = part(lambda: parse_gcs_connection(values, plugin_config)) if values.get("bucket") else None
    # The projects run with what is registered, whether that becomes the default or not.
    used = {**values, "containerConfiguration": registration.name if registration else ""}
    projects = part(lambda: parse_use_in_projects(used)) if values.get("projects") else None
    if problems:
        raise SettingsError(problems, remedy=REMEDY)
    return ComputeSetup(registration, images, bucket, projects)
