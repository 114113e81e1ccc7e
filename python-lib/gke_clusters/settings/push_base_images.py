"""The dialog of the macro *Push base images*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from gke_clusters.settings import rules
from gke_clusters.settings.connection import ConnectionSettings
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.register import REMEDY
from gke_clusters.settings.registry import RegistryAddress, artifact_registry_address

COMPONENT: Final = "push-base-images"


def _address(text: object) -> RegistryAddress:
    if not text:
        raise ValueError("is required")
    return artifact_registry_address(str(text))


class PushBaseImagesSettings(Settings):
    """Where base images go.

    Attributes:
        connection: whose credentials are used.
        registry: the repository.
        create_repository: whether to create it where it is missing.
        node_service_account: email of whoever pulls; ``None`` for the service account of the DSS host.
        log_in_before_pushes: whether DSS runs a script before each of its pushes.
        preview: whether nothing is changed.
    """

    connection: ConnectionSettings = Field(alias="connectionInfo")
    registry: Annotated[RegistryAddress, BeforeValidator(_address)] = Field(alias="registryUrl")
    create_repository: bool = Field(alias="createRepository")
    node_service_account: Annotated[OptionalText, unless_empty(rules.service_account)] = Field(
        alias="nodeServiceAccount"
    )
    log_in_before_pushes: bool = Field(alias="logInBeforePushes")
    preview: bool


def parse_push_base_images(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> PushBaseImagesSettings:
    """The settings of the macro, as DSS hands them to it.

    Args:
        config: values of the dialog, presets resolved.
        plugin_config: admin values of its presets.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    values = reader.read(dialog, config, plugin_config)
    return build(PushBaseImagesSettings, dialog, values, reader.problems, remedy=REMEDY)
