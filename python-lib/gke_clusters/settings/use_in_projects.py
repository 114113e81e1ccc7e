"""The dialog of the macro *Use in projects*."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.register import REMEDY
from gke_clusters.settings.rules import quoted

COMPONENT: Final = "use-cluster-in-projects"

# https://doc.dataiku.com/dss/latest/variables/index.html
_VARIABLE: Final = re.compile(r"(?P<opened>\$\{)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?(opened)\})")

# A key becomes a part of an address of DSS's API, so it may hold nothing that leads elsewhere.
_PROJECT_KEY: Final = re.compile(r"[A-Za-z0-9_]+")


def _variable(text: str) -> str:
    found = _VARIABLE.fullmatch(text)
    if found is None:
        raise ValueError(f"{quoted(text)} is not the name of a variable")
    return found["name"]


class UseInProjectsSettings(Settings):
    """Which cluster projects use.

    Attributes:
        choice: ``USE`` the cluster, or ``INHERIT`` cluster and configuration from the instance.
        cluster_id: id of the DSS cluster; ``None`` where none is needed.
        projects: keys.
        variable: name of the variable of DSS that names the cluster; ``None`` for none.
        configuration_name: containerized execution configuration; ``None`` leaves that of each project.
        preview: whether nothing is changed.
    """

    choice: Literal["USE", "INHERIT"]
    cluster_id: OptionalText = Field(alias="clusterId")
    projects: tuple[str, ...]
    variable: Annotated[OptionalText, unless_empty(_variable)]
    configuration_name: OptionalText = Field(alias="containerConfiguration")
    preview: bool

    @field_validator("cluster_id")
    @classmethod
    def _named_to_be_used(cls, cluster_id: str | None, info: ValidationInfo) -> str | None:
        if cluster_id is None and info.data.get("choice") == "USE":
            raise ValueError("is required")
        return cluster_id

    @field_validator("projects")
    @classmethod
    def _some(cls, projects: tuple[str, ...]) -> tuple[str, ...]:
        if not projects:
            raise ValueError("at least one is required")
        wrong = [quoted(key) for key in projects if not _PROJECT_KEY.fullmatch(key)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: a key has letters, digits and underscores only")
        return projects


def parse_use_in_projects(config: Mapping[str, Any]) -> UseInProjectsSettings:
    """The settings of the macro, as DSS hands them to it.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    return build(UseInProjectsSettings, dialog, reader.read(dialog, config, {}), reader.problems, remedy=REMEDY)
