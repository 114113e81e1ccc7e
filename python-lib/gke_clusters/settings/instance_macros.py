"""The dialogs of the macros about the whole instance, which look at a project through a connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field

from gke_clusters.settings.connection import ConnectionSettings
from gke_clusters.settings.create import LogLevel
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import Settings
from gke_clusters.settings.register import REMEDY
from gke_clusters.settings.rules import quoted

CHECK: Final = "check-prerequisites"
FIND_FORGOTTEN: Final = "find-forgotten-clusters"
PRINT_ROLE: Final = "print-iam-role"

# As the page prints it; the full path of GKE is understood as well.
_NAMED: Final = re.compile(
    r"(?:(?P<project>[a-z0-9][a-z0-9.:-]*)/)?(?P<location>[a-z]+-[a-z]+[0-9]+(?:-[a-z])?)/(?P<name>[a-z][a-z0-9-]*)"
)
_PATH: Final = re.compile(r"projects/([^/]+)/locations/([^/]+)/clusters/([^/]+)")


class InstanceMacroSettings(Settings):
    """Through which connection a macro looks.

    Attributes:
        connection: project, place and credentials.
    """

    connection: ConnectionSettings = Field(alias="connectionInfo")
    log_level: LogLevel = Field(alias="logLevel")


def _named(texts: tuple[str, ...]) -> tuple[str, ...]:
    shortened = tuple(_PATH.sub(r"\1/\2/\3", text) for text in texts)
    for text in shortened:
        if not _NAMED.fullmatch(text):
            raise ValueError(
                f"{quoted(text)} is not LOCATION/NAME or PROJECT/LOCATION/NAME, as the result of this macro names them"
            )
    return tuple(dict.fromkeys(shortened))


class FindForgottenSettings(InstanceMacroSettings):
    """Which forgotten clusters to delete.

    Attributes:
        to_delete: ``LOCATION/NAME`` or ``PROJECT/LOCATION/NAME``, each once; empty to look only.
        preview: whether nothing is deleted.
    """

    to_delete: Annotated[tuple[str, ...], AfterValidator(_named)] = Field(alias="deleteClusters")
    preview: bool


Dialog = TypeVar("Dialog", bound=InstanceMacroSettings)


def parse_check_prerequisites(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> InstanceMacroSettings:
    """The settings of *Check prerequisites*; arguments and errors as for :func:`parse_find_forgotten`."""
    return _parse(InstanceMacroSettings, CHECK, config, plugin_config)


def parse_print_iam_role(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> InstanceMacroSettings:
    """The settings of *Print IAM role*; arguments and errors as for :func:`parse_find_forgotten`."""
    return _parse(InstanceMacroSettings, PRINT_ROLE, config, plugin_config)


def parse_find_forgotten(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> FindForgottenSettings:
    """The settings of *Find forgotten clusters*, as DSS hands them to it.

    Args:
        config: values of the dialog, presets resolved.
        plugin_config: admin values of its presets.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    return _parse(FindForgottenSettings, FIND_FORGOTTEN, config, plugin_config)


def _parse(model: type[Dialog], component: str, config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> Dialog:
    dialog = macro_descriptor(component)
    reader = DialogReader()
    return build(model, dialog, reader.read(dialog, config, plugin_config), reader.problems, remedy=REMEDY)
