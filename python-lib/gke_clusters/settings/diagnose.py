"""The dialog of the macro *Diagnose*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, field_validator

from gke_clusters.settings.create import LogLevel
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import Settings
from gke_clusters.settings.register import REMEDY

COMPONENT: Final = "diagnose-cluster"


class DiagnoseSettings(Settings):
    """Which cluster to look at.

    Attributes:
        cluster_id: id of the DSS cluster.
    """

    cluster_id: str = Field(alias="clusterId")
    log_level: LogLevel = Field(alias="logLevel")

    @field_validator("cluster_id")
    @classmethod
    def _given(cls, text: str) -> str:
        if not text:
            raise ValueError("is required")
        return text


def parse_diagnose(config: Mapping[str, Any]) -> DiagnoseSettings:
    """The settings of the macro, as DSS hands them to it.

    Args:
        config: values of the dialog.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    return build(DiagnoseSettings, dialog, reader.read(dialog, config, {}), reader.problems, remedy=REMEDY)
