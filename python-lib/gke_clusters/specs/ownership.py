"""The labels by which a DSS cluster recognises the GKE cluster that it created."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gke_clusters.settings.rules import RESOURCE_LABEL_MAX_LENGTH

INSTALL_LABEL = "dss-install-id"
CLUSTER_LABEL = "dss-cluster-id"

_HASH_LENGTH = 8


def label_value(text: str) -> str:
    """The text as a value of a Google Cloud label: lower case, at most 63 characters.

    A text that cannot be one unchanged ends with a part of its hash, so that different texts stay different.
    Rule: https://cloud.google.com/compute/docs/labeling-resources#requirements
    """
    value = re.sub(r"[^a-z0-9_-]", "-", text.lower())
    if value == text and len(value) <= RESOURCE_LABEL_MAX_LENGTH:
        return value
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{value[: RESOURCE_LABEL_MAX_LENGTH - _HASH_LENGTH - 1]}-{digest}"


@dataclass(frozen=True)
class Ownership:
    """A DSS installation and one of its clusters, each as a label value; equal if and only if it is the same owner.

    Build it with :meth:`of` from the ids themselves, or with :func:`owner_of` from the labels of a cluster.
    """

    install: str
    cluster: str

    @classmethod
    def of(cls, install_id: str, cluster_id: str) -> Ownership:
        """The ownership of the DSS cluster ``cluster_id`` of the installation ``install_id``."""
        return cls(label_value(install_id), label_value(cluster_id))

    @property
    def labels(self) -> dict[str, str]:
        """The labels to put on a cluster."""
        return {INSTALL_LABEL: self.install, CLUSTER_LABEL: self.cluster}


def owner_of(resource_labels: Mapping[str, str]) -> Ownership | None:
    """Whom the labels of a cluster name; ``None`` if they are not those of a cluster that this plugin created."""
    install, cluster = resource_labels.get(INSTALL_LABEL), resource_labels.get(CLUSTER_LABEL)
    return Ownership(install, cluster) if install and cluster else None
