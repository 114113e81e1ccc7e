"""Access scopes of nodes: given in full, by the names that gcloud has for them, or by their last part."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gke_clusters.settings.rules import quoted

SCOPE_PREFIX = "https://www.googleapis.com/auth/"
SCOPE_PATTERN = re.compile(r"https://[A-Za-z0-9._~/-]+")

CLOUD_PLATFORM = f"{SCOPE_PREFIX}cloud-platform"
DEVSTORAGE_READ_ONLY = f"{SCOPE_PREFIX}devstorage.read_only"
LOGGING_WRITE = f"{SCOPE_PREFIX}logging.write"
MONITORING_WRITE = f"{SCOPE_PREFIX}monitoring.write"
"""https://cloud.google.com/kubernetes-engine/docs/how-to/access-scopes"""

_OF_EVERY_NODE = (
    "devstorage.read_only",
    "logging.write",
    "service.management.readonly",
    "servicecontrol",
    "trace.append",
)

GCLOUD_ALIASES: Mapping[str, tuple[str, ...]] = {
    "bigquery": ("bigquery",),
    "cloud-platform": ("cloud-platform",),
    "cloud-source-repos": ("source.full_control",),
    "cloud-source-repos-ro": ("source.read_only",),
    "compute-ro": ("compute.readonly",),
    "compute-rw": ("compute",),
    "datastore": ("datastore",),
    "default": (*_OF_EVERY_NODE, "monitoring.write", "pubsub"),
    "gke-default": (*_OF_EVERY_NODE, "monitoring"),
    "logging-write": ("logging.write",),
    "monitoring": ("monitoring",),
    "monitoring-read": ("monitoring.read",),
    "monitoring-write": ("monitoring.write",),
    "pubsub": ("pubsub",),
    "service-control": ("servicecontrol",),
    "service-management": ("service.management.readonly",),
    "sql": ("sqlservice",),
    "sql-admin": ("sqlservice.admin",),
    "storage-full": ("devstorage.full_control",),
    "storage-ro": ("devstorage.read_only",),
    "storage-rw": ("devstorage.read_write",),
    "taskqueue": ("taskqueue",),
    "trace": ("trace.append",),
    "userinfo-email": ("userinfo.email",),
}
"""https://cloud.google.com/sdk/gcloud/reference/container/clusters/create#--scopes"""

LAST_PARTS = frozenset(part for parts in GCLOUD_ALIASES.values() for part in parts) | {
    "bigquery.insertdata",
    "bigquery.readonly",
    "bigtable.admin",
    "bigtable.data",
    "bigtable.data.readonly",
    "cloud-platform.read-only",
    "cloudkms",
    "drive",
    "drive.file",
    "drive.readonly",
    "logging.admin",
    "logging.read",
    "ndev.clouddns.readonly",
    "ndev.clouddns.readwrite",
    "service.management",
    "source.read_write",
    "spanner.admin",
    "spanner.data",
    "spreadsheets",
    "spreadsheets.readonly",
    "trace.readonly",
    "userinfo.profile",
}
"""Scopes that jobs of data science have, of https://developers.google.com/identity/protocols/oauth2/scopes. Google
takes no scope that it does not know, so a word that is not here is rather a mistake; any other is given in full."""


def parse_access_scopes(text: str) -> tuple[str, ...]:
    """The scopes in full that a text names, separated by blanks, commas or semicolons.

    Raises:
        ValueError: naming the first word that is no scope; the message follows a label.
    """
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    return tuple(dict.fromkeys(scope for word in words for scope in _scopes_of(word)))


def _scopes_of(word: str) -> list[str]:
    if SCOPE_PATTERN.fullmatch(word):
        return [word]
    parts = GCLOUD_ALIASES.get(word, (word,) if word in LAST_PARTS else ())
    if not parts:
        raise ValueError(
            f"{quoted(word)} is neither a name that gcloud has for access scopes nor the last part of a common one; "
            f"give the scope in full, beginning with {SCOPE_PREFIX}"
        )
    return [SCOPE_PREFIX + part for part in parts]
