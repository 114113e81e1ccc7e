"""Which project and which identity a macro about the whole instance is about, as far as that can be known."""

from __future__ import annotations

from typing import Protocol

from gke_clusters.google.credentials import Authorization
from gke_clusters.settings.connection import ConnectionSettings


class ProjectHost(Protocol):
    """The DSS host, as :class:`gke_clusters.google.metadata.HostMetadata` offers it."""

    def project_id(self) -> str:
        """Return the project of the host."""

    def service_account_email(self) -> str:
        """Return the service account of the host."""


def project_of(connection: ConnectionSettings, host: ProjectHost) -> str:
    """Return the project of a connection, which is that of the DSS host where it names none.

    Raises:
        MetadataServerError: The host is not asked about its project with success.
    """
    return connection.project_id or host.project_id()


def email_of(authorization: Authorization, host: ProjectHost) -> str | None:
    """Return the e-mail address of whom Google sees; None where only Google knows it.

    Raises:
        MetadataServerError: It is that of the DSS host, which does not tell it.
    """
    if "@" in authorization.identity:
        return authorization.identity
    return host.service_account_email() if authorization.is_host else None
