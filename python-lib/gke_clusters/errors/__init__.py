"""The failures an administrator can meet: what failed, what Google or DSS said, and what to do next.

DSS shows ``str(exception)`` to the administrator, so that is where the whole message is. Nothing here knows how a
failure is recognised: the code that raises chooses the class. The parts are one module each; import from here.
"""

from __future__ import annotations

from gke_clusters.errors.access import (
    ApiNotEnabled,
    BillingDisabled,
    ClockSkewed,
    CredentialsError,
    CredentialsExpired,
    EncryptionKeyUnusable,
    NodeServiceAccountUnusable,
    OrganizationPolicy,
    PerimeterViolated,
    PermissionDenied,
    ScopesInsufficient,
    ServiceAgentUnusable,
)
from gke_clusters.errors.base import GkeClustersError
from gke_clusters.errors.capacity import AddressesExhausted, QuotaExceeded, Shortage, Stockout
from gke_clusters.errors.configuration import (
    DockerUnusable,
    DssRefused,
    MetadataServerError,
    Problem,
    SettingsError,
    StateError,
    UnexpectedFailure,
)
from gke_clusters.errors.outcomes import (
    AccessDenied,
    AdmissionRefused,
    ClusterUnhealthy,
    ControlPlaneUnreachable,
    GoogleError,
    GoogleUnavailable,
    OperationFailed,
    OperationTimeout,
    PodsRemain,
)
from gke_clusters.errors.refusals import (
    ClusterBusy,
    ClusterNotFound,
    MachineNotOffered,
    NameTaken,
    NetworkNotFound,
    RequestRefused,
    VersionNotAvailable,
    WrongLocation,
)
from gke_clusters.errors.secrecy import NOT_SHOWN, holds_secret, redacted, shown

__all__ = [
    "NOT_SHOWN",
    "AccessDenied",
    "AddressesExhausted",
    "AdmissionRefused",
    "ApiNotEnabled",
    "BillingDisabled",
    "ClockSkewed",
    "ClusterBusy",
    "ClusterNotFound",
    "ClusterUnhealthy",
    "ControlPlaneUnreachable",
    "CredentialsError",
    "CredentialsExpired",
    "DockerUnusable",
    "DssRefused",
    "EncryptionKeyUnusable",
    "GkeClustersError",
    "GoogleError",
    "GoogleUnavailable",
    "MachineNotOffered",
    "MetadataServerError",
    "NameTaken",
    "NetworkNotFound",
    "NodeServiceAccountUnusable",
    "OperationFailed",
    "OperationTimeout",
    "OrganizationPolicy",
    "PerimeterViolated",
    "PermissionDenied",
    "PodsRemain",
    "Problem",
    "QuotaExceeded",
    "RequestRefused",
    "ScopesInsufficient",
    "ServiceAgentUnusable",
    "SettingsError",
    "Shortage",
    "StateError",
    "Stockout",
    "UnexpectedFailure",
    "VersionNotAvailable",
    "WrongLocation",
    "holds_secret",
    "redacted",
    "shown",
]
