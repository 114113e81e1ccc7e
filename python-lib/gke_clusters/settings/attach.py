"""The dialog *Attach GKE cluster*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gke_clusters.settings import rules
from gke_clusters.settings.connection import ConnectionSettings
from gke_clusters.settings.create import EndpointChoice, LogLevel
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.location import checked_location
from gke_clusters.settings.model import OptionalText, Settings, unless_empty

COMPONENT = "attach-gke-cluster"


def _cluster_name(text: str) -> str:
    if not text:
        raise ValueError("is required")
    return rules.gke_name(text)


class AttachSettings(Settings):
    """A cluster that exists already.

    Attributes:
        cluster_name: its name in GKE.
        location: zone or region as entered, or ``None``; see :attr:`expected_location`.
        is_regional: 1.5.1's way to say where it is.
        chosen_endpoint: what the dialog's choice says; see :attr:`control_plane_endpoint`.
        is_dns_endpoint: 1.5.1's way to choose the DNS endpoint.
        user_name: name of the user entry in the kubeconfig, or ``None`` for that of the context.
    """

    connection: ConnectionSettings = Field(alias="connectionInfo")
    cluster_name: Annotated[str, AfterValidator(_cluster_name)] = Field(alias="clusterId")
    location: Annotated[OptionalText, unless_empty(checked_location)]
    is_regional: bool = Field(alias="isRegional")
    chosen_endpoint: EndpointChoice = Field(alias="controlPlaneEndpoint")
    is_dns_endpoint: bool = Field(alias="isDnsEndpoint")
    user_name: OptionalText = Field(alias="userName")
    log_level: LogLevel = Field(alias="logLevel")

    @property
    def expected_location(self) -> str | None:
        """Where to look first: the location, else the connection's region or zone; ``None`` for the DSS host's."""
        return self.location or self.connection.location(regional=self.is_regional)

    @property
    def control_plane_endpoint(self) -> EndpointChoice:
        """What the kubeconfig points to. The old switch counts unless an address is chosen."""
        return "dns" if self.is_dns_endpoint and self.chosen_endpoint == "automatic" else self.chosen_endpoint


def parse_attach(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> AttachSettings:
    """The settings of a cluster to attach, as DSS hands them to the component.

    Args:
        config: values of the dialog, presets resolved.
        plugin_config: admin values of its presets.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = cluster_descriptor(COMPONENT)
    reader = DialogReader()
    values = reader.read(dialog, config, plugin_config)
    return build(AttachSettings, dialog, values, reader.problems)
