"""The dialog of the macro *Inspect node pools*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, field_validator

from gke_clusters.settings import rules
from gke_clusters.settings.create import LogLevel
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.register import REMEDY

COMPONENT: Final = "inspect-node-pools"


class InspectSettings(Settings):
    """Which node pools to look at.

    Attributes:
        cluster_id: id of the DSS cluster.
        pool_name: the only node pool that is shown; ``None`` for all.
    """

    cluster_id: str = Field(alias="clusterId")
    pool_name: Annotated[OptionalText, unless_empty(rules.gke_name)] = Field(alias="nodePoolId")
    log_level: LogLevel = Field(alias="logLevel")

    @field_validator("cluster_id")
    @classmethod
    def _given(cls, text: str) -> str:
        if not text:
            raise ValueError("is required")
        return text


def parse_inspect(config: Mapping[str, Any]) -> InspectSettings:
    """The settings of *Inspect node pools*, as DSS hands them to the macro.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    return build(InspectSettings, dialog, reader.read(dialog, config, {}), reader.problems, remedy=REMEDY)
