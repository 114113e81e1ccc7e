"""Which project and place, and who acts there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from gke_clusters.settings import rules
from gke_clusters.settings.descriptors import parameter_set_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.location import checked_region, checked_zone, region_of
from gke_clusters.settings.model import OptionalText, Settings, unless_empty

PARAMETER_SET = "connection-info"

KEY_RULE = (
    "must be the absolute path of a key file on the DSS host, or the JSON of a service account key, which has type "
    '"service_account", client_email and private_key'
)
"""The one thing that is said of a key that cannot be used, so that no message shows a part of it."""

CredentialsMode = Literal["application-default", "service-account-key"]


@dataclass(frozen=True)
class CredentialsSettings:
    """How to authenticate to Google.

    Attributes:
        mode: where the credentials come from.
        key: with ``service-account-key``, the absolute path of the key file or the JSON of the key; else ``None``.
        impersonate: email of the service account to act as, or ``None`` to act as oneself.
    """

    mode: CredentialsMode = "application-default"
    key: SecretStr | None = None
    impersonate: str | None = None


class CredentialsFields(Settings):
    """The fields of a connection that say who acts."""

    credentials_mode: CredentialsMode = Field(alias="credentialsMode")
    service_account_key: SecretStr | None = Field(alias="serviceAccountKey")
    impersonated_service_account: Annotated[OptionalText, unless_empty(rules.service_account)] = Field(
        alias="impersonatedServiceAccount"
    )

    @property
    def credentials(self) -> CredentialsSettings:
        """How to authenticate."""
        return CredentialsSettings(self.credentials_mode, self.service_account_key, self.impersonated_service_account)

    @field_validator("service_account_key", mode="before")
    @classmethod
    def _usable_key(cls, text: str, info: ValidationInfo) -> str | None:
        if info.data.get("credentials_mode") != "service-account-key":
            return None
        if not text:
            raise ValueError(f"is required with these credentials and {KEY_RULE}")
        if not is_usable_key(text):
            raise ValueError(KEY_RULE)
        return text


class ConnectionSettings(CredentialsFields):
    """A project, a place in it, and credentials; what is ``None`` is taken from the DSS host.

    Attributes:
        project_id: ID of the project.
        zone: zone of zonal clusters.
        region: region of regional clusters, as entered; see :attr:`effective_region`.
    """

    project_id: Annotated[OptionalText, unless_empty(rules.project_id)] = Field(alias="projectId")
    zone: Annotated[OptionalText, unless_empty(checked_zone)]
    region: Annotated[OptionalText, unless_empty(checked_region)]

    @property
    def effective_region(self) -> str | None:
        """The region, or that of the zone."""
        return self.region or (region_of(self.zone) if self.zone else None)

    def location(self, *, regional: bool) -> str | None:
        """Where a cluster is: the region of a regional one, else the zone; ``None`` for the DSS host's."""
        return self.effective_region if regional else self.zone


def is_usable_key(text: str) -> bool:
    """Whether a text is the absolute path of a key file, or the JSON of a service account key."""
    return text.startswith("/") or _is_service_account_key(text)


def _is_service_account_key(text: str) -> bool:
    try:
        key = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(key, Mapping)
        and key.get("type") == "service_account"
        and all(key.get(name) and isinstance(key[name], str) for name in ("client_email", "private_key"))
    )


def parse_credentials(plugin_config: Mapping[str, Any]) -> CredentialsSettings:
    """How to authenticate, whatever else the form of the cluster holds by now.

    Args:
        plugin_config: admin values of the presets of the dialog.

    Raises:
        SettingsError: with every wrong field of the credentials under its label.
    """
    form = parameter_set_descriptor(PARAMETER_SET)
    reader = DialogReader()
    values = reader.read(form, None, plugin_config.get("connectionInfo"))
    return build(CredentialsFields, form, values, reader.problems).credentials
