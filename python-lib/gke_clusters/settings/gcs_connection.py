"""The dialog of the macro *Create GCS connection*."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from gke_clusters.settings.connection import KEY_RULE, ConnectionSettings, is_usable_key
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings
from gke_clusters.settings.register import REMEDY
from gke_clusters.settings.rules import quoted

COMPONENT: Final = "create-gcs-connection"

# https://cloud.google.com/storage/docs/buckets#naming
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
# It is a part of addresses of DSS's API.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

Audience = Literal["ALL", "ALLOWED", "NONE"]


def _required(text: str) -> str:
    if not text:
        raise ValueError("is required")
    return text


def _connection_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{quoted(text)} has more than letters, digits, underscores, hyphens and dots")
    return text


def _bucket(text: str) -> str:
    name = text.removeprefix("gs://").rstrip("/")
    if "/" in name:
        raise ValueError(f"{quoted(text)} is more than a bucket: give the path in its own field")
    if not _BUCKET.fullmatch(name):
        raise ValueError(f"{quoted(text)} is refused by Google: buckets have lowercase letters, digits, - _ and . only")
    return name


def _path(text: str) -> str:
    parts = text.strip("/").split("/")
    if (len(parts) > 1 and "" in parts) or {".", ".."} & set(parts):
        raise ValueError(f"{quoted(text)} is no path: it has an empty part, . or ..")
    return "/" + "/".join(parts)


class GcsConnectionSettings(Settings):
    """How a bucket becomes a connection.

    Attributes:
        connection: whose credentials look at the bucket.
        name: of the connection of DSS.
        path: in the bucket, with a slash before it and none behind it unless it is the root.
        groups: of DSS, wherever ``ALLOWED`` is said.
        metastore_database: ``None`` for no synchronisation.
        cluster_id: id of the DSS cluster whose location the bucket should have; ``None`` for any.
        authentication: ``ENVIRONMENT`` as the DSS host, ``KEYPAIR`` with a key.
        key: absolute path or JSON of a key; ``None`` for the one that the connection has already.
        preview: whether nothing is changed.
    """

    connection: ConnectionSettings = Field(alias="connectionInfo")
    name: Annotated[str, AfterValidator(_required), AfterValidator(_connection_name)] = Field(alias="connectionName")
    bucket: Annotated[str, AfterValidator(_required), AfterValidator(_bucket)]
    path: Annotated[str, AfterValidator(_path)]
    managed_datasets: bool = Field(alias="managedDatasets")
    managed_folders: bool = Field(alias="managedFolders")
    usable_by: Literal["ALL", "ALLOWED"] = Field(alias="usableBy")
    details_readable_by: Audience = Field(alias="detailsReadableBy")
    groups: tuple[str, ...]
    synchronize_metastore: bool = Field(alias="synchronizeMetastore")
    database: str = Field(alias="metastoreDatabase")
    cluster_id: OptionalText = Field(alias="clusterId")
    allow_other_region: bool = Field(alias="allowOtherRegion")
    authentication: Literal["ENVIRONMENT", "KEYPAIR"]
    key: Annotated[SecretStr | None, BeforeValidator(lambda text: text or None)] = Field(alias="bucketKey")
    preview: bool

    @property
    def uses_environment(self) -> bool:
        """Whether DSS acts as its host rather than with a key."""
        return self.authentication == "ENVIRONMENT"

    @property
    def metastore_database(self) -> str | None:
        """The database that is kept in step; ``None`` where nothing is."""
        return self.database if self.synchronize_metastore else None

    @field_validator("groups")
    @classmethod
    def _some(cls, groups: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not groups and "ALLOWED" in (info.data.get("usable_by"), info.data.get("details_readable_by")):
            raise ValueError("at least one is required")
        return groups

    @field_validator("database")
    @classmethod
    def _named(cls, database: str, info: ValidationInfo) -> str:
        if not database and info.data.get("synchronize_metastore"):
            raise ValueError("is required")
        return database

    @field_validator("key")
    @classmethod
    def _usable(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key is None or info.data.get("authentication") != "KEYPAIR":
            return None
        if not is_usable_key(key.get_secret_value()):
            raise ValueError(KEY_RULE)
        return key


def parse_gcs_connection(config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> GcsConnectionSettings:
    """The settings of the macro, as DSS hands them to it.

    Args:
        config: values of the dialog, presets resolved.
        plugin_config: admin values of its presets.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    # Only administrators run this macro, and DSS hands the admin parameters of a macro over beside the others.
    own = {each.name: config[each.name] for each in dialog.admin_params if each.name in config}
    values = reader.read(dialog, config, {**own, **plugin_config})
    return build(GcsConnectionSettings, dialog, values, reader.problems, remedy=REMEDY)
